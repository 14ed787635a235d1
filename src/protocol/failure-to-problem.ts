import type { ApiProblem } from "./api-error.ts";
import type { Cause } from "./cause.ts";
import type { Failure } from "./failure.ts";

type Row = readonly [status: number, type: string, code: string];

const rows: Readonly<Record<Cause, Row>> = {
  rate_limited: [429, "rate_limit_error", "rate_limit_exceeded"],
  overloaded: [503, "overloaded_error", "upstream_overloaded"],
  timeout: [504, "timeout_error", "upstream_timeout"],
  first_token_timeout: [504, "timeout_error", "ttft_timeout"],
  server_error: [502, "upstream_error", "upstream_error"],
  network: [502, "upstream_error", "upstream_unreachable"],
  context_exceeded: [400, "invalid_request_error", "context_length_exceeded"],
  unavailable: [503, "upstream_error", "upstream_unavailable"],
  budget_exceeded: [429, "insufficient_quota", "budget_exceeded"],
  cut_stream: [502, "upstream_error", "upstream_stream_broken"],
  content_filtered: [400, "invalid_request_error", "content_filter"],
  auth: [502, "upstream_error", "upstream_auth_failed"],
  bad_output: [502, "upstream_error", "bad_output"],
  bad_request: [400, "invalid_request_error", "invalid_request"],
};

/** Codes of our own that a failure may carry to the client as they are; a provider's code does not pass, but for a bad request. */
const ownCodes: ReadonlySet<string> = new Set([
  "deadline_exceeded",
  "ttft_timeout",
  "stream_idle_timeout",
  "stream_too_slow",
  "upstream_timeout",
  "upstream_unreachable",
  "upstream_tls_error",
  "upstream_blocked",
  "upstream_redirect",
  "upstream_bad_response",
  "upstream_incomplete",
  "upstream_stream_broken",
  "upstream_model_missing",
  "upstream_unavailable",
  "upstream_overloaded",
]);

/** Faults of the set-up that no waiting mends. */
const misconfigured: ReadonlySet<string> = new Set(["upstream_model_missing", "upstream_redirect"]);

/** No target left can carry the request: the client's to mend. */
const unsupportedRow = {
  status: 400,
  type: "invalid_request_error",
  code: "unsupported_parameter",
} as const;

const passedStatuses: ReadonlySet<number> = new Set([400, 404, 413, 422]);

/** What the client is told of the failure that ended its request (statuses: reliability §2.2 and §3.1). */
export function failureToProblem(failure: Failure): ApiProblem {
  const [status, type, code] = rows[failure.cause];
  const problem = { status, type, code, param: null, message: failure.message };
  if (failure.code === "unsupported_parameter" && failure.cause === "unavailable")
    return { ...problem, ...unsupportedRow, param: failure.param ?? null };
  switch (failure.cause) {
    case "bad_request":
      return {
        ...problem,
        status: passedStatuses.has(failure.status ?? 0) ? (failure.status ?? status) : status,
        code: failure.code ?? code,
        param: failure.param ?? null,
      };
    case "context_exceeded":
    case "content_filtered":
      return { ...problem, param: failure.param ?? null };
    case "auth":
      return failure.code === "insufficient_quota"
        ? { ...problem, status: 429, type: "insufficient_quota", code: "insufficient_quota" }
        : problem;
    default:
      return withHint(withOwnCode(problem, failure), failure);
  }
}

function withOwnCode(problem: ApiProblem, failure: Failure): ApiProblem {
  if (failure.code === undefined || !ownCodes.has(failure.code)) return problem;
  const status = misconfigured.has(failure.code) ? 502 : problem.status;
  return { ...problem, status, code: failure.code };
}

function withHint(problem: ApiProblem, failure: Failure): ApiProblem {
  if (failure.retryAfterMs !== undefined) return { ...problem, retryAfterMs: failure.retryAfterMs };
  return problem.status >= 500 ? { ...problem, final: true } : problem;
}
