import * as t from "../../../grammar/tokens.ts";
import { writeText } from "./escapes.ts";
import { type Habit, imageAt, typeAt } from "./habit.ts";
import { startsLine } from "./leaning.ts";
import type { Trouble } from "./repair.ts";
import { placeOf } from "./token-edits.ts";

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

/** `test a title`, `expect rule a title`, `reject 413 too long`: a text without its quotes, to the end of its line. */
const bareText: Habit = (trouble) => {
  const { text, tokens, index } = trouble;
  const head = tokens.findLastIndex(
    ({ tokenType }, at) =>
      at <= index &&
      ((tokenType === t.Test && at === 0) || tokenType === t.Rule || tokenType === t.Reject),
  );
  const isStatus = typeAt(trouble, head + 1) === t.Decimal && typeAt(trouble, head) === t.Reject;
  const from = isStatus ? head + 2 : head + 1;
  const first = tokens[from];
  // The head of a rule has a colon, and a habit of its own.
  const isRule = typeAt(trouble, head) === t.Rule;
  if (head < 0 || first === undefined || !/^\w/.test(first.image) || index - from > 20) return null;
  if (isRule && tokens[0]?.tokenType !== t.Test) return null;
  let to = from;
  while (to < tokens.length && !(to > from && endsText(trouble, to, isRule))) to += 1;
  const last = tokens[to - 1];
  if (last === undefined || to <= index || (to - from < 2 && !isStatus)) return null;
  if (tokens.slice(from, to).some(({ tokenType }) => tokenType === t.Text)) return null;
  const quoted = writeText(text.slice(placeOf(first).start, placeOf(last).end));
  return {
    code: "P0113",
    message: "a text stands in double quotes",
    at: [from, to],
    help: `write ${quoted}`,
    edits: [{ from, to, text: quoted }],
    title: `write ${quoted}`,
  };
};

function endsText({ text, tokens }: Trouble, index: number, isRule: boolean): boolean {
  const type = tokens[index]?.tokenType;
  if (type === t.Given || type === t.Expect) return true;
  return (isRule && type === t.Comma) || startsLine(text, tokens, index);
}

/** Habits in how statements and their conditions are put together, in the order in which they are tried. */
export const statementHabits: readonly Habit[] = [
  ...[otherwiseIf, elseWithoutIf, notWithoutIs, spokenRequirement, bareTime, bareText],
];
