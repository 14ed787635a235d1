import { assertNever } from "../../base/assert.ts";
import { showFactValue } from "../../facts/value.ts";
import type { CheckedGuard, CheckedOptions, Requirement } from "../checker/checked-policy.ts";
import { optionTable } from "../checker/option-table.ts";
import { hasOption } from "../interpreter/merge-options.ts";
import { CostJudge } from "./guards-cost.ts";
import { type Settled, settledBetween, type Variant, variantsOf } from "./guards-variants.ts";
import type { Judgement } from "./guards-verdict.ts";
import { type Finding, refused, ruleWords, settle } from "./guards-words.ts";
import type { Demand } from "./questions.ts";
import type { PlanAction } from "./reach.ts";
import { passingChoices } from "./reach-choices.ts";
import type { PlanSetting } from "./reach-setting.ts";
import type { Found, Witness } from "./space.ts";
import { limitsOf } from "./worst-case.ts";
import { attemptsBetween, timeBetween } from "./worst-case-plan.ts";

type Ensure = Extract<CheckedGuard, { readonly kind: "ensure" }>;
type Bound = Extract<Requirement, { readonly kind: "bound" }>;

/** What one plan with one set of options says about a requirement. */
export type PlanFinding =
  /** `text` says what is wrong, for a sentence that begins with the rule. */
  | { readonly kind: "broken"; readonly text: string; readonly witness?: Witness }
  | { readonly kind: "open"; readonly why: string }
  | null;

/**
 * Judges an `ensure`: over every plan, with whatever `also`s may apply, for every request for which `when` is not false.
 * `targetsLeftOut` says whether other guards may leave targets out in a run.
 */
export function judgeEnsure(
  guard: Ensure,
  setting: PlanSetting,
  targetsLeftOut: boolean,
): Judgement {
  const where = guard.when === null ? "" : " of a request for which it may have to hold";
  const judge = judgeOf(guard.requirement, setting, targetsLeftOut);
  const findings = findingsOf(guard, setting, judge);
  return settle(findings, `every plan${where} satisfies it, even at its worst`);
}

/** Whether a guard is a demand on `plan.cost`. */
export function isOfCost(guard: CheckedGuard): boolean {
  return (
    guard.kind === "ensure" && guard.requirement.kind === "bound" && guard.requirement.of === "cost"
  );
}

function* findingsOf(guard: Ensure, setting: PlanSetting, judge: PlanJudge): Generator<Finding> {
  const { policy } = setting;
  const base: readonly Demand[] =
    guard.when === null ? [] : [{ condition: guard.when, is: "not-false" }];
  for (const [branch, { action }] of policy.branches.entries()) {
    if (action.kind !== "plan") continue;
    const variants = variantsOf(action.options, policy.alsos, judge.keys);
    if (variants === null) {
      const why = `too many \`also\`s bear on the plan of ${ruleWords(policy, branch)}`;
      yield { kind: "undecided", why };
    }
    for (const { options, demands } of variants ?? []) {
      const variant = { options, demands: [...base, ...demands] };
      const finding = judge.judge(branch, action, variant);
      const place = { branch, action, demands: variant.demands };
      if (finding !== null) yield* findingAt(place, finding, setting);
    }
  }
}

interface Place {
  readonly branch: number;
  readonly action: PlanAction;
  readonly demands: readonly Demand[];
}

/** What is wrong with a plan counts where a request gets it. */
function* findingAt(
  { branch, action, demands }: Place,
  finding: NonNullable<PlanFinding>,
  { policy, questions }: PlanSetting,
): Generator<Finding> {
  const found: Found =
    finding.kind === "broken" && finding.witness !== undefined
      ? { kind: "found", witness: finding.witness }
      : questions.ask(branch, demands);
  if (found.kind === "undecided") yield found;
  if (found.kind !== "found") return;
  const rule = ruleWords(policy, branch);
  if (finding.kind === "open") {
    yield { kind: "enforced", why: `in ${rule} ${finding.why}` };
    return;
  }
  yield refused(`the plan of ${rule} ${finding.text}`, found.witness, action, {
    span: action.span,
    text: `this plan ${finding.text}`,
    target: null,
  });
}

interface PlanJudge {
  /** Options that bear on the requirement. */
  readonly keys: readonly (keyof CheckedOptions)[];
  judge(branch: number, action: PlanAction, variant: Variant): PlanFinding;
}

function judgeOf(
  requirement: Requirement,
  setting: PlanSetting,
  targetsLeftOut: boolean,
): PlanJudge {
  if (requirement.kind === "has") return havingJudge(requirement.what, targetsLeftOut);
  switch (requirement.of) {
    case "cost":
      return new CostJudge(requirement, setting);
    case "attempts":
    case "time":
      return countJudge(requirement, setting, targetsLeftOut);
    default:
      return assertNever(requirement.of);
  }
}

function havingJudge(what: "fallback" | keyof CheckedOptions, targetsLeftOut: boolean): PlanJudge {
  if (what === "fallback") {
    return {
      keys: [],
      judge: (_branch, { steps }) =>
        steps.length > 1 ? null : { kind: "broken", text: "has no fallback" },
    };
  }
  const word = optionTable.find(({ key }) => key === what)?.word ?? what;
  return {
    keys: [what],
    judge: (_branch, _action, { options }) => {
      if (!hasOption(options, what)) return { kind: "broken", text: `has no \`${word}\`` };
      if (what !== "shadow" || !targetsLeftOut) return null;
      return { kind: "open", why: "other guards may leave out the target of its shadow" };
    },
  };
}

function countJudge(requirement: Bound, setting: PlanSetting, targetsLeftOut: boolean): PlanJudge {
  const { of, op, value } = requirement;
  const between = of === "attempts" ? attemptsBetween : timeBetween;
  return {
    keys: of === "attempts" ? ["retries"] : ["retries", "timeoutMs", "deadlineMs"],
    judge: (_branch, action, { options }) => {
      const limits = limitsOf(options, setting.defaults);
      const range = between(passingChoices(action, setting), limits);
      const settled: Settled = settledBetween(range, op, value);
      if (settled === "true") {
        const holds = settledBetween({ ...range, least: 0 }, op, value) === "true";
        if (holds || !targetsLeftOut) return null;
        return { kind: "open", why: "it depends on which targets other guards leave in a run" };
      }
      if (settled === "open") {
        return { kind: "open", why: "it depends on which targets a run chooses" };
      }
      const text =
        of === "attempts"
          ? `makes up to ${range.most} attempts`
          : `takes up to ${showTime(range.most)}`;
      return { kind: "broken", text };
    },
  };
}

/** A time to the second where it is longer than one. */
function showTime(ms: number): string {
  const shown = ms < 1_000 ? ms : Math.ceil(ms / 1_000) * 1_000;
  return showFactValue({ kind: "duration" }, shown);
}
