import type { TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { type Habit, imageAt, textOf, typeAt } from "./habit.ts";
import type { Trouble } from "./repair.ts";

const signs: ReadonlySet<TokenType> = new Set([
  ...[t.Less, t.LessOrEqual, t.Greater, t.GreaterOrEqual, t.Equal, t.EqualEqual, t.NotEqual],
]);
const tests: ReadonlySet<TokenType> = new Set([...signs, t.Is, t.In, t.Matches, t.Contains]);

const boundaries: ReadonlySet<TokenType> = new Set([
  ...[t.If, t.And, t.Or, t.Not, t.Where, t.LeftParenthesis, t.RightParenthesis, t.Comma],
]);

/** Where the test of the condition that ends before `end` stands, and where its left side begins; null without one. */
function testBefore(trouble: Trouble, end: number): { start: number; test: number } | null {
  const { tokens } = trouble;
  // `is not`, `not in`: the `not` belongs to the test.
  const isBoundary = (at: number): boolean => {
    const type = typeAt(trouble, at);
    if (type === t.Not) return typeAt(trouble, at - 1) !== t.Is && typeAt(trouble, at + 1) !== t.In;
    if (type === t.Equal && typeAt(trouble, at - 2) === t.Let) return true;
    return type === undefined || boundaries.has(type);
  };
  let start = end;
  while (start > 0 && !isBoundary(start - 1)) start -= 1;
  const test = tokens.findIndex(
    ({ tokenType }, at) => at > start && at < end && tests.has(tokenType),
  );
  return test < 0 ? null : { start, test };
}

/** `tokens >= 200 and < 500`, `prompt contains "a" or contains "b"`. */
export const withoutLeftSide: Habit = (trouble) => {
  const { tokens, index } = trouble;
  const [type, joint] = [typeAt(trouble, index), typeAt(trouble, index - 1)];
  if (type === undefined || !tests.has(type) || (joint !== t.And && joint !== t.Or)) return null;
  const before = testBefore(trouble, index - 1);
  if (before === null) return null;
  const left = textOf(tokens.slice(before.start, before.test));
  const text = `${left} ${imageAt(trouble, index)}`;
  return {
    code: "P0126",
    message: "a comparison has two sides",
    at: [index, index + 1],
    label: "nothing stands before it",
    help: `write \`${text} …\``,
    edits: [{ from: index, to: index, text: left }],
    title: `write \`${text}\``,
  };
};

/** `tokens > 5 = true`, `tokens > 5 is not True`. */
export const comparedWithTruth: Habit = (trouble) => {
  const { index } = trouble;
  const type = typeAt(trouble, index);
  const isNot = type === t.Is && typeAt(trouble, index + 1) === t.Not;
  const at = isNot ? index + 2 : index + 1;
  const truth = imageAt(trouble, at).toLowerCase();
  if (type === undefined || (type !== t.Is && !signs.has(type))) return null;
  if (truth !== "true" && truth !== "false") return null;
  const before = testBefore(trouble, index);
  if (before === null) return null;
  const negated = (isNot || type === t.NotEqual) !== (truth === "false");
  const removed = { from: index, to: at + 1, text: "" };
  return {
    code: "P0126",
    message: "a comparison is true or false by itself",
    at: [index, at + 1],
    help: negated ? "take it out, and put `not` before the comparison" : "take it out",
    edits: negated ? [{ from: before.start, to: before.start, text: "not" }, removed] : [removed],
    title: negated ? "write `not` before the comparison" : "take it out",
  };
};

/** `let x = 5..10`, `let s = 09:00..17:00`. */
export const rangeOfLet: Habit = (trouble) => {
  const { tokens, index } = trouble;
  const isTime = typeAt(trouble, index) === t.TimeOfDay;
  const range = isTime ? index + 1 : index;
  const from = range - 1;
  if (typeAt(trouble, range) !== t.Range || typeAt(trouble, from - 1) !== t.Equal) return null;
  if (typeAt(trouble, from - 3) !== t.Let) return null;
  const name = imageAt(trouble, from - 2);
  const to = typeAt(trouble, range + 2) === t.Zone ? range + 3 : Math.min(range + 2, tokens.length);
  const span = `${imageAt(trouble, from)}..${imageAt(trouble, range + 1)}`;
  const what = isTime ? "a span of time" : "a range";
  const condition = `${isTime ? "time" : "tokens"} in ${span}`;
  return {
    code: "P0101",
    message: `a let holds a condition or one value, and this is ${what}`,
    at: [from, to],
    label: what,
    help: `name the whole condition: \`let ${name} = ${condition}\``,
    edits: [{ from, to: isTime ? from : to, text: isTime ? "time in" : "true" }],
    title: null,
  };
};
