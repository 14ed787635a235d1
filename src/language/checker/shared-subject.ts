import { didYouMean } from "../../diagnostics/suggest.ts";
import { lookUpFact } from "../../facts/look-up.ts";
import type { Expression } from "../syntax/ast.ts";
import { type Context, isMovable, textOf } from "./context.ts";
import { isTargetWord } from "./names.ts";
import { replacement } from "./report.ts";

type Comparison = Extract<Expression, { readonly kind: "comparison" }>;

/** Reports `team is search or ads`, where the words behind `or` lack what they are compared with; false when there are none. */
export function reportSharedSubject(context: Context, parts: readonly Expression[]): boolean {
  const start = parts.findIndex(
    (part, at) => isEquality(part) && isBareValue(context, parts[at + 1]),
  );
  const first = parts[start];
  const second = parts[start + 1];
  if (first === undefined || second === undefined || !isEquality(first)) return false;
  const behind = parts.slice(start + 1);
  const stop = behind.findIndex((part) => !isBareValue(context, part));
  const values = stop < 0 ? behind : behind.slice(0, stop);
  const list = [first.right, ...values].map(({ span }) => textOf(context, span)).join(", ");
  const operator = first.op === "=" ? "in" : "not in";
  const text = `${textOf(context, first.left.span)} ${operator} [${list}]`;
  const end = values.at(-1)?.span.end ?? second.span.end;
  const whole = { ...first.span, end };
  const word = textOf(context, second.span);
  context.report.add("P0201", second.span, `\`or\` joins conditions, and \`${word}\` is a value`, {
    label: "compared with nothing",
    help: `write \`${text}\``,
    fix: isMovable(context, whole) ? replacement(`write \`${text}\``, whole, text) : null,
  });
  return true;
}

function isEquality(part: Expression): part is Comparison {
  return part.kind === "comparison" && (part.op === "=" || part.op === "!=");
}

/** Whether a part of an `or` is a word or text that nothing but a comparison explains. */
function isBareValue({ scope }: Context, part: Expression | undefined): boolean {
  if (part?.kind !== "name") return part?.kind === "string";
  const { text, quoted } = part.name;
  if (scope.incomplete || text.includes(".")) return false;
  if (quoted) return true;
  const isKnown =
    scope.lets.has(text) ||
    scope.pools.has(text) ||
    lookUpFact(scope.vocabulary.facts, text) !== null;
  if (isKnown || isTargetWord(text)) return false;
  // A slip in the name of a condition is likelier than a value.
  return didYouMean(text, [...scope.vocabulary.facts.keys(), ...scope.lets.keys()]) === null;
}
