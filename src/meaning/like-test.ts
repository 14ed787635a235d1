import type { TextTest } from "./text-test.ts";

/** Share of words, each counted once, that a text must have in common with an example (Dice's coefficient). */
const alike = 0.6;

/** A text far longer than the example cannot be like it; so much of it is looked at. */
const longest = 4_000;

/**
 * Whether a text has most of its words in common with an example, case and order ignored: a test of wording, not of meaning.
 */
export function likeTest(example: string): TextTest {
  const wanted = wordsOf(example);
  return (text) => {
    if (text.length > longest) return false;
    const words = wordsOf(text);
    let shared = 0;
    for (const word of words) if (wanted.has(word)) shared += 1;
    return wanted.size > 0 && (2 * shared) / (words.size + wanted.size) >= alike;
  };
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}
