import type { Span } from "../../diagnostics/diagnostic.ts";
import type { FactType, FactValue } from "../../facts/fact.ts";
import { type Quantity, readQuantity } from "../../facts/quantity.ts";
import { readDate } from "../../facts/value.ts";
import type { Literal } from "../syntax/ast.ts";
import type { Report } from "./report.ts";
import type { ConstantTerm, Side } from "./typed.ts";

/** A literal's value with its unit resolved; spans of time and patterns stay open until their fact is known. */
export function readLiteral(report: Report, literal: Literal): Side | null {
  const { span } = literal;
  switch (literal.kind) {
    case "number":
      return readNumber(report, literal.raw, span);
    case "string":
      return constant({ kind: "text" }, literal.text, span);
    case "boolean":
      return constant({ kind: "boolean" }, literal.value, span);
    case "date": {
      const day = readDate(literal.raw);
      if (day !== undefined) return constant({ kind: "date" }, day, span);
      report.add("P0314", span, `there is no day \`${literal.raw}\``, {
        help: "dates are written year-month-day, as in `2026-11-23`",
      });
      return null;
    }
    case "time-span":
    case "regex":
      return literal;
  }
}

/** A constant term as it was written. */
export function constant(type: FactType, value: FactValue, span: Span): ConstantTerm {
  return { kind: "constant", type, value, span, size: 1, written: "literal" };
}

function readNumber(report: Report, raw: string, span: Span): ConstantTerm | null {
  const read = readQuantity(raw);
  if (read.ok) return constant(read.type, read.value, span);
  report.add("P0307", span, problemText(raw, read.problem), {
    help:
      read.problem === "too-large"
        ? `the largest whole number is ${Number.MAX_SAFE_INTEGER}`
        : "money is exact to a picodollar, prices to $0.000001/M, durations to a millisecond",
  });
  return null;
}

function problemText(
  raw: string,
  problem: Extract<Quantity, { readonly ok: false }>["problem"],
): string {
  if (problem === "too-fine") return `\`${raw}\` is finer than its unit can hold`;
  if (problem === "too-large") return `\`${raw}\` is larger than can be held exactly`;
  return `\`${raw}\` is not a number with a known unit`;
}
