import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import { showFactValue } from "../../facts/value.ts";
import type { CheckedStep } from "../checker/checked-policy.ts";
import type { Arrival } from "./fallbacks-causes.ts";
import { type PlanAction, routeWords } from "./reach.ts";
import type { PlanSetting } from "./reach-setting.ts";
import { limitsOf } from "./worst-case.ts";

/** Steps that the limits of their plan never let begin, and retries that they never let happen. */
export function timeFindings(
  action: PlanAction,
  arrivals: readonly Arrival[],
  setting: PlanSetting,
): readonly Diagnostic[] {
  return [
    ...lateSteps(action, setting),
    ...stepsBeyond(action, arrivals, setting),
    ...retriesBeyond(action, arrivals, setting),
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

/** What a `retry` leaves no attempts for: the first step that is not tried once those before it used theirs, or itself. */
function retriesBeyond(
  { steps, options: { retries }, span }: PlanAction,
  arrivals: readonly Arrival[],
  { defaults: { maxAttempts } }: PlanSetting,
): readonly Diagnostic[] {
  if (retries === undefined || retries === 0) return [];
  const help = "`dispatch: max-attempts` in the configuration bounds the attempts of one request";
  if (1 + retries > maxAttempts) {
    return [
      makeDiagnostic("P0443", span, `\`retry ${retries}\` can never be used up`, {
        label: `${maxAttempts} attempts are made at most`,
        help,
      }),
    ];
  }
  const starved = arrivals.findIndex(
    ({ attemptsBefore, stepsBefore }) =>
      attemptsBefore < maxAttempts && stepsBefore * (1 + retries) >= maxAttempts,
  );
  const step = steps[starved];
  const before = arrivals[starved]?.stepsBefore ?? 0;
  if (step === undefined) return [];
  const name = routeWords(step.route);
  return [
    makeDiagnostic(
      "P0443",
      step.span,
      `${name} is not tried once those before it used their retries`,
      {
        label: `${before} × ${1 + retries} attempts come before it`,
        help: `${maxAttempts} attempts are made at most: lower \`retry\`, or raise \`dispatch: max-attempts\` in the configuration`,
      },
    ),
  ];
}
