import type { Span } from "../../diagnostics/diagnostic.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { Expression } from "../syntax/ast.ts";
import { checkTypes, reportTypes } from "./comparable.ts";
import { type Context, nested, textOf } from "./context.ts";
import { reportUnknownName } from "./names.ts";
import { replacement } from "./report.ts";
import { readSide, sideName } from "./sides.ts";
import { readTimeSpan } from "./time-spans.ts";
import {
  type Comparison,
  type ConstantTerm,
  fits,
  isFactTerm,
  isNumeric,
  isTerm,
  type Mode,
  type NumberRange,
  type Side,
  type Term,
  type TypedCondition,
  typeName,
} from "./typed.ts";
import { readValue, takesPool } from "./values.ts";

/** `x in [a, b]`, `x in 200..500`, `time in 09:00..17:00 Zone`, `target in pool`, and their `not in`. */
export function readMembership(
  context: Context,
  comparison: Comparison,
  mode: Mode,
): TypedCondition | null {
  const of = readSide(context, comparison.left, mode);
  if (of === null) return null;
  if (of.kind === "word") {
    reportUnknownName(context, of.name, mode);
    return null;
  }
  if (!isFactTerm(of)) {
    const what = isTerm(of) ? "a constant" : sideName(of);
    context.report.add("P0306", of.span, `a fact stands before \`in\`, and this is ${what}`, {
      label: what,
      help: "write it the other way round: `fact in [values]`",
    });
    return null;
  }
  const right = readValue(context, of, comparison.right, mode);
  if (right === null) return null;
  const form = { ...comparison, negated: comparison.op === "not in" };
  if (right.kind === "time-span") return timeMembership(context, form, of, right);
  if (right.kind === "pool") return poolMembership(context, form, of, right);
  if (isTerm(right)) {
    reportSingle(context, comparison, right);
    return null;
  }
  const set = readSet(context, of, right, mode);
  if (set === null) return null;
  const size = of.size + set.values.length + set.ranges.length;
  return negate(form, { kind: "in", of, ...set, span: comparison.span, size });
}

/** What all memberships share: where they stand, and whether `not in` was written. */
interface Form {
  readonly span: Span;
  readonly negated: boolean;
}

function negate({ negated, span }: Form, condition: TypedCondition): TypedCondition {
  return negated ? { kind: "not", of: condition, span, size: condition.size + 1 } : condition;
}

/** A candidate, or the model a client names, as one of a pool's targets. */
export function poolMembership(
  context: Context,
  form: Form,
  of: Term,
  pool: Extract<Side, { readonly kind: "pool" }>,
): TypedCondition | null {
  if (!takesPool(of)) {
    const what = typeName(of.type);
    context.report.add(
      "P0301",
      pool.span,
      `pool \`${pool.name}\` is a set of targets, not ${what}`,
      {
        label: "this is a pool",
        related: [{ span: of.span, text: `this is ${what}` }],
        help: "pools are compared with `target` inside `where`, and with `model`",
      },
    );
    return null;
  }
  const values = context.scope.pools.get(pool.name) ?? [];
  const size = of.size + values.length;
  return negate(form, { kind: "in", of, values, ranges: [], span: form.span, size });
}

function timeMembership(
  context: Context,
  form: Form,
  of: Term,
  span: Extract<Side, { readonly kind: "time-span" }>,
): TypedCondition | null {
  if (of.kind !== "fact" || of.type.kind !== "time") {
    const what = typeName(of.type);
    context.report.add("P0301", span.span, `a span of time holds times, not ${what}`, {
      label: "this is a span of time",
      related: [{ span: of.span, text: `this is ${what}` }],
      help: "write `time in 09:00..17:00 Europe/Berlin`",
    });
    return null;
  }
  const read = readTimeSpan(context, span);
  if (read === null) return null;
  const { zone, ranges } = read;
  const local: Term = { kind: "local", fact: of.fact, zone, type: of.type, span: of.span, size: 1 };
  return negate(form, { kind: "in", of: local, values: [], ranges, span: form.span, size: 2 });
}

function reportSingle(context: Context, comparison: Comparison, right: Term): void {
  const meant = comparison.op === "in" ? "is" : "is not";
  const fact = isFactTerm(right);
  context.report.add(
    fact ? "P0303" : "P0306",
    fact ? right.span : comparison.opSpan,
    fact ? "a fact cannot be the set that `in` looks through" : "`in` looks through several values",
    {
      label: fact ? "a list, range or pool is needed" : `use \`${meant}\` for one value`,
      fix: fact ? null : replacement(`use \`${meant}\``, comparison.opSpan, meant),
    },
  );
}

interface ValueSet {
  readonly values: readonly FactValue[];
  readonly ranges: readonly NumberRange[];
}

/** The values and ranges of a list, or of lists inside it, checked against the fact; null when any was reported. */
function readSet(context: Context, fact: Term, set: Side, mode: Mode): ValueSet | null {
  const values = new Set<FactValue>();
  const ranges: NumberRange[] = [];
  let sound = true;
  const take = (side: Side | null): void => {
    if (side === null) sound = false;
    else if (side.kind === "list") {
      for (const item of side.items) {
        nested(context, item.span, () => {
          take(readValue(context, fact, item, mode));
          return null;
        });
      }
    } else if (side.kind === "range") {
      const range = readRange(context, fact, side, mode);
      if (range === null) sound = false;
      else ranges.push(range);
    } else {
      const value = readItem(context, fact, side, mode);
      if (value === null) sound = false;
      else values.add(value);
    }
  };
  take(set);
  return sound ? { values: [...values], ranges } : null;
}

function readItem(context: Context, fact: Term, side: Side, mode: Mode): FactValue | null {
  if (side.kind === "word") {
    reportUnknownName(context, side.name, mode);
    return null;
  }
  if (!isTerm(side) || side.kind !== "constant") {
    const what = isTerm(side) ? "a fact" : sideName(side);
    context.report.add("P0305", side.span, `a list holds constants, and this is ${what}`, {
      label: what,
    });
    return null;
  }
  return checkTypes(context, fact, side) ? side.value : null;
}

function readRange(
  context: Context,
  fact: Term,
  range: Extract<Side, { readonly kind: "range" }>,
  mode: Mode,
): NumberRange | null {
  if (fact.type.kind === "text" || fact.type.kind === "boolean") {
    reportTextRange(context, fact, range);
    return null;
  }
  const from = readBound(context, fact, range.from, mode);
  const to = readBound(context, fact, range.to, mode);
  if (from === null || to === null) return null;
  if (Number(from.value) < Number(to.value)) {
    return { from: Number(from.value), to: Number(to.value) };
  }
  const backwards = Number(from.value) > Number(to.value);
  const turned = `${textOf(context, range.to.span)}..${textOf(context, range.from.span)}`;
  context.report.add("P0309", range.span, "this range holds nothing", {
    label: backwards ? "it ends before it begins" : "its end is not part of it",
    help: backwards
      ? `did you mean \`${turned}\`?`
      : "ranges are half open: `200..500` ends below 500",
    fix: backwards ? replacement("turn the range round", range.span, turned) : null,
  });
  return null;
}

function readBound(
  context: Context,
  fact: Term,
  expression: Expression,
  mode: Mode,
): ConstantTerm | null {
  const side = readSide(context, expression, mode);
  if (side === null) return null;
  if (side.kind === "word") {
    reportUnknownName(context, side.name, mode);
    return null;
  }
  if (isTerm(side) && side.kind === "constant") {
    if (fits(side.type, fact.type) && isNumeric(side.type)) return side;
    reportTypes(context, fact, side);
    return null;
  }
  const what = isTerm(side) ? "a fact" : sideName(side);
  context.report.add("P0305", side.span, `a range ends at constants, and this is ${what}`, {
    label: what,
  });
  return null;
}

function reportTextRange(
  context: Context,
  fact: Term,
  range: Extract<Side, { readonly kind: "range" }>,
): void {
  context.report.add("P0306", range.span, `${typeName(fact.type)} has no order, so no range`, {
    label: "list the values",
    related: [{ span: fact.span, text: `this is ${typeName(fact.type)}` }],
    help: "write the values out: `in [a, b, c]`",
  });
}
