import * as t from "../../../grammar/tokens.ts";
import { type Habit, imageAt, typeAt } from "./habit.ts";
import { operandDue } from "./statements.ts";
import { placeOf } from "./token-edits.ts";

/** `max_tokens 1,000`, `tokens < 1,000`. */
const thousands: Habit = (trouble) => {
  const { tokens } = trouble;
  const comma = typeAt(trouble, trouble.index) === t.Comma ? trouble.index : trouble.index - 1;
  const parts = [tokens[comma - 1], tokens[comma], tokens[comma + 1]] as const;
  const [first, between, last] = parts;
  if (between?.tokenType !== t.Comma || first?.tokenType !== t.Decimal) return null;
  if (last === undefined || !/^\d{3}$/.test(last.image)) return null;
  if (placeOf(first).end + 1 !== placeOf(last).start) return null;
  const text = first.image + last.image;
  return {
    code: "P0115",
    message: "digits stand together without a comma",
    at: [comma - 1, comma + 2],
    help: `write \`${text}\``,
    edits: [{ from: comma - 1, to: comma + 2, text }],
    title: `write \`${text}\``,
  };
};

/** `tokens > -5`. */
const negative: Habit = (trouble) => {
  const { index } = trouble;
  const next = trouble.tokens[index + 1];
  const before = typeAt(trouble, index - 1);
  if (typeAt(trouble, index) !== t.Minus || next === undefined) return null;
  if (before === undefined || !operandDue.has(before) || !/^[\d$]/.test(next.image)) return null;
  return {
    code: "P0115",
    message: "there are no negative numbers",
    at: [index, index + 2],
    help: "every number of the language is zero or more",
    edits: [{ from: index, to: index + 1, text: "" }],
    title: null,
  };
};

/** `tokens < 200 tokens`. */
const unitOfTokens: Habit = (trouble) => {
  const { index } = trouble;
  const before = typeAt(trouble, index - 1);
  if (imageAt(trouble, index) !== "tokens") return null;
  if (before !== t.Decimal && before !== t.Scaled) return null;
  return {
    code: "P0105",
    message: "a number of tokens needs no unit",
    at: [index, index + 1],
    help: "take it out",
    edits: [{ from: index, to: index + 1, text: "" }],
    title: "take `tokens` out",
  };
};

/** `reject $429`, `reject "429" "busy"`, `policy "1"`: a number dressed up as something else. */
const dressedNumber: Habit = (trouble) => {
  const { index } = trouble;
  const head = typeAt(trouble, index - 1) === t.Text ? index - 1 : index;
  const at = typeAt(trouble, head - 1) === t.Reject ? head : index;
  const before = typeAt(trouble, at - 1);
  const image = imageAt(trouble, at);
  const number = /^["$]?(\d+)["%]?$/.exec(image)?.[1];
  if ((before !== t.Reject && before !== t.Policy) || number === undefined) return null;
  if (number === image) return null;
  return {
    code: "P0115",
    message: `\`${image}\` is not a plain number`,
    at: [at, at + 1],
    help: `write \`${number}\``,
    edits: [{ from: at, to: at + 1, text: number }],
    title: `write \`${number}\``,
  };
};

/** Habits in how numbers are written, in the order in which they are tried. */
export const numberHabits: readonly Habit[] = [thousands, negative, unitOfTokens, dressedNumber];
