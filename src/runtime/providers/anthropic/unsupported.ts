import type { Failure } from "../../../protocol/failure.ts";

/** A request that this wire cannot carry, as a failure that names the field; no retry mends it, another target may. */
export function unsupported(param: string, what: string): Failure {
  return {
    cause: "bad_request",
    retrySame: false,
    status: 400,
    code: "unsupported_parameter",
    param,
    message: `'${param}': ${what} cannot be sent to this provider`,
  };
}
