import { directingWords } from "./word-lists.ts";
import type { Traits } from "./traits.ts";

/** Why a kept answer is not taken although its prompt lies near: what the two prompts disagree in. */
export const disagreements = [
  "length",
  "language",
  "number",
  "unit",
  "kind",
  "identifier",
  "name",
  "negation",
  "question",
  "contrary",
  "order",
  "frame",
] as const;

export type Disagreement = (typeof disagreements)[number];

/** Beyond this ratio of their lengths two texts do not ask for the same; short ones may differ by so many letters. */
const lengthBand = 3;
const freeLetters = 40;

/**
 * What two texts disagree in that decides an answer; null where nothing was found. An embedding sees neither the order of words nor
 * a negation, and hardly a number: this does. Time linear in both; symmetric.
 */
export function disagreementOf(a: Traits, b: Traits): Disagreement | null {
  if (!withinBand(a.letters, b.letters)) return "length";
  if (a.language !== null && b.language !== null && a.language !== b.language) return "language";
  if (!sameSequence(a.amounts, b.amounts)) return "number";
  if (!sameSequence(a.units, b.units)) return "unit";
  if (!sameSequence(a.kinds, b.kinds)) return "kind";
  if (!sameSequence(a.exact, b.exact)) return "identifier";
  if (!namesAgree(a, b)) return "name";
  if (a.negations !== b.negations) return "negation";
  if (a.asks.size > 0 && b.asks.size > 0 && !sameSet(a.asks, b.asks)) return "question";
  if (areContrary(a.sides, b.sides)) return "contrary";
  return frameDisagreement(a, b);
}

function withinBand(a: number, b: number): boolean {
  const [short, long] = a < b ? [a, b] : [b, a];
  return long <= short + freeLetters || long <= lengthBand * short;
}

function sameSequence(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}

/** What stands as a name in one text stands in the other too, in the same order; how it is written may differ. */
function namesAgree(a: Traits, b: Traits): boolean {
  if (a.names.length === 0 && b.names.length === 0) return true;
  const names = new Set([...a.names, ...b.names]);
  return sameSequence(firstPlaces(a.content, names), firstPlaces(b.content, names));
}

function firstPlaces(content: readonly string[], of: ReadonlySet<string>): string[] {
  return [...new Set(content.filter((stem) => of.has(stem)))];
}

/** `0` and `1` are the sides in the order in which they stand: the same ones in the same order, or one text is silent. */
function areContrary(a: ReadonlyMap<number, string>, b: ReadonlyMap<number, string>): boolean {
  for (const [pair, sides] of a) {
    const other = b.get(pair);
    if (other !== undefined && other !== sides) return true;
  }
  return false;
}

/** From so large a part of their words in common two texts are phrased alike, and where they differ is what they are about. */
const alike = 0.4;

/** Texts that are phrased alike but for a few words ask for different things; so do those that turn who stands where. */
function frameDisagreement(a: Traits, b: Traits): Disagreement | null {
  const left = new Map<string, number>();
  for (const stem of b.content) left.set(stem, (left.get(stem) ?? 0) + 1);
  let common = 0;
  const onlyA: string[] = [];
  for (const stem of a.content) {
    const count = left.get(stem) ?? 0;
    if (count === 0) onlyA.push(stem);
    else {
      left.set(stem, count - 1);
      common += 1;
    }
  }
  const onlyB = b.content.length - common;
  const differing = onlyA.length + onlyB;
  const share = common / Math.max(1, common + differing);
  if (turned(a, b)) return "order";
  if (differing === 0) return inOrder(a, b) ? null : "order";
  const isOneWord = onlyA.length <= 1 && onlyB <= 1 && common >= 1;
  return isOneWord || share >= alike ? "frame" : null;
}

/** Whether the same words stand in the same order, where a word directs: `from a to b`, `a than b`. */
function inOrder(a: Traits, b: Traits): boolean {
  const directs = [...a.words, ...b.words].some((word) => directingWords.has(word));
  return !directs || sameSequence(a.content, b.content);
}

/** Whether what one text says `from` (or `to`, `than` …) the other says elsewhere, and the other way round. */
function turned(a: Traits, b: Traits): boolean {
  for (const [word, after] of a.directed) {
    const other = b.directed.get(word);
    if (other === undefined || sameSet(after, other)) continue;
    const lost = [...after].filter((stem) => !other.has(stem));
    const won = [...other].filter((stem) => !after.has(stem));
    const inB = new Set(b.content);
    const inA = new Set(a.content);
    if (lost.some((stem) => inB.has(stem)) && won.some((stem) => inA.has(stem))) return true;
  }
  return false;
}
