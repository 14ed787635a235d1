import { hasFlex } from "../../catalog/cost.ts";
import type { Target } from "../../catalog/target.ts";
import type { Conversation } from "../../protocol/conversation.ts";
import type { Overrides } from "./adapter.ts";

/** A conversation as the plan wants it: what the policy sets stands in place of what the client said, and its ceiling holds. */
export function overrideConversation(
  conversation: Conversation,
  target: Pick<Target, "prices">,
  { set = {}, maxTokens, tier }: Overrides,
): Conversation {
  const { sampling, reasoning } = conversation;
  const number = (name: string, said: number | null): number | null => {
    const value = set[name];
    return typeof value === "number" ? value : said;
  };
  const text = (name: string, said: string | null): string | null => {
    const value = set[name];
    return typeof value === "string" ? value : said;
  };
  const effort = text("reasoning_effort", null);
  const stop = text("stop", null);
  const parallel = set["parallel_tool_calls"];
  const ceiling = Math.min(
    conversation.maxTokens ?? Number.POSITIVE_INFINITY,
    maxTokens ?? Number.POSITIVE_INFINITY,
  );
  return {
    ...conversation,
    sampling: {
      ...sampling,
      temperature: number("temperature", sampling.temperature),
      topP: number("top_p", sampling.topP),
      presencePenalty: number("presence_penalty", sampling.presencePenalty),
      frequencyPenalty: number("frequency_penalty", sampling.frequencyPenalty),
      seed: number("seed", sampling.seed),
    },
    // An effort that is set takes the place of every other way in which the client may have asked for thinking.
    reasoning:
      effort === null ? reasoning : { ...reasoning, effort, budgetTokens: null, enabled: null },
    stops: stop === null ? conversation.stops : [stop],
    user: text("user", conversation.user),
    verbosity: text("verbosity", conversation.verbosity),
    parallelCalls: typeof parallel === "boolean" ? parallel : conversation.parallelCalls,
    tier: tier === undefined ? conversation.tier : tierAt(target, tier),
    maxTokens: Number.isFinite(ceiling) ? ceiling : null,
  };
}

/** The tier that a plan asks for, where the target has it. */
export function tierAt(target: Pick<Target, "prices">, tier: "flex"): "flex" | null {
  return hasFlex(target) ? tier : null;
}
