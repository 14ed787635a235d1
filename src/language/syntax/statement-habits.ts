import * as t from "../../../grammar/tokens.ts";
import { type Habit, imageAt, typeAt } from "./habit.ts";

/** `otherwise if …` in the chain of a rule. */
const otherwiseIf: Habit = (trouble) => {
  const { index } = trouble;
  if (typeAt(trouble, index) !== t.If || typeAt(trouble, index - 1) !== t.Otherwise) return null;
  const text = index === 1 ? "" : "else";
  return {
    code: "P0103",
    message: "`otherwise` has no condition",
    at: [index - 1, index],
    help: text === "" ? "take it out" : "did you mean `else`?",
    edits: [{ from: index - 1, to: index, text }],
    title: text === "" ? "take `otherwise` out" : "write `else`",
  };
};

/** `else tokens < 5 then claude`: a condition behind `else`, and no `if`. */
const elseWithoutIf: Habit = (trouble) => {
  const { tokens, index } = trouble;
  const start = tokens.findLastIndex((token, at) => at < index && token.tokenType === t.Else);
  const then = tokens.findIndex((token, at) => at >= index && token.tokenType === t.Then);
  if (start < 0 || then < 0 || then - start > 40) return null;
  const isChain = tokens
    .slice(start + 1, then)
    .some(({ tokenType }) => tokenType === t.If || tokenType === t.Else || tokenType === t.With);
  if (isChain) return null;
  return {
    code: "P0104",
    message: `\`if\` is missing before \`${imageAt(trouble, start + 1)}\``,
    at: [start, start + 1],
    label: "a condition follows",
    help: "write `else if`",
    edits: [{ from: start + 1, to: start + 1, text: "if" }],
    title: "put `if` in",
  };
};

/** `team not search`, `pii not false`. */
const notWithoutIs: Habit = (trouble) => {
  const { index } = trouble;
  const before = typeAt(trouble, index - 2);
  if (typeAt(trouble, index - 1) !== t.Not || typeAt(trouble, index) === t.In) return null;
  if (before !== t.Name && before !== t.Intent) return null;
  return {
    code: "P0104",
    message: "`is` is missing before `not`",
    at: [index - 1, index],
    help: "write `is not`",
    edits: [{ from: index - 1, to: index - 1, text: "is" }],
    title: "put `is` in",
  };
};

const requirementWords: ReadonlySet<string> = new Set([
  ...["every", "each", "all", "any", "plan", "plans", "has", "have", "must", "a", "an"],
]);

/** `ensure plans have a fallback`, `ensure fallback`, `ensure every plan fallback`. */
const spokenRequirement: Habit = (trouble) => {
  const { tokens, index } = trouble;
  if (tokens[0]?.tokenType !== t.Ensure) return null;
  const stop = tokens.findIndex(({ tokenType }) => tokenType === t.When);
  const end = stop < 0 ? tokens.length : stop;
  const words = tokens.slice(1, end);
  const last = words.at(-1);
  if (index > end || last === undefined) return null;
  const isWord = last.tokenType === t.Fallback || last.tokenType === t.Name;
  if (!isWord || !words.slice(0, -1).every(({ image }) => requirementWords.has(image))) return null;
  const text = `every plan has ${last.image}`;
  return {
    code: "P0101",
    message: "a guard on plans reads `every plan has …`",
    at: [1, end],
    help: `write \`${text}\``,
    edits: [{ from: 1, to: end, text }],
    title: `write \`${text}\``,
  };
};

/** `1800..23:00`, `18.30..23:00`, `9..17:00`. */
const bareTime: Habit = (trouble) => {
  const { index } = trouble;
  const isEnd = typeAt(trouble, index) === t.TimeOfDay && typeAt(trouble, index - 1) === t.Range;
  const isStart =
    typeAt(trouble, index - 1) === t.Range && typeAt(trouble, index - 2) === t.TimeOfDay;
  const at = isEnd ? index - 2 : index;
  const image = imageAt(trouble, at);
  if ((!isEnd && !isStart) || typeAt(trouble, at) !== t.Decimal) return null;
  const [, hour = "", minute = "00"] = /^(\d{1,2})(?:\.?(\d{2}))?$/.exec(image) ?? [];
  if (hour === "" || Number(hour) > 23 || Number(minute) > 59) return null;
  const text = `${hour.padStart(2, "0")}:${minute}`;
  return {
    code: "P0116",
    message: `\`${image}\` is not a time of day`,
    at: [at, at + 1],
    help: `write \`${text}\``,
    edits: [{ from: at, to: at + 1, text }],
    title: `write \`${text}\``,
  };
};

/** Habits in how statements and their conditions are put together, in the order in which they are tried. */
export const statementHabits: readonly Habit[] = [
  ...[otherwiseIf, elseWithoutIf, notWithoutIs, spokenRequirement, bareTime],
];
