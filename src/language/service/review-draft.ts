import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { headOf } from "../analysis/condition-parts.ts";
import { remainders } from "../analysis/shadows.ts";
import { createSpace } from "../analysis/space.ts";
import { checkTotality } from "../analysis/totality.ts";
import { statesInWords } from "../analysis/words.ts";
import type { SpaceLimits } from "../analysis/work.ts";
import type { CheckedPolicy } from "../checker/checked-policy.ts";
import { type ReviewSetting, reviewPolicy } from "./review-source.ts";

/** A few words behind a piece of a policy. */
export interface Remark {
  /** Offset behind which it stands. */
  readonly at: number;
  readonly text: string;
  readonly tooltip: string;
}

/** What the analysis tells an editor of a policy as it stands. */
export interface DraftReview {
  readonly diagnostics: readonly Diagnostic[];
  /** Of the policy's own file: what rules still match after those above them, and what becomes of guards. */
  readonly remarks: readonly Remark[];
}

/** A policy whose rules could all be read. */
export interface Draft {
  readonly policy: CheckedPolicy;
  /** False when something else in the files is an error: then only the rules are looked at. */
  readonly isSound: boolean;
}

/** Analyses a policy as an editor has it; what is cancelled or too much is left out. */
export function reviewDraft(
  { policy, isSound }: Draft,
  setting: ReviewSetting,
  limits: Partial<SpaceLimits> = {},
): DraftReview {
  const totality = checkTotality(policy, setting, limits);
  if (!isSound || totality.diagnostics.length > 0) {
    return { diagnostics: totality.diagnostics, remarks: [] };
  }
  const { guards, diagnostics } = reviewPolicy(totality.policy, setting, limits);
  const [file] = policy.files;
  const verdicts = guards.flatMap(({ guard, verdict, why }): readonly Remark[] =>
    guard.span.file === file ? [{ at: guard.span.end, text: verdict, tooltip: why }] : [],
  );
  const left = leftovers(totality.policy, setting, limits).filter(
    ({ at }) => !isTold(diagnostics, at),
  );
  return { diagnostics, remarks: [...verdicts, ...left] };
}

/** Whether nothing at all is left of the condition that ends here, which is a finding of its own. */
function isTold(diagnostics: readonly Diagnostic[], at: number): boolean {
  return diagnostics.some(({ code, span }) => code === "P0422" && span.end === at);
}

/** Longest remark, in characters. */
const longest = 80;

function leftovers(
  policy: CheckedPolicy,
  setting: ReviewSetting,
  limits: Partial<SpaceLimits>,
): readonly Remark[] {
  const space = createSpace(policy, setting, limits);
  return policy.branches.flatMap(({ condition, rule }, branch): readonly Remark[] => {
    if (condition === null || policy.rules[rule]?.implied === true || space.isOver) return [];
    const words = remainders(space, branch).flatMap(({ operand, left }) => {
      const { key, type } = policy.operands[operand] ?? {};
      const states = type === undefined ? "" : statesInWords(left, type);
      return states === "" ? [] : [`${key} ${states}`];
    });
    if (words.length === 0) return [];
    const whole = `left: ${words.join(", ")}`;
    const text = whole.length > longest ? `${whole.slice(0, longest - 1)}…` : whole;
    const tooltip = `What the rules above leave of this condition: ${words.join(", ")}.`;
    return [{ at: headOf(policy, branch).end, text, tooltip }];
  });
}
