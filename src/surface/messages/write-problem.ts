import type { ApiProblem } from "../../protocol/api-error.ts";
import { encodeSse } from "../../protocol/sse.ts";

const types: ReadonlyMap<number, string> = new Map([
  [400, "invalid_request_error"],
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [408, "timeout_error"],
  [409, "conflict_error"],
  [413, "request_too_large"],
  [422, "invalid_request_error"],
  [429, "rate_limit_error"],
  [503, "overloaded_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
]);

/** The error envelope of the Messages API as JSON text (wire-formats §2.6). */
export function problemBody(problem: ApiProblem): string {
  const type = types.get(problem.status) ?? "api_error";
  return JSON.stringify({ type: "error", error: { type, message: messageOf(problem) } });
}

/** The same as the last event of a stream that breaks. */
export function problemEvent(problem: ApiProblem): string {
  return encodeSse(problemBody(problem), "error");
}

const tooLong = "prompt is too long";

/** Clients shorten a conversation when they read these words, and know no code for it. */
function messageOf({ code, message }: ApiProblem): string {
  if (code !== "context_length_exceeded" || message.toLowerCase().includes(tooLong)) return message;
  return `${tooLong}: ${message}`;
}
