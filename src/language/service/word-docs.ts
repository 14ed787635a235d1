import type { Trust } from "../../facts/fact.ts";
import type { Cause } from "../../protocol/cause.ts";
import type { PlanFact, Strategy } from "../checker/checked-policy.ts";

/** One sentence for each reserved word; a test holds it to the grammar's list. Options have theirs in their own table. */
export const keywordDocs: ReadonlyMap<string, string> = new Map([
  ["policy", "The version of the language; it stands first."],
  ["use", "Brings in lets, pools, intents and guards of a file without rules."],
  ["let", "Names a condition or a value; it is filled in where the name stands."],
  ["pool", "Names a set of targets; pools of pools flatten."],
  [
    "intent",
    "Declares by clues what counts as this intent; also the fact that says what the prompt asks for.",
  ],
  ["rule", "Names a rule: the first rule whose condition is true decides."],
  ["otherwise", "The last rule: it takes every request that no rule took."],
  ["if", "Begins a condition; only true takes the branch, unknown does not."],
  ["then", "What happens when the condition is true."],
  ["else", "What happens when the condition is false or unknown."],
  ["fallback", "The next target when the one before fails with a cause that this one accepts."],
  ["with", "Options of the plan, one after the other."],
  ["on", "The causes that this fallback accepts; without it, every retryable one."],
  ["of", "The set that a strategy chooses from."],
  ["where", "A condition on each candidate; a candidate that does not meet it drops out."],
  [
    "split",
    "Divides requests by shares that add up to 100 %, always the same way for the same key.",
  ],
  ["by", "The fact whose value tells requests apart."],
  ["reject", "Answers with an error and asks no target."],
  ["and", "True when both sides are; binds stronger than `or`."],
  ["or", "True when one side is; binds weaker than `and`."],
  ["not", "Turns true and false round; unknown stays unknown."],
  ["is", "Equality; `is not` is its opposite, `is unknown` asks whether a fact is known."],
  ["in", "Whether a value is in a list, a range or a span of time."],
  ["matches", "Whether a text matches a pattern; patterns run in linear time."],
  ["contains", "Whether a text contains another."],
  ["unknown", "The value of a fact that nobody told."],
  ["true", "The value of a fact that holds."],
  ["false", "The value of a fact that does not hold."],
  ["also", "Adds options to whatever plan is chosen, when its condition is true."],
  ["never", "A guard: no target that a request can reach satisfies this."],
  ["ensure", "A guard: every plan satisfies this."],
  ["test", "An example of the policy, run by `signalbox test` and before a reload takes effect."],
  [
    "when",
    "Limits a guard to requests of which this is not false; in `accept`, what an answer must be.",
  ],
  ["given", "The facts of a test's request; the others have their default, or are empty or zero."],
  ["expect", "What a test expects of the plan."],
  ["like", "A clue by example: texts that mean the same."],
]);

/** One sentence for each cause of failure. */
export const causeDocs: Readonly<Record<Cause, string>> = {
  rate_limited: "The provider refuses for now: too many requests or tokens.",
  overloaded: "The provider, or our connections to it, are full.",
  timeout: "The attempt took longer than `timeout`.",
  first_token_timeout: "The first token took longer than `first-token`.",
  server_error: "The provider failed.",
  network: "The provider was not reached, or the connection broke.",
  context_exceeded: "The request is longer than the target takes.",
  unavailable: "No candidate is left, or it is not healthy.",
  budget_exceeded: "A budget is spent.",
  cut_stream: "The stream broke before anything reached the client.",
  content_filtered: "The provider withholds the answer for its content.",
  auth: "The provider does not take our key.",
  bad_output: "The answer is not what `accept` demands.",
  bad_request: "The provider says that the request is wrong.",
};

/** What `on retryable` stands for. */
export const retryableDoc =
  "Every cause after which another attempt makes sense; what a bare `fallback` accepts.";

/** One sentence for each way to select. */
export const strategyDocs: Readonly<Record<Strategy, string>> = {
  cheapest: "The candidate at which this request is estimated to cost least.",
  fastest: "The candidate whose first token came soonest, lately.",
  best: "The candidate with the best configured score, by intent where it has one.",
  "least-busy": "The candidate with the shortest queue.",
  any: "The less busy of two candidates drawn at random.",
};

/** One sentence for each fact of a plan. */
export const planFactDocs: Readonly<Record<PlanFact, string>> = {
  cost: "What the plan costs at its worst: every attempt is made, and is as dear as it can be.",
  time: "How long the plan takes at its worst.",
  attempts: "Attempts that the plan can make.",
};

export const requestedDoc =
  "The target that the client itself named; unavailable when it named none.";

export const candidateDoc =
  "The target that is asked about: each candidate, or each target that a plan can reach.";

/** Whose word a fact is, in words. */
export const trustDocs: Readonly<Record<Trust, string>> = {
  gateway: "measured by the gateway",
  key: "told by the caller's key",
  client: "the client's own word",
};
