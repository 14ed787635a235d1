import { assertNever } from "../../base/assert.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { CheckedGuard, CheckedPolicy } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { isOfCost, judgeEnsure } from "./guards-ensure.ts";
import { judgeNever, type NeverSetting } from "./guards-never.ts";
import type { GuardVerdict, Judgement } from "./guards-verdict.ts";
import { type AskedSpace, PlanQuestions } from "./reach-questions.ts";
import { showWitness } from "./reach-witness.ts";
import type { PlanDefaults } from "./worst-case.ts";

/** What guards are held against; a Configuration fits. */
export interface GuardGround extends Pick<Vocabulary, "targets"> {
  /** Names the target that prompts of semantic caches are sent to, to be placed. */
  readonly cache?: { readonly embeddings: string | null };
}

/** One verdict for each guard of a policy, in their order. */
export function judgeGuards(
  policy: CheckedPolicy,
  space: AskedSpace,
  { targets, cache }: GuardGround,
  defaults: PlanDefaults,
): readonly GuardVerdict[] {
  const embeddings = targets.get(cache?.embeddings ?? "") ?? null;
  const setting = { policy, questions: new PlanQuestions(space), targets, defaults, embeddings };
  const judgements = new Map<CheckedGuard, Judgement>();
  // What a run leaves out of plans bears on how many attempts they have: guards that leave targets out come first.
  const first = policy.guards.filter(leavesTargetsOut);
  for (const guard of first) judgements.set(guard, judge(guard, setting, true));
  const leaves = first.some((guard) => judgements.get(guard)?.verdict !== "proved");
  return policy.guards.map((guard) => {
    return { guard, ...(judgements.get(guard) ?? judge(guard, setting, leaves)) };
  });
}

/** Whether a run holds a plan to the guard by leaving targets out of it. */
function leavesTargetsOut(guard: CheckedGuard): boolean {
  return guard.kind === "never" || isOfCost(guard);
}

/** `targetsLeftOut`: whether a run may leave targets out of plans, for other guards. */
function judge(guard: CheckedGuard, setting: NeverSetting, targetsLeftOut: boolean): Judgement {
  switch (guard.kind) {
    case "never":
      return judgeNever(guard, setting);
    case "ensure":
      return judgeEnsure(guard, setting, targetsLeftOut);
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
