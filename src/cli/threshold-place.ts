import type { SourceFile } from "../diagnostics/diagnostic.ts";
import { readQuantity } from "../facts/quantity.ts";
import type { Ast, Expression, Literal } from "../language/syntax/ast.ts";
import { UsageError } from "./output.ts";

/** How a threshold holds a fact against a constant. */
export type ThresholdOp = "<" | "<=" | ">" | ">=";

/** A constant in a policy's text that a fact is held against. */
export interface ThresholdPlace {
  readonly fact: string;
  readonly op: ThresholdOp;
  readonly literal: Extract<Literal, { readonly kind: "number" }>;
  /** What the constant comes to; NaN where its unit is not known. */
  readonly value: number;
  /** The rule's name; null where it has none. */
  readonly rule: string | null;
  /** Line of the comparison, from 1. */
  readonly line: number;
}

/** Facts whose thresholds are fitted. */
export const fittedFacts = ["difficulty", "confidence", "tokens"] as const;

const turned: Readonly<Record<ThresholdOp, ThresholdOp>> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** Which of the places is meant. */
export interface ThresholdWish {
  readonly fact?: string | undefined;
  /** A rule's name, or the line of the comparison. */
  readonly rule?: string | undefined;
}

/** The one threshold that is meant; a UsageError names those there are where that is none, or several. */
export function thresholdOf(ast: Ast, source: SourceFile, wish: ThresholdWish): ThresholdPlace {
  const all = placesIn(ast, source).filter(({ fact }) => {
    return fittedFacts.some((each) => each === fact);
  });
  const found = all.filter(({ fact, rule, line }) => {
    const isRule = wish.rule === undefined || wish.rule === rule || wish.rule === String(line);
    return isRule && (wish.fact === undefined || wish.fact === fact);
  });
  const [place] = found;
  if (place !== undefined && found.length === 1) return place;
  const facts = fittedFacts.join(", ");
  if (all.length === 0) {
    throw new UsageError(`no rule of ${source.file} holds ${facts} against a number`);
  }
  const listed = all.map(({ fact, op, literal, rule, line }) => {
    const where = rule === null ? `line ${line}` : `rule "${rule}", line ${line}`;
    return `  ${fact} ${op} ${literal.raw} (${where})`;
  });
  const why = found.length === 0 ? "none of these is meant" : "several thresholds could be meant";
  throw new UsageError(
    `${source.file}: ${why}; choose with --fact, and --rule with a name or a line:\n${listed.join("\n")}`,
  );
}

function placesIn(ast: Ast, source: SourceFile): ThresholdPlace[] {
  const lets = new Map<string, Expression>();
  for (const statement of ast.statements) {
    if (statement.kind === "let") lets.set(statement.name.text, statement.value);
  }
  const found: ThresholdPlace[] = [];
  const collect = (of: Expression, rule: string | null): void => {
    if (of.kind === "not") collect(of.of, rule);
    if (of.kind === "and" || of.kind === "or") for (const each of of.of) collect(each, rule);
    const place = of.kind === "comparison" ? placeOf(of, lets) : null;
    if (place === null) return;
    const line = source.text.slice(0, of.span.start).split("\n").length;
    // A constant that two rules share is one place.
    if (found.some(({ literal }) => literal.span.start === place.literal.span.start)) return;
    found.push({ ...place, rule, line });
  };
  for (const statement of ast.statements) {
    if (statement.kind === "let") collect(statement.value, null);
    if (statement.kind !== "rule") continue;
    for (const { condition } of statement.arms) {
      if (condition !== null) collect(condition, statement.name?.text ?? null);
    }
  }
  return found;
}

function placeOf(
  { op, left, right }: Extract<Expression, { readonly kind: "comparison" }>,
  lets: ReadonlyMap<string, Expression>,
): Pick<ThresholdPlace, "fact" | "op" | "literal" | "value"> | null {
  if (op !== "<" && op !== "<=" && op !== ">" && op !== ">=") return null;
  const numberOf = (of: Expression) => {
    const meant = of.kind === "name" ? lets.get(of.name.text) : of;
    return meant?.kind === "number" ? meant : null;
  };
  const [before, behind] = [numberOf(left), numberOf(right)];
  if (left.kind === "name" && behind !== null) {
    return { fact: left.name.text, op, literal: behind, value: numberOfLiteral(behind) };
  }
  if (right.kind === "name" && before !== null) {
    return {
      fact: right.name.text,
      op: turned[op],
      literal: before,
      value: numberOfLiteral(before),
    };
  }
  return null;
}

function numberOfLiteral({ raw }: ThresholdPlace["literal"]): number {
  const read = readQuantity(raw);
  return read.ok ? Number(read.value) : Number.NaN;
}

/** The text with another number in the threshold's place; a share stays one in per cent where it was one. */
export function withThreshold(
  { text }: SourceFile,
  { literal }: Pick<ThresholdPlace, "literal">,
  threshold: number,
): string {
  const isPercent = literal.unit === "percent";
  const written = isPercent ? `${plainNumber(threshold * 100)}%` : plainNumber(threshold);
  return text.slice(0, literal.span.start) + written + text.slice(literal.span.end);
}

/** Without an exponent, and without the last digits of binary fractions. */
export function plainNumber(value: number): string {
  return Number(value.toFixed(8))
    .toFixed(8)
    .replace(/\.?0+$/, "");
}
