import { characterClass, classOf } from "./character-classes.ts";

/** So many hashed features at most of one text: what two windows of a prompt can hold, and a bound for all else. */
const mostFeatures = 32_768;

const longestGram = 5;
const shortestGram = 2;

/** Where a word begins and ends, as a character of n-grams. */
const edge = 0x20;

const { first, second, number } = characterClass;
const wordCharacter = first | second | number;

/** The hashed n-grams of one text: distinct buckets, and how heavy each is; `count` of them are in use. */
export interface TextFeatures {
  readonly buckets: Int32Array;
  readonly values: Float32Array;
  count: number;
}

/** Turns texts into features, one at a time: what it gives is overwritten by the next text. */
export interface FeatureHasher {
  featuresOf(text: string): TextFeatures;
}

/** Whether a model may have so many buckets: a power of two, up to 2^18. */
export function isBucketCount(value: unknown): value is number {
  return Number.isInteger(value) && [...Array(19).keys()].some((bits) => 1 << bits === value);
}

/** A text without a letter or a digit says nothing, whatever is likeliest of nothing. */
export function hasWord(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

const mix = (hash: number, code: number): number => {
  const mixed = Math.imul(hash ^ code, 0x5bd1e995);
  return mixed ^ (mixed >>> 15);
};

/**
 * Hashes character n-grams of 2 to 5 within words, words, and pairs of neighbouring words into `bucketCount` buckets (a
 * power of two); case is ignored, every digit is one. Weights are 1 + ln of the count, at length 1. Time linear in the text.
 */
export function createFeatureHasher(bucketCount: number): FeatureHasher {
  const features: TextFeatures = {
    buckets: new Int32Array(mostFeatures),
    values: new Float32Array(mostFeatures),
    count: 0,
  };
  /** Where a bucket stands among the features of the text under way, plus one. */
  const places = new Int32Array(bucketCount);
  const mask = bucketCount - 1;
  const { buckets, values } = features;

  const add = (hash: number): void => {
    const spread = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    const bucket = (spread ^ (spread >>> 13)) & mask;
    const place = places[bucket] as number;
    if (place > 0) {
      values[place - 1] = (values[place - 1] as number) + 1;
      return;
    }
    if (features.count === mostFeatures) return;
    buckets[features.count] = bucket;
    values[features.count] = 1;
    features.count += 1;
    places[bucket] = features.count;
  };

  const addGrams = (text: string, start: number, end: number): void => {
    for (let from = start - 1; from < end; from += 1) {
      let hash = 0x9747b28c;
      for (let at = from; at <= end && at - from < longestGram; at += 1) {
        hash = mix(hash, at < start || at === end ? edge : plain(text.charCodeAt(at)));
        if (at - from + 1 >= shortestGram) add(hash);
      }
    }
  };

  const finish = (): TextFeatures => {
    let squares = 0;
    for (let i = 0; i < features.count; i += 1) {
      const value = 1 + Math.log(values[i] as number);
      values[i] = value;
      squares += value * value;
      places[buckets[i] as number] = 0;
    }
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let i = 0; i < features.count; i += 1) values[i] = (values[i] as number) * scale;
    return features;
  };

  return {
    featuresOf(original) {
      const text = original.toLowerCase();
      features.count = 0;
      let previous = 0x1b873593;
      for (let at = 0; at < text.length; at += 1) {
        if (!isWord(text.charCodeAt(at))) continue;
        const start = at;
        let word = 0x165667b1;
        for (; at < text.length && isWord(text.charCodeAt(at)); at += 1) {
          word = mix(word, plain(text.charCodeAt(at)));
        }
        addGrams(text, start, at);
        add(word);
        add(mix(mix(0x27d4eb2f, previous), word));
        previous = word;
      }
      add(mix(mix(0x27d4eb2f, previous), 0x1b873593));
      return finish();
    },
  };
}

/** Halves of pairs count as parts of words: letters beyond the first plane are letters mostly. */
function isWord(unit: number): boolean {
  return (classOf(unit) & wordCharacter) !== 0 || (unit >= 0xd800 && unit <= 0xdfff);
}

function plain(unit: number): number {
  return unit >= 0x30 && unit <= 0x39 ? 0x30 : unit;
}
