import type { Conversation, TextPart } from "../../protocol/conversation.ts";
import { longestPrompt } from "./traits.ts";

export interface SplitPrompt {
  /** What the user asked last, in text. */
  readonly prompt: string;
  /** The conversation with that text taken out: its key is the partition. */
  readonly rest: Conversation;
}

/** Takes what is asked out of what it is asked about; null where the user said nothing last, or more than prompts are compared by. */
export function splitPrompt(conversation: Conversation): SplitPrompt | null {
  const last = conversation.turns.at(-1);
  if (last?.role !== "user") return null;
  const texts = last.parts.filter((part): part is TextPart => part.kind === "text");
  const prompt = texts.map(({ text }) => text).join("\n");
  if (prompt.trim() === "" || prompt.length > longestPrompt) return null;
  const parts = last.parts.map((part) => (part.kind === "text" ? { ...part, text: "" } : part));
  return {
    prompt,
    rest: { ...conversation, turns: [...conversation.turns.slice(0, -1), { ...last, parts }] },
  };
}
