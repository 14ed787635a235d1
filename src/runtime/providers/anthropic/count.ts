import { withoutMark } from "../../../protocol/byte-order-mark.ts";
import type { Fields } from "../../../protocol/conversation.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import type { Answer, ResponseHead } from "../adapter.ts";
import { badResponse } from "../classify.ts";
import { isFields, parseJson } from "../error-signal.ts";

/** What a request holds that a count of its prompt has no place for. */
export const notCounted: ReadonlySet<string> = new Set([
  "max_tokens",
  "metadata",
  "service_tier",
  "stop_sequences",
  "stream",
  "temperature",
  "top_k",
  "top_p",
]);

/** The body of a count for the prompt of a request that was made here. */
export function countBody(body: string): string {
  const fields = Object.entries(JSON.parse(body) as Fields);
  return JSON.stringify(Object.fromEntries(fields.filter(([name]) => !notCounted.has(name))));
}

/** The provider's count of a prompt's tokens: as it came for clients of this wire, else in the words of theirs. */
export function readCount(head: ResponseHead, bytes: Uint8Array, request: ModelRequest): Answer {
  const value = parseJson(new TextDecoder("utf-8").decode(bytes));
  const tokens = isFields(value) ? value["input_tokens"] : null;
  if (typeof tokens !== "number") {
    const message = "the provider's answer is not a count of tokens";
    return { ok: false, failure: badResponse(message, head.status) };
  }
  const { dialect, writer } = request;
  const body = dialect === "messages" ? withoutMark(bytes) : (writer.count?.(tokens) ?? "{}");
  return { ok: true, reply: { body, usage: null, finishReason: null } };
}
