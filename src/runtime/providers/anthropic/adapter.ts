import type { ProviderAdapter } from "../adapter.ts";
import { readErrorAnswer } from "../read-error-answer.ts";
import { headerOf } from "../retry-hint.ts";
import { createHeadCache } from "../upstream-head.ts";
import { openWholeAsStream } from "../whole-as-stream.ts";
import { prepareMessages } from "./prepare.ts";
import { readMessage } from "./read-body.ts";
import { openMessageStream } from "./read-stream.ts";

/** The adapter for Anthropic Messages: chat completions in, Messages up, chat completions back. */
export function createAnthropicAdapter(): ProviderAdapter {
  const headOf = createHeadCache((basePath, key) => ({
    path: basePath.endsWith("/v1") ? `${basePath}/messages` : `${basePath}/v1/messages`,
    headers: [
      ["anthropic-version", "2023-06-01"],
      ...(key === null ? [] : [["x-api-key", key] as const]),
    ],
  }));
  return {
    prepare(request, target, provider, overrides) {
      const head = headOf(provider);
      if ("cause" in head) return { ok: false, failure: head };
      const body = prepareMessages(request, target, overrides);
      if (typeof body !== "string") return { ok: false, failure: body };
      return { ok: true, request: { path: head.path, headers: head.headers, body } };
    },
    readBody: readMessage,
    readError: readErrorAnswer,
    openStream(head, request) {
      const type = headerOf(head, "content-type") ?? "";
      return /json|html/.test(type)
        ? openWholeAsStream(head, request, (bytes) => readMessage(head, bytes))
        : openMessageStream(head, request);
    },
  };
}
