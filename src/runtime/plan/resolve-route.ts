import { assertNever } from "../../base/assert.ts";
import { createRandom } from "../../base/random.ts";
import { estimateCost } from "../../catalog/cost.ts";
import type { Target } from "../../catalog/target.ts";
import type { LiveTargets } from "../../catalog/target-fact.ts";
import type { Route } from "../../language/checker/checked-policy.ts";
import type { ReadOperand } from "../../language/interpreter/interpret.ts";
import { targetOfShare } from "../../language/interpreter/split-share.ts";
import { evaluateTargetCondition } from "../../language/interpreter/target-condition.ts";
import type { BilledTier } from "../../protocol/usage.ts";
import { expectedAt } from "./expected-cost.ts";
import type { LeftOut, PlanWitness } from "./plan-witness.ts";
import { outputTokensOf, readTarget } from "./read-target.ts";
import { type CountsOfTargets, tokensAt } from "./tokens-at.ts";

/** What the choice of a target may rest on. */
export interface ResolveInputs extends CountsOfTargets {
  readonly targets: { get(name: string): Target | undefined };
  /** The target the client itself named; null when it named none that is known. */
  readonly requested: string | null;
  readonly requestId: string;
  readonly seed: string | number;
  /** Estimated tokens of the prompt. */
  readonly promptTokens: number;
  /** What a provider keeps of the prompt, so that `promptTokens` is only what can be counted; null, or left out, for nothing. */
  readonly kept?: string | null;
  /** Smallest ceiling on completion tokens in force; null counts as the target's own maximum. */
  readonly outputCeiling: number | null;
  /** Milliseconds since the epoch: which prices are in force. */
  readonly atMs: number;
  /** The tier that is asked for, by the plan or else by the client; null, or left out, for none. */
  readonly tier?: BilledTier | null;
  /** What was spent at a provider this month, in picodollars; nothing when left out. */
  readonly spent?: (provider: string) => bigint;
  /** The target that a sticky plan stays with, where a selection may choose it; null, or left out, for none. */
  readonly stuck?: string | null;
  readonly readOperand: ReadOperand;
  readonly live: LiveTargets;
  /** Whether the guards let a selection choose a target; other routes are held against them afterwards. */
  readonly permits: (target: string) => boolean;
  readonly witness?: PlanWitness;
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
      const { stuck = null } = inputs;
      if (stuck !== null && candidates.some(({ name }) => name === stuck)) {
        inputs.witness?.stayed(stuck);
        return stuck;
      }
      if (route.by === "any") return lighterOfTwo(candidates, inputs, taken.length);
      return leastOf(candidates, weigherOf(route, inputs), inputs.witness);
    }
    default:
      return assertNever(route);
  }
}

/** What a selection without a candidate would choose from if all of its targets were healthy; null for other routes, and for nothing. */
export function sparesOf(
  route: Route,
  inputs: ResolveInputs,
  taken: readonly string[],
): readonly string[] | null {
  if (route.kind !== "select") return null;
  const spares = route.from.filter((name) => {
    const target = inputs.targets.get(name);
    const isUnhealthy = !taken.includes(name) && inputs.live.healthy(name) === false;
    return isUnhealthy && target !== undefined && objection(route, target, inputs) === null;
  });
  return spares.length === 0 ? null : spares;
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
    const target = inputs.targets.get(name);
    const why = taken.includes(name) ? "tried" : whyLeftOut(route, name, target, inputs);
    if (why !== null) inputs.witness?.leftOut(name, why);
    else if (target !== undefined) candidates.push(target);
  }
  return candidates;
}

/** Why a target is no candidate; null when it is one. */
function whyLeftOut(
  route: Select,
  name: string,
  target: Target | undefined,
  inputs: ResolveInputs,
): LeftOut | null {
  if (inputs.live.healthy(name) === false) return "unhealthy";
  if (target === undefined) return "absent";
  return objection(route, target, inputs);
}

/** What is to be said against a target, however well it is. */
function objection(route: Select, target: Target, inputs: ResolveInputs): LeftOut | null {
  if (!passes(route, target, inputs)) return "where";
  return inputs.permits(target.name) ? null : "guard";
}

function passes(route: Select, target: Target, inputs: ResolveInputs): boolean {
  if (route.where === null) return true;
  const verdict = evaluateTargetCondition(route.where, inputs.readOperand, (question) =>
    readTarget(question, target, inputs),
  );
  return verdict === "true";
}

/** The candidate of least weight; an unknown weight comes last, the first in source order wins a tie. */
function leastOf(
  candidates: readonly Target[],
  weigh: (target: Target) => number | undefined,
  witness: PlanWitness | undefined,
): string | null {
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const target of candidates) {
    const weight = weigh(target) ?? Number.POSITIVE_INFINITY;
    witness?.weighed(target.name, Number.isFinite(weight) ? weight : undefined);
    if (best !== null && weight >= least) continue;
    best = target.name;
    least = weight;
  }
  return best;
}

/** What a selection holds against its candidates: estimated cost, time to the first token, requests in flight, lack of quality. */
function weigherOf(route: Select, inputs: ResolveInputs): (target: Target) => number | undefined {
  switch (route.by) {
    case "cheapest":
    case "any":
      return (target) => costAt(target, inputs);
    case "fastest":
      // One of which nothing is known is tried, or nothing ever would be.
      return ({ name }) => inputs.live.measured(name, "ttft") ?? Number.NEGATIVE_INFINITY;
    case "least-busy":
      return ({ name }) => inputs.live.measured(name, "queue");
    case "best": {
      const intent = route.intent === null ? undefined : inputs.readOperand(route.intent);
      return ({ quality }) => {
        const own = typeof intent === "string" && Object.hasOwn(quality, intent);
        const score = quality[own ? intent : "default"];
        return score === undefined ? undefined : -score;
      };
    }
    default:
      return assertNever(route.by);
  }
}

function costAt(target: Target, inputs: ResolveInputs): number {
  const { atMs } = inputs;
  const promptTokens = tokensAt(target.name, inputs.promptTokens, inputs);
  const size = { promptTokens, outputTokens: outputTokensOf(target, inputs) };
  return estimateCost(target, size, atMs, expectedAt(target, inputs)) ?? Number.POSITIVE_INFINITY;
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
  inputs.witness?.drew(one, other);
  const oneLoad = inputs.live.measured(one, "queue");
  const otherLoad = inputs.live.measured(other, "queue");
  if (oneLoad === undefined || otherLoad === undefined) return one;
  return otherLoad < oneLoad ? other : one;
}
