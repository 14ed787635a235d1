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

/** What happened, a sentence each. */
export const causeDocs: Readonly<Record<Cause, string>> = {
  rate_limited: "The provider says that too many requests were sent.",
  overloaded: "The provider says that it has no room at present.",
  timeout: "An attempt took longer than `timeout`.",
  first_token_timeout: "The first piece of a stream did not come within `first-token`.",
  server_error: "The provider answered with an error of its own.",
  network: "No connection, or one that broke before an answer began.",
  context_exceeded: "The request is too long for the target.",
  unavailable: "There is no target: none fits, none is healthy, or the client named none.",
  budget_exceeded: "A `budget` is used up.",
  cut_stream: "A stream broke off, and nothing of it has reached the client.",
  content_filtered: "The provider refused the content.",
  auth: "The provider does not accept the key.",
  bad_output: "The answer cannot be used, or `accept` refuses it.",
  bad_request: "The provider says that the request is wrong.",
};
