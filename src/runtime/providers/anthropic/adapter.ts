import type { ProviderAdapter, ResponseHead } from "../adapter.ts";
import { Carrier } from "../carrier.ts";
import type { AnswerDecoder } from "../decoder.ts";
import { exhaustedMs } from "../rate-limits.ts";
import { readErrorAnswer } from "../read-error-answer.ts";
import { createWholeDecoder, isWhole, translateStream, translateWhole } from "../translation.ts";
import { createHeadCache } from "../upstream-head.ts";
import { withWireHeaders } from "../wire-headers.ts";
import { countBody, readCount } from "./count.ts";
import { decodeMessage, MessagesDecoder } from "./decode.ts";
import { markSession } from "./mark-session.ts";
import { prepareMessages } from "./prepare.ts";
import { prepareOwn } from "./prepare-own.ts";
import { messagesRateLimits } from "./rate-limits.ts";
import { openMessagesRelay, relayMessage } from "./relay.ts";
import { createSignatureMemory } from "./signature-memory.ts";

/** The adapter for Anthropic Messages: clients of that very wire are relayed, all others translated. */
export function createAnthropicAdapter(): ProviderAdapter {
  const headOf = createHeadCache((basePath, key) => ({
    path: basePath.endsWith("/v1") ? `${basePath}/messages` : `${basePath}/v1/messages`,
    headers: [
      ["anthropic-version", "2023-06-01"],
      ...(key === null ? [] : [["x-api-key", key] as const]),
    ],
  }));
  const memory = createSignatureMemory();
  return {
    prepare(request, target, provider, overrides) {
      const head = headOf(provider);
      if ("cause" in head) return { ok: false, failure: head };
      const carrier = new Carrier(overrides.dropUnsupported === true);
      const counting = request.counting === true;
      const prepared = (): Uint8Array | string => {
        if (request.dialect === "messages")
          return prepareOwn(request, target, { overrides, carrier, memory });
        const conversation = markSession(request.conversation(), provider);
        const body = prepareMessages(conversation, target, overrides, carrier);
        return counting ? countBody(body) : body;
      };
      const body = prepared();
      if (carrier.failure !== null) return { ok: false, failure: carrier.failure };
      const { dropped } = carrier;
      const path = counting ? `${head.path}/count_tokens` : head.path;
      const headers = withWireHeaders(head.headers, request);
      return { ok: true, request: { path, headers, body, dropped } };
    },
    counts: true,
    readBody(head, bytes, request) {
      if (request.counting === true) return readCount(head, bytes, request);
      return request.dialect === "messages"
        ? relayMessage(head, bytes, memory)
        : translateWhole(decodeMessage(head, bytes), request);
    },
    readError: (head, bytes) => readErrorAnswer(head, bytes, messagesRateLimits),
    exhaustedMs: (head) => exhaustedMs(head, messagesRateLimits),
    openStream(head, request) {
      return request.dialect === "messages" && !isWhole(head)
        ? openMessagesRelay(memory)
        : translateStream(openEvents(head), request);
    },
    openEvents,
  };
}

function openEvents(head: ResponseHead): AnswerDecoder {
  return isWhole(head)
    ? createWholeDecoder(head, (bytes) => decodeMessage(head, bytes))
    : new MessagesDecoder(head);
}
