import { formsDisagreement, pastAgrees } from "./forms.ts";
import type { Traits } from "./traits.ts";
import { commonDirections, lightWords } from "./word-lists.ts";

/** Why a kept answer is not taken although its prompt lies near: what the two prompts disagree in. */
export const disagreements = [
  "length",
  "language",
  "number",
  "unit",
  "kind",
  "identifier",
  "name",
  "case",
  "negation",
  "question",
  "tense",
  "contrary",
  "person",
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
  if (a.units.length > 0 && b.units.length > 0 && !sameSequence(a.units, b.units)) return "unit";
  if (!sameSequence(a.kinds, b.kinds)) return "kind";
  if (!sameSequence(a.exact, b.exact)) return "identifier";
  if (!namesAgree(a, b)) return "name";
  if (a.negations !== b.negations) return "negation";
  if (!asksAgree(a.asks, b.asks)) return "question";
  const asks = [...a.asks, ...b.asks];
  const form = formsDisagreement(a.forms, b.forms, { asks, isComplaint: a.negations > 0 });
  if (form !== null) return form;
  if (areContrary(a.sides, b.sides)) return "contrary";
  if (!personsAgree(a, b)) return "person";
  const areQuestions = a.asks.size > 0 && b.asks.size > 0;
  if (areQuestions && haveSameWords(a, b) && !pastAgrees(a.forms, b.forms)) return "tense";
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

/** Who acts and who suffers stand in one order in both texts, as far as both name them; `he` is not `she`. */
function personsAgree(
  { persons: a }: Pick<Traits, "persons">,
  { persons: b }: Pick<Traits, "persons">,
): boolean {
  if (["he", "she"].some((each) => a.has(each) !== b.has(each))) return false;
  const shared = (of: Traits["persons"]): string[] =>
    [...of.keys()].filter((each) => a.has(each) && b.has(each));
  return sameSequence(shared(a), shared(b));
}

/** What is measured and why are asked by both or by none; other questions may be put as a wish or a heading. */
function asksAgree(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size > 0 && b.size > 0) return sameSet(a, b);
  return [...a, ...b].every((ask) => ask !== "why" && !ask.includes(" "));
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
  const onlyB = [...left].flatMap(([stem, count]) => new Array<string>(count).fill(stem));
  if (turned(a, b)) return "order";
  if (onlyA.length === 0 && onlyB.length === 0) return inOrder(a, b) ? null : "order";
  if (onlyA.length === 0 || onlyB.length === 0) {
    // Words for the asking itself may be left out; any other may be the point.
    if ([...onlyA, ...onlyB].every((stem) => lightWords.has(stem))) return null;
  }
  const share = common / (common + onlyA.length + onlyB.length);
  const isOneWord = onlyA.length <= 1 && onlyB.length <= 1 && common >= 1;
  return isOneWord || share >= alike ? "frame" : null;
}

/** Whether two texts are about the same words, in whatever order. */
export function haveSameWords(a: Traits, b: Traits): boolean {
  return sameSequence([...a.content].sort(), [...b.content].sort());
}

/** Whether what is said in another order says the same: in other words, and with the same behind each word that directs. */
function inOrder(a: Traits, b: Traits): boolean {
  if (sameSequence(a.content, b.content)) return true;
  if (sameSequence(a.skeleton, b.skeleton)) return false;
  // Who did it is now who it was done to: `can my landlord sue me`.
  for (const [person, form] of a.persons)
    if ((b.persons.get(person) ?? form) !== form) return false;
  for (const word of new Set([...a.directed.keys(), ...b.directed.keys()])) {
    const [inA, inB] = [a.directed.get(word), b.directed.get(word)];
    const isShared = inA !== undefined && inB !== undefined;
    if (isShared ? !sameSet(inA, inB) && !commonDirections.has(word) : !commonDirections.has(word))
      return false;
  }
  return true;
}

/** Whether what one text says `from` (or `to`, `than` …) the other says elsewhere, and the other way round. */
function turned(a: Traits, b: Traits): boolean {
  const [inA, inB] = [new Set(a.content), new Set(b.content)];
  for (const [word, after] of a.directed) {
    const other = b.directed.get(word);
    if (other === undefined || sameSet(after, other)) continue;
    const lost = [...after].filter((stem) => !other.has(stem));
    const won = [...other].filter((stem) => !after.has(stem));
    if (lost.some((stem) => inB.has(stem)) && won.some((stem) => inA.has(stem))) return true;
  }
  return false;
}
