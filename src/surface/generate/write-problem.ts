import type { ApiProblem } from "../../protocol/api-error.ts";
import type { Fields } from "../../protocol/conversation.ts";

/** Names of statuses in Google's APIs (wire-formats §3.5). */
const names: ReadonlyMap<number, string> = new Map([
  [400, "INVALID_ARGUMENT"],
  [401, "UNAUTHENTICATED"],
  [402, "RESOURCE_EXHAUSTED"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [408, "DEADLINE_EXCEEDED"],
  [409, "ABORTED"],
  [429, "RESOURCE_EXHAUSTED"],
  [499, "CANCELLED"],
  [501, "UNIMPLEMENTED"],
  [502, "UNAVAILABLE"],
  [503, "UNAVAILABLE"],
  [504, "DEADLINE_EXCEEDED"],
  [529, "UNAVAILABLE"],
]);

const types = "type.googleapis.com/google.rpc";

/** The error envelope of Google's APIs as JSON text; its details name the field, our code and the wait. */
export function problemBody(problem: ApiProblem): string {
  const { status } = problem;
  const name = names.get(status) ?? (status < 500 ? "INVALID_ARGUMENT" : "INTERNAL");
  const details = detailsOf(problem);
  return JSON.stringify({
    error: {
      code: status,
      message: messageOf(problem),
      status: name,
      ...(details.length === 0 ? {} : { details }),
    },
  });
}

function detailsOf({ code, param, message, retryAfterMs }: ApiProblem): readonly Fields[] {
  const fieldViolations = [{ field: param, description: message }];
  const retryDelay = `${Math.max(0, retryAfterMs ?? 0) / 1000}s`;
  return [
    ...(code === null
      ? []
      : [{ "@type": `${types}.ErrorInfo`, reason: code.toUpperCase(), domain: "signalbox" }]),
    ...(param === null ? [] : [{ "@type": `${types}.BadRequest`, fieldViolations }]),
    ...(retryAfterMs === undefined ? [] : [{ "@type": `${types}.RetryInfo`, retryDelay }]),
  ];
}

const tooLong = "exceeds the maximum number of tokens";

/** Clients shorten a conversation when they read these words, and know no code for it. */
function messageOf({ code, message }: ApiProblem): string {
  if (code !== "context_length_exceeded" || message.includes(tooLong)) return message;
  return `The input token count ${tooLong} allowed: ${message}`;
}
