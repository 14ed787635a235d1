import type { Failure } from "../../../protocol/failure.ts";
import { classify } from "../classify.ts";
import { errorSignal, isFields, noSignal } from "../error-signal.ts";

/** Codes of a failed response that mean what others have common names for. */
const commonCodes: ReadonlyMap<string, string> = new Map([
  ["bio_policy", "content_policy_violation"],
  ["cyber_policy", "content_policy_violation"],
  ["misalignment_policy_violation", "content_policy_violation"],
  ["image_content_policy_violation", "content_policy_violation"],
  ["vector_store_timeout", "timeout"],
]);
/** The codes that are not the request's fault. */
const providersFault = /^(?:server_error|rate_limit|timeout|overloaded|slow_down|internal)/;

/**
 * Classifies the `error` of a failed response, or an `error` event, whose fields may stand flat or inside `error`. A failed response
 * has no HTTP status of its own: what its code does not lay on the provider lies in the request.
 */
export function responseFailure(error: unknown, retryAfterMs?: number): Failure {
  const flat = isFields(error) && typeof error["message"] === "string" ? { error } : error;
  const nested = isFields(error) && isFields(error["error"]) ? error : flat;
  const signal = errorSignal(nested) ?? noSignal;
  const named = commonCodes.get(signal.code);
  if (named !== undefined) return classify(200, { ...signal, code: named }, retryAfterMs);
  // The event's own type says only that it is an error.
  const type = signal.type === "error" ? "" : signal.type;
  const blamed = type === "" && signal.code !== "" && !providersFault.test(signal.code);
  return classify(200, { ...signal, type: blamed ? "invalid_request_error" : type }, retryAfterMs);
}
