/** A target that a gateway leaves alone; milliseconds since the epoch, 0 for not. */
export interface HeldOffTarget {
  /** The same for every gateway that means the same model at the same provider. */
  readonly target: string;
  /** Until when its breaker is open. */
  readonly openUntilMs: number;
  /** Until when its provider asked to be left alone. */
  readonly pausedUntilMs: number;
}

/** Where a session stays, and until when (milliseconds since the epoch) nothing may be heard of it. */
export interface SharedSession {
  readonly target: string;
  readonly untilMs: number;
}

/**
 * What gateways that belong together know of each other. Nothing in it is needed to answer a request: who cannot reach it goes by
 * what it knows itself. Everything rejects with a StoreError where the store cannot be used, or not in time.
 */
export interface SharedState {
  /** Shows what this gateway leaves alone, in the place of what it showed before, and tells what the others do. */
  exchange(own: readonly HeldOffTarget[], atMs: number): Promise<readonly HeldOffTarget[]>;
  findSession(key: string): Promise<SharedSession | null>;
  /** Kept for so long, in milliseconds. */
  keepSession(key: string, session: SharedSession, forMs: number): Promise<void>;
  /** What any of them learned of something, as it was kept last; null where nothing was. */
  learned(what: string): Promise<string | null>;
  /** Kept for 90 days. */
  keepLearned(what: string, state: string): Promise<void>;
  close(): Promise<void>;
}

/** What a gateway showed counts for so long: one that died holds nobody off. */
export const shownForMs = 10_000;

/** More than this of one gateway says that its network is at fault, not its targets. */
export const mostShown = 1_000;
