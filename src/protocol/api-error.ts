/** What a client is told when a request is not answered; each API surface wraps it in its own envelope. */
export interface ApiProblem {
  /** HTTP status of the answer. */
  readonly status: number;
  /** OpenAI's `error.type`, e.g. `invalid_request_error`. */
  readonly type: string;
  readonly code: string | null;
  /** The field at fault, e.g. `messages[2].role`. */
  readonly param: string | null;
  /** Safe to show: no URL, key or stack. */
  readonly message: string;
  /** Milliseconds after which asking again makes sense; becomes `retry-after`. */
  readonly retryAfterMs?: number;
  /** Set where all that may be tried has been: SDKs, which would ask again by themselves, are told not to. */
  readonly final?: true;
}

/** The OpenAI error envelope as JSON text. */
export function openAiErrorBody(problem: ApiProblem): string {
  const { message, type, param, code } = problem;
  return JSON.stringify({ error: { message, type, param, code } });
}

/** The same as an SSE data event, for a stream that fails after its head was sent; no `[DONE]` follows it. */
export function openAiErrorEvent(problem: ApiProblem): string {
  return `data: ${openAiErrorBody(problem)}\n\n`;
}

/** Value of `retry-after` in whole seconds, never below one; null when there is no hint. */
export function retryAfterSeconds(problem: ApiProblem): number | null {
  if (problem.retryAfterMs === undefined) return null;
  return Math.max(1, Math.ceil(problem.retryAfterMs / 1000));
}

/** A 400 that names the field at fault. */
export function invalidRequest(
  param: string | null,
  message: string,
  code = "invalid_type",
): ApiProblem {
  return { status: 400, type: "invalid_request_error", code, param, message };
}
