import type { TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { comparedWithTruth, rangeOfLet, withoutLeftSide } from "./comparison-habits.ts";
import { type Habit, imageAt, textOf, typeAt } from "./habit.ts";
import { numberHabits } from "./number-habits.ts";
import { planHabits } from "./plan-habits.ts";
import { spokenHabits } from "./spoken-habits.ts";
import { statementHabits } from "./statement-habits.ts";

/** `is in [..]`, `is not in [..]`. */
const isIn: Habit = (trouble) => {
  const { index } = trouble;
  if (typeAt(trouble, index) !== t.In) return null;
  const negated = typeAt(trouble, index - 1) === t.Not;
  const start = negated ? index - 2 : index - 1;
  if (typeAt(trouble, start) !== t.Is) return null;
  const text = negated ? "not in" : "in";
  return {
    code: "P0123",
    message: `\`is\` and \`in\` do not stand together`,
    at: [start, index + 1],
    help: `write \`${text}\``,
    edits: [{ from: start, to: index + 1, text }],
    title: `write \`${text}\``,
  };
};

/** `then if …`: joined with `and` where no `else` would change its meaning. */
const nestedIf: Habit = (trouble) => {
  const { tokens, index } = trouble;
  if (typeAt(trouble, index) !== t.If || typeAt(trouble, index - 1) !== t.Then) return null;
  const outer = tokens.findLastIndex((token, at) => at < index && token.tokenType === t.If);
  const inner = tokens.findIndex((token, at) => at > index && token.tokenType === t.Then);
  const hasElse = tokens.some((token, at) => at > index && token.tokenType === t.Else);
  const common = {
    code: "P0124",
    message: "a rule holds no `if` inside another",
    at: [index, index + 1],
    label: "second `if`",
  } as const;
  if (outer < 0 || inner < 0 || hasElse) {
    return {
      ...common,
      help: "write one rule for each case, or `else if` where the first condition is false",
      // Which `else` is whose cannot be told: whatever came next would be a consequence of this.
      edits: [],
      title: null,
    };
  }
  const group = (from: number, to: number): string => {
    const part = tokens.slice(from, to);
    const text = textOf(part);
    return part.some(({ tokenType }) => tokenType === t.Or) ? `(${text})` : text;
  };
  const joined = `${group(outer + 1, index - 1)} and ${group(index + 1, inner)}`;
  return {
    ...common,
    help: "join the two conditions with `and`",
    edits: [{ from: outer + 1, to: inner, text: joined }],
    title: "join the conditions with `and`",
  };
};

const comparisons: ReadonlySet<TokenType> = new Set([
  ...[t.Less, t.LessOrEqual, t.Greater, t.GreaterOrEqual, t.Equal, t.EqualEqual, t.NotEqual],
]);

/** `100 <= tokens < 200`. */
const chainedComparison: Habit = (trouble) => {
  const { index } = trouble;
  const [type, before] = [typeAt(trouble, index), typeAt(trouble, index - 2)];
  if (type === undefined || before === undefined) return null;
  if (!comparisons.has(type) || !comparisons.has(before)) return null;
  const middle = imageAt(trouble, index - 1);
  return {
    code: "P0126",
    message: "a comparison has two sides",
    at: [index, index + 1],
    label: "second comparison",
    help: `write \`and ${middle}\` before it, or \`in a..b\` (which includes a and ends before b)`,
    edits: [{ from: index, to: index, text: `and ${middle}` }],
    title: `write \`and ${middle}\``,
  };
};

const elseIfWords: ReadonlySet<string> = new Set(["elif", "elsif", "elseif", "elsIf", "elseIf"]);
const otherWords: ReadonlyMap<string, string> = new Map([
  ["default", "otherwise"],
  ["when", "if"],
  ["unless", "if not"],
  ["do", "then"],
  ["use", "then"],
  ["route", "then"],
]);

/** `elif`, `default`, `when … then`. */
const otherKeywords: Habit = (trouble) => {
  const { index } = trouble;
  const word = imageAt(trouble, index);
  const isFirstElse = index === 0 && typeAt(trouble, index) === t.Else;
  const other = isFirstElse ? "otherwise" : otherWords.get(word);
  const text = elseIfWords.has(word) ? "else if" : other;
  if (text === undefined) return null;
  return {
    code: "P0103",
    message: `\`${word}\` is not a keyword here`,
    at: [index, index + 1],
    help: `did you mean \`${text}\`?`,
    edits: [{ from: index, to: index + 1, text }],
    title: `write \`${text}\``,
  };
};

/** `rule short answers: if …`. */
const bareRuleName: Habit = (trouble) => {
  const { tokens, index } = trouble;
  const head = tokens.findLastIndex((token, at) => at <= index && token.tokenType === t.Rule);
  const colon = tokens.findIndex((token, at) => at > head && token.tokenType === t.Colon);
  if (head < 0 || colon <= head + 1 || colon - head > 20 || index > colon) return null;
  const [first, last] = [tokens[head + 1], tokens[colon - 1]];
  if (first === undefined || last === undefined || tokens[head + 1]?.tokenType === t.Text)
    return null;
  const text = `"${textOf(tokens.slice(head + 1, colon)).replaceAll('"', "")}"`;
  return {
    code: "P0113",
    message: "a rule's name stands in double quotes",
    at: [head + 1, colon],
    help: `write ${text}`,
    edits: [{ from: head + 1, to: colon, text }],
    title: `write ${text}`,
  };
};

/** `matches "…"` and `contains /…/`. */
const patternOrText: Habit = (trouble) => {
  const { index } = trouble;
  const [before, type] = [typeAt(trouble, index - 1), typeAt(trouble, index)];
  if (before === t.Contains && type === t.Pattern) {
    return {
      code: "P0101",
      message: "`contains` looks for plain text, and this is a pattern",
      at: [index - 1, index],
      help: "write `matches`",
      edits: [{ from: index - 1, to: index, text: "matches" }],
      title: "write `matches`",
    };
  }
  if (before !== t.Matches || type !== t.Text) return null;
  const inner = imageAt(trouble, index).slice(1, -1);
  if (inner === "" || /^[\s*]/.test(inner)) return null;
  const text = `/${inner.replaceAll("/", "\\/")}/`;
  return {
    code: "P0101",
    message: "`matches` takes a pattern between slashes",
    at: [index, index + 1],
    help: `write \`${text}\`, or \`contains\` for plain text`,
    edits: [{ from: index, to: index + 1, text }],
    title: `write \`${text}\``,
  };
};

/** `time >= 09:00`, `time in 09:00-17:00`. */
const timeOutsideSpan: Habit = (trouble) => {
  const { tokens, index } = trouble;
  const isTime = (at: number): boolean => typeAt(trouble, at) === t.TimeOfDay;
  if (typeAt(trouble, index) === t.Minus && isTime(index - 1) && isTime(index + 1)) {
    return {
      code: "P0116",
      message: "a span of time is written with `..`",
      at: [index, index + 1],
      help: `write \`${imageAt(trouble, index - 1)}..${imageAt(trouble, index + 1)}\``,
      edits: [{ from: index, to: index + 1, text: ".." }],
      title: "write `..`",
    };
  }
  const operator = typeAt(trouble, index - 1);
  if (!isTime(index) || operator === undefined || !comparisons.has(operator)) return null;
  const time = imageAt(trouble, index);
  const isFrom = operator === t.Greater || operator === t.GreaterOrEqual;
  const isTo = operator === t.Less || operator === t.LessOrEqual;
  if (!isFrom && !isTo) return null;
  const text = isFrom ? `in ${time}..24:00` : `in 00:00..${time}`;
  return {
    code: "P0116",
    message: "a time of day is compared with a span",
    at: [index - 1, index + 1],
    help: `write \`${tokens[index - 2]?.image ?? "time"} ${text}\``,
    edits: [{ from: index - 1, to: index + 1, text }],
    title: `write \`${text}\``,
  };
};

/** `also with …`: options for every plan need a condition that is always true. */
const alsoWith: Habit = (trouble) => {
  const { index } = trouble;
  if (typeAt(trouble, index) !== t.With || typeAt(trouble, index - 1) !== t.Also) return null;
  return {
    code: "P0105",
    message: "`also` has a condition",
    at: [index - 1, index + 1],
    label: "for which requests?",
    help: "write `also if … with …`; `also if true with …` is for every plan",
    edits: [{ from: index, to: index, text: "if true" }],
    title: "write `also if true with`",
  };
};

/** A second `else`, or one after `otherwise`. */
const lateElse: Habit = (trouble) => {
  const { tokens, index } = trouble;
  if (typeAt(trouble, index) !== t.Else) return null;
  const isLast = (at: number): boolean =>
    typeAt(trouble, at) === t.Otherwise ||
    (typeAt(trouble, at) === t.Else && typeAt(trouble, at + 1) !== t.If);
  const earlier = tokens.findLastIndex((_, at) => at < index && isLast(at));
  if (earlier < 0) return null;
  const word = imageAt(trouble, earlier);
  return {
    code: "P0105",
    message: `nothing is left for \`else\` after \`${word}\``,
    at: [index, index + 1],
    label: "never reached",
    help: `\`${word}\` takes all that is left; write \`else if\` before it, or a \`fallback\``,
    edits: [{ from: index, to: tokens.length, text: "" }],
    title: null,
  };
};

/** `tokens is 200..500`, `tokens is not 200..500`. */
const rangeBehindIs: Habit = (trouble) => {
  const { index } = trouble;
  if (typeAt(trouble, index) !== t.Range) return null;
  const negated = typeAt(trouble, index - 2) === t.Not || typeAt(trouble, index - 2) === t.NotEqual;
  const start = typeAt(trouble, index - 2) === t.Not ? index - 3 : index - 2;
  const operator = typeAt(trouble, start);
  const isEquality =
    operator === t.Is || operator === t.Equal || operator === t.EqualEqual || negated;
  if (!isEquality) return null;
  // `let name = 5..10` has an equals sign, but no comparison.
  if (typeAt(trouble, start - 2) === t.Let) return null;
  const text = negated ? "not in" : "in";
  return {
    code: "P0123",
    message: "a value is looked for in a range with `in`",
    at: [start, index - 1],
    help: `write \`${text}\``,
    edits: [{ from: start, to: index - 1, text }],
    title: `write \`${text}\``,
  };
};

/** `team = unknown`, `team != unknown`. */
const equalsUnknown: Habit = (trouble) => {
  const { index } = trouble;
  const operator = typeAt(trouble, index - 1);
  if (typeAt(trouble, index) !== t.Unknown) return null;
  if (operator !== t.Equal && operator !== t.EqualEqual && operator !== t.NotEqual) return null;
  if (typeAt(trouble, index - 3) === t.Let) return null;
  const text = operator === t.NotEqual ? "is not" : "is";
  return {
    code: "P0117",
    message: `\`${imageAt(trouble, index - 1)}\` compares values, and \`unknown\` is none`,
    at: [index - 1, index + 1],
    help: `write \`${text} unknown\``,
    edits: [{ from: index - 1, to: index, text }],
    title: `write \`${text}\``,
  };
};

/** `09:00..17:00 CET`. */
const bareZone: Habit = (trouble) => {
  const { index } = trouble;
  const isTime = typeAt(trouble, index - 1) === t.TimeOfDay;
  if (!isTime || typeAt(trouble, index - 2) !== t.Range || typeAt(trouble, index) !== t.Name) {
    return null;
  }
  const zone = imageAt(trouble, index);
  return {
    code: "P0116",
    message: `\`${zone}\` is not a time zone`,
    at: [index, index + 1],
    help: /^(?:gmt|utc|z)$/i.test(zone)
      ? "write `UTC`"
      : "a zone is `UTC`, or a place as in `Europe/Berlin`",
    edits: [{ from: index, to: index + 1, text: "" }],
    title: null,
  };
};

/** `use shared.policy`. */
const barePath: Habit = (trouble) => {
  const { index } = trouble;
  if (typeAt(trouble, index - 1) !== t.Use || typeAt(trouble, index) !== t.Name) return null;
  const text = `"./${imageAt(trouble, index)}"`;
  return {
    code: "P0113",
    message: "the path of a file stands in double quotes",
    at: [index, index + 1],
    help: `write ${text}`,
    edits: [{ from: index, to: index + 1, text }],
    title: `write ${text}`,
  };
};

/** `let short prompt = …`: a piece of one or two letters was torn off, longer ones are words of their own. */
const nameInTwo: Habit = (trouble) => {
  const { tokens, index } = trouble;
  const head = typeAt(trouble, index - 2);
  const isName = typeAt(trouble, index - 1) === t.Name && typeAt(trouble, index) === t.Name;
  const isEqual = typeAt(trouble, index + 1) === t.Equal;
  const isDefined = isEqual ? head === t.Let || head === t.Pool : head === t.Intent;
  if (!isName || !isDefined) return null;
  const pieces = [imageAt(trouble, index - 1), imageAt(trouble, index)];
  const isTorn = pieces.some((piece) => piece.length <= 2);
  const text = pieces.join(isTorn ? "" : "-");
  return {
    code: "P0131",
    message: "a name is one word",
    at: [index - 1, index + 1],
    help: `write \`${text}\``,
    edits: [{ from: index - 1, to: index + 1, text }],
    title: tokens.length > index + 1 ? `write \`${text}\`` : null,
  };
};

/** Habits in the order in which they are tried. */
export const habits: readonly Habit[] = [
  ...[
    alsoWith,
    ...statementHabits,
    ...numberHabits,
    ...spokenHabits,
    ...planHabits,
    isIn,
    nestedIf,
  ],
  ...[withoutLeftSide, comparedWithTruth, rangeOfLet, chainedComparison],
  ...[otherKeywords, patternOrText, timeOutsideSpan, bareRuleName, lateElse, barePath],
  ...[rangeBehindIs, equalsUnknown, bareZone, nameInTwo],
];
