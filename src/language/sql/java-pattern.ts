import {
  type CodePoints,
  digits,
  lastCodePoint,
  namedSets,
  othersThan,
  spaces,
  united,
  withCases,
  wordLetters,
} from "./code-points.ts";
import { noBoundary } from "./re2-pattern.ts";

export type JavaPattern =
  | { readonly ok: true; readonly pattern: string }
  | { readonly ok: false; readonly why: string };

/**
 * A pattern of RE2's syntax, which the checker took, as one of Java's that finds a match in the same texts: every set of characters is written out,
 * since the two engines disagree on `.`, `$`, `\s`, `\b` and cases. What cannot be said so is refused by name.
 */
export function toJavaPattern(pattern: string): JavaPattern {
  try {
    return { ok: true, pattern: new Translation(pattern).whole() };
  } catch (error) {
    if (error instanceof Untranslatable) return { ok: false, why: error.message };
    throw error;
  }
}

class Untranslatable extends Error {
  override readonly name = "Untranslatable";
}

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
  readonly multiline: boolean;
}

const noFlags: Flags = { ignoreCase: false, dotAll: false, multiline: false };
const line: CodePoints = [[0x0a, 0x0a]];
const named: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
const shorthands: Readonly<Record<string, CodePoints>> = { d: digits, w: wordLetters, s: spaces };
/** Halves of characters: Java may begin to look between two, and must find nothing there. */
const halves: CodePoints = [[0xd800, 0xdfff]];
const inWord = setText(wordLetters);

class Translation {
  readonly #text: readonly string[];
  #at = 0;
  #flags = noFlags;

  constructor(pattern: string) {
    this.#text = [...pattern];
  }

  whole(): string {
    const java = this.#alternatives();
    if (this.#at < this.#text.length) this.#refuse("a `)` without its `(`");
    return java;
  }

  #peek(ahead = 0): string {
    return this.#text[this.#at + ahead] ?? "";
  }

  #take(): string {
    const letter = this.#peek();
    this.#at += 1;
    return letter;
  }

  /** Takes what matches at this place; null when nothing does. */
  #takeMatch(shape: RegExp, window = 64): RegExpExecArray | null {
    const match = shape.exec(this.#text.slice(this.#at, this.#at + window).join(""));
    if (match !== null) this.#at += [...match[0]].length;
    return match;
  }

  #refuse(what: string): never {
    throw new Untranslatable(what);
  }

  #alternatives(): string {
    const ways = [this.#sequence()];
    while (this.#peek() === "|") {
      this.#take();
      ways.push(this.#sequence());
    }
    return ways.join("|");
  }

  #sequence(): string {
    let java = "";
    while (this.#at < this.#text.length && this.#peek() !== "|" && this.#peek() !== ")") {
      java += this.#repeated(this.#part());
    }
    return java;
  }

  #repeated(part: string): string {
    let java = part;
    for (;;) {
      const count = this.#takeMatch(/^(?:[*+?]|\{\d{1,4}(?:,\d{0,4})?\})/);
      if (count === null) return java;
      // Lazy or not, there is a match or there is none.
      if (this.#peek() === "?") this.#take();
      if (java !== "") java = `(?:${java})${count[0]}`;
    }
  }

  #part(): string {
    const letter = this.#take();
    switch (letter) {
      case "(":
        return this.#group();
      case "[":
        return setText(this.#set());
      case ".":
        return setText(this.#flags.dotAll ? [[0, lastCodePoint]] : othersThan(line));
      case "^":
        return this.#flags.multiline ? "(?<![^\\x{a}])" : "\\A";
      case "$":
        return this.#flags.multiline ? "(?![^\\x{a}])" : "\\z";
      case "\\":
        return this.#escape();
      default:
        return this.#letter(letter);
    }
  }

  #group(): string {
    const outer = this.#flags;
    if (this.#peek() === "?" && this.#takeMatch(/^\?P?<[^=!>][^>]*>/, 400) === null) {
      const flags = this.#takeMatch(/^\?([imsU]*)(?:-([imsU]+))?([:)])/);
      if (flags === null) this.#refuse("a group of a kind that only RE2 has");
      this.#setFlags(flags[1] ?? "", true);
      this.#setFlags(flags[2] ?? "", false);
      // Flags without a body hold to the end of the group round them.
      if (flags[3] === ")") return "";
    }
    const inner = this.#alternatives();
    if (this.#take() !== ")") this.#refuse("a `(` without its `)`");
    this.#flags = outer;
    return `(?:${inner})`;
  }

  #setFlags(letters: string, on: boolean): void {
    this.#flags = {
      ignoreCase: letters.includes("i") ? on : this.#flags.ignoreCase,
      dotAll: letters.includes("s") ? on : this.#flags.dotAll,
      multiline: letters.includes("m") ? on : this.#flags.multiline,
    };
  }

  #letter(letter: string): string {
    const code = letter.codePointAt(0) ?? 0;
    return setText(this.#cased([[code, code]]));
  }

  #cased(ranges: CodePoints): CodePoints {
    if (!this.#flags.ignoreCase) return ranges;
    const cased = withCases(ranges);
    return cased ?? this.#refuse("`(?i)` over letters beyond ASCII");
  }

  #escape(): string {
    const edge = `(?:(?<=${inWord})(?!${inWord})|(?<!${inWord})(?=${inWord}))`;
    switch (this.#peek()) {
      case "A":
      case "z":
        return `\\${this.#take()}`;
      case "b":
        this.#take();
        return edge;
      case "B":
        return this.#refuse(noBoundary);
      case "Q":
        this.#take();
        return this.#quoted();
      default:
        return setText(this.#escapedSet());
    }
  }

  #quoted(): string {
    let java = "";
    while (this.#at < this.#text.length) {
      if (this.#peek() === "\\" && this.#peek(1) === "E") {
        this.#at += 2;
        // A count behind a quotation repeats its last letter only.
        if (/[*+?{]/.test(this.#peek())) this.#refuse("a count behind `\\E`");
        break;
      }
      java += this.#letter(this.#take());
    }
    return java === "" ? "" : `(?:${java})`;
  }

  /** The characters of an escape that stands for some, behind its backslash. */
  #escapedSet(): CodePoints {
    const letter = this.#peek();
    const shorthand = shorthands[letter.toLowerCase()];
    if (shorthand !== undefined) {
      this.#take();
      const cased = this.#cased(shorthand);
      return letter === letter.toLowerCase() ? cased : othersThan(cased);
    }
    const code = this.#escapedCode();
    return this.#cased([[code, code]]);
  }

  #escapedCode(): number {
    const hex = this.#takeMatch(/^x(?:\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{2}))/);
    if (hex !== null) return Number.parseInt(hex[1] ?? hex[2] ?? "", 16);
    const octal = this.#takeMatch(/^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/);
    if (octal !== null) return Number.parseInt(octal[0], 8);
    const letter = this.#take();
    if (/[pP]/.test(letter))
      this.#refuse("`\\p`, whose letters differ between versions of Unicode");
    const code = named[letter] ?? (/^[\x21-\x7e]$/.test(letter) ? letter.charCodeAt(0) : null);
    if (code === null || (/[A-Za-z0-9]/.test(letter) && named[letter] === undefined)) {
      this.#refuse(`\`\\${letter}\``);
    }
    return code;
  }

  #set(): CodePoints {
    const isNegated = this.#peek() === "^";
    if (isNegated) this.#take();
    const ranges: (readonly [number, number])[] = [];
    for (let first = true; first || this.#peek() !== "]"; first = false) {
      if (this.#at >= this.#text.length) this.#refuse("a `[` without its `]`");
      ranges.push(...this.#member());
    }
    this.#take();
    const all = united(ranges);
    return isNegated ? othersThan(all) : all;
  }

  /** One member of a set, with its other cases. */
  #member(): CodePoints {
    const name = this.#takeMatch(/^\[:(\^?)([a-z]+):\]/);
    if (name !== null) {
      const set = namedSets[name[2] ?? ""] ?? this.#refuse(`\`${name[0]}\``);
      const cased = this.#cased(set);
      return name[1] === "^" ? othersThan(cased) : cased;
    }
    if (this.#peek() === "\\" && /[dDwWsS]/.test(this.#peek(1))) {
      this.#take();
      return this.#escapedSet();
    }
    const from = this.#memberCode();
    if (this.#peek() !== "-" || this.#peek(1) === "]") return this.#cased([[from, from]]);
    this.#take();
    return this.#cased([[from, this.#memberCode()]]);
  }

  #memberCode(): number {
    const letter = this.#take();
    return letter === "\\" ? this.#escapedCode() : (letter.codePointAt(0) ?? 0);
  }
}

/** Characters as Java takes them in brackets; none at all match nothing. */
function setText(all: CodePoints): string {
  const ranges = othersThan([...othersThan(all), ...halves]);
  const one = (code: number): string =>
    /^[A-Za-z0-9]$/.test(String.fromCodePoint(code))
      ? String.fromCodePoint(code)
      : `\\x{${code.toString(16)}}`;
  const [only] = ranges;
  if (only === undefined) return "(?!)";
  if (ranges.length === 1 && only[0] === only[1]) return one(only[0]);
  return `[${ranges.map(([from, to]) => (from === to ? one(from) : `${one(from)}-${one(to)}`)).join("")}]`;
}
