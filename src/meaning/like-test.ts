import { cosineOf, type Embedder } from "./embedding.ts";
import type { TextTest } from "./text-test.ts";

/** Share of words, each counted once, that a text must have in common with an example (Dice's coefficient). */
const alike = 0.6;

/**
 * Cosine at which a text means what an example means. On banking77, whose 77 intents are close to each other, five examples of an
 * intent find 27 % of its texts and 71 % of what they find is right; by words they find 22 %, of which 41 % is right.
 */
const near = 0.8;

/** A text far longer than the example cannot be like it; so much of it is looked at. */
const longest = 4_000;

/** Whether a text is like an example: both are given, the place for those who compare meaning. */
export type LikeTest = (text: string, place: () => Float32Array) => boolean;

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

/** Whether a text is near an example by the embedding, whatever words either takes. */
export function meaningTest(example: string, embedder: Embedder): LikeTest {
  const wanted = embedder.embed(example);
  return (text, place) => text.length <= longest && cosineOf(place(), wanted) >= near;
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}
