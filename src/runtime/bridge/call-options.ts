import type { Target } from "../../catalog/target.ts";
import type { Conversation, ReasoningWish, Sampling } from "../../protocol/conversation.ts";
import type { Overrides } from "../providers/adapter.ts";
import {
  type Carrier,
  isKnownNotToThink,
  refuseForeign,
  tellReasoning,
} from "../providers/carrier.ts";
import { overrideConversation } from "../providers/override-conversation.ts";
import { budgetWithin, type ThinkingRoom } from "../providers/thinking-budget.ts";
import type { Fields } from "./language-model.ts";
import { namespaceOf } from "./namespaces.ts";
import { type PromptGoal, toPrompt } from "./prompt.ts";

type Loose = Record<string, unknown>;

/** What a request is put into options for. */
export interface CallGoal extends PromptGoal {
  readonly target: Target;
  readonly overrides: Overrides;
}

/** A request as the call options of the AI SDK, without abort signal; the carrier notes what they cannot say. */
export function toCallOptions(asked: Conversation, goal: CallGoal, carrier: Carrier): Fields {
  const { target, overrides } = goal;
  const { maxTokens: ceiling, ...rest } = overrides;
  const conversation = overrideConversation(asked, target, rest);
  refuseForeign(conversation, carrier, "plain");
  refuseUnsayable(conversation, carrier);
  const maxOutputTokens = maxTokens(conversation, target, ceiling);
  const limit = maxOutputTokens ?? Number.POSITIVE_INFINITY;
  const halves = limit < (conversation.maxTokens ?? Number.POSITIVE_INFINITY);
  const own: Loose = {};
  const into = { own, carrier };
  const options: Loose = {
    prompt: toPrompt(conversation, goal, carrier),
    ...(maxOutputTokens === null ? {} : { maxOutputTokens }),
    ...samplingOf(conversation.sampling, target, carrier),
    ...(conversation.stops.length === 0 ? {} : { stopSequences: conversation.stops }),
    ...formatOf(conversation),
    ...toolsOf(conversation, goal, carrier),
    ...reasoningOf(conversation.reasoning, { limit: maxOutputTokens, halves }, goal, into),
  };
  const { singleCall, user } = namespaceOf(goal.namespace);
  if (conversation.parallelCalls === false && conversation.tools.length > 0) {
    if (singleCall === undefined) carrier.leavesOut("parallel_tool_calls");
    else Object.assign(own, singleCall);
  }
  if (conversation.user !== null && user !== undefined) own[user] = conversation.user;
  if (Object.keys(own).length > 0) options["providerOptions"] = { [goal.namespace]: own };
  return options;
}

/** What the interface has no word for. */
function refuseUnsayable(conversation: Conversation, carrier: Carrier): void {
  const { choices, verbosity, prediction } = conversation;
  if (choices > 1) carrier.cannot("n", "more than one choice");
  if (verbosity !== null) carrier.leavesOut("verbosity");
  if (prediction !== null) carrier.leavesOut("prediction");
}

function maxTokens(
  { maxTokens: asked }: Conversation,
  { maxOutputTokens }: Target,
  ceiling: number | undefined,
): number | null {
  if (asked === null) return ceiling ?? null;
  return Math.min(
    asked,
    ceiling ?? Number.POSITIVE_INFINITY,
    maxOutputTokens ?? Number.POSITIVE_INFINITY,
  );
}

const knobs: readonly (readonly [keyof Sampling, string, string])[] = [
  ["temperature", "temperature", "temperature"],
  ["topP", "topP", "top_p"],
  ["topK", "topK", "top_k"],
  ["presencePenalty", "presencePenalty", "presence_penalty"],
  ["frequencyPenalty", "frequencyPenalty", "frequency_penalty"],
  ["seed", "seed", "seed"],
];
const refusedByReasoners: ReadonlySet<string> = new Set(["temperature", "top_p", "top_k"]);

function samplingOf(sampling: Sampling, target: Target, carrier: Carrier): Fields {
  if (sampling.topLogprobs !== null) carrier.cannot("logprobs", "the likelihood of tokens");
  if (sampling.logitBias !== null) carrier.leavesOut("logit_bias");
  if (sampling.minP !== null) carrier.leavesOut("min_p");
  const out: Loose = {};
  for (const [knob, option, param] of knobs) {
    const value = sampling[knob];
    if (value === null) continue;
    if (!target.rejectsSampling || !refusedByReasoners.has(param)) out[option] = value;
    else if (value !== 1) carrier.leavesOut(param);
  }
  return out;
}

function formatOf({ format }: Conversation): Fields {
  if (format.kind !== "schema")
    return format.kind === "text" ? {} : { responseFormat: { type: "json" } };
  const { name, description, schema } = format;
  return {
    responseFormat: {
      type: "json",
      schema,
      ...(name === null ? {} : { name }),
      ...(description === null ? {} : { description }),
    },
  };
}

function toolsOf(
  { tools, toolChoice }: Conversation,
  { version, target }: CallGoal,
  carrier: Carrier,
): Fields {
  const allowed = toolChoice?.kind === "allowed" ? new Set(toolChoice.names) : null;
  const declared: Fields[] = [];
  for (const tool of tools) {
    if (tool.kind === "custom") carrier.cannot(`${tool.path}.type`, "a tool of type custom");
    if (tool.kind !== "function" || allowed?.has(tool.name) === false) continue;
    const { name, description, parameters, strict } = tool;
    declared.push({
      type: "function",
      name,
      ...(description === null ? {} : { description }),
      inputSchema: { type: "object", properties: {}, ...parameters },
      ...(strict === null || version === "v2" ? {} : { strict }),
    });
  }
  if (declared.length === 0) return {};
  const choice = choiceOf(toolChoice);
  if (choice === null) return { tools: declared };
  const forced = choice["type"] === "required" || choice["type"] === "tool";
  if (!forced || !target.rejectsForcedTools) return { tools: declared, toolChoice: choice };
  carrier.leavesOut("tool_choice");
  return { tools: declared, toolChoice: { type: "auto" } };
}

function choiceOf(choice: Conversation["toolChoice"]): Fields | null {
  if (choice === null) return null;
  if (choice.kind === "named") return { type: "tool", toolName: choice.name };
  if (choice.kind === "allowed") return { type: choice.mustCall ? "required" : "auto" };
  return { type: choice.kind };
}

/** Where what is said goes: options of the package's own, and what they cannot say. */
interface Into {
  readonly own: Loose;
  readonly carrier: Carrier;
}

/** How much to think: a field of the newest version, options of the package's own in others. */
function reasoningOf(
  wish: ReasoningWish,
  room: ThinkingRoom,
  goal: CallGoal,
  { own, carrier }: Into,
): Fields {
  const { version, namespace, target } = goal;
  const { effort, budgetTokens, enabled } = wish;
  const { effort: effortOption } = namespaceOf(namespace);
  if (isKnownNotToThink(target)) {
    tellReasoning(carrier, wish);
    return {};
  }
  if (budgetTokens !== null && enabled !== false)
    return budgetOf(budgetTokens, room, goal, { own, carrier });
  const wished = enabled === false ? "none" : (effort ?? (enabled === true ? "medium" : null));
  const isDeaf = target.rejectsEffort || (wished !== "none" && mayRaise(room, goal));
  if (isDeaf) tellReasoning(carrier, wish);
  if (wished === null || isDeaf) return {};
  if (version === "v4") return { reasoning: wished === "max" ? "xhigh" : wished };
  if (effortOption === undefined) carrier.leavesOut("reasoning_effort");
  else own[effortOption] = wished;
  return {};
}

/** Whether a package may choose a budget for an effort and ask for that beyond the limit. For models that think as they see fit it does not. */
function mayRaise({ limit }: ThinkingRoom, { version, namespace, target }: CallGoal): boolean {
  if (limit === null || version !== "v4" || target.thinking?.has("adaptive") === true) return false;
  return namespaceOf(namespace).addsBudget?.(target.model) === true;
}

/** A budget as options of the package's own, and the limit that is left where the package adds the budget to it. */
function budgetOf(
  asked: number,
  room: ThinkingRoom,
  { namespace, target }: CallGoal,
  { own, carrier }: Into,
): Fields {
  const { thinks, addsBudget, leastBudget = 1 } = namespaceOf(namespace);
  const budget = budgetWithin(Math.max(leastBudget, asked), room);
  if (thinks === undefined || budget < leastBudget) {
    carrier.leavesOut("thinking");
    return {};
  }
  if (budget < asked) carrier.leavesOut("thinking.budget_tokens");
  Object.assign(own, thinks(budget));
  // A budget that the model does not take becomes none, and nothing is added.
  const adds = addsBudget?.(target.model) === true && target.thinking?.has("enabled") !== false;
  return adds && room.limit !== null ? { maxOutputTokens: room.limit - budget } : {};
}
