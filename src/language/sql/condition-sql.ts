import { assertNever } from "../../base/assert.ts";
import type { FactValue } from "../../facts/fact.ts";
import type { Condition } from "../checker/checked-policy.ts";
import type { Dialect } from "./dialect.ts";
import { isNotFalse, joinSql, notSql, settled } from "./logic.ts";

type Order = "<" | "<=" | ">" | ">=" | "=" | "!=";

/** A policy's condition as one of SQL, NULL where it is unknown: SQL's logic is Kleene's as well. */
export function conditionSql(
  condition: Condition,
  read: (operand: number) => string,
  dialect: Dialect,
): string {
  const part = (of: Condition): string => conditionSql(of, read, dialect);
  switch (condition.kind) {
    case "constant":
      return condition.value ? settled.true : settled.false;
    case "not":
      return notSql(part(condition.of));
    case "and":
    case "or":
      return joinSql(condition.kind, condition.of.map(part));
    case "compare":
      return compareSql(read(condition.operand), condition.op, condition.value, dialect);
    case "in":
      return amongSql(read(condition.operand), condition, dialect);
    case "is-unknown":
      return isUnknownSql(read(condition.operand));
    case "is-not-false":
      return isNotFalse(read(condition.operand));
    default:
      return assertNever(condition);
  }
}

/** Whether nothing is known of a value. */
export function isUnknownSql(value: string): string {
  if (value === settled.true || value === settled.false) return settled.false;
  return value === settled.unknown ? settled.true : `(${value} IS NULL)`;
}

/** A value against a constant. */
export function compareSql(
  value: string,
  op: Order,
  constant: FactValue,
  dialect: Dialect,
): string {
  if (value === settled.unknown) return settled.unknown;
  if (typeof constant === "boolean") {
    return constant === (op === "=") ? value : notSql(value);
  }
  if (typeof constant === "string") {
    const equal = equalsText(value, [constant], dialect);
    return op === "!=" ? notSql(equal) : equal;
  }
  return `(${value} ${op === "!=" ? "<>" : op} ${dialect.number(constant)})`;
}

/** Whether a value is one of several, or lies in one of several half-open ranges. */
export function amongSql(
  value: string,
  set: {
    readonly values: readonly FactValue[];
    readonly ranges: readonly { readonly from: number; readonly to: number }[];
  },
  dialect: Dialect,
): string {
  if (value === settled.unknown) return settled.unknown;
  const texts = set.values.filter((each) => typeof each === "string");
  const numbers = set.values.filter((each) => typeof each === "number");
  const parts = set.values
    .filter((each) => typeof each === "boolean")
    .map((each) => compareSql(value, "=", each, dialect));
  if (texts.length > 0) parts.push(equalsText(value, texts, dialect));
  if (numbers.length > 0) {
    parts.push(
      listSql(
        value,
        numbers.map((each) => dialect.number(each)),
      ),
    );
  }
  for (const { from, to } of set.ranges) {
    const [low, high] = [dialect.number(from), dialect.number(to)];
    parts.push(`(${value} >= ${low} AND ${value} < ${high})`);
  }
  return parts.length === 0 ? neverSql(value) : joinSql("or", parts);
}

/** False of a known value, unknown of none. */
function neverSql(value: string): string {
  return `(${value} <> ${value})`;
}

/** A text with half a character in it is equal to none that an engine stores. */
function equalsText(value: string, texts: readonly string[], dialect: Dialect): string {
  const whole = texts.filter((each) => each.isWellFormed()).map((each) => dialect.text(each));
  return whole.length === 0 ? neverSql(value) : listSql(value, whole);
}

/** Written out where it is short: what `IN` makes of NULL is a setting of some engines. */
function listSql(value: string, list: readonly string[]): string {
  if (list.length <= 3) {
    return joinSql(
      "or",
      list.map((each) => `(${value} = ${each})`),
    );
  }
  return `(CASE WHEN ${value} IS NOT NULL THEN ${value} IN (${list.join(", ")}) END)`;
}
