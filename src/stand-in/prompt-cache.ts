import { hashText } from "../base/hash.ts";
import type { Asked, Cached } from "./answer.ts";

/** Remembers the beginnings of long prompts, as providers do. */
export interface PromptCache {
  /** What of a prompt is read from the cache, and what is written to it. */
  ask(asked: Asked): Cached;
}

/** Shorter prompts are not cached; of longer ones, as many tokens of the beginning are. */
const cachedTokens = 1024;
const charsPerToken = 4;
const mostBeginnings = 1_000;

/** A cache by model and beginning; the oldest beginnings are forgotten first. */
export function createPromptCache(): PromptCache {
  const seen = new Set<string>();
  return {
    ask({ model, beginning, promptTokens }) {
      if (beginning === undefined || promptTokens < cachedTokens) return { read: 0, written: 0 };
      const key = hashText(`${model} ${beginning.slice(0, cachedTokens * charsPerToken)}`);
      if (seen.has(key)) return { read: cachedTokens, written: 0 };
      seen.add(key);
      const [oldest] = seen;
      if (seen.size > mostBeginnings && oldest !== undefined) seen.delete(oldest);
      return { read: 0, written: cachedTokens };
    },
  };
}
