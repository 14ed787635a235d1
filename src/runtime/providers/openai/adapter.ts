import type { ProviderAdapter, ResponseHead } from "../adapter.ts";
import { classify } from "../classify.ts";
import { errorSignal, parseJson } from "../error-signal.ts";
import { headerOf, retryHintMs } from "../retry-hint.ts";
import { createHeadCache } from "../upstream-head.ts";
import type { Differences } from "./differences.ts";
import { prepareBody } from "./prepare.ts";
import { readBody } from "./read-body.ts";
import { openChatStream } from "./read-stream.ts";
import { openWholeAsStream } from "./whole-as-stream.ts";

/** The adapter for chat completions; `row` says where a provider departs from the common wire. */
export function createOpenAiAdapter(row: Differences): ProviderAdapter {
  const headOf = createHeadCache((basePath, key) => ({
    path: `${basePath === "" ? row.basePath : basePath}/chat/completions`,
    headers: key === null ? [] : authHeader(row, key),
  }));
  return {
    prepare(request, target, provider, overrides) {
      const head = headOf(provider);
      if ("cause" in head) return { ok: false, failure: head };
      const body = prepareBody(row, request, target, overrides);
      return { ok: true, request: { path: head.path, headers: head.headers, body } };
    },
    readBody,
    readError: readErrorAnswer,
    openStream(head, request) {
      const type = headerOf(head, "content-type") ?? "";
      return /json|html/.test(type)
        ? openWholeAsStream(head, request, (bytes) => readBody(head, bytes, request))
        : openChatStream(request, row);
    },
  };
}

function authHeader(row: Differences, key: string): readonly string[] {
  return row.auth === "api-key" ? ["api-key", key] : ["authorization", `Bearer ${key}`];
}

/** Classifies a non-2xx answer; a body that is no JSON is judged by the status alone. */
export function readErrorAnswer(
  head: ResponseHead,
  bytes: Uint8Array,
): ReturnType<typeof classify> {
  const text = new TextDecoder("utf-8").decode(bytes.subarray(0, 256 * 1024));
  const signal = errorSignal(parseJson(text)) ?? {
    message: "",
    type: "",
    code: "",
    param: null,
    innerStatus: null,
  };
  const failure = classify(head.status, signal, retryHintMs(head, text));
  return headerOf(head, "x-should-retry") === "false" ? { ...failure, retrySame: false } : failure;
}
