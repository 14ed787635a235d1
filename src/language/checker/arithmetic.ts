import type { Span } from "../../diagnostics/diagnostic.ts";
import type { FactType } from "../../facts/fact.ts";
import { accepts, type Context } from "./context.ts";
import { constant } from "./literals.ts";
import { type Term, typeName } from "./typed.ts";

type Op = "+" | "-" | "*";

/** The type of a sum, difference or product; null when the two have none. */
function resultType(op: Op, left: FactType, right: FactType): FactType | null {
  const kinds = [left.kind, right.kind];
  const plain = (type: FactType): boolean => type.kind === "whole" || type.kind === "decimal";
  if (plain(left) && plain(right)) {
    return kinds.includes("decimal") ? { kind: "decimal" } : { kind: "whole" };
  }
  if (op !== "*") {
    const summable = left.kind === "money" || left.kind === "price" || left.kind === "duration";
    return summable && left.kind === right.kind ? { kind: left.kind } : null;
  }
  const [scaled, factor] = plain(right) ? [left, right] : [right, left];
  if (!plain(factor)) return null;
  if (scaled.kind === "price" && factor.kind === "whole") return { kind: "money" };
  const scalable = scaled.kind === "money" || scaled.kind === "price" || scaled.kind === "duration";
  return scalable ? { kind: scaled.kind } : null;
}

/** `left op right` with its type; constants are calculated at once. Price times tokens is money. */
export function arithmetic(
  context: Context,
  { op, span }: { readonly op: Op; readonly span: Span },
  left: Term,
  right: Term,
): Term | null {
  const type = resultType(op, left.type, right.type);
  if (type === null) {
    context.report.add(
      "P0310",
      span,
      `\`${op}\` does not work on ${typeName(left.type)} and ${typeName(right.type)}`,
      {
        related: [
          { span: left.span, text: typeName(left.type) },
          { span: right.span, text: typeName(right.type) },
        ],
        help: "add and subtract values of one type; multiply by a plain number",
      },
    );
    return null;
  }
  if (left.kind === "constant" && right.kind === "constant") {
    const value = calculate(op, Number(left.value), Number(right.value));
    if (type.kind === "decimal" ? Number.isFinite(value) : Number.isSafeInteger(value)) {
      return constant(type, value, span);
    }
    context.report.add("P0307", span, "the result cannot be held exactly");
    return null;
  }
  const size = left.size + right.size + 1;
  return accepts(context, span, size)
    ? { kind: "arithmetic", op, left, right, type, span, size }
    : null;
}

function calculate(op: Op, left: number, right: number): number {
  if (op === "+") return left + right;
  return op === "-" ? left - right : left * right;
}
