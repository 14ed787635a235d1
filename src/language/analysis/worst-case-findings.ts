import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import { showFactValue } from "../../facts/value.ts";
import type { CheckedStep } from "../checker/checked-policy.ts";
import type { Arrival } from "./fallbacks-causes.ts";
import { type PlanAction, routeWords } from "./reach.ts";
import { passingChoices } from "./reach-choices.ts";
import type { PlanSetting } from "./reach-setting.ts";
import { limitsOf } from "./worst-case.ts";
import { differentTargets } from "./worst-case-plan.ts";

/** Steps that the limits of their plan never let begin, and retries that they never let happen. */
export function timeFindings(
  action: PlanAction,
  arrivals: readonly Arrival[],
  setting: PlanSetting,
): readonly Diagnostic[] {
  return [
    ...lateSteps(action, setting),
    ...stepsBeyond(action, arrivals, setting),
    ...retriesBeyond(action, setting),
  ];
}

const show = (ms: number): string => showFactValue({ kind: "duration" }, ms);

/** Steps that are not reached before the deadline when all those before them time out. Told where the policy set the limits. */
function lateSteps(
  { steps, options }: PlanAction,
  { defaults }: PlanSetting,
): readonly Diagnostic[] {
  if (options.timeoutMs === undefined && options.deadlineMs === undefined) return [];
  const { timeoutMs, deadlineMs } = limitsOf(options, defaults);
  const tried = timeoutChain(steps);
  const late = tried.findIndex((_, index) => index > 0 && index * timeoutMs >= deadlineMs);
  const step = tried[late];
  if (step === undefined) return [];
  const name = routeWords(step.route);
  const spent = `${late} × ${show(timeoutMs)}`;
  return [
    makeDiagnostic("P0442", step.span, `${name} never starts when all before it time out`, {
      label: "the deadline is over by then",
      help: `${spent} is not less than the deadline of ${show(deadlineMs)}: shorten \`timeout\`, or allow a longer \`deadline\``,
    }),
  ];
}

/** The steps that are tried one after the other when each times out. A target that has failed is passed over. */
function timeoutChain(steps: readonly CheckedStep[]): readonly CheckedStep[] {
  const failed = new Set<string>();
  return steps.filter(({ route, on }, index) => {
    if (index > 0 && !on.includes("timeout")) return false;
    if (route.kind !== "target") return true;
    const isNew = !failed.has(route.target);
    failed.add(route.target);
    return isNew;
  });
}

/** The first step that comes after more attempts than one request is allowed, even without a retry. */
function stepsBeyond(
  { steps }: PlanAction,
  arrivals: readonly Arrival[],
  { defaults: { maxAttempts } }: PlanSetting,
): readonly Diagnostic[] {
  const beyond = arrivals.findIndex(
    ({ attemptsBefore }) => Number.isFinite(attemptsBefore) && attemptsBefore >= maxAttempts,
  );
  const step = steps[beyond];
  if (step === undefined) return [];
  return [
    makeDiagnostic("P0444", step.span, `${routeWords(step.route)} is never tried`, {
      label: `${maxAttempts} attempts are made before it`,
      help: "`dispatch: max-attempts` in the configuration bounds the attempts of one request",
    }),
  ];
}

/** A `retry` that can never be used up, because the attempts of a request are bounded. */
function retriesBeyond(action: PlanAction, setting: PlanSetting): readonly Diagnostic[] {
  const { retries } = action.options;
  const { maxAttempts } = setting.defaults;
  if (retries === undefined || retries === 0) return [];
  const { least } = differentTargets(passingChoices(action, setting));
  const attempts = least * (1 + retries);
  if (attempts <= maxAttempts) return [];
  const what = least === 1 ? "one target" : `${least} targets`;
  return [
    makeDiagnostic("P0443", action.span, `\`retry ${retries}\` is more than is allowed here`, {
      label: `${attempts} attempts at ${what}, and ${maxAttempts} are made at most`,
      help: "`dispatch: max-attempts` in the configuration bounds the attempts of one request",
    }),
  ];
}
