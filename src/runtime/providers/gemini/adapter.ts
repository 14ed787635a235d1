import type { Target } from "../../../catalog/target.ts";
import type { Provider } from "../../../configuration/configuration.ts";
import type { Failure } from "../../../protocol/failure.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import type { Overrides, UpstreamRequest } from "../adapter.ts";
import { Carrier } from "../carrier.ts";
import { createHeadCache } from "../upstream-head.ts";
import { decodeGeminiBody, GeminiDecoder } from "./decode.ts";
import { prepareGemini } from "./prepare.ts";
import { readGeminiError } from "./read-error.ts";

/** The adapter for Gemini's own wire, `generateContent`. */
export function createGeminiAdapter() {
  const headOf = createHeadCache((basePath, key) => ({
    path: apiPath(basePath),
    headers: key === null ? [] : [["x-goog-api-key", key]],
  }));
  return {
    /** Builds the upstream request; what the wire cannot carry is a failure unless it may be dropped. */
    prepare(
      request: ModelRequest,
      target: Target,
      provider: Provider,
      overrides: Overrides,
    ):
      | { readonly ok: true; readonly request: UpstreamRequest }
      | { readonly ok: false; readonly failure: Failure } {
      const head = headOf(provider);
      if ("cause" in head) return { ok: false, failure: head };
      const conversation = request.conversation();
      const carrier = new Carrier(false);
      const body = prepareGemini(conversation, target, overrides, carrier);
      if (carrier.failure !== null) return { ok: false, failure: carrier.failure };
      const path = `${head.path}${modelPath(target.model)}${verb(conversation.stream)}`;
      return { ok: true, request: { path, headers: head.headers, body } };
    },
    decodeBody: decodeGeminiBody,
    readError: readGeminiError,
    createDecoder: (...given: ConstructorParameters<typeof GeminiDecoder>) =>
      new GeminiDecoder(...given),
  };
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
function verb(stream: boolean): string {
  return stream ? ":streamGenerateContent?alt=sse" : ":generateContent";
}
