import type { Failure } from "../../protocol/failure.ts";

/** Notes what of a request a target's wire cannot carry: the first such thing refuses the attempt, unless the policy says to drop. */
export class Carrier {
  readonly #drops: boolean;
  #failure: Failure | null = null;

  constructor(drops: boolean) {
    this.#drops = drops;
  }

  /** Tells of something that cannot be carried; the caller leaves it out and goes on. `param` is its place in the client's body. */
  cannot(param: string, what: string): void {
    if (!this.#drops) this.#failure ??= unsupported(param, what);
  }

  /** Why the request cannot be sent; null when it can. */
  get failure(): Failure | null {
    return this.#failure;
  }
}

/** A request that this wire cannot carry, as a failure that names the field; no retry mends it, another target may. */
export function unsupported(param: string, what: string): Failure {
  return {
    cause: "unavailable",
    retrySame: false,
    status: 400,
    code: "unsupported_parameter",
    param,
    message: `'${param}': ${what} cannot be sent to this provider`,
  };
}
