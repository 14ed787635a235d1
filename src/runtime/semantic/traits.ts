import { detectLanguage } from "../../meaning/language.ts";
import { sidesOf } from "./contraries.ts";
import { FormReader, type Forms } from "./forms.ts";
import { stemOf } from "./stems.ts";
import {
  askingWords,
  carryingWords,
  directingWords,
  kindOf,
  measuredHow,
  measureNouns,
  multipliers,
  needsNumber,
  negatingWords,
  numberWords,
  openers,
  ordinalWords,
  persons,
  unitOf,
} from "./word-lists.ts";

/** Longer prompts carry documents, of which any word may decide the answer: nothing is found for them. */
export const longestPrompt = 2_000;

const leastForLanguage = 80;

/** What of a text decides its answer, as far as that can be told without understanding it. */
export interface Traits {
  readonly letters: number;
  /** ISO 639-1; null where it cannot be told. */
  readonly language: string | null;
  /** Numbers, with their unit where one follows; units alone; names of closed kinds (weekdays, countries …), kind by kind: in their order. */
  readonly amounts: readonly string[];
  readonly units: readonly string[];
  readonly kinds: readonly string[];
  /** Identifiers, addresses, quoted texts, operators: they count letter by letter, in their order. */
  readonly exact: readonly string[];
  /** Words that stand as names, in lower case, each once, in their order. */
  readonly names: readonly string[];
  readonly negations: number;
  /** What kind of answer is asked for: `when`, `how many`; each once. */
  readonly asks: ReadonlySet<string>;
  /** Of each pair of contraries met, the sides in the order in which they first stand. */
  readonly sides: ReadonlyMap<number, string>;
  /** Stems of the words that carry the subject, in their order. */
  readonly content: readonly string[];
  /** The words that carry the sentence, in their order. */
  readonly skeleton: readonly string[];
  /** Who does something and to whom (`i`, `he`), in the order in which they first stand, each with the form of that (`me`). */
  readonly persons: ReadonlyMap<string, string>;
  /** After each word that directs (from, to, than …) the stem that follows. */
  readonly directed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly forms: Forms;
}

/** Words with what may stand inside them, addresses and identifiers among them; quoted texts; signs that decide. */
const token =
  /`[^`\n]{1,400}`|"[^"\n]{1,400}"|“[^”\n]{1,400}”|[\p{L}\p{N}\p{M}_$€£¥₹°]+(?:[-'’.,:@_/\\]+[\p{L}\p{N}\p{M}_]+)*(?:\+\+|#|%|°[cCfF]?|\(\))?|[!=]=+|&&|\|\||\+\+|--|[+*/=<>^%−-]|[\p{Sm}\p{So}]/gu;

const signs = "+*/=<>^%-−";
/** Behind these a minus before a digit makes a negative number; behind others it is a dash. */
const beforeNegative = /(?:^|[\s([{=<>:,])$/;
/** Signs that say what they say wherever they stand. */
const saying = /^(?:[!=]=+|&&|\|\||\+\+|--|[\p{Sm}\p{So}])$/u;
const operand = /[\p{L}\p{N}()]/u;
const numeral = /^[$€£¥₹]?\d[\d.,:]*$/;
const numeralWithWord = /^([$€£¥₹]?\d[\d.,:]*)([\p{L}%°]{1,12})$/u;
const ordinalEnd = /^(?:st|nd|rd|th)$/;
const identifier =
  /[_@\\]|[\p{L}\p{N}]\.[\p{L}\p{N}]|[\p{L}\p{N}]:[\p{L}\p{N}]|\p{Ll}\p{Lu}|\p{L}\p{N}|\p{N}\p{L}|\(\)$|\+\+$|#$/u;
/** CJK writes without spaces: each character is a word of its own. */
const unspaced = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{2ffff}]/u;
const sentenceEnd = /[.!?:;\n>•*"“(\-–—]\s*$/;

/** Reads the traits of a text in time linear in it. */
export function readTraits(text: string): Traits {
  const reader = new TraitReader(text.slice(0, longestPrompt));
  return reader.read();
}

class TraitReader {
  readonly #text: string;
  readonly #amounts: string[] = [];
  readonly #units: string[] = [];
  readonly #kinds: string[] = [];
  readonly #exact: string[] = [];
  readonly #capitals = new Set<string>();
  readonly #asks = new Set<string>();
  readonly #sides = new Map<number, string>();
  readonly #content: string[] = [];
  readonly #skeleton: string[] = [];
  readonly #persons = new Map<string, string>();
  readonly #directed = new Map<string, Set<string>>();
  readonly #forms = new FormReader();
  #negations = 0;
  /** Whether a sentence begins as those do that ask for yes or no. */
  #opens = false;
  /** The number under way: `two hundred thousand` is one. */
  #number: number | null = null;
  /** Its currency, where one stands before it. */
  #sign: string | null = null;
  #direction: string | null = null;
  #before = "";
  /** Words, and those of them that begin large. */
  #count = 0;
  #capitalised = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Traits {
    let end = 0;
    for (const match of this.#text.matchAll(token)) {
      const gap = this.#text.slice(Math.max(end, match.index - 4), match.index);
      this.#token(match, match.index === 0 || sentenceEnd.test(gap));
      end = match.index + match[0].length;
    }
    this.#endNumber();
    if (this.#opens && this.#asks.size === 0) this.#asks.add("whether");
    // In a heading every word is large, and none stands out.
    const isHeading = this.#count >= 5 && this.#capitalised > 0.6 * this.#count;
    return {
      letters: this.#text.trim().length,
      // A short text may hold too few of the words by which a language is known.
      language: this.#text.length < leastForLanguage ? null : (detectLanguage(this.#text) ?? null),
      ...{ amounts: this.#amounts, units: this.#units, kinds: this.#kinds.sort(byKind) },
      ...{ exact: this.#exact },
      names: isHeading ? [] : [...this.#capitals],
      ...{ negations: this.#negations, asks: this.#asks, sides: this.#sides },
      ...{ content: this.#content, skeleton: this.#skeleton, persons: this.#persons },
      directed: this.#directed,
      forms: this.#forms.read(),
    };
  }

  #token({ 0: found, index }: RegExpExecArray, beginsSentence: boolean): void {
    const first = found.charCodeAt(0);
    if (first === 0x60 || first === 0x22 || first === 0x201c) {
      this.#endNumber();
      const inside = found.slice(1, -1).trim();
      this.#exact.push(inside);
      return;
    }
    if (found.length === 1 && signs.includes(found)) {
      this.#operator(found, index);
      return;
    }
    if (saying.test(found)) {
      this.#endNumber();
      this.#exact.push(found);
      return;
    }
    if (numeral.test(found)) {
      this.#numeral(found);
      return;
    }
    const joined = numeralWithWord.exec(found);
    if (joined !== null && this.#numeralAndWord(joined[1] ?? "", joined[2] ?? "")) return;
    if (identifier.test(found.replaceAll(/[-'’/]/g, " "))) {
      this.#endNumber();
      this.#exact.push(found);
      this.#direct(found.toLowerCase());
      return;
    }
    if (unspaced.test(found)) {
      for (const character of found) this.#word(character, false);
      return;
    }
    for (const part of found.split(/[-/.,:]+/)) this.#spoken(part, beginsSentence);
  }

  /** A sign counts between what can be reckoned with, and one that compares wherever it begins no line; elsewhere it is a dash or a bullet. */
  #operator(sign: string, at: number): void {
    if (sign === "%") this.#unit("percent");
    else if (this.#isOfNumber(sign, at)) this.#exact.push(sign === "−" ? "-" : sign);
    else if (this.#number !== null || this.#before === "#") {
      this.#endNumber();
      if (!isDash(sign)) this.#exact.push(sign);
    } else if (!isDash(sign) && this.#stands(sign, at)) this.#exact.push(sign);
  }

  /** Whether a plus or a minus belongs to the number behind it, or to the letter before it, as in a blood group or a grade. */
  #isOfNumber(sign: string, at: number): boolean {
    if (sign !== "+" && !isDash(sign)) return false;
    const [before, after] = [this.#text.charAt(at - 1), this.#text.charAt(at + 1)];
    if (/\d/.test(after)) return beforeNegative.test(before);
    return (
      /\p{Lu}/u.test(before) &&
      /^[\s?!.,;:)]?$/.test(after) &&
      !/\p{L}/u.test(this.#text.charAt(at - 2))
    );
  }

  #stands(sign: string, at: number): boolean {
    if ("<>=".includes(sign))
      return /[^\s<>=-][ \t]*$/.test(this.#text.slice(Math.max(0, at - 4), at));
    return operand.test(this.#text.charAt(at - 1)) && operand.test(this.#text.charAt(at + 1));
  }

  /** A word as it is spoken: without its `'s`, and with its `n't` as a negation. */
  #spoken(part: string, beginsSentence: boolean): void {
    const plain = part.replaceAll("’", "'");
    const [stem = "", tail] = plain.split("'");
    if (stem === "") return;
    const isNegated = tail === "t";
    const word = isNegated ? `${stem}t` : stem;
    this.#forms.word(word, beginsSentence);
    this.#forms.tail(tail ?? "");
    const isCapital = /^\p{Lu}/u.test(word);
    if (isCapital) this.#capitalised += 1;
    const lower = word.toLowerCase();
    if (beginsSentence && openers.has(lower)) this.#opens = true;
    const isName = isCapital && !beginsSentence && lower !== "i" && !carryingWords.has(lower);
    this.#word(lower, isName);
  }

  #word(word: string, isName: boolean): void {
    if (word === "" || this.#partOfNumber(word)) return;
    const unit = unitOf.get(word);
    const isUnit = unit !== undefined && (this.#number !== null || !needsNumber(word));
    if (isUnit) this.#unit(unit);
    this.#endNumber();
    this.#count += 1;
    const person = persons.get(word);
    if (person !== undefined && !this.#persons.has(person)) this.#persons.set(person, word);
    if (negatingWords.has(word)) this.#negations += 1;
    const isMeasure = this.#ask(word);
    for (const [pair, side] of sidesOf.get(word) ?? []) {
      const met = this.#sides.get(pair) ?? "";
      if (!met.includes(String(side))) this.#sides.set(pair, met + String(side));
    }
    if (isUnit) {
      this.#passed(word);
      return;
    }
    if (kindOf.has(word)) this.#kinds.push(word);
    else if (isName) this.#capitals.add(stemOf(word));
    this.#passed(word);
    if (isMeasure) return;
    const stem = stemOf(word);
    if (carryingWords.has(word) || carryingWords.has(stem)) this.#skeleton.push(word);
    else this.#content.push(stem);
  }

  #passed(word: string): void {
    this.#direct(word);
    this.#before = word;
  }

  /** Whether the word only tells what is measured. */
  #ask(word: string): boolean {
    const measure = measureNouns.get(word);
    if (measure !== undefined) {
      this.#asks.add(measure);
      return true;
    }
    if (askingWords.has(word)) this.#asks.add(word === "whose" || word === "whom" ? "who" : word);
    else if (this.#before === "how" && measuredHow.has(word)) {
      this.#asks.delete("how");
      this.#asks.add(`how ${word}`);
      return true;
    }
    return false;
  }

  #direct(word: string): void {
    if (this.#direction !== null && !carryingWords.has(word)) {
      const after = this.#directed.get(this.#direction) ?? new Set();
      after.add(stemOf(word));
      this.#directed.set(this.#direction, after);
      this.#direction = null;
    }
    if (directingWords.has(word)) this.#direction = word;
  }

  #partOfNumber(word: string): boolean {
    // `two hundred and five`
    if (word === "and" && this.#number !== null && this.#number >= 100) return true;
    const times = multipliers.get(word);
    if (times !== undefined && this.#number !== null) {
      this.#number *= times;
      return true;
    }
    const value = numberWords.get(word);
    if (value !== undefined) {
      const joins =
        this.#number !== null && value < 10 && this.#number >= 20 && this.#number % 10 === 0;
      if (joins || (this.#number !== null && this.#number >= 100 && value < 100)) {
        this.#number = (this.#number ?? 0) + value;
      } else {
        this.#endNumber();
        this.#number = value;
      }
      return true;
    }
    const ordinal = ordinalWords.get(word);
    if (ordinal === undefined || (word === "second" && this.#number !== null)) return false;
    this.#endNumber();
    this.#amounts.push(`#${ordinal}`);
    this.#content.push(`#${ordinal}`);
    return true;
  }

  #numeral(found: string): void {
    this.#endNumber();
    const sign = unitOf.get(found.charAt(0));
    const digits = found.replace(/^[$€£¥₹]/, "").replace(/[.,:]+$/, "");
    const value = amountOf(digits);
    if (value === null) this.#amounts.push(digits);
    else {
      this.#number = value;
      this.#sign = sign ?? null;
    }
    this.#direct(digits);
  }

  #numeralAndWord(digits: string, word: string): boolean {
    const lower = word.toLowerCase();
    if (ordinalEnd.test(lower)) {
      this.#endNumber();
      this.#amounts.push(`#${digits}`);
      this.#content.push(`#${digits}`);
      return true;
    }
    if (!unitOf.has(lower) && !multipliers.has(lower)) return false;
    this.#numeral(digits);
    this.#word(lower, false);
    return true;
  }

  /** A unit behind its number makes an amount with it. */
  #unit(unit: string): void {
    const stands = this.#number !== null && (this.#sign === null || this.#sign === unit);
    if (stands) this.#sign = unit;
    this.#endNumber();
    if (stands) return;
    this.#units.push(unit);
    this.#content.push(unit);
  }

  #endNumber(): void {
    if (this.#number === null) return;
    this.#amounts.push(
      this.#sign === null ? String(this.#number) : `${this.#number} ${this.#sign}`,
    );
    this.#content.push(String(this.#number));
    this.#number = null;
    this.#sign = null;
    this.#before = "#";
  }
}

function isDash(sign: string): boolean {
  return sign === "-" || sign === "−";
}

/** Keeps the order within a kind, which alone says something. */
function byKind(a: string, b: string): number {
  return (kindOf.get(a) ?? 0) - (kindOf.get(b) ?? 0);
}

/** The value of digits with their separators; null for times, versions and what else is no single number. */
function amountOf(digits: string): number | null {
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(digits)) return Number(digits.replaceAll(",", ""));
  // A number with leading zeros is somebody's number, not an amount.
  return /^(?:0|[1-9]\d{0,14})(?:\.\d+)?$/.test(digits) ? Number(digits) : null;
}
