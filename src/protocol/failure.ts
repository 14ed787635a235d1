import type { Cause } from "./cause.ts";

/** A provider's failure, classified once by its adapter; nobody guesses later (ARCHITECTURE §5). */
export interface Failure {
  readonly cause: Cause;
  /** Whether the same target may be asked again at once or after `retryAfterMs`. */
  readonly retrySame: boolean;
  /** Upstream HTTP status, when there was one. */
  readonly status?: number;
  /** Provider's own code, e.g. `context_length_exceeded`. */
  readonly code?: string;
  /** The parameter the provider named. */
  readonly param?: string;
  /** Safe for a client: no URL, key or other tenant's text. */
  readonly message: string;
  /** Wait the provider asked for, in milliseconds, from its headers or body. */
  readonly retryAfterMs?: number;
}
