import type { ModelRequest } from "../../../protocol/model-request.ts";
import type { Answer, ProviderAdapter, ResponseHead, StreamReader } from "../adapter.ts";
import { Carrier, refuseForeign } from "../carrier.ts";
import { readErrorAnswer } from "../read-error-answer.ts";
import { createWholeDecoder, isWhole, translateStream, translateWhole } from "../translation.ts";
import { createHeadCache } from "../upstream-head.ts";
import { openWholeAsStream } from "../whole-as-stream.ts";
import { ChatDecoder, decodeCompletion } from "./decode.ts";
import type { Differences } from "./differences.ts";
import { noteStripped, prepareBody } from "./prepare.ts";
import { readBody } from "./read-body.ts";
import { openChatStream } from "./read-stream.ts";

/** The adapter for chat completions; `row` says where a provider departs from the common wire. */
export function createOpenAiAdapter(row: Differences): ProviderAdapter {
  const headOf = createHeadCache((basePath, key) => ({
    path: `${basePath === "" ? row.basePath : basePath}/chat/completions`,
    headers: key === null ? [] : [authHeader(row, key)],
  }));
  return {
    prepare(request, target, provider, overrides) {
      const head = headOf(provider);
      if ("cause" in head) return { ok: false, failure: head };
      const carrier = new Carrier(overrides.dropUnsupported === true);
      if (request.dialect !== "chat") refuseForeign(request.conversation(), carrier, "chat");
      noteStripped(row, request.body, target, carrier);
      if (carrier.failure !== null) return { ok: false, failure: carrier.failure };
      const body = prepareBody(row, request, target, overrides);
      const { dropped } = carrier;
      return { ok: true, request: { path: head.path, headers: head.headers, body, dropped } };
    },
    readBody: (head, bytes, request) => readWhole(head, bytes, { request, row }),
    readError: readErrorAnswer,
    openStream: (head, request) => openStream(head, request, row),
  };
}

function readWhole(
  head: ResponseHead,
  bytes: Uint8Array,
  { request, row }: { readonly request: ModelRequest; readonly row: Differences },
): Answer {
  return request.dialect === "chat"
    ? readBody(head, bytes, row)
    : translateWhole(decodeCompletion(head, bytes, row), request);
}

function openStream(head: ResponseHead, request: ModelRequest, row: Differences): StreamReader {
  if (request.dialect === "chat")
    return isWhole(head)
      ? openWholeAsStream(head, request, (bytes) => readBody(head, bytes, row))
      : openChatStream(request, row);
  const decoder = isWhole(head)
    ? createWholeDecoder(head, (bytes) => decodeCompletion(head, bytes, row))
    : new ChatDecoder(row, request.body.n ?? 1);
  return translateStream(decoder, request);
}

function authHeader(row: Differences, key: string): readonly [string, string] {
  return row.auth === "api-key" ? ["api-key", key] : ["authorization", `Bearer ${key}`];
}
