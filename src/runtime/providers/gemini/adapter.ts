import type { ModelRequest } from "../../../protocol/model-request.ts";
import type { ProviderAdapter, ResponseHead } from "../adapter.ts";
import { Carrier } from "../carrier.ts";
import type { AnswerDecoder } from "../decoder.ts";
import { createWholeDecoder, isWhole, translateStream, translateWhole } from "../translation.ts";
import { createHeadCache } from "../upstream-head.ts";
import { countBody, readCount } from "./count.ts";
import { decodeGeminiBody, GeminiDecoder } from "./decode.ts";
import { ownDialect } from "./own-dialect.ts";
import { prepareGemini } from "./prepare.ts";
import { readGeminiError } from "./read-error.ts";
import { openGenerateRelay, prepareOwn, relayAnswer } from "./relay.ts";

/** The adapter for Gemini's own wire, `generateContent`: clients of that very wire are relayed, all others translated. */
export function createGeminiAdapter(): ProviderAdapter {
  const headOf = createHeadCache((basePath, key) => ({
    path: apiPath(basePath),
    headers: key === null ? [] : [["x-goog-api-key", key]],
  }));
  return {
    prepare(request, target, provider, overrides) {
      const head = headOf(provider);
      if ("cause" in head) return { ok: false, failure: head };
      const carrier = new Carrier(overrides.dropUnsupported === true);
      const asked =
        request.dialect === ownDialect
          ? prepareOwn(request, target, { overrides, carrier })
          : prepareGemini(request.conversation(), target, overrides, carrier);
      if (carrier.failure !== null) return { ok: false, failure: carrier.failure };
      const path = `${head.path}${modelPath(target.model)}${verb(request)}`;
      const body = request.counting === true ? countBody(request, target, asked) : asked;
      const { dropped } = carrier;
      return { ok: true, request: { path, headers: head.headers, body, dropped } };
    },
    counts: true,
    readBody(head, bytes, request) {
      if (request.counting === true) return readCount(head, bytes, request);
      return request.dialect === ownDialect
        ? relayAnswer(head, bytes, request)
        : translateWhole(decodeGeminiBody(head, bytes), request);
    },
    readError: readGeminiError,
    openStream(head, request) {
      if (request.dialect === ownDialect) return openGenerateRelay(head, request);
      return translateStream(openEvents(head), request);
    },
    openEvents,
  };
}

function openEvents(head: ResponseHead): AnswerDecoder {
  return isWhole(head)
    ? createWholeDecoder(head, (bytes) => decodeGeminiBody(head, bytes))
    : new GeminiDecoder(head);
}

/** The native API below a base that may name its version, or the provider's chat endpoint beside it. */
function apiPath(basePath: string): string {
  const base = basePath.replace(/\/openai$/, "");
  return /\/v\d+(?:alpha|beta)?$/.test(base) ? base : `${base}/v1beta`;
}

/** Tuned models stand in a collection of their own. */
function modelPath(model: string): string {
  const path = model.includes("/") ? model : `models/${model}`;
  return `/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** Without `alt=sse` a stream is one JSON list. */
function verb(request: ModelRequest): string {
  if (request.counting === true) return ":countTokens";
  return request.conversation().stream ? ":streamGenerateContent?alt=sse" : ":generateContent";
}
