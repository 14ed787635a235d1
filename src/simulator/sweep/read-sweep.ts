import { readQuantity } from "../../facts/quantity.ts";
import type { ScenarioWord } from "../replay/read-scenario.ts";

/** What a sweep changes from one run to the next. */
export type Swept =
  | { readonly kind: "threshold"; readonly fact: string }
  | {
      readonly kind: "scenario";
      readonly word: ScenarioWord;
      /** What the word says at a value, as its option takes it. */
      readonly textAt: (value: number) => string;
    };

export interface Sweep {
  /** `tokens`, `traffic`, `capacity.local-gpu`. */
  readonly name: string;
  /** Whether the value is the operator's to choose. */
  readonly isChoice: boolean;
  readonly swept: Swept;
  readonly values: readonly number[];
}

export type ReadSweep =
  | { readonly ok: true; readonly sweep: Sweep }
  | { readonly ok: false; readonly message: string };

/** Runs of one sweep. */
const mostValues = 200;

/** How a sweep is written, for help and messages. */
export const sweepForms = [
  "tokens=200..2000 by 200",
  "difficulty=30%,50%,70%",
  "traffic=1..4 by 0.5",
  "capacity.local-gpu=1..8",
] as const;

/** By word: what it says of a target at a value. Words that no number belongs to are not swept. */
const texts: Readonly<Partial<Record<ScenarioWord, (target: string, value: number) => string>>> = {
  traffic: (_, value) => `*${value}`,
  grow: (_, value) => `${value}%/day`,
  capacity: (target, value) => `${target}=${value}`,
  slow: (target, value) => `${target}=*${value}`,
  throttle: (target, value) => `${target}=${value}/min`,
  price: (target, value) => `${target}=*${value}`,
};

/** Reads `NAME=FROM..TO by STEP` or `NAME=VALUE,VALUE`; NAME is a fact whose threshold is meant, or a word of a scenario. */
export function readSweep(text: string): ReadSweep {
  const [, name = "", written = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const swept = sweptOf(name.trim());
  if (swept === null) return refusal(text, `write ${sweepForms.join(", ")}`);
  const values = valuesOf(written.trim());
  if (typeof values === "string") return refusal(text, values);
  const isChoice = swept.kind === "threshold" || swept.word === "capacity";
  return { ok: true, sweep: { name: name.trim(), isChoice, swept, values } };
}

function refusal(text: string, why: string): ReadSweep {
  return { ok: false, message: `\`${text}\` is not understood: ${why}` };
}

function sweptOf(name: string): Swept | null {
  const dot = name.indexOf(".");
  const head = dot < 0 ? name : name.slice(0, dot);
  const target = dot < 0 ? "" : name.slice(dot + 1);
  const write = Object.hasOwn(texts, head) ? texts[head as ScenarioWord] : undefined;
  if (write === undefined) return /^[a-z_]+$/.test(name) ? { kind: "threshold", fact: name } : null;
  const isForAll = head === "traffic" || head === "grow";
  if (isForAll !== (target === "")) return null;
  const word = head as ScenarioWord;
  return { kind: "scenario", word, textAt: (value) => write(target, value) };
}

/** The values in their order, or what is wrong with them. */
function valuesOf(written: string): readonly number[] | string {
  const range = /^(.+?)\.\.(.+?)(?:\s+by\s+(.+))?$/.exec(written);
  if (range === null) {
    const list = written.split(",").map((each) => numberOf(each.trim()));
    const known = list.filter((each) => each !== null);
    if (known.length < list.length) return `${written} is no list of numbers`;
    return known.length > mostValues ? `it has more than ${mostValues} values` : known;
  }
  const [, first = "", last = "", by] = range;
  const [from, to] = [numberOf(first), numberOf(last)];
  if (from === null || to === null) return `${written} is no range of numbers`;
  const step = by === undefined ? 1 : numberOf(by);
  if (to < from) return `${first} is above ${last}`;
  if (by === undefined && !(Number.isInteger(from) && Number.isInteger(to)))
    return `say in what steps: \`by ${stepWithin(to - from, last)}\``;
  if (step === null || step <= 0) return `${by} is no step above 0`;
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  if (count > mostValues)
    return `it has ${count} values, more than ${mostValues}: take larger steps`;
  return Array.from({ length: count }, (_, index) => rounded(from + index * step));
}

/** A round step of which a range takes four to ten, written as its end is: in per cent or as a number. */
function stepWithin(width: number, last: string): string {
  const isPercent = last.trim().endsWith("%");
  const whole = (width > 0 ? width : 1) * (isPercent ? 100 : 1);
  const power = 10 ** Math.floor(Math.log10(whole));
  const step = ([0.2, 0.5].find((each) => whole / power <= each * 10) ?? 1) * power;
  return `${Number(step.toPrecision(2))}${isPercent ? "%" : ""}`;
}

/** A number as policies write it, a duration or an amount excepted; a factor may have its `*`. */
function numberOf(text: string): number | null {
  const read = readQuantity(text.trim().replace(/^[*x×]/, ""));
  if (!read.ok || read.value < 0) return null;
  const { kind } = read.type;
  return kind === "duration" || kind === "money" || kind === "price" ? null : read.value;
}

/** Without the last digits of binary fractions. */
function rounded(value: number): number {
  return Number(value.toFixed(9));
}
