import { flatCopy } from "../base/flat-copy.ts";
import { sliceEnd } from "./token-slices.ts";
import { buildVocabulary, type TokenVocabulary } from "./token-vocabulary.ts";

type Encoder = (text: string) => number;

/** Texts up to so many UTF-16 units in all are counted without a pause: well under a millisecond. */
const unitsBetweenPauses = 4_096;

let encoder: Encoder | null = null;
let vocabulary: TokenVocabulary | null = null;
let loading: Promise<void> | null = null;

/** Loads the encoder's vocabulary (2.4 MB, about 0.2 s), once; counting does so when nobody did before. */
export function loadEncoder(): Promise<void> {
  loading ??= load();
  return loading;
}

async function load(): Promise<void> {
  const { countTokens: count, setMergeCacheSize } = await import(
    "gpt-tokenizer/encoding/o200k_base"
  );
  const { default: ranks } = await import("gpt-tokenizer/bpeRanks/o200k_base");
  setMergeCacheSize(10_000);
  vocabulary = buildVocabulary(ranks);
  // Names of special tokens in a prompt are plain text: a client cannot forge them.
  const asText = { disallowedSpecial: new Set<string>() };
  // The encoder keeps pieces of what it is given as the keys of its merges.
  encoder = (text) => count(flatCopy(text), asText);
}

/** The vocabulary that makes bounds tight; null until the encoder is loaded. */
export function encoderVocabulary(): TokenVocabulary | null {
  return vocabulary;
}

/**
 * Tokens of texts by o200k_base, slice by slice: the definition of the fact `tokens`. Counts at once when the texts are
 * short and the encoder is loaded; else `pause` is awaited every few slices, so that the loop is free in between.
 */
export function countTokens(
  texts: readonly string[],
  pause: () => Promise<void>,
): number | Promise<number> {
  let units = 0;
  for (const text of texts) units += text.length;
  if (units === 0) return 0;
  if (encoder === null || units > unitsBetweenPauses) return countInParts(texts, pause);
  let count = 0;
  for (const text of texts) count += countSlices(encoder, text, 0, text.length).count;
  return count;
}

async function countInParts(texts: readonly string[], pause: () => Promise<void>): Promise<number> {
  await loadEncoder();
  const encode = encoder as unknown as Encoder;
  let count = 0;
  let unitsLeft = unitsBetweenPauses;
  for (const text of texts) {
    let at = 0;
    while (at < text.length) {
      const part = countSlices(encode, text, at, at + unitsLeft);
      count += part.count;
      unitsLeft -= part.end - at;
      at = part.end;
      if (unitsLeft > 0) continue;
      await pause();
      unitsLeft = unitsBetweenPauses;
    }
  }
  return count;
}

/** Counts whole slices from `start` until at least `until` is reached. */
function countSlices(
  encode: Encoder,
  text: string,
  start: number,
  until: number,
): { readonly count: number; readonly end: number } {
  let count = 0;
  let at = start;
  while (at < text.length && at < until) {
    const end = sliceEnd(text, at);
    count += encode(text.slice(at, end));
    at = end;
  }
  return { count, end: at };
}
