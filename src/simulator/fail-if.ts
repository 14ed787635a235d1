import { didYouMean } from "../diagnostics/suggest.ts";
import {
  type GateFigure,
  type GateUnit,
  type GateValue,
  gateFigures,
  gateSubject,
  unitWords,
} from "./gate-figures.ts";
import type { Report } from "./report.ts";

const comparisons = [">=", "<=", "==", "!=", ">", "<"] as const;
type Comparison = (typeof comparisons)[number];

/** How values are written after their number (money before it), and what one of them is in the figure's own unit. */
const suffixes = {
  "": { unit: "count", factor: 1 },
  "%": { unit: "share", factor: 0.01 },
  $: { unit: "money", factor: 1 },
  ms: { unit: "duration", factor: 1 },
  s: { unit: "duration", factor: 1_000 },
  m: { unit: "duration", factor: 60_000 },
} as const satisfies Record<string, { readonly unit: GateUnit; readonly factor: number }>;
type Suffix = keyof typeof suffixes;

/** A condition that a report must not meet. */
export interface FailIf {
  /** In one form, whatever it was written like: `cost.delta > 5%`. */
  readonly text: string;
  readonly figure: GateFigure;
  /** The NAME of `target.NAME…`; empty for every other figure. */
  readonly target: string;
  /** The figure as it was written, with the target's name. */
  readonly name: string;
  readonly comparison: Comparison;
  readonly suffix: Suffix;
  /** In the figure's own unit. */
  readonly bound: number;
}

export type ParsedFailIf =
  | { readonly ok: true; readonly condition: FailIf }
  | { readonly ok: false; readonly message: string };

/** What a condition came to. `value` is in dollars, milliseconds, as a share or a number; null where it is not known. */
export interface JudgedCondition {
  readonly text: string;
  readonly value: number | null;
  readonly ok: boolean;
  /** Why it is not known. */
  readonly why?: string;
}

/** What the conditions made of a report (`simulate --json`: `gate`). */
export interface GateReport {
  readonly ok: boolean;
  readonly conditions: readonly JudgedCondition[];
}

const form = /^(\S+?)\s*(>=|<=|==|!=|>|<)\s*([+-]?)(\$?)(\d+(?:\.\d+)?)\s*(%|ms|s|m)?$/;

/** Reads `cost.delta > 5%`: a figure, a comparison, a value with its unit. `targets` are those that a figure may name. */
export function parseFailIf(text: string, targets: Iterable<string>): ParsedFailIf {
  const match = form.exec(text.trim());
  if (match === null)
    return wrong(
      `\`${text.slice(0, 200)}\` is no condition: write a figure, a comparison and a value, such as \`cost.delta > 5%\``,
    );
  const [, name = "", comparison = "", sign, dollar, digits = "", after = ""] = match;
  if (dollar !== "" && after !== "")
    return wrong(`\`${text}\` has two units: $ and ${after} do not go together`);
  const found = figureOf(name, [...targets]);
  if ("message" in found) return wrong(found.message);
  const suffix = (dollar === "" ? after : "$") as Suffix;
  const { unit, factor } = suffixes[suffix];
  if (!found.figure.units.includes(unit))
    return wrong(
      `\`${name}\` is written ${writtenAs(found.figure)}, as in \`${exampleOf(found)}\``,
    );
  const number = Number(digits) * (sign === "-" ? -1 : 1);
  const bound = unit === "share" ? number / 100 : number * factor;
  const condition = { ...found, comparison: comparison as Comparison, suffix, bound };
  return { ok: true, condition: { ...condition, text: textOf(condition) } };
}

interface Named {
  readonly figure: GateFigure;
  readonly name: string;
  readonly target: string;
}

function figureOf(name: string, targets: readonly string[]): Named | { readonly message: string } {
  const ofTarget = /^target\.(.+)\.(share|failed)$/.exec(name);
  const [, target = "", what = ""] = ofTarget ?? [];
  const listed = ofTarget === null ? name : `target.NAME.${what}`;
  const figure = gateFigures.find((each) => each.name === listed);
  if (figure === undefined || name.includes("NAME")) {
    const meant = didYouMean(
      name,
      gateFigures.map((each) => each.name),
    );
    const hint = meant === null ? "`simulate --help` lists them" : `did you mean \`${meant}\`?`;
    return { message: `\`${name.slice(0, 100)}\` is no figure of a report; ${hint}` };
  }
  if (ofTarget !== null && !targets.includes(target)) {
    const meant = didYouMean(target, targets);
    const hint = meant === null ? "" : `; did you mean \`${meant}\`?`;
    return { message: `\`${name.slice(0, 100)}\`: there is no target \`${target}\`${hint}` };
  }
  return { figure, name, target };
}

const writtenAs = ({ units }: GateFigure): string =>
  units
    .map((unit) => (unit === "count" ? "as a plain number" : `in ${unitWords[unit]}`))
    .join(" or ");

const examples: Readonly<Record<GateUnit, string>> = {
  money: "$5",
  duration: "2s",
  share: "5%",
  count: "0",
};

const exampleOf = ({ figure, name }: Named): string =>
  `${name} > ${examples[figure.units[0] ?? "count"]}`;

function wrong(message: string): ParsedFailIf {
  return { ok: false, message };
}

/** What the conditions say of a report. One whose figure is not known is not met, and not passed either. */
export function judgeReport(report: Report, conditions: readonly FailIf[]): GateReport {
  const subject = gateSubject(report);
  const judged = conditions.map((condition): JudgedCondition => {
    const { figure, text, target, suffix } = condition;
    const value: GateValue =
      report.requests === 0
        ? "the log holds no request"
        : figure.value(subject, suffixes[suffix].unit, target);
    if (typeof value === "string") return { text, value: null, ok: false, why: value };
    return { text, value, ok: !meets(value, condition) };
  });
  return { ok: judged.every(({ ok }) => ok), conditions: judged };
}

function meets(value: number, { comparison, bound }: FailIf): boolean {
  switch (comparison) {
    case ">":
      return value > bound;
    case ">=":
      return value >= bound;
    case "<":
      return value < bound;
    case "<=":
      return value <= bound;
    case "==":
      return value === bound;
    case "!=":
      return value !== bound;
  }
}

/** The conditions that failed, in words: `cost.delta is +7.2 %, and must not be > 5 %`. */
export function brokenConditions(
  { conditions }: GateReport,
  given: readonly FailIf[],
): readonly string[] {
  return conditions.flatMap((judged, at) => {
    const condition = given[at];
    return judged.ok || condition === undefined ? [] : [inWords(condition, judged)];
  });
}

function inWords(condition: FailIf, { value, why }: JudgedCondition): string {
  const { name, comparison, suffix, bound } = condition;
  const limit = written(bound, suffix, 15);
  if (value === null) return `${name} is not known: ${why}`;
  // As short as it can be without looking like the bound itself; of money, no cent is left out.
  let digits = suffix === "$" ? Math.floor(Math.log10(Math.max(Math.abs(value), 1))) + 3 : 3;
  while (digits < 15 && value !== bound && written(value, suffix, digits) === limit) digits += 1;
  const sign = name.endsWith(".delta") && value > 0 ? "+" : "";
  return `${name} is ${sign}${inFull(value, suffix, digits)}, and must not be ${comparison} ${limit}`;
}

/** What a figure is: `written`, with both digits of its cents. */
function inFull(value: number, suffix: Suffix, digits: number): string {
  const text = written(value, suffix, digits);
  return suffix === "$" ? text.replace(/\.\d$/, "$&0") : text;
}

/** A value as a person reads it. Counts are whole. */
function written(value: number, suffix: Suffix, digits: number): string {
  const { factor } = suffixes[suffix];
  const scaled = suffix === "%" ? value * 100 : value / factor;
  const isWhole = suffix === "" && Number.isInteger(scaled);
  const number = isWhole ? scaled : Number(scaled.toPrecision(digits));
  if (suffix === "$") return `${number < 0 ? "-" : ""}$${Math.abs(number)}`;
  return suffix === "" ? String(number) : `${number} ${suffix}`;
}

function textOf({ name, comparison, bound, suffix }: Omit<FailIf, "text">): string {
  return `${name} ${comparison} ${written(bound, suffix, 15).replace(" ", "")}`;
}

/** The figures with their meaning, for a help text. */
export function figureLines(): readonly string[] {
  const width = Math.max(...gateFigures.map(({ name }) => name.length));
  return gateFigures.map(({ name, doc, needs }) => {
    const asks = needs.map((each) => `--${each}`).join(" ");
    return `  ${name.padEnd(width)}  ${doc}${asks === "" ? "" : ` (${asks})`}`;
  });
}
