import type { Conversation } from "../../../protocol/conversation.ts";
import type { Overrides } from "../adapter.ts";

/** The conversation with what a plan sets; settings that this wire does not have are left out. */
export function withSettings(conversation: Conversation, set: Overrides["set"]): Conversation {
  if (set === undefined) return conversation;
  const { sampling, reasoning } = conversation;
  const { temperature, top_p, reasoning_effort, verbosity, user, parallel_tool_calls } = set;
  return {
    ...conversation,
    sampling: {
      ...sampling,
      ...(typeof temperature === "number" ? { temperature } : {}),
      ...(typeof top_p === "number" ? { topP: top_p } : {}),
    },
    ...(typeof reasoning_effort === "string"
      ? { reasoning: { ...reasoning, effort: reasoning_effort } }
      : {}),
    ...(typeof verbosity === "string" ? { verbosity } : {}),
    ...(typeof user === "string" ? { user } : {}),
    ...(typeof parallel_tool_calls === "boolean" ? { parallelCalls: parallel_tool_calls } : {}),
  };
}
