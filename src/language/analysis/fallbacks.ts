import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import { type Cause, retryableCauses } from "../../protocol/cause.ts";
import type { CheckedPolicy, CheckedStep, Route } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { type Arrival, arrivalsOf, broughtAboutBy } from "./fallbacks-causes.ts";
import { fitFindings } from "./fallbacks-fit.ts";
import { type PlanAction, routeWords } from "./reach.ts";
import { ceilingsOf } from "./reach-choices.ts";
import { type AskedSpace, PlanQuestions } from "./reach-questions.ts";
import type { PlanSetting } from "./reach-setting.ts";
import { judgeTarget } from "./reach-verdict.ts";
import type { PlanDefaults } from "./worst-case.ts";
import { timeFindings } from "./worst-case-findings.ts";

/** What is wrong with the plans of a policy: fallbacks, selections, worst cases, and targets that cannot take the request. */
export function planDiagnostics(
  policy: CheckedPolicy,
  space: AskedSpace,
  { targets }: Pick<Vocabulary, "targets">,
  defaults: PlanDefaults,
): readonly Diagnostic[] {
  const setting: PlanSetting = { policy, questions: new PlanQuestions(space), targets, defaults };
  return policy.branches.flatMap(({ action }, branch) => {
    if (action.kind !== "plan") return [];
    const arrivals = arrivalsOf(action, policy);
    return [
      ...causeFindings(action, arrivals),
      ...repeatFindings(action),
      ...emptyFindings(action, setting),
      ...timeFindings(action, arrivals, setting),
      ...fitFindings({ action, branch }, setting),
    ];
  });
}

/** What of it is an error: causes and fallbacks that nothing leads to. Asks nothing of the diagram. */
export function planErrors(policy: CheckedPolicy): readonly Diagnostic[] {
  return policy.branches.flatMap(({ action }) =>
    action.kind === "plan" ? causeFindings(action, arrivalsOf(action, policy)) : [],
  );
}

function causeFindings({ steps }: PlanAction, arrivals: readonly Arrival[]): readonly Diagnostic[] {
  return steps.flatMap((step, index) => {
    const arrival = arrivals[index];
    if (index === 0 || arrival === undefined) return [];
    if (arrival.causes.length === 0) return [deadFallback(step, arrival)];
    return namedCauses(step).flatMap((cause) => {
      if (arrival.raised.has(cause)) return [];
      return [
        makeDiagnostic("P0440", step.span, `no target before this fallback raises \`${cause}\``, {
          label: `\`${cause}\` never comes`,
          help: helpFor(cause),
        }),
      ];
    });
  });
}

/** The causes that a step was given one by one: all of them, or those beyond the retryable ones that `fallback` means. */
function namedCauses({ on }: CheckedStep): readonly Cause[] {
  const isUsual = [...retryableCauses].every((cause) => on.includes(cause));
  return isUsual ? on.filter((cause) => !retryableCauses.has(cause)) : on;
}

function deadFallback({ on, span, route }: CheckedStep, { raised }: Arrival): Diagnostic {
  const never = on.filter((cause) => !raised.has(cause));
  const [first] = never;
  const words = on.map((cause) => `\`${cause}\``).join(", ");
  return makeDiagnostic("P0441", span, `no failure reaches the fallback ${routeWords(route)}`, {
    label: never.length === on.length ? "nothing raises its cause" : "an earlier step takes it",
    help:
      first !== undefined && never.length === on.length
        ? helpFor(first)
        : `earlier steps take every failure of cause ${words}`,
  });
}

function helpFor(cause: Cause): string {
  const what = broughtAboutBy[cause];
  return what === undefined
    ? "take the cause out"
    : `only ${what} raises \`${cause}\`, and neither the plan nor an \`also\` has it`;
}

/** A fallback all of whose targets have been tried for certain by then. A named target is the checker's (P0405). */
function repeatFindings({ steps }: PlanAction): readonly Diagnostic[] {
  const tried = new Map<string, CheckedStep>();
  return steps.flatMap((step) => {
    const names = namesOf(step.route);
    const first = names.map((name) => tried.get(name)).find((each) => each !== undefined);
    const isRepeat = names.length > 0 && names.every((name) => tried.has(name));
    if (step.route.kind === "target") tried.set(step.route.target, step);
    if (!isRepeat || first === undefined || step.route.kind === "target") return [];
    return [
      makeDiagnostic("P0445", step.span, "every target of this fallback has been tried by then", {
        label: "nothing is left to try",
        related: [{ span: first.span, text: "tried here" }],
        help: "a target that has failed is not tried again: name another, or use `retry`",
      }),
    ];
  });
}

function namesOf(route: Route): readonly string[] {
  if (route.kind === "target") return [route.target];
  if (route.kind === "select") return route.from;
  if (route.kind === "requested") return [];
  return route.shares.filter(({ parts }) => parts > 0).map(({ target }) => target);
}

/** A selection whose `where` lets no candidate pass, whatever the request. */
function emptyFindings(
  action: PlanAction,
  { policy, targets }: PlanSetting,
): readonly Diagnostic[] {
  return action.steps.flatMap(({ route, span }) => {
    if (route.kind !== "select" || route.where === null) return [];
    const { where } = route;
    const ceilings = ceilingsOf(action, policy);
    const candidates = route.from.flatMap((name) => targets.get(name) ?? []);
    const passing = candidates.filter((target) => {
      const verdict = judgeTarget(where, { target, operands: policy.operands, ceilings, span });
      return verdict === "holds" || verdict === "depends";
    });
    if (passing.length > 0 || candidates.length === 0) return [];
    return [
      makeDiagnostic("P0446", span, "no candidate of this selection can ever pass its `where`", {
        label: "always empty",
        help: "correct the condition, or configure a target that meets it",
      }),
    ];
  });
}
