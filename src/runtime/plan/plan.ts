import type { Cause } from "../../protocol/cause.ts";

/** One step of a plan with its route resolved: one target, or none when the route had no candidate. */
export interface PlanStep {
  readonly target: string | null;
  /** Why there is no target: the client named none that is known, or no candidate was left. Null when there is one. */
  readonly missing: "requested" | "candidate" | null;
  /** Causes of an earlier failure that lead here; empty for the first step. */
  readonly on: readonly Cause[];
}

/** What dispatch carries out: pure data, made from a decision, the snapshot and the seed. */
export interface Plan {
  readonly steps: readonly PlanStep[];
  /** Each attempt, from sending to its last byte. */
  readonly timeoutMs: number;
  /** The whole request, over all attempts. */
  readonly deadlineMs: number;
  /** From sending to the first meaningful piece; streams only. */
  readonly firstTokenMs: number;
  /** Between bytes of a stream that has begun. */
  readonly idleMs: number;
  /** Further attempts at the same target. */
  readonly retries: number;
  readonly maxAttempts: number;
  readonly maxTokens: number | null;
  readonly set: Readonly<Record<string, number | string | boolean>> | null;
  readonly tags: readonly string[];
}
