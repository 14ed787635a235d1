import { assertNever } from "../../base/assert.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { CheckedGuard, CheckedPolicy } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { judgeEnsure } from "./guards-ensure.ts";
import { judgeNever } from "./guards-never.ts";
import type { GuardVerdict, Judgement } from "./guards-verdict.ts";
import { type AskedSpace, PlanQuestions } from "./reach-questions.ts";
import type { PlanSetting } from "./reach-setting.ts";
import { showWitness } from "./reach-witness.ts";
import type { PlanDefaults } from "./worst-case.ts";

/** One verdict for each guard of a policy, in their order. */
export function judgeGuards(
  policy: CheckedPolicy,
  space: AskedSpace,
  { targets }: Pick<Vocabulary, "targets">,
  defaults: PlanDefaults,
): readonly GuardVerdict[] {
  const setting = { policy, questions: new PlanQuestions(space), targets, defaults };
  return policy.guards.map((guard) => ({ guard, ...judge(guard, setting) }));
}

function judge(guard: CheckedGuard, setting: PlanSetting): Judgement {
  switch (guard.kind) {
    case "never":
      return judgeNever(guard, setting);
    case "ensure":
      return judgeEnsure(guard, setting);
    default:
      return assertNever(guard);
  }
}

/** An error for each refused guard, with its witness; a note for each that a size limit left undecided. */
export function guardDiagnostics(
  verdicts: readonly GuardVerdict[],
  { files }: Pick<CheckedPolicy, "files">,
): readonly Diagnostic[] {
  const [file = "FILE"] = files;
  return verdicts.flatMap((verdict) => {
    const { guard, why } = verdict;
    if (verdict.verdict === "refused") return [refusal(verdict, file)];
    if (verdict.undecided !== true) return [];
    return [
      makeDiagnostic("P0502", guard.span, `\`${guard.text}\` could not be decided`, {
        label: "enforced in every run instead",
        help: why,
      }),
    ];
  });
}

function refusal(
  { guard, why, witness = {}, plan, culprit }: GuardVerdict,
  file: string,
): Diagnostic {
  const gets = plan === undefined ? "" : `; it gets ${plan}`;
  return makeDiagnostic("P0501", guard.span, `\`${guard.text}\` does not hold: ${why}`, {
    label: "a request breaks this",
    ...(culprit === undefined ? {} : { related: [{ span: culprit.span, text: culprit.text }] }),
    help: `try \`signalbox explain ${file} --request '${showWitness(witness)}'\`${gets}`,
  });
}
