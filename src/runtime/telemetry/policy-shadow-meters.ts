import { CountFamily } from "./tallies.ts";

/** Where what is decided beside came from: a request that is answered, or a line of a batch. */
export type ShadowLane = "live" | "batch";

/** Since when the decisions of a policy beside another one are counted. */
export interface ShadowAge {
  readonly policy: string;
  readonly candidate: string;
  readonly sinceEpochMs: number;
}

interface Choice {
  readonly rule: string;
  readonly target: string;
}

/** What is counted of policies that decide beside others. */
export class PolicyShadowMeters {
  readonly #decisions = new CountFamily(
    "signalbox_policy_shadow_decisions_total",
    "decisions of a policy beside another one, on requests (live) and lines of batches, by whether it would send them to the same target first (same, different), failed to decide, or was left out for too many waited",
    ["policy", "candidate", "lane", "outcome"],
  );
  readonly #changes = new CountFamily(
    "signalbox_policy_shadow_changes_total",
    "requests and lines that a policy beside another one would send elsewhere first, by its rule and both targets (or reject 403, unavailable)",
    ["policy", "candidate", "rule", "from", "to"],
  );
  readonly #cost = new CountFamily(
    "signalbox_policy_shadow_dollars_total",
    "what the first targets of a policy beside another one are expected to cost more, and less, by the tokens that were used, in US dollars",
    ["policy", "candidate", "change"],
  );

  get families(): readonly CountFamily[] {
    return [this.#decisions, this.#changes, this.#cost];
  }

  decided(policy: string, candidate: string, lane: ShadowLane, outcome: string): void {
    this.#decisions.of(policy, candidate, lane, outcome).add(1);
  }

  changed(policy: string, candidate: string, from: Choice, to: Choice): void {
    this.#changes.of(policy, candidate, to.rule, from.target, to.target).add(1);
  }

  /** Counts what the candidate's choice would have cost more, in dollars; below zero for less. */
  costs(policy: string, candidate: string, delta: number): void {
    if (delta === 0) return;
    this.#cost.of(policy, candidate, delta > 0 ? "more" : "less").add(Math.abs(delta));
  }
}
