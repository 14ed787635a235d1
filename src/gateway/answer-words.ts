import type { AnswerEvent } from "../protocol/answer-event.ts";
import { collectAnswer } from "../protocol/collect-answer.ts";

/** What an answer says, in words: its texts, and what it calls with which arguments; null where it says nothing. What it thought is no part of it. */
export function wordsOfAnswer(events: readonly AnswerEvent[]): string | null {
  const said: string[] = [];
  for (const { blocks } of collectAnswer(events).choices)
    for (const block of blocks) {
      if (block.kind === "text") said.push(block.text);
      if (block.kind === "call") said.push(`${block.name} ${block.args}`);
    }
  const words = said.join("\n");
  return words.trim() === "" ? null : words;
}
