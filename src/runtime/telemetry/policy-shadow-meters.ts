import { CountFamily } from "./tallies.ts";

/** What is counted of policies that decide beside others. */
export class PolicyShadowMeters {
  readonly #decisions = new CountFamily(
    "signalbox_policy_shadow_decisions_total",
    "decisions of a policy beside another one, by whether it would send the request to the same target first (same, different), failed to decide, or was left out for too many waited",
    ["policy", "candidate", "outcome"],
  );

  get families(): readonly CountFamily[] {
    return [this.#decisions];
  }

  decided(policy: string, candidate: string, outcome: string): void {
    this.#decisions.of(policy, candidate, outcome).add(1);
  }
}
