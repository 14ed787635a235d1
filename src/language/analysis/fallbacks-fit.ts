import type { Ability, Target } from "../../catalog/target.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { CheckedGuard, CheckedStep, Condition } from "../checker/checked-policy.ts";
import { factsIn } from "./guards-words.ts";
import type { Demand } from "./questions.ts";
import { type PlanAction, routeWords } from "./reach.ts";
import { ceilingsOf, passingChoices } from "./reach-choices.ts";
import { holds } from "./reach-questions.ts";
import type { PlanSetting } from "./reach-setting.ts";
import { judgeTarget } from "./reach-verdict.ts";
import { showWitness } from "./reach-witness.ts";
import type { StepChoice } from "./worst-case-plan.ts";

/** A plan where it stands. */
export interface PlacedPlan {
  readonly action: PlanAction;
  readonly branch: number;
}

/** Something a request may hold that not every target takes. */
interface Need {
  /** Key of the operand that tells. */
  readonly fact: string;
  readonly test: { readonly op: ">" | "=" | "!="; readonly value: FactValue };
  /** Any of these takes it. */
  readonly abilities: readonly Ability[];
  readonly words: string;
  /** Whether `drop unsupported` takes it out of the request. */
  readonly mayBeDropped: boolean;
}

const needs: readonly Need[] = [
  need("images", "images", "images", false),
  need("audio", "audio", "audio", false),
  need("files", "files", "files", false),
  need("tools", "tools", "tools", true),
  {
    fact: "json",
    test: { op: "=", value: "schema" },
    abilities: ["json_schema"],
    words: "a JSON schema",
    mayBeDropped: true,
  },
  {
    fact: "json",
    test: { op: "=", value: "object" },
    abilities: ["json", "json_schema"],
    words: "JSON output",
    mayBeDropped: true,
  },
  {
    fact: "reasoning",
    test: { op: "!=", value: "none" },
    abilities: ["reasoning"],
    words: "a reasoning effort",
    mayBeDropped: true,
  },
];

function need(fact: string, ability: Ability, words: string, mayBeDropped: boolean): Need {
  return { fact, test: { op: ">", value: 0 }, abilities: [ability], words, mayBeDropped };
}

/** Steps whose target cannot take the requests that get there. */
export function fitFindings(plan: PlacedPlan, setting: PlanSetting): readonly Diagnostic[] {
  const choices = passingChoices(plan.action, setting);
  return [
    ...abilityFindings(plan, choices, setting),
    ...contextFindings(plan, choices, setting),
    ...windowFindings(plan.action, choices),
    ...regionFindings(plan, choices, setting),
  ];
}

function abilityFindings(
  { action, branch }: PlacedPlan,
  choices: readonly StepChoice[],
  { policy, questions }: PlanSetting,
): readonly Diagnostic[] {
  const condition = policy.branches[branch]?.condition ?? null;
  return needs.flatMap(({ fact, test, abilities, words, mayBeDropped }) => {
    const operand = policy.operands.findIndex(({ key }) => key === fact);
    if (operand < 0 || (mayBeDropped && action.options.dropUnsupported === true)) return [];
    const takes = (target: Target): boolean =>
      abilities.some((ability) => target.abilities.has(ability));
    const lacking = choices.flatMap(({ targets }, index) =>
      targets.length > 0 && !targets.some(takes) ? [index] : [],
    );
    if (lacking.length === 0) return [];
    const { span } = action;
    const asks: Condition = { kind: "compare", operand, ...test, span };
    const isAlways = !questions.mayExist(branch, [{ condition: asks, is: "not-true" }]);
    // A rule that asks for it and a primary that takes it: then a fallback that does not is a hole.
    const isMeant = condition !== null && mentions(condition, operand);
    const isPartOfPlan = isMeant && choices[0]?.targets.some(takes) === true;
    if (!isAlways && !isPartOfPlan) return [];
    const some = questions.ask(branch, [holds(asks)]);
    if (some.kind !== "found") return [];
    const which = isAlways ? "every request here has" : "requests here may have";
    return lacking.flatMap((index) =>
      lacks(action.steps[index], `cannot take ${words}, which ${which}`, some.witness.facts),
    );
  });
}

function lacks(
  step: CheckedStep | undefined,
  what: string,
  witness: Readonly<Record<string, FactValue | null>>,
): readonly Diagnostic[] {
  if (step === undefined) return [];
  return [
    makeDiagnostic("P0447", step.span, `${routeWords(step.route)} ${what}`, {
      label: "does not fit the request",
      help: `such a request is \`${showWitness(witness)}\``,
    }),
  ];
}

function mentions(condition: Condition, operand: number): boolean {
  switch (condition.kind) {
    case "constant":
      return false;
    case "not":
      return mentions(condition.of, operand);
    case "and":
    case "or":
      return condition.of.some((part) => mentions(part, operand));
    default:
      return condition.operand === operand;
  }
}

/** Steps whose every target has a smaller context than the smallest prompt that gets there. */
function contextFindings(
  { action, branch }: PlacedPlan,
  choices: readonly StepChoice[],
  { policy, questions }: PlanSetting,
): readonly Diagnostic[] {
  const operand = policy.operands.findIndex(({ key }) => key === "tokens");
  if (operand < 0) return [];
  return choices.flatMap((choice, index) => {
    const window = largestWindow(choice);
    if (window === null) return [];
    const { span } = action;
    const fits: Condition = { kind: "compare", operand, op: "<=", value: window, span };
    if (questions.mayExist(branch, [holds(fits)])) return [];
    const some = questions.ask(branch, []);
    if (some.kind !== "found") return [];
    const what = `has a context of ${window} tokens, and every prompt here is larger`;
    return lacks(action.steps[index], what, some.witness.facts);
  });
}

/** The largest context among a step's targets; null where one is not known, or there are none. */
function largestWindow({ targets }: StepChoice): number | null {
  const windows = targets.flatMap(({ contextTokens }) => contextTokens ?? []);
  return windows.length === 0 || windows.length < targets.length ? null : Math.max(...windows);
}

/** Fallbacks named for `context_exceeded` that hold no more than what was exceeded. */
function windowFindings(
  { steps }: PlanAction,
  choices: readonly StepChoice[],
): readonly Diagnostic[] {
  return steps.flatMap((step, index) => {
    const isNamed = step.on.includes("context_exceeded") && !step.on.includes("server_error");
    const choice = choices[index];
    if (!isNamed || choice === undefined) return [];
    const window = largestWindow(choice);
    const before = choices.slice(0, index).map(smallestWindow);
    if (window === null || before.some((each) => each === null || each < window)) return [];
    return [
      makeDiagnostic(
        "P0448",
        step.span,
        `${routeWords(step.route)} holds no more than the targets before it`,
        {
          label: `a context of ${window} tokens`,
          help: "what is too large for them is too large for this one: name a target with a larger context",
        },
      ),
    ];
  });
}

function smallestWindow({ targets }: StepChoice): number | null {
  const windows = targets.flatMap(({ contextTokens }) => contextTokens ?? []);
  return windows.length === 0 || windows.length < targets.length ? null : Math.min(...windows);
}

/** Fallbacks that go where a guard lets only other requests not go, while the primary does not. */
function regionFindings(
  { action, branch }: PlacedPlan,
  [primary, ...fallbacks]: readonly StepChoice[],
  setting: PlanSetting,
): readonly Diagnostic[] {
  const guards = primary?.kind === "fixed" ? idleRegionGuards(branch, setting) : [];
  if (primary?.kind !== "fixed" || guards.length === 0) return [];
  const [first] = primary.targets;
  const ceilings = ceilingsOf(action, setting.policy);
  const isForbidden = (target: Target, { target: condition, span }: Never): boolean => {
    const candidate = { target, operands: setting.policy.operands, ceilings, span };
    return ["holds", "unknown"].includes(judgeTarget(condition, candidate));
  };
  return fallbacks.flatMap(({ kind, targets: [target] }, index) => {
    const step = action.steps[index + 1];
    if (kind !== "fixed" || target === undefined || step === undefined) return [];
    const guard = guards.find((each) => isForbidden(target, each) && !isForbidden(first, each));
    if (guard === undefined) return [];
    const message = `\`${target.name}\` runs elsewhere than \`${first.name}\``;
    return [
      makeDiagnostic("P0449", step.span, message, {
        label: `region ${target.region ?? "unknown"}, not ${first.region ?? "unknown"}`,
        related: [{ span: guard.span, text: "this does not hold for these requests" }],
        help: "nothing is wrong where that is meant; else widen the guard",
      }),
    ];
  });
}

type Never = Extract<CheckedGuard, { readonly kind: "never" }>;

/** Guards on the region that hold for no request of a branch. */
function idleRegionGuards(branch: number, { policy, questions }: PlanSetting): readonly Never[] {
  return policy.guards.flatMap((guard) => {
    if (guard.kind !== "never" || guard.when === null) return [];
    const isOnRegion = factsIn(guard.target).includes("region");
    const mayHold: Demand = { condition: guard.when, is: "not-false" };
    return isOnRegion && !questions.mayExist(branch, [mayHold]) ? [guard] : [];
  });
}
