import type { Cause } from "../../protocol/cause.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { ErrorSignal } from "./error-signal.ts";

type Verdict = { readonly cause: Cause; readonly code?: string };

const billing: Verdict = { cause: "auth", code: "insufficient_quota" };
const missingModel: Verdict = { cause: "unavailable", code: "upstream_model_missing" };
const redirected: Verdict = { cause: "unavailable", code: "upstream_redirect" };
const nothingThere: Verdict = { cause: "unavailable", code: "upstream_unavailable" };
const rateLimited: Verdict = { cause: "rate_limited" };
const overloaded: Verdict = { cause: "overloaded" };
const timeout: Verdict = { cause: "timeout" };
const auth: Verdict = { cause: "auth" };
const context: Verdict = { cause: "context_exceeded", code: "context_length_exceeded" };
const filtered: Verdict = { cause: "content_filtered" };
const badRequest: Verdict = { cause: "bad_request" };
const serverError: Verdict = { cause: "server_error" };

/** Codes and types that providers really send, in lower case (wire-formats §1.9, 2.6, 4, 5, 6.7). */
const named: ReadonlyMap<string, Verdict> = new Map([
  ["insufficient_quota", billing],
  ["credit_balance_exhausted", billing],
  ["organization_spend_limit_exceeded", billing],
  ["project_spend_limit_exceeded", billing],
  ["organization_usage_limit_exceeded", billing],
  ["enforced_spend_limit_reached", billing],
  ["contract_spend_limit_reached", billing],
  ["billing_error", billing],
  ["payment_required", billing],
  ["arrearage", billing],
  ["rate_limit_exceeded", rateLimited],
  ["rate_limit_error", rateLimited],
  ["ramp_limit_exceeded", rateLimited],
  ["resource_exhausted", rateLimited],
  ["throttling", rateLimited],
  ["throttling.ratequota", rateLimited],
  ["throttling.allocationquota", rateLimited],
  ["limit_requests", rateLimited],
  ["server_is_overloaded", overloaded],
  ["overloaded_error", overloaded],
  ["provider_overloaded", overloaded],
  ["service_unavailable_error", overloaded],
  ["unavailable_error", overloaded],
  ["insufficient_system_resource", overloaded],
  ["provider_unavailable", { cause: "unavailable" }],
  ["unavailable", overloaded],
  ["timeout_error", timeout],
  ["timeout", timeout],
  ["deadline_exceeded", timeout],
  ["cancelled", { cause: "network" }],
  ["context_length_exceeded", context],
  ["exceed_context_size_error", context],
  ["token_limit_exceeded", context],
  ["content_policy_violation", filtered],
  ["content_filter", filtered],
  ["data_inspection_failed", filtered],
  ["refusal", filtered],
  ["invalid_api_key", auth],
  ["authentication_error", auth],
  ["authentication", auth],
  ["permission_error", auth],
  ["permission_denied", auth],
  ["unauthenticated", auth],
  ["model_not_found", missingModel],
  ["api_error", serverError],
  ["server_error", serverError],
  ["internal", serverError],
  ["data_loss", serverError],
  ["aborted", serverError],
  ["unimplemented", badRequest],
]);

const statuses: ReadonlyMap<number, Verdict> = new Map([
  [401, auth],
  [402, billing],
  [403, auth],
  [408, timeout],
  [409, serverError],
  [425, serverError],
  [429, rateLimited],
  [503, overloaded],
  [504, timeout],
  [524, timeout],
  [529, overloaded],
]);

/** Messages that tell what neither code nor type does (wire-formats §6.7). */
const patterns: readonly (readonly [RegExp, Verdict])[] = [
  [
    /maximum context length|context length exceeded|context_length|prompt is too long|input is too long|exceeds? the (?:available )?context|exceeds the maximum number of tokens|input token count|too many tokens|max_model_len|reduce the length|exceed context limit|range of input length/i,
    context,
  ],
  [/content filtering policy|content management policy/i, filtered],
  [/api key (?:not valid|expired|not found)/i, auth],
  // Where the gateway stands is no fault of the client's.
  [/user location is not supported/i, { cause: "unavailable" }],
  [
    /reached your specified api usage limits|credit balance is too low|free tier is not available/i,
    billing,
  ],
];
const patternStatuses: ReadonlySet<number> = new Set([200, 400, 413, 422]);
const unknownModel =
  /model.{0,200}(?:does not exist|not found|not exist|is not available)|no such model|unknown model/is;

/** Causes after which the same target may be asked once more. */
export const retrySame: ReadonlySet<Cause> = new Set<Cause>([
  "rate_limited",
  "overloaded",
  "timeout",
  "server_error",
  "network",
  "cut_stream",
]);

/**
 * Classifies a provider's error in one order for every wire: its code, its type, the HTTP status, patterns in the message, the
 * class of the status. `status` is 200 for an error inside a stream or a 200 body.
 */
export function classify(status: number, signal: ErrorSignal, retryAfterMs?: number): Failure {
  const real = status === 200 ? (signal.innerStatus ?? 200) : status;
  const verdict = verdictOf(real, signal);
  const { cause, code } = verdict;
  return {
    cause,
    retrySame: retrySame.has(cause) && code !== "insufficient_quota",
    ...(real === 200 ? {} : { status: real }),
    ...optional("code", code ?? (harmless(signal.code) || undefined)),
    ...optional("param", signal.param === null ? undefined : harmless(signal.param)),
    message: clientMessage(verdict, real, signal),
    ...optional("retryAfterMs", retryAfterMs),
  };
}

function verdictOf(status: number, signal: ErrorSignal): Verdict {
  const code = signal.code.toLowerCase();
  const type = signal.type.toLowerCase();
  if (code === "slow_down") return status === 503 ? overloaded : rateLimited;
  const byCode = named.get(code);
  if (byCode !== undefined) return byCode;
  if (status === 404 && (type.includes("not_found") || unknownModel.test(signal.message)))
    return missingModel;
  const byType = named.get(type);
  if (byType !== undefined) return byType;
  if (patternStatuses.has(status)) {
    const byMessage = patterns.find(([pattern]) => pattern.test(signal.message));
    if (byMessage !== undefined) return byMessage[1];
  }
  if (type.startsWith("throttling") || /server busy/i.test(signal.message)) return overloaded;
  return statuses.get(status) ?? verdictOfClass(status, signal);
}

/** The last resort: what class the status belongs to. */
function verdictOfClass(status: number, signal: ErrorSignal): Verdict {
  if (status >= 300 && status < 400) return redirected;
  // No request of a client makes a provider answer an empty 404: the address is wrong, or a proxy has lost its upstream.
  if (status === 404 && signal.message === "") return nothingThere;
  if (status >= 400 && status < 500) return badRequest;
  return status === 200 && /invalid|bad.?request/i.test(signal.type) ? badRequest : serverError;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

const fixed: Readonly<Partial<Record<Cause, string>>> = {
  auth: "the provider refused the gateway's own credentials",
  rate_limited: "the provider's rate limit is reached",
  overloaded: "the provider is overloaded",
  timeout: "the provider did not answer in time",
  unavailable: "the provider cannot serve this model",
};

function clientMessage(verdict: Verdict, status: number, signal: ErrorSignal): string {
  const { cause } = verdict;
  if (verdict === billing) return "the gateway's quota at the provider is used up";
  const known = fixed[cause];
  if (known !== undefined) return known;
  if (cause === "server_error")
    return status === 200 ? "the provider reported an error" : `the provider answered ${status}`;
  return harmless(signal.message) || `the provider refused the request (${status})`;
}

/** A provider's text about the client's own request, without addresses, keys and control characters, held to 500 characters. */
function harmless(message: string): string {
  return message
    .slice(0, 2000)
    .replaceAll(/\bhttps?:\/\/\S+/gi, "[address]")
    .replaceAll(/\b(?:sk|key|pk|Bearer)[-_ ][\w.*-]{6,}/gi, "[key]")
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, 500);
}

/** An answer that is not what the wire format promises: HTML, cut JSON, a wrong shape. */
export function badResponse(message: string, status?: number): Failure {
  return {
    cause: "server_error",
    retrySame: true,
    ...optional("status", status),
    code: "upstream_bad_response",
    message,
  };
}

/** A stream that ended before its answer did. */
export function cutStream(message: string): Failure {
  return { cause: "cut_stream", retrySame: true, code: "upstream_incomplete", message };
}
