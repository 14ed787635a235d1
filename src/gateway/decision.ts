import type { ClientKey } from "../configuration/configuration.ts";
import { maxTokens } from "../extract/body-facts.ts";
import type { RequestContext } from "../extract/context.ts";
import { estimatedTokens } from "../extract/token-facts.ts";
import type { FactValue } from "../facts/fact.ts";
import type {
  Action,
  TargetCondition,
  TargetExpression,
} from "../language/checker/checked-policy.ts";
import { type FactFrame, frameState } from "../language/program/frame.ts";
import type { ChatRequest } from "../protocol/chat-request.ts";
import type { PlanInputs } from "../runtime/plan/make-plan.ts";
import type { Exchange } from "./exchange.ts";
import type { ActivePolicy } from "./snapshot.ts";

export type PlanAction = Extract<Action, { readonly kind: "plan" }>;

/** What facts of a request are read from. */
export function contextOf(
  { core, request, id }: Exchange,
  chat: ChatRequest,
  caller: ClientKey | null,
  requested: string | null,
): RequestContext {
  return {
    chat,
    headers: request.headers,
    caller,
    nowMs: core.clock.now(),
    requestId: id,
    endpoint: "chat",
    requested,
    live: core.liveTargets,
  };
}

/** What the choice of targets rests on, besides the configuration and the seed. */
export type RequestInputs = Omit<PlanInputs, "targets" | "defaults" | "seed">;

/**
 * Reads what an action's choice of targets rests on: exact values, so that the recorded facts reproduce the choice. A
 * promise only when that takes more than a moment.
 */
export function readInputs(
  policy: ActivePolicy,
  action: PlanAction,
  frame: FactFrame,
  context: RequestContext,
): RequestInputs | Promise<RequestInputs> {
  const needs = needsOf(action);
  for (const operand of needs.operands) {
    const state = frame.state[operand];
    if (state === frameState.known || state === frameState.unknown) continue;
    const reading = policy.extractor.read(operand, frame, context);
    if (reading !== undefined) {
      return reading.then(() => readInputs(policy, action, frame, context));
    }
  }
  return {
    requested: context.requested,
    requestId: context.requestId,
    promptTokens: needs.selects ? estimatedTokens(context.chat.body) : 0,
    maxTokens: maxTokens(context.chat.body) ?? null,
    atMs: context.nowMs,
    readOperand: (operand) => operandValue(policy, frame, operand),
    live: context.live,
  };
}

function operandValue(
  policy: ActivePolicy,
  frame: FactFrame,
  operand: number,
): FactValue | undefined {
  if (frame.state[operand] !== frameState.known) return undefined;
  const kind = policy.extractor.operands[operand]?.type.kind;
  if (kind === "text") return frame.texts[operand];
  const number = frame.numbers[operand];
  return kind === "boolean" ? number === 1 : number;
}

interface Needs {
  readonly operands: readonly number[];
  /** Whether a step chooses among targets, and so by the size of the prompt. */
  readonly selects: boolean;
}

const needsByAction = new WeakMap<PlanAction, Needs>();

function needsOf(action: PlanAction): Needs {
  let needs = needsByAction.get(action);
  if (needs === undefined) {
    const operands = new Set<number>();
    let selects = false;
    for (const { route } of action.steps) {
      if (route.kind === "split" && route.by !== null) operands.add(route.by);
      if (route.kind !== "select") continue;
      selects = true;
      if (route.where !== null) addCondition(route.where, operands);
    }
    needs = { operands: [...operands], selects };
    needsByAction.set(action, needs);
  }
  return needs;
}

function addCondition(condition: TargetCondition, operands: Set<number>): void {
  switch (condition.kind) {
    case "constant":
      return;
    case "not":
      addCondition(condition.of, operands);
      return;
    case "and":
    case "or":
      for (const each of condition.of) addCondition(each, operands);
      return;
    case "compare":
      addExpression(condition.left, operands);
      addExpression(condition.right, operands);
      return;
    default:
      addExpression(condition.of, operands);
  }
}

function addExpression(expression: TargetExpression, operands: Set<number>): void {
  if (expression.kind === "operand") operands.add(expression.operand);
  if (expression.kind === "arithmetic") {
    addExpression(expression.left, operands);
    addExpression(expression.right, operands);
  }
}
