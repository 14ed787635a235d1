import type { Target } from "../catalog/target.ts";
import { readAnswerFact } from "../extract/answer-facts.ts";
import { evaluateTargetCondition } from "../language/interpreter/target-condition.ts";
import type { AnswerEvent } from "../protocol/answer-event.ts";
import { collectAnswer } from "../protocol/collect-answer.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import { readTarget } from "../runtime/plan/read-target.ts";
import type { ModelJob } from "../runtime/transport/model-job.ts";
import type { Grounds } from "./decision.ts";

/** What answers are judged by, besides what they say. */
export interface JudgeInputs {
  readonly plan: Plan;
  readonly inputs: Grounds["inputs"];
  readonly request: ModelRequest;
}

/** Who judges the answers of a plan with `accept`; undefined for one without, and for what is only handed on or counted. */
export function judgeOf(
  judge: JudgeInputs,
  { listed }: { readonly listed: { get(name: string): Target | undefined } },
): ModelJob["accepts"] {
  const { plan, request } = judge;
  if (!plan.holdsAnswer || request.relayed !== undefined || request.counting === true)
    return undefined;
  return (name, events) => {
    const target = listed.get(name);
    return target === undefined || accepts(judge, target, events);
  };
}

/** All is accepted but what the condition is false of: nothing is refused for what nobody tells. */
function accepts(
  { plan, inputs, request }: JudgeInputs,
  target: Target,
  events: readonly AnswerEvent[],
): boolean {
  const { accept } = plan.options;
  if (accept === undefined) return true;
  const context = { answer: collectAnswer(events), body: request.body };
  const present = { ...inputs, outputCeiling: inputs.maxTokens };
  const verdict = evaluateTargetCondition(accept, inputs.readOperand, (question) =>
    question.kind === "response-fact"
      ? readAnswerFact(question.name, context)
      : readTarget(question, target, present),
  );
  return verdict !== "false";
}
