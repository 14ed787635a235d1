import type { ProviderAdapter } from "../adapter.ts";
import { readErrorAnswer } from "../read-error-answer.ts";
import { headerOf } from "../retry-hint.ts";
import { createHeadCache } from "../upstream-head.ts";
import { openWholeAsStream } from "../whole-as-stream.ts";
import type { Differences } from "./differences.ts";
import { prepareBody } from "./prepare.ts";
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
      const body = prepareBody(row, request, target, overrides);
      return { ok: true, request: { path: head.path, headers: head.headers, body } };
    },
    readBody: (head, bytes) => readBody(head, bytes, row),
    readError: readErrorAnswer,
    openStream(head, request) {
      const type = headerOf(head, "content-type") ?? "";
      return /json|html/.test(type)
        ? openWholeAsStream(head, request, (bytes) => readBody(head, bytes, row))
        : openChatStream(request, row);
    },
  };
}

function authHeader(row: Differences, key: string): readonly [string, string] {
  return row.auth === "api-key" ? ["api-key", key] : ["authorization", `Bearer ${key}`];
}
