/** One small request to a server: GET, or POST of JSON where there is a body. */
export interface BoundedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Certificates (PEM) of the authorities to trust in place of the system's. */
  readonly authorities?: string;
  /** Aborted where nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

export interface FetchLimits {
  /** From the call to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** `refused`: nobody listens there. `timeout`: somebody may, and did not answer in time. `too-large`: the body was cut. `left`: nobody waits any more. */
export type FetchFailure = "refused" | "timeout" | "too-large" | "network" | "left";

export type BoundedAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      /** Names in lower case; of several values the first. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
    }
  | { readonly ok: false; readonly reason: FetchFailure; readonly message: string };

/** Fetches within limits. Never rejects, and never follows a redirect: it may lead a key elsewhere. */
export type BoundedFetch = (request: BoundedRequest, limits: FetchLimits) => Promise<BoundedAnswer>;
