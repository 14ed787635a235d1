import type { TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { type Habit, imageAt, isTarget, typeAt } from "./habit.ts";
import type { Repair, Trouble } from "./repair.ts";

/** Operators as they are spoken, longest first. */
const phrases: readonly (readonly [words: readonly string[], operator: string])[] = [
  ...["less", "fewer", "lower", "smaller"].flatMap((word) => comparative(word, "<")),
  ...["more", "greater", "higher", "larger"].flatMap((word) => comparative(word, ">")),
  [["at", "least"], ">="],
  [["at", "most"], "<="],
  [["equal", "to"], "is"],
  [["equals"], "is"],
  ...["above", "over", "exceeds"].map((word) => [[word], ">"] as const),
  ...["below", "under"].map((word) => [[word], "<"] as const),
];

function comparative(word: string, operator: "<" | ">"): [string[], string][] {
  return [
    [[word, "than", "or", "equal", "to"], `${operator}=`],
    [[word, "than"], operator],
  ];
}

const opposites: Readonly<Record<string, string>> = {
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
  is: "is not",
};

/** Where an operator begins when its words begin at `start`: an `is` or `is not` before them belongs to it. */
function withIs(trouble: Trouble, start: number): { from: number; negated: boolean } {
  const negated = typeAt(trouble, start - 1) === t.Not;
  const before = negated ? start - 2 : start - 1;
  return { from: typeAt(trouble, before) === t.Is ? before : start - (negated ? 1 : 0), negated };
}

/** `tokens is less than 200`, `tokens at most 4k`, `tokens is above 5`. */
const spokenComparison: Habit = (trouble) => {
  const { index } = trouble;
  for (let start = Math.max(1, index - 2); start <= index; start += 1) {
    const phrase = phrases.find(([words]) =>
      words.every((word, at) => imageAt(trouble, start + at) === word),
    );
    if (phrase === undefined) continue;
    const [words, operator] = phrase;
    const to = start + words.length;
    const { from, negated } = withIs(trouble, start);
    if (to < index || from === 0) continue;
    const text = negated ? (opposites[operator] ?? operator) : operator;
    const written = trouble.tokens.slice(from, to).map(({ image }) => image);
    return {
      code: "P0117",
      message: `\`${written.join(" ")}\` is not an operator here`,
      at: [from, to],
      help: `write \`${text}\``,
      edits: [{ from, to, text }],
      title: `write \`${text}\``,
    };
  }
  return null;
};

/** `tokens between 5 and 10`, `time is between 09:00 and 17:00`. */
const between: Habit = (trouble) => {
  const { index } = trouble;
  const start = imageAt(trouble, index) === "between" ? index : index - 1;
  if (imageAt(trouble, start) !== "between" || typeAt(trouble, start + 2) !== t.And) return null;
  const { from, negated } = withIs(trouble, start);
  const [low, high] = [imageAt(trouble, start + 1), imageAt(trouble, start + 3)];
  if (from === 0 || !/^[\d$]/.test(low) || !/^[\d$]/.test(high)) return null;
  const text = `${negated ? "not in" : "in"} ${low}..${high}`;
  return {
    code: "P0117",
    message: "a value is looked for in a range with `in`",
    at: [from, start + 4],
    help: `write \`${text}\`, which ends before ${high}`,
    edits: [{ from, to: start + 4, text }],
    title: `write \`${text}\``,
  };
};

const startWords: ReadonlySet<string> = new Set([
  ...["starts", "begins", "startswith", "starts_with", "startsWith"],
]);
const endWords: ReadonlySet<string> = new Set(["ends", "endswith", "ends_with", "endsWith"]);

/** `prompt starts with "x"`. */
const startsWith: Habit = (trouble) => {
  const { index } = trouble;
  const word = imageAt(trouble, index);
  const at = typeAt(trouble, index + 1) === t.With ? index + 2 : index + 1;
  const isEnd = endWords.has(word);
  if ((!isEnd && !startWords.has(word)) || typeAt(trouble, at) !== t.Text) return null;
  const inner = imageAt(trouble, at).slice(1, -1);
  if (inner === "" || inner.includes("\\")) return null;
  // A pattern does not begin with a space.
  const escaped = inner.replaceAll(/[.*+?^$()|{}[\]/]/g, "\\$&");
  const plain = escaped.replace(/^\s/, "\\s");
  const text = isEnd ? `matches /${plain}$/` : `matches /^${plain}/`;
  return {
    code: "P0117",
    message: "the ends of a text are tested with a pattern",
    at: [index, at],
    help: `write \`${text}\``,
    edits: [{ from: index, to: at + 1, text }],
    title: `write \`${text}\``,
  };
};

const routeHeads: ReadonlySet<TokenType> = new Set([t.Then, t.Else, t.Otherwise, t.Fallback]);
const routeVerbs: ReadonlySet<string> = new Set(["route", "send", "forward", "go", "call", "to"]);

/** `then route to claude`, `then use claude`, `fallback to gpt`. */
const spokenRoute: Habit = (trouble) => {
  const { index } = trouble;
  const isUse = typeAt(trouble, index) === t.Use;
  const start = isUse ? index : index - 1;
  const head = typeAt(trouble, start - 1);
  if (head === undefined || !routeHeads.has(head)) return null;
  if (!isUse && !routeVerbs.has(imageAt(trouble, start))) return null;
  const isTo = imageAt(trouble, start + 1) === "to" && isTarget(typeAt(trouble, start + 2));
  const end = isTo ? start + 2 : start + 1;
  if (!isTarget(typeAt(trouble, end))) return null;
  const words = trouble.tokens.slice(start, end).map(({ image }) => image);
  return {
    code: "P0105",
    message: `a target follows \`${imageAt(trouble, start - 1)}\` without \`${words.join(" ")}\``,
    at: [start, end],
    help: "take it out",
    edits: [{ from: start, to: end, text: "" }],
    title: `take \`${words.join(" ")}\` out`,
  };
};

const values: ReadonlySet<TokenType> = new Set([
  ...[t.Name, t.Text, t.Decimal, t.Scaled, t.Percent, t.Duration, t.Money, t.Price, t.Day],
]);

/** The end of `a, b, c` that begins at `from`. */
function endOfValues(trouble: Trouble, from: number): number {
  const isValue = (at: number): boolean => {
    const type = typeAt(trouble, at);
    return type !== undefined && values.has(type);
  };
  let end = isValue(from) ? from + 1 : from;
  while (end > from && typeAt(trouble, end) === t.Comma && isValue(end + 1)) end += 2;
  return end;
}

const bracketsDue: Pick<Repair, "code" | "message"> = {
  code: "P0104",
  message: "several values stand in brackets",
};

/** `intent in (a, b)`, `intent is (a, b)`, `intent is a, b`. */
const valuesWithoutBrackets: Habit = (trouble) => {
  const { tokens, index } = trouble;
  if (typeAt(trouble, index) !== t.Comma) return null;
  const first = tokens.findLastIndex(
    ({ tokenType }, at) => at < index && tokenType !== t.Comma && !values.has(tokenType),
  );
  const inParentheses = typeAt(trouble, first) === t.LeftParenthesis;
  const end = endOfValues(trouble, first + 1);
  if (inParentheses && typeAt(trouble, end) !== t.RightParenthesis) return null;
  let operator = inParentheses ? first - 1 : first;
  const isNot = typeAt(trouble, operator) === t.Not;
  if (isNot) operator -= 1;
  const type = typeAt(trouble, operator);
  const isNotIn = type === t.In && typeAt(trouble, operator - 1) === t.Not;
  if (isNotIn) operator -= 1;
  const isEquality = type === t.Is || type === t.Equal || type === t.EqualEqual;
  if ((!isEquality && type !== t.In) || typeAt(trouble, operator - 2) === t.Let) return null;
  if (typeAt(trouble, operator - 2) === t.Pool || end <= index) return null;
  const word = isNot || isNotIn ? "not in" : "in";
  const list = tokens.slice(first + 1, end).filter(({ tokenType }) => tokenType !== t.Comma);
  const text = `${word} [${list.map(({ image }) => image).join(", ")}]`;
  const to = inParentheses ? end + 1 : end;
  return {
    ...bracketsDue,
    at: [operator, to],
    help: `write \`${text}\``,
    edits: [{ from: operator, to, text }],
    title: `write \`${text}\``,
  };
};

/** `team is any of [a, b]`, `team is one of (a, b)`. */
const isAnyOf: Habit = (trouble) => {
  const { tokens, index } = trouble;
  const word = imageAt(trouble, index - 1);
  if (typeAt(trouble, index) !== t.Of || (word !== "any" && word !== "one")) return null;
  const { from, negated } = withIs(trouble, index - 1);
  if (typeAt(trouble, from) !== t.Is) return null;
  const open = typeAt(trouble, index + 1);
  const first = open === t.LeftParenthesis ? index + 2 : index + 1;
  const end = endOfValues(trouble, first);
  const operator = negated ? "not in" : "in";
  const list = tokens.slice(first, end).filter(({ tokenType }) => tokenType !== t.Comma);
  const isList = list.length > 0;
  const text = isList ? `${operator} [${list.map(({ image }) => image).join(", ")}]` : operator;
  const isClosed = isList && typeAt(trouble, end) === t.RightParenthesis && first === index + 2;
  return {
    code: "P0123",
    message: "a value is looked for in a list with `in`",
    at: [from, index + 1],
    help: `write \`${text}\``,
    edits: [{ from, to: isList ? end + (isClosed ? 1 : 0) : index + 1, text }],
    title: `write \`${text}\``,
  };
};

/** `reject(429)`, `reject(429, "busy")`. */
const calledReject: Habit = (trouble) => {
  const { tokens, index } = trouble;
  if (typeAt(trouble, index) !== t.LeftParenthesis || typeAt(trouble, index - 1) !== t.Reject) {
    return null;
  }
  const end = tokens.findIndex((token, at) => at > index && token.tokenType === t.RightParenthesis);
  if (end < 0) return null;
  const inner = tokens.slice(index + 1, end).filter(({ tokenType }) => tokenType !== t.Comma);
  const text = inner.map(({ image }) => image).join(" ");
  return {
    code: "P0105",
    message: "`reject` takes no parentheses",
    at: [index, end + 1],
    help: `write \`reject ${text}\``,
    edits: [{ from: index - 1, to: end + 1, text: `reject ${text}` }],
    title: "take the parentheses out",
  };
};

/** What is said as in prose or in a programming language, in the order in which it is tried. */
export const spokenHabits: readonly Habit[] = [
  ...[spokenComparison, between, startsWith, spokenRoute, valuesWithoutBrackets, isAnyOf],
  calledReject,
];
