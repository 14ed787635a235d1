/** Why an attempt failed, in the words of the policy language (LANGUAGE §4). */
export const causes = [
  "rate_limited",
  "overloaded",
  "timeout",
  "first_token_timeout",
  "server_error",
  "network",
  "context_exceeded",
  "unavailable",
  "budget_exceeded",
  "cut_stream",
  "content_filtered",
  "auth",
  "bad_output",
  "bad_request",
] as const;

export type Cause = (typeof causes)[number];

/** What a bare `fallback` (without `on`) accepts, and what `on retryable` stands for. */
export const retryableCauses: ReadonlySet<Cause> = new Set<Cause>([
  "rate_limited",
  "overloaded",
  "timeout",
  "first_token_timeout",
  "server_error",
  "network",
  "context_exceeded",
  "unavailable",
  "budget_exceeded",
  "cut_stream",
]);

/** Causes as a policy writes them behind `on`: `retryable or bad_output`. */
export function causeWords(on: readonly Cause[]): string {
  if (![...retryableCauses].every((cause) => on.includes(cause))) return on.join(" or ");
  return ["retryable", ...on.filter((cause) => !retryableCauses.has(cause))].join(" or ");
}
