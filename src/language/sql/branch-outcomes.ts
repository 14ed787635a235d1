import type {
  Action,
  CheckedAlso,
  CheckedGuard,
  CheckedOptions,
  CheckedStep,
  Requirement,
} from "../checker/checked-policy.ts";
import { hasOption } from "../interpreter/merge-options.ts";
import { isTrue, joinSql, notSql, settled } from "./logic.ts";

/** Where a branch sends a request first, or why it does not, or why a query cannot tell. */
export interface Outcome {
  readonly target: string | null;
  /** Null where a target is told: what refuses the request, or what the choice of its target rests on. */
  readonly reason: string | null;
  /** Of a refusal; null with no target where no row tells what comes of it. */
  readonly status: number | null;
}

/** The first case whose condition is true is what comes of a request; the last one's is `TRUE`. */
export type Cases = readonly { readonly when: string; readonly outcome: Outcome }[];

/** What stands beside the rules, each with the condition, never NULL, under which it counts. */
export interface Beside {
  readonly alsos: readonly { readonly also: CheckedAlso; readonly applies: string }[];
  readonly guards: readonly { readonly guard: CheckedGuard; readonly holds: string }[];
}

export interface OutcomeSetting extends Beside {
  /** The prompt's tokens. */
  readonly promptTokens: () => string;
  readonly number: (value: number) => string;
  /** Whether a guard's condition is not false of a target, never NULL; null where no row tells. */
  readonly offends: (
    guard: CheckedGuard & { readonly kind: "never" },
    target: string,
  ) => string | null;
  readonly routeWords: (step: CheckedStep) => string;
}

type PlanAction = Extract<Action, { readonly kind: "plan" }>;
type Ensure = Extract<CheckedGuard, { readonly kind: "ensure" }>;
type Case = Cases[number];

const refused = (reason: string, status: number): Outcome => ({ target: null, reason, status });
const untold = (reason: string): Outcome => ({ target: null, reason, status: null });

/** What comes of the requests that a branch decides, as `makePlan` would have it. */
export function outcomesOf(action: Action, setting: OutcomeSetting): Cases {
  if (action.kind === "reject") {
    return [{ when: settled.true, outcome: refused("rejected", action.status) }];
  }
  const cases = [
    ...promptCeiling(action.options, setting),
    ...demands(action, setting),
    ...costCeiling(action.options, setting),
    ...steps(action, setting),
  ].filter(({ when }) => when !== settled.false);
  const last = cases.findIndex(({ when }) => when === settled.true);
  return last < 0 ? cases : cases.slice(0, last + 1);
}

function promptCeiling(
  own: CheckedOptions,
  { alsos, promptTokens, number }: OutcomeSetting,
): readonly Case[] {
  const beyond = (ceiling: number): string => `(${promptTokens()} > ${number(ceiling)})`;
  const parts: string[] = own.promptTokens === undefined ? [] : [beyond(own.promptTokens)];
  for (const { also, applies } of alsos) {
    const ceiling = also.options.promptTokens;
    if (ceiling !== undefined) parts.push(joinSql("and", [applies, beyond(ceiling)]));
  }
  if (parts.length === 0) return [];
  return [{ when: isTrue(joinSql("or", parts)), outcome: refused("tokens at most", 413) }];
}

function isCostCeiling(requirement: Requirement): boolean {
  return (
    requirement.kind === "bound" &&
    requirement.of === "cost" &&
    (requirement.op === "<" || requirement.op === "<=")
  );
}

/** What `ensure` demands of a plan, ceilings on cost apart. */
function demands(action: PlanAction, setting: OutcomeSetting): readonly Case[] {
  return setting.guards.flatMap(({ guard, holds }): readonly Case[] => {
    if (guard.kind !== "ensure" || isCostCeiling(guard.requirement)) return [];
    const met = isMet(guard, action, setting);
    if (met === null) return [{ when: holds, outcome: untold(guard.text) }];
    return [{ when: joinSql("and", [holds, notSql(met)]), outcome: refused(guard.text, 403) }];
  });
}

function isMet(
  { requirement }: Ensure,
  action: PlanAction,
  setting: OutcomeSetting,
): string | null {
  if (requirement.kind === "bound") return null;
  const { what } = requirement;
  if (what === "fallback") return action.steps.length > 1 ? settled.true : settled.false;
  // A shadow that a guard forbids is no shadow.
  if (what === "shadow" && setting.guards.some(({ guard }) => guard.kind === "never")) return null;
  const bool = (holds: boolean): string => (holds ? settled.true : settled.false);
  // The plan's own has the first word, then the alsos in their order.
  if (action.options[what] !== undefined) return bool(hasOption(action.options, what));
  return setting.alsos
    .filter(({ also }) => also.options[what] !== undefined)
    .reduceRight(
      (rest, { also, applies }) =>
        joinSql("or", [
          joinSql("and", [applies, bool(hasOption(also.options, what))]),
          joinSql("and", [notSql(applies), rest]),
        ]),
      settled.false as string,
    );
}

/** A ceiling on cost rests on prices, tiers and spends of the moment. */
function costCeiling(own: CheckedOptions, { alsos, guards }: OutcomeSetting): readonly Case[] {
  if (own.cost !== undefined) return [{ when: settled.true, outcome: untold("cost at most") }];
  const parts = [
    ...alsos.filter(({ also }) => also.options.cost !== undefined).map(({ applies }) => applies),
    ...guards
      .filter(({ guard }) => guard.kind === "ensure" && isCostCeiling(guard.requirement))
      .map(({ holds }) => holds),
  ];
  return [{ when: joinSql("or", parts), outcome: untold("cost at most") }];
}

/** What guards make of a target that a step names. */
interface Standing {
  /** Each guard that forbids it, with its condition. */
  readonly forbids: readonly { readonly text: string; readonly when: string }[];
  /** Guards of which no row tells whether they forbid it. */
  readonly doubts: readonly { readonly text: string; readonly when: string }[];
}

function standingOf(target: string, setting: OutcomeSetting): Standing {
  const forbids: { text: string; when: string }[] = [];
  const doubts: { text: string; when: string }[] = [];
  for (const { guard, holds } of setting.guards) {
    if (guard.kind !== "never") continue;
    const offence = setting.offends(guard, target);
    if (offence === null) doubts.push({ text: guard.text, when: holds });
    else forbids.push({ text: guard.text, when: joinSql("and", [holds, offence]) });
  }
  return { forbids, doubts };
}

const whens = (list: readonly { readonly when: string }[]): string[] =>
  list.map(({ when }) => when);

/** The steps in the order in which they are tried when those before them have no candidate. */
function steps(action: PlanAction, setting: OutcomeSetting): readonly Case[] {
  const cases: Case[] = [];
  const isReached = ({ on }: CheckedStep, index: number): boolean =>
    index === 0 || on.includes("unavailable");
  for (const step of action.steps.filter(isReached)) {
    if (step.route.kind !== "target") {
      cases.push({ when: settled.true, outcome: untold(setting.routeWords(step)) });
      return cases;
    }
    const { target } = step.route;
    cases.push(...taken(standingOf(target, setting), { target, reason: null, status: null }));
  }
  for (const step of action.steps.filter((each, index) => !isReached(each, index))) {
    const unavailable = refused("unavailable", 503);
    if (step.route.kind === "target") {
      cases.push(...taken(standingOf(step.route.target, setting), unavailable));
    } else cases.push({ when: settled.true, outcome: untold(setting.routeWords(step)) });
  }
  return [...cases, ...refusals(action, setting)];
}

/** What comes of it where no guard forbids a target. */
function taken({ forbids, doubts }: Standing, outcome: Outcome): readonly Case[] {
  const isFree = notSql(joinSql("or", whens(forbids)));
  return [
    ...doubts.map(({ text, when }) => ({
      when: joinSql("and", [isFree, when]),
      outcome: untold(text),
    })),
    { when: isFree, outcome },
  ];
}

/** Where guards leave no step at all, the one that forbade the first is named. */
function refusals({ steps: [first] }: PlanAction, setting: OutcomeSetting): readonly Case[] {
  if (first?.route.kind !== "target") return [];
  const { forbids, doubts } = standingOf(first.route.target, setting);
  const isDoubtful = { when: joinSql("or", whens(doubts)), outcome: refused("guard", 403) };
  const named = forbids.map(({ text, when }) => ({ when, outcome: refused(text, 403) }));
  return [isDoubtful, ...named, { when: settled.true, outcome: refused("guard", 403) }];
}
