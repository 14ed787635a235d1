import type { Diagnostic, SourceFile } from "../../diagnostics/diagnostic.ts";
import { analyse } from "../analysis/analyse.ts";
import { planDiagnostics, planErrors } from "../analysis/fallbacks.ts";
import { type GuardGround, guardDiagnostics, judgeGuards } from "../analysis/guards.ts";
import { trustDiagnostics } from "../analysis/guards-trust.ts";
import type { GuardVerdict } from "../analysis/guards-verdict.ts";
import { createSpace } from "../analysis/space.ts";
import type { SpaceLimits } from "../analysis/work.ts";
import type { PlanDefaults } from "../analysis/worst-case.ts";
import type { CheckedPolicy } from "../checker/checked-policy.ts";
import type { SourceLoader, Vocabulary } from "../checker/vocabulary.ts";
import { arranged, type CheckedSource, checkSource } from "./check-source.ts";

/** Everything outside the policy that a review rests on; a Configuration fits. */
export interface ReviewSetting extends Vocabulary {
  /** Limits of plans that set none of their own. */
  readonly dispatch: PlanDefaults;
  readonly cache?: NonNullable<GuardGround["cache"]>;
}

/** What the analysis makes of a policy. */
export interface Review {
  /** One for each guard, in their order. */
  readonly guards: readonly GuardVerdict[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A checked source with what the analysis makes of it; a policy with a refused guard or plan is null, as with any error. */
export interface ReviewedSource extends CheckedSource {
  readonly guards: readonly GuardVerdict[];
}

/** Whether a guard holds in every run, so that no run has to see to it. */
export function isProved({ verdict }: GuardVerdict): boolean {
  return verdict === "proved";
}

/** What has to be settled before a policy may run. Costs next to nothing where there are no guards. */
export function judgePolicy(
  policy: CheckedPolicy,
  setting: ReviewSetting,
  limits: Partial<SpaceLimits> = {},
): Review {
  const guards =
    policy.guards.length === 0
      ? []
      : judgeGuards(policy, createSpace(policy, setting, limits), setting, setting.dispatch);
  return {
    guards,
    diagnostics: [
      ...planErrors(policy),
      ...guardDiagnostics(guards, policy),
      ...trustDiagnostics(policy),
    ],
  };
}

/** All that the analysis has to say of a policy. */
export function reviewPolicy(
  policy: CheckedPolicy,
  setting: ReviewSetting,
  limits: Partial<SpaceLimits> = {},
): Review {
  const space = createSpace(policy, setting, limits);
  const guards = judgeGuards(policy, space, setting, setting.dispatch);
  const diagnostics = [
    ...planDiagnostics(policy, space, setting, setting.dispatch),
    ...guardDiagnostics(guards, policy),
    ...trustDiagnostics(policy),
    ...analyse(policy, setting, { limits }),
  ];
  return { guards, diagnostics };
}

/** How far a source is looked into: `judge` for what may run, `review` for all there is to say. */
export type Depth = "judge" | "review";

/** Parses, checks and analyses one policy with the libraries it uses. Nothing is thrown for any text. */
export function reviewSource(
  source: SourceFile,
  setting: ReviewSetting,
  load: SourceLoader,
  depth: Depth = "review",
): ReviewedSource {
  const checked = checkSource(source, setting, load);
  const { policy } = checked;
  if (policy === null) return { ...checked, guards: [] };
  const review = depth === "judge" ? judgePolicy(policy, setting) : reviewPolicy(policy, setting);
  const diagnostics = arranged([...checked.diagnostics, ...review.diagnostics], checked.sources);
  const failed = review.diagnostics.some(({ severity }) => severity === "error");
  return { ...checked, policy: failed ? null : policy, diagnostics, guards: review.guards };
}
