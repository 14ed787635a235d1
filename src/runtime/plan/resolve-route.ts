import { assertNever } from "../../base/assert.ts";
import { createRandom } from "../../base/random.ts";
import { estimateCost } from "../../catalog/cost.ts";
import type { Target } from "../../catalog/target.ts";
import type { LiveTargets } from "../../catalog/target-fact.ts";
import type { Route } from "../../language/checker/checked-policy.ts";
import type { ReadOperand } from "../../language/interpreter/interpret.ts";
import { targetOfShare } from "../../language/interpreter/split-share.ts";
import { evaluateTargetCondition } from "../../language/interpreter/target-condition.ts";
import { outputTokensOf, readTarget } from "./read-target.ts";

/** What the choice of a target may rest on. */
export interface ResolveInputs {
  readonly targets: { get(name: string): Target | undefined };
  /** The target the client itself named; null when it named none that is known. */
  readonly requested: string | null;
  readonly requestId: string;
  readonly seed: string | number;
  /** Estimated tokens of the prompt. */
  readonly promptTokens: number;
  /** Smallest ceiling on completion tokens in force; null counts as the target's own maximum. */
  readonly outputCeiling: number | null;
  /** Milliseconds since the epoch: which prices are in force. */
  readonly atMs: number;
  readonly readOperand: ReadOperand;
  readonly live: LiveTargets;
}

/** The target a route leads to; null when it has no candidate. A selection leaves out the targets in `taken`. */
export function resolveRoute(
  route: Route,
  inputs: ResolveInputs,
  taken: readonly string[],
): string | null {
  switch (route.kind) {
    case "target":
      return route.target;
    case "requested":
      return inputs.requested;
    case "split":
      return resolveSplit(route, inputs);
    case "select": {
      const candidates = candidatesOf(route, inputs, taken);
      if (route.by === "any") return lighterOfTwo(candidates, inputs, taken.length);
      return cheapest(candidates, inputs);
    }
    default:
      return assertNever(route);
  }
}

type Split = Extract<Route, { readonly kind: "split" }>;
type Select = Extract<Route, { readonly kind: "select" }>;

/** The share of the operand's value, or of the request's id where there is none. */
function resolveSplit(route: Split, inputs: ResolveInputs): string | null {
  const value = route.by === null ? undefined : inputs.readOperand(route.by);
  return targetOfShare(route, value === undefined ? inputs.requestId : String(value));
}

function candidatesOf(
  route: Select,
  inputs: ResolveInputs,
  taken: readonly string[],
): readonly Target[] {
  const candidates: Target[] = [];
  for (const name of route.from) {
    if (taken.includes(name) || inputs.live.healthy(name) === false) continue;
    const target = inputs.targets.get(name);
    if (target && passes(route, target, inputs)) candidates.push(target);
  }
  return candidates;
}

function passes(route: Select, target: Target, inputs: ResolveInputs): boolean {
  if (route.where === null) return true;
  const verdict = evaluateTargetCondition(route.where, inputs.readOperand, (question) =>
    readTarget(question, target, inputs),
  );
  return verdict === "true";
}

/** Least estimated cost of this request; one without a price comes last, the first in source order wins a tie. */
function cheapest(candidates: readonly Target[], inputs: ResolveInputs): string | null {
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const target of candidates) {
    const cost = costAt(target, inputs);
    if (best !== null && cost >= least) continue;
    best = target.name;
    least = cost;
  }
  return best;
}

function costAt(target: Target, inputs: ResolveInputs): number {
  const output = outputTokensOf(target, inputs);
  return estimateCost(target, inputs.promptTokens, output, inputs.atMs) ?? Number.POSITIVE_INFINITY;
}

/** Two candidates drawn from the seed, and of these the one with less in flight; the first drawn where that is not known. */
function lighterOfTwo(
  candidates: readonly Target[],
  inputs: ResolveInputs,
  step: number,
): string | null {
  if (candidates.length < 2) return candidates[0]?.name ?? null;
  const random = createRandom(`${inputs.seed}/${step}`);
  const at = random.integer(candidates.length);
  const further = 1 + random.integer(candidates.length - 1);
  const one = candidates[at]?.name ?? null;
  const other = candidates[(at + further) % candidates.length]?.name ?? null;
  if (one === null || other === null) return one;
  const oneLoad = inputs.live.queue(one);
  const otherLoad = inputs.live.queue(other);
  if (oneLoad === undefined || otherLoad === undefined) return one;
  return otherLoad < oneLoad ? other : one;
}
