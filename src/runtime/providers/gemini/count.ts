import type { Target } from "../../../catalog/target.ts";
import { withoutMark } from "../../../protocol/byte-order-mark.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import type { Answer, ResponseHead } from "../adapter.ts";
import { badResponse } from "../classify.ts";
import { isFields, parseJson } from "../error-signal.ts";

/**
 * The body of `countTokens` around that of a request: more than contents is counted only where the whole request stands in it, with
 * the model named once more. A client's own body stays where contents are all it holds.
 */
export function countBody(
  { native, dialect, bytes, asSent }: ModelRequest,
  target: Target,
  body: Uint8Array | string,
): Uint8Array | string {
  const bare = Object.keys(native).every((name) => name === "contents");
  if (dialect === "generate" && bare) return asSent === true ? bytes : JSON.stringify(native);
  const text = typeof body === "string" ? body : new TextDecoder("utf-8").decode(body);
  const model = target.model.includes("/") ? target.model : `models/${target.model}`;
  const request = { ...(JSON.parse(text) as object), model };
  return JSON.stringify({ generateContentRequest: request });
}

/** The provider's count of a prompt's tokens: as it came for clients of this wire, else in the words of theirs. */
export function readCount(head: ResponseHead, bytes: Uint8Array, request: ModelRequest): Answer {
  const value = parseJson(new TextDecoder("utf-8").decode(bytes));
  const tokens = isFields(value) ? value["totalTokens"] : null;
  if (typeof tokens !== "number") {
    const message = "the provider's answer is not a count of tokens";
    return { ok: false, failure: badResponse(message, head.status) };
  }
  const { dialect, writer } = request;
  const body = dialect === "generate" ? withoutMark(bytes) : (writer.count?.(tokens) ?? "{}");
  return { ok: true, reply: { body, usage: null, finishReason: null } };
}
