import { lookUpFact } from "../../facts/look-up.ts";
import type { Expression } from "../syntax/ast.ts";
import { type Context, isMovable, textOf } from "./context.ts";
import { replacement } from "./report.ts";
import { readSide } from "./sides.ts";
import { isFactTerm, type Mode } from "./typed.ts";

type Comparison = Extract<Expression, { readonly kind: "comparison" }>;
type Named = Extract<Expression, { readonly kind: "name" }>;

/** `is` and `is not`, `in` and `not in`, with the operator that takes a list. */
const operators: Readonly<Partial<Record<Comparison["op"], "in" | "not in">>> = {
  "=": "in",
  "!=": "not in",
  in: "in",
  "not in": "not in",
};

/**
 * Warns of `intent is classify or code`, where `code` is a condition of its own and a value of `intent` as well: read as the
 * condition it compiles, and seldom as it was meant.
 */
export function warnFactOrValue(
  context: Context,
  { kind, of: parts }: Extract<Expression, { readonly kind: "and" | "or" }>,
  mode: Mode,
): void {
  for (const [at, part] of parts.entries()) {
    if (part.kind !== "comparison") continue;
    const behind = parts.slice(at + 1);
    const operator = operators[part.op];
    const values = operator === undefined ? [] : valuesOf(context, part, mode);
    const stop = behind.findIndex((each) => !isBothOf(context, each, values));
    const words = stop < 0 ? behind : behind.slice(0, stop);
    const [first, last] = [words[0], words.at(-1)];
    if (operator === undefined || first === undefined || last === undefined) continue;
    const listed = part.right.kind === "list" ? part.right.items : [part.right];
    const list = [...listed, ...words].map(({ span }) => textOf(context, span)).join(", ");
    const text = `${textOf(context, part.left.span)} ${operator} [${list}]`;
    const whole = { ...part.span, end: last.span.end };
    const word = textOf(context, first.span);
    context.report.add("P0415", first.span, `\`${word}\` is read as a condition of its own`, {
      label: `also a value of \`${textOf(context, part.left.span)}\``,
      related: [{ span: part.span, text: `\`${kind}\` does not carry this comparison on` }],
      help: `write \`${text}\` to mean the value, \`${word} is true\` to mean the condition`,
      fix: isMovable(context, whole) ? replacement(`write \`${text}\``, whole, text) : null,
    });
  }
}

function valuesOf(context: Context, { left, right }: Comparison, mode: Mode): readonly string[] {
  if (left.kind !== "name" || left.name.quoted || right.kind === "range") return [];
  const side = readSide(context, left, mode);
  if (side === null || !isFactTerm(side) || side.type.kind !== "text") return [];
  return side.type.values ?? [];
}

/** Whether a part is a bare word that is a fact or let, and one of these values. */
function isBothOf({ scope }: Context, part: Expression, values: readonly string[]): part is Named {
  if (part.kind !== "name" || part.name.quoted || !values.includes(part.name.text)) return false;
  const { text } = part.name;
  return scope.lets.has(text) || lookUpFact(scope.vocabulary.facts, text) !== null;
}
