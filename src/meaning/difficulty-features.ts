import { holdsCode } from "./code-detector.ts";

/**
 * What shows on the surface of a prompt, by name: sizes, numbers, marks, and how it asks. The order is the order of a
 * model's weights; a change of it needs a new version of the file.
 */
export const surfaceNames = [
  "characters",
  "words",
  "word length",
  "sentence length",
  "lines",
  "digits",
  "numbers",
  "largest number",
  "capitals",
  "marks",
  "formulas",
  "questions",
  "question word",
  "how many",
  "negation",
  "condition",
  "choices",
  "statements",
  "code",
  "different words",
  "quotations",
  "beyond ascii",
] as const;

const wordPattern = /[\p{L}\p{M}][\p{L}\p{M}'’-]{0,60}/gu;
const numberPattern = /\d{1,15}(?:[.,]\d{1,15}){0,4}/g;

/** Counts are looked at by their logarithm: ten lines more matter in a short prompt, not in a long one. */
const sizeOf = (count: number): number => Math.log1p(count);

const has = (pattern: RegExp, text: string): number => (pattern.test(text) ? 1 : 0);

function countOf(pattern: RegExp, text: string): number {
  let count = 0;
  for (const _ of text.matchAll(pattern)) count += 1;
  return count;
}

function wordsOf(text: string) {
  const seen = new Set<string>();
  let [count, letters] = [0, 0];
  for (const [word] of text.matchAll(wordPattern)) {
    count += 1;
    letters += word.length;
    seen.add(word);
  }
  return { count, letters, distinct: seen.size };
}

function numbersOf(text: string) {
  let [count, largest] = [0, 0];
  for (const [found] of text.matchAll(numberPattern)) {
    count += 1;
    largest = Math.max(largest, Number(found.replaceAll(",", "")) || 0);
  }
  return { count, largest };
}

/** The surface of a text (head and tail of a prompt), one number for each of `surfaceNames`; all finite. Time linear in the text. */
export function surfaceOf(text: string): Float64Array {
  const lower = text.toLowerCase();
  const words = wordsOf(lower);
  const numbers = numbersOf(text);
  const sentences = Math.max(countOf(/[.!?。！？]+(?:\s|$)/g, text), 1);
  const per = Math.max(text.length, 1);
  return Float64Array.from([
    sizeOf(text.length),
    sizeOf(words.count),
    words.letters / Math.max(words.count, 1),
    sizeOf(words.count / sentences),
    sizeOf(countOf(/\n/g, text)),
    countOf(/\d/g, text) / per,
    sizeOf(numbers.count),
    sizeOf(numbers.largest),
    countOf(/\p{Lu}/gu, text) / per,
    countOf(/[^\p{L}\p{N}\s]/gu, text) / per,
    sizeOf(countOf(/[=^<>≤≥√∑∫±×÷∞∈→]|\\[a-z]{2,12}|\b[a-z]\([a-z]\)/gi, text)),
    sizeOf(countOf(/[?？]/g, text)),
    has(/\b(?:what|which|who|whom|whose|when|where|why|how)\b/, lower),
    has(/\bhow (?:many|much|long|far|old|often)\b/, lower),
    has(/\b(?:not|except|never|false|incorrect|unlike|least|neither|cannot|without)\b/, lower),
    has(/\b(?:if|suppose|assume|assuming|given that|let)\b/, lower),
    sizeOf(countOf(/(?:^|\n)\s{0,4}\(?[A-Ea-e1-5][.):]\s/g, text)),
    has(/\bstatements?\b|\b(?:i{1,3}|iv|v)\b (?:and|or|only)\b|\bboth\b/, lower),
    holdsCode(text) ? 1 : 0,
    words.distinct / Math.max(words.count, 1),
    sizeOf(countOf(/["“”«»]/g, text)),
    countOf(/[^\p{ASCII}]/gu, text) / per,
  ]);
}
