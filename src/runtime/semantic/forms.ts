import { stemOf } from "./stems.ts";
import { openers } from "./word-lists.ts";

/** What the forms of a text's words decide, beside the words themselves. */
export interface Forms {
  /** Words written in capitals that mean something else in small letters. */
  readonly acronyms: ReadonlySet<string>;
  /** Words that are a name with a capital and a thing without, each with how it is written; null where the writer minds no capitals. */
  readonly casing: ReadonlyMap<string, boolean> | null;
  /** Of the verbs that help others; null where none does, or they do not agree. */
  readonly tense: Tense | null;
  /** Stems of words that end as the past does. */
  readonly past: ReadonlySet<string>;
  /** What a question for yes or no is about, where a verb tells: what may be, should be, must be or will be. */
  readonly modality: string | null;
}

export type Tense = "past" | "present" | "future";

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Left out are those that people mean as an acronym without capitals too, as a pin or ram. */
const acronymWords: ReadonlySet<string> = new Set(
  words(`it us who am pm in or me as is so do at be he hi la de co al id ma pa oh va ill
    aids act age aim ant arc arm art ash bar bat bee bit can cap car care cat chip code coo cop crud dare dart dash
    dog dot dove ear elf era fat fed fit flop gap gas gem go hit ice ira jam lab lad lag lamp lap lid lip lot mad map mars mash
    mean met mice mob mom nice nip oat odd ore pan par past pet pie pit pop pot rap rat raw rem rest rip rod rot rug sad sag salt
    sat saw sea seal set sip sir soap sole son spa span spar star stem sun swat tan tar tea tie tin tip toe ton van war wasp wave
    wet wig win wit basic rust snap start smart wake`),
);

/** A name or a thing, by its first letter. Left out are those that people write without capitals too, as makers of phones. */
const capitonyms: ReadonlySet<string> = new Set(
  words(`china turkey polish march may august jordan chad cuba guinea cologne jersey lent danish mercury mars earth
    java swift rust ruby windows excel python oracle titan slack bill mark will rose jack grace hope joy faith frank art
    bath cork reading nice lima phoenix`),
);

const tenses: ReadonlyMap<string, Tense> = new Map([
  ...words("was were did had wasnt werent didnt hadnt").map((word) => [word, "past"] as const),
  ...words("is are am do does isnt arent dont doesnt").map((word) => [word, "present"] as const),
  ...words("will shall wont ll").map((word) => [word, "future"] as const),
]);

/** With one of these a form of the past tells what is done to something, or was done by now. */
const helping: ReadonlySet<string> = new Set(
  words("is are am was were be been being isnt arent wasnt werent get gets got has have had"),
);

const modalities: ReadonlyMap<string, string> = new Map([
  ...words("can could may might").map((word) => [word, "may"] as const),
  ...words("will would shall").map((word) => [word, "will"] as const),
  ["should", "should"],
  ["must", "must"],
]);

/** Who is asked to answer: `could you tell me` asks for nothing that may be. */
const asked: ReadonlySet<string> = new Set(words("you u someone somebody anyone anybody"));

/** Reads the forms of a text's words, one after the other. */
export class FormReader {
  readonly #acronyms = new Set<string>();
  readonly #casing = new Map<string, boolean>();
  readonly #tenses = new Set<Tense>();
  readonly #past = new Set<string>();
  /** Whether the text begins with a capital; null before it begins. */
  #isCareful: boolean | null = null;
  /** Words of two letters or more in capitals, and words with a small letter. */
  #shouted = 0;
  #spoken = 0;
  #isHelped = false;
  #opener: string | null = null;
  #modality: string | null = null;
  #before = "";

  /** Takes the next word as it is written, without what is behind its apostrophe. */
  word(written: string, beginsSentence: boolean): void {
    const lower = written.toLowerCase();
    const isSmall = written !== written.toUpperCase();
    const isShouted = !isSmall && /^\p{Lu}{2}/u.test(written);
    const isCapital = /^\p{Lu}/u.test(written);
    this.#isCareful ??= isCapital;
    if (isSmall) this.#spoken += 1;
    if (isShouted) {
      this.#shouted += 1;
      if (acronymWords.has(lower)) this.#acronyms.add(lower);
    } else if (!beginsSentence && capitonyms.has(lower)) this.#casing.set(lower, isCapital);
    this.#verb(lower, beginsSentence);
    this.#before = lower;
  }

  /** What is behind a word's apostrophe. */
  tail(letters: string): void {
    if (letters === "ll") this.#tenses.add("future");
    if (letters !== "") this.#isHelped = true;
  }

  read(): Forms {
    const isShouting = this.#shouted >= 2 && this.#shouted > this.#spoken;
    return {
      acronyms: isShouting ? new Set() : this.#acronyms,
      casing: isShouting || this.#isCareful !== true ? null : this.#casing,
      tense: this.#tenses.size === 1 ? ([...this.#tenses][0] ?? null) : null,
      past: this.#isHelped ? new Set() : this.#past,
      modality: this.#modality,
    };
  }

  #verb(lower: string, beginsSentence: boolean): void {
    const tense = tenses.get(lower);
    if (tense !== undefined) this.#tenses.add(tense);
    if (helping.has(lower)) this.#isHelped = true;
    if (lower.length > 4 && lower.endsWith("ed")) this.#past.add(stemOf(lower));
    // The first question tells; what is asked of who answers is a manner of asking.
    if (this.#opener !== null && this.#before === this.#opener && this.#modality !== null)
      if (asked.has(lower)) this.#modality = null;
    const isDuty = lower === "to" && (this.#before === "have" || this.#before === "need");
    if (isDuty && (this.#opener === "do" || this.#opener === "does")) this.#modality ??= "must";
    if (this.#opener !== null || !beginsSentence || !openers.has(lower)) return;
    this.#opener = lower;
    this.#modality = modalities.get(lower) ?? null;
  }
}

/** What the forms of two texts disagree in; null for nothing. `asks`: what kinds of answer they ask for. `isComplaint`: whether both deny something. */
export function formsDisagreement(
  a: Forms,
  b: Forms,
  { asks, isComplaint }: { readonly asks: readonly string[]; readonly isComplaint: boolean },
): "case" | "tense" | "question" | null {
  if (a.acronyms.size !== b.acronyms.size || [...a.acronyms].some((word) => !b.acronyms.has(word)))
    return "case";
  for (const [word, isName] of a.casing ?? [])
    if ((b.casing?.get(word) ?? isName) !== isName) return "case";
  if (a.modality !== null && b.modality !== null && a.modality !== b.modality) return "question";
  // What is wrong, and why, is told in any tense.
  if (isComplaint || asks.includes("why")) return null;
  return tensesAgree(a.tense, b.tense, asks) ? null : "tense";
}

/** `When will it come` asks what `when does it come` asks, and so does how. */
function tensesAgree(a: Tense | null, b: Tense | null, asks: readonly string[]): boolean {
  if (a === b || a === null || b === null) return true;
  return a !== "past" && b !== "past" && asks.some((ask) => ask === "when" || /^how/.test(ask));
}

/** Whether two texts of the same words tell of the same time: `people who work here` do not stand for those who worked here. */
export function pastAgrees(a: Forms, b: Forms): boolean {
  return a.past.size === b.past.size && [...a.past].every((stem) => b.past.has(stem));
}
