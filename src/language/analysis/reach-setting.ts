import type { CheckedPolicy } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import type { PlanQuestions } from "./reach-questions.ts";
import type { PlanDefaults } from "./worst-case.ts";

/** What the plans of a policy are judged by. */
export interface PlanSetting {
  readonly policy: CheckedPolicy;
  readonly questions: PlanQuestions;
  readonly targets: Vocabulary["targets"];
  readonly defaults: PlanDefaults;
}
