import type { Picodollars } from "../../base/money.ts";
import type { Target } from "../../catalog/target.ts";
import { mostChoices } from "../../protocol/chat-request.ts";
import type { CheckedOptions } from "../checker/checked-policy.ts";
import type { Reach } from "./reach.ts";
import {
  type Amount,
  dearestAttempt,
  dearestChain,
  fullAttempt,
  longestTimeMs,
  mostAttempts,
  type PlanLimits,
} from "./worst-case.ts";

/** Between what values a figure of a plan lies, whatever a run chooses. */
export interface Between {
  readonly least: number;
  readonly most: number;
}

/** What one step of a plan may lead to. */
export type StepChoice =
  | { readonly kind: "fixed"; readonly targets: readonly [Target] }
  | { readonly kind: "share" | "select"; readonly targets: readonly Target[] }
  | { readonly kind: "requested"; readonly targets: readonly [] };

/** What each step of a plan may lead to, in order; shadows are no part of the plan's cost or time. */
export function choicesOf(
  reached: readonly Reach[],
  targets: ReadonlyMap<string, Target>,
  mayPass: (target: Target, select: Extract<Reach, { readonly kind: "select" }>) => boolean,
): readonly StepChoice[] {
  const choices: StepChoice[] = [];
  const known = (names: readonly string[]): readonly Target[] =>
    names.flatMap((name) => targets.get(name) ?? []);
  for (const each of reached) {
    if (each.step === null || each.kind === "shadow") continue;
    if (each.kind === "requested") choices[each.step] = { kind: "requested", targets: [] };
    else if (each.kind === "select") {
      const passing = known(each.from).filter((target) => mayPass(target, each));
      choices[each.step] = { kind: "select", targets: passing };
    } else {
      const before = choices[each.step]?.targets ?? [];
      const [target] = known([each.target]);
      choices[each.step] =
        each.kind === "fixed" && target !== undefined
          ? { kind: "fixed", targets: [target] }
          : { kind: "share", targets: target === undefined ? before : [...before, target] };
    }
  }
  return choices;
}

/** How many different targets a plan tries at least and at most when everything fails. */
export function differentTargets(choices: readonly StepChoice[]): Between {
  const fixed = namesOf(choices.filter(({ kind }) => kind === "fixed"));
  let least = fixed.size;
  let most = fixed.size;
  for (const choice of choices) {
    if (choice.kind === "fixed") continue;
    const names = namesOf([choice]);
    const others = namesOf(choices.filter((each) => each !== choice));
    const mayBeNew = choice.kind === "requested" || [...names].some((name) => !fixed.has(name));
    // What the client names may be any of the others.
    const isNew =
      choice.kind === "share" &&
      [...names].every((name) => !others.has(name)) &&
      choices.every(({ kind }) => kind !== "requested");
    if (mayBeNew) most += 1;
    if (isNew) least += 1;
  }
  return { least, most };
}

function namesOf(choices: readonly StepChoice[]): ReadonlySet<string> {
  return new Set(choices.flatMap(({ targets }) => targets.map(({ name }) => name)));
}

/** The attempts of a plan at its worst. */
export function attemptsBetween(choices: readonly StepChoice[], limits: PlanLimits): Between {
  const { least, most } = differentTargets(choices);
  return { least: mostAttempts(least, limits), most: mostAttempts(most, limits) };
}

/** The time of a plan at its worst, in milliseconds. */
export function timeBetween(choices: readonly StepChoice[], limits: PlanLimits): Between {
  const { least, most } = differentTargets(choices);
  return { least: longestTimeMs(least, limits), most: longestTimeMs(most, limits) };
}

/** What a plan costs at its worst, or why that is not known before a run. */
export type PlanCost = Amount | { readonly kind: "requested" };

/**
 * The most that a plan can cost for any prompt up to a bound (null: no bound but the targets' own), never more than its
 * `cost at most`.
 */
export function dearestPlan(
  choices: readonly StepChoice[],
  options: CheckedOptions,
  limits: PlanLimits,
  promptTokens: number | null,
): PlanCost {
  const different = new Map<string, Amount>();
  for (const { kind, targets } of choices) {
    if (kind === "requested") return { kind: "requested" };
    if (kind !== "fixed") continue;
    different.set(targets[0].name, attemptAt(targets[0], options, limits, promptTokens));
  }
  const amounts = [...different.values()];
  for (const { kind, targets } of choices) {
    if (kind !== "share" && kind !== "select") continue;
    const rest = targets.filter(({ name }) => !different.has(name));
    if (rest.length > 0) {
      amounts.push(
        dearestOf(rest.map((target) => attemptAt(target, options, limits, promptTokens))),
      );
    }
  }
  return capped(dearestChain(amounts, limits), options);
}

/** A client may ask for many answers at once, each as long as is allowed, and for any tier where the plan asks for none. */
function attemptAt(
  target: Target,
  options: CheckedOptions,
  { timeoutMs }: PlanLimits,
  promptTokens: number | null,
): Amount {
  return dearestAttempt(target, {
    promptTokens,
    outputCeiling: options.maxTokens ?? null,
    choices: mostChoices,
    tier: options.tier ?? "any",
    timeoutMs,
  });
}

function dearestOf(amounts: readonly Amount[]): Amount {
  return amounts.reduce((dearest, each) => {
    if (dearest.kind !== "known") return dearest;
    return each.kind !== "known" || each.value > dearest.value ? each : dearest;
  });
}

/** An attempt whose cost is not known is not made under a ceiling, so that the ceiling bounds whatever is. */
function capped(amount: Amount, { cost }: CheckedOptions): Amount {
  if (cost === undefined) return amount;
  return {
    kind: "known",
    value: amount.kind === "known" ? Math.min(amount.value, cost) : cost,
  };
}

/**
 * What a plan costs for certain when every attempt at the targets it names is made and written out, for this prompt; null
 * where that is not known.
 */
export function certainCost(
  choices: readonly StepChoice[],
  options: CheckedOptions,
  limits: PlanLimits,
  promptTokens: number,
): Picodollars | null {
  const fixed = new Map<string, Target>();
  for (const { kind, targets } of choices) {
    if (kind === "fixed") fixed.set(targets[0].name, targets[0]);
  }
  const amounts = [...fixed.values()].map((target) =>
    fullAttempt(target, Math.min(promptTokens, target.contextTokens ?? promptTokens), {
      outputCeiling: options.maxTokens ?? null,
      tier: options.tier ?? null,
    }),
  );
  const chain = capped(dearestChain(amounts, limits), options);
  return chain.kind === "known" ? chain.value : null;
}

/** A fixed target whose price nobody listed; null when there is none. */
export function withoutPrice(choices: readonly StepChoice[]): Target | null {
  const found = choices.find(
    ({ kind, targets: [target] }) => kind === "fixed" && target?.prices.length === 0,
  );
  return found?.targets[0] ?? null;
}
