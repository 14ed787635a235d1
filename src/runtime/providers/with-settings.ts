import type { Conversation, Sampling } from "../../protocol/conversation.ts";
import type { Overrides } from "./adapter.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const knobs: ReadonlyMap<string, keyof Sampling> = new Map([
  ["temperature", "temperature"],
  ["top_p", "topP"],
  ["presence_penalty", "presencePenalty"],
  ["frequency_penalty", "frequencyPenalty"],
  ["seed", "seed"],
]);

/** The conversation with what a plan sets in it (`with set temperature 0`). */
export function withSettings(conversation: Conversation, set: Overrides["set"]): Conversation {
  if (set === undefined) return conversation;
  const sampling: Record<string, unknown> = { ...conversation.sampling };
  const out: Mutable<Conversation> = { ...conversation };
  for (const [name, value] of Object.entries(set)) {
    const knob = knobs.get(name);
    if (knob !== undefined) sampling[knob] = value;
    else if (name === "reasoning_effort")
      out.reasoning = { ...out.reasoning, effort: String(value) };
    else if (name === "verbosity") out.verbosity = String(value);
    else if (name === "parallel_tool_calls") out.parallelCalls = value === true;
    else if (name === "user") out.user = String(value);
    else if (name === "stop") out.stops = [String(value)];
  }
  out.sampling = sampling as unknown as Sampling;
  return out;
}
