import type { IToken } from "chevrotain";
import type {
  ExpressionCstNode,
  SumCstNode,
  ValueCstChildren,
} from "../../../grammar/generated/cst.ts";
import { abilities } from "../../facts/target-facts.ts";
import { causes } from "../../protocol/cause.ts";
import { shownName } from "../checker/option-arguments.ts";
import { lookUpOption } from "../checker/option-table.ts";
import { strategies } from "../checker/routes.ts";
import { isSettable } from "../checker/set-option.ts";

/** Settled spellings (LANGUAGE §5). A word that the language does not know stays as it is: what is wrong with it is for `check`. */

export function optionSpelling(word: string): string {
  const known = lookUpOption(word);
  return known === null ? word : shownName(known.word);
}

export function strategySpelling(word: string): string {
  return among(strategies, word.replaceAll("_", "-")) ?? word;
}

export function causeSpelling(word: string): string {
  return among(causes, word.replaceAll("-", "_")) ?? word;
}

export function abilitySpelling(word: string): string {
  return among(abilities, word.replaceAll("-", "_")) ?? word;
}

/** The field behind `set`. */
export function fieldSpelling(word: string): string {
  return isSettable(word) ? word.replaceAll("-", "_") : word;
}

function among(known: readonly string[], word: string): string | null {
  return known.includes(word) ? word : null;
}

const numberTypes = ["Decimal", "Scaled", "Percent", "Duration", "Money", "Price", "Day"] as const;

/**
 * Whether a side of `=` is a number by its own look: a literal with or without a unit, a date, arithmetic, or the name of a
 * let that is one. What type a fact has is not known here.
 */
export function isNumeric(sum: SumCstNode, numericLets: ReadonlySet<string>): boolean {
  const [first, second] = sum.children.value;
  if (first === undefined || second !== undefined) return second !== undefined;
  return isNumericValue(first.children, numericLets);
}

function isNumericValue(children: ValueCstChildren, numericLets: ReadonlySet<string>): boolean {
  if (numberTypes.some((type) => children[type] !== undefined)) return true;
  const inner = children.expression?.[0];
  if (inner !== undefined) return isNumericExpression(inner, numericLets);
  const name: IToken | undefined = children.Name?.[0];
  return name !== undefined && children.Name?.length === 1 && children.Dot === undefined
    ? numericLets.has(name.image)
    : false;
}

/** The same of a whole expression: one value, held against nothing. */
export function isNumericExpression(
  { children }: ExpressionCstNode,
  numericLets: ReadonlySet<string>,
): boolean {
  const [conjunction, ...further] = children.conjunction;
  const conditions = conjunction?.children.condition ?? [];
  const [only] = conditions;
  if (only === undefined || further.length > 0 || conditions.length > 1) return false;
  const { Not, sum, test } = only.children;
  const [value] = sum;
  return Not === undefined && test === undefined && value !== undefined
    ? isNumeric(value, numericLets)
    : false;
}
