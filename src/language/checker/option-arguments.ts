import type { Fix, Span, TextEdit } from "../../diagnostics/diagnostic.ts";
import { didYouMean, editDistance } from "../../diagnostics/suggest.ts";
import { readQuantity } from "../../facts/quantity.ts";
import type { AstOption, Literal, Name } from "../syntax/ast.ts";
import type { Report } from "./report.ts";

type NumberLiteral = Extract<Literal, { readonly kind: "number" }>;

/** Bounds of a number, both inclusive. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** What was wanted where an argument is something else, or missing. */
interface Wanted {
  /** In the sentence "`timeout` takes …". */
  readonly what: string;
  readonly label?: string;
  readonly fix?: string | TextEdit;
}

/** What a reader looked for behind the last argument: one of some words, or a value of a kind. */
export type Asked =
  | { readonly kind: "word"; readonly words: readonly string[] }
  | { readonly kind: "name" | "duration" | "whole" | "decimal" | "money" | "share" };

/**
 * Reads the arguments of one option from left to right. The first that does not fit is reported, with the option as it is
 * written right in the help; from then on every reader gives null.
 */
export class Arguments {
  readonly #report: Report;
  readonly #option: AstOption;
  readonly #usage: string;
  readonly #asked: Asked[];
  #at = 0;
  #failed = false;

  /**
   * `usage` is the option written out: `limit 20 per minute by user`. What could stand behind the last argument is added to
   * `asked`, for completion.
   */
  constructor(report: Report, option: AstOption, usage: string, asked: Asked[] = []) {
    this.#report = report;
    this.#option = option;
    this.#usage = usage;
    this.#asked = asked;
  }

  /** The whole option. */
  get span(): Span {
    return this.#option.span;
  }

  /** Whether everything was read and nothing was wrong; reports what is left over. */
  end(): boolean {
    const extra = this.#option.arguments[this.#at];
    if (extra !== undefined) {
      const first =
        this.#at === 1 && !this.#usage.slice(this.#usage.indexOf(" ") + 1).includes(" ");
      const fix = meantWord(extra, ["by", "or"]);
      this.refuse(extra.span, first ? "takes one value" : "is not followed by this", {
        label: first ? "one too many" : "left over",
        ...(fix === null ? {} : { fix }),
      });
    }
    return !this.#failed;
  }

  /** A word that must stand here. */
  word(...words: readonly string[]): string | null {
    const found = this.mayWord(...words);
    if (found !== null || this.#failed) return found;
    const argument = this.#option.arguments[this.#at];
    const fix = argument === undefined ? null : meantWord(argument, words);
    this.#miss({
      what: words.map((each) => `\`${each}\``).join(" or "),
      ...(fix === null ? {} : { fix }),
    });
    return null;
  }

  /** A word that may stand here; null, and nothing is read, when it does not. */
  mayWord(...words: readonly string[]): string | null {
    const argument = this.#next({ kind: "word", words });
    if (argument === undefined || "kind" in argument || argument.quoted) return null;
    const text = argument.text.replaceAll("_", "-");
    if (!words.includes(text)) return null;
    this.#at += 1;
    return text;
  }

  /** Any word or quoted text, as a name. */
  name(what: string): Name | null {
    const argument = this.#next({ kind: "name" });
    if (argument !== undefined && !("kind" in argument)) {
      this.#at += 1;
      return argument;
    }
    if (argument?.kind === "string") {
      this.#at += 1;
      return { text: argument.text, quoted: true, span: argument.span };
    }
    this.#miss({ what });
    return null;
  }

  /** A duration in milliseconds: more than none, and no longer than `mostMs`. */
  duration(mostMs: number): number | null {
    const argument = this.#next({ kind: "duration" });
    const read = isNumber(argument) ? readQuantity(argument.raw) : null;
    if (argument !== undefined && read?.ok === true && read.type.kind === "duration") {
      const days = mostMs / 86_400_000;
      const limit = days > 1 ? `${days}d` : "24h";
      if (read.value > 0 && read.value <= mostMs) return this.#take(read.value);
      this.refuse(argument.span, `is more than 0ms and at most ${limit}`, {
        label: "out of range",
      });
      return null;
    }
    const plain = isNumber(argument) && argument.unit === "none";
    this.#miss({
      what: "a duration",
      ...(argument === undefined ? {} : { label: plain ? "which unit?" : "no duration" }),
      ...(plain ? { fix: `${argument.raw}s` } : {}),
    });
    return null;
  }

  /** A whole number within bounds. */
  whole(bounds: Bounds): number | null {
    const argument = this.#next({ kind: "whole" });
    const read = isNumber(argument) ? readQuantity(argument.raw) : null;
    const isWhole = read?.ok === true && read.type.kind === "whole";
    return this.#inBounds(argument, isWhole ? read.value : null, bounds, "whole number");
  }

  /** A number that may have a fraction, within bounds. */
  decimal(bounds: Bounds): number | null {
    const argument = this.#next({ kind: "decimal" });
    const read = isNumber(argument) ? readQuantity(argument.raw) : null;
    const fits = read?.ok === true && (read.type.kind === "whole" || read.type.kind === "decimal");
    return this.#inBounds(argument, fits ? read.value : null, bounds, "number");
  }

  /** An amount of money in picodollars, more than none. */
  money(): number | null {
    const argument = this.#next({ kind: "money" });
    const read = isNumber(argument) ? readQuantity(argument.raw) : null;
    if (read?.ok === true && read.type.kind === "money" && read.value > 0) {
      return this.#take(read.value);
    }
    const plain = isNumber(argument) && argument.unit === "none";
    this.#miss({ what: "an amount of money", ...(plain ? { fix: `$${argument.raw}` } : {}) });
    return null;
  }

  /** A share in parts of 10,000, more than none. */
  share(): number | null {
    const argument = this.#next({ kind: "share" });
    const read =
      isNumber(argument) && argument.unit === "percent" ? readQuantity(argument.raw) : null;
    const parts = read?.ok === true ? Math.round(read.value * 10_000) : 0;
    if (parts > 0 && parts <= 10_000) return this.#take(parts);
    this.#miss({ what: "a share, more than 0% and at most 100%" });
    return null;
  }

  /** Reports an argument; `what` goes on from the option's name. */
  refuse(span: Span, what: string, { label, fix }: Pick<Wanted, "label" | "fix"> = {}): void {
    if (this.#failed) return;
    this.#failed = true;
    const { name } = this.#option;
    this.#report.add("P0308", span, `\`${shownName(name.text)}\` ${what}`, {
      ...(label === undefined ? {} : { label }),
      help: `write \`${this.#usage}\``,
      fix: fix === undefined ? null : fixOf(span, fix),
    });
  }

  #inBounds(
    argument: Name | Literal | undefined,
    value: number | null,
    { least, most }: Bounds,
    noun: string,
  ): number | null {
    if (value !== null && value >= least && value <= most) return this.#take(value);
    const bounds = `${least} to ${most}`;
    if (value !== null && argument !== undefined) {
      this.refuse(argument.span, `is ${bounds}`, { label: "out of range" });
    } else {
      const plain = argument === undefined ? null : plainNumber(argument);
      this.#miss({
        what: `a ${noun}, ${bounds}`,
        ...(argument === undefined ? {} : { label: `no ${noun}` }),
        ...(plain === null ? {} : { fix: plain }),
      });
    }
    return null;
  }

  #next(asked: Asked): Name | Literal | undefined {
    if (this.#failed) return undefined;
    const argument = this.#option.arguments[this.#at];
    if (argument === undefined) this.#asked.push(asked);
    return argument;
  }

  #take(value: number): number {
    this.#at += 1;
    return value;
  }

  #miss({ what, label, fix }: Wanted): void {
    const argument = this.#option.arguments[this.#at];
    if (argument !== undefined) {
      this.refuse(argument.span, this.#at === 0 ? `takes ${what}` : `takes ${what} here`, {
        ...(label === undefined ? {} : { label }),
        ...(fix === undefined ? {} : { fix }),
      });
      return;
    }
    const last = this.#option.arguments.at(-1);
    const span = last === undefined ? this.#option.span : last.span;
    const needs = this.#at === 0 ? "needs a value" : `needs ${what} behind this`;
    this.refuse(span, needs, { label: "nothing follows" });
  }
}

function fixOf(span: Span, fix: string | TextEdit): Fix {
  const edit = typeof fix === "string" ? { span, text: fix } : fix;
  return { title: `write \`${edit.text.trim()}\``, edits: [edit] };
}

/**
 * What was meant where a word of an option is due: the word that is nearly there or runs together with the next, or, before
 * a number, the only word that it can be.
 */
function meantWord(argument: Name | Literal, words: readonly string[]): string | TextEdit | null {
  if ("kind" in argument) {
    const [only, other] = words;
    if (only === undefined || other !== undefined) return null;
    return { span: { ...argument.span, end: argument.span.start }, text: `${only} ` };
  }
  if (argument.quoted) return null;
  const { text } = argument;
  const start = words.find((word) => text.startsWith(word) && text.length > word.length);
  if (start !== undefined) return `${start} ${text.slice(start.length)}`;
  const isNear = (word: string): boolean => editDistance(text.toLowerCase(), word) <= 1;
  return didYouMean(text, words) ?? words.find(isNear) ?? null;
}

/** The number of `"2"`, `$2` and `2%`; null for anything else. */
function plainNumber(argument: Name | Literal): string | null {
  let written = "";
  if (!("kind" in argument)) written = argument.text;
  else if (argument.kind === "number") written = argument.raw;
  else if (argument.kind === "string") written = argument.text;
  const plain = /^\$?(\d[\w.]*)%?$/.exec(written)?.[1] ?? null;
  return plain === written && "kind" in argument && argument.kind === "number" ? null : plain;
}

/** Messages spell `max_tokens` as everybody does: like the fact. */
export function shownName(name: string): string {
  return name === "max-tokens" ? "max_tokens" : name;
}

function isNumber(argument: Name | Literal | undefined): argument is NumberLiteral {
  return argument !== undefined && "kind" in argument && argument.kind === "number";
}
