import type { TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { type Habit, imageAt, isTarget, textOf, typeAt } from "./habit.ts";
import type { Repair, Trouble } from "./repair.ts";

/** `claude with timeout 10s fallback gpt`. */
const withBeforeFallback: Habit = (trouble) => {
  const { tokens, index } = trouble;
  if (typeAt(trouble, index) !== t.Fallback) return null;
  const start = tokens.findLastIndex((token, at) => at < index && token.tokenType === t.With);
  const bound = tokens.findLastIndex(
    ({ tokenType }, at) => at < index && (tokenType === t.Then || tokenType === t.Else),
  );
  if (start < 0 || start < bound) return null;
  const isEnd = (type: TokenType): boolean =>
    type === t.Else || type === t.With || type === t.If || type === t.Otherwise;
  const stop = tokens.findIndex((token, at) => at > index && isEnd(token.tokenType));
  const end = stop < 0 ? tokens.length : stop;
  const secondWith = tokens[end]?.tokenType === t.With;
  const options = textOf(tokens.slice(start, index)).replace(/,$/, "");
  const moved = `${textOf(tokens.slice(index, end))} ${options}${secondWith ? "," : ""}`;
  return {
    code: "P0120",
    message: "`with` stands after the last `fallback`",
    at: [start, index],
    label: "these options belong to the whole plan",
    help: "move `with` behind the fallbacks",
    edits: [{ from: start, to: secondWith ? end + 1 : end, text: moved }],
    title: "move `with` behind the fallbacks",
  };
};

/** `fallback b, c`, `a or b`, `cheapest of a, b`, `on a, b`. */
const severalTargets: Habit = (trouble) => {
  const { index } = trouble;
  const type = typeAt(trouble, index);
  if (type !== t.Comma && type !== t.Or && type !== t.And) return null;
  const next = typeAt(trouble, index + 1);
  if (!isTarget(typeAt(trouble, index - 1)) || !isTarget(next)) return null;
  const before = typeAt(trouble, index - 2);
  if (before === t.On || before === t.Or) return joinedCauses(trouble);
  if (before === t.Of) return unbracketedSet(trouble);
  if (before !== t.Then && before !== t.Else && before !== t.Otherwise && before !== t.Fallback) {
    return null;
  }
  const [first, second] = [imageAt(trouble, index - 1), imageAt(trouble, index + 1)];
  return {
    code: "P0121",
    message: "a route is one target",
    at: [index, index + 1],
    label: `\`${imageAt(trouble, index)}\` cannot join targets`,
    help: `write \`${first} fallback ${second}\` to try one after the other, \`any of [${first}, ${second}]\` to spread the load`,
    edits: [{ from: index, to: index + 1, text: "fallback" }],
    title: "write `fallback`",
  };
};

function joinedCauses(trouble: Trouble): Repair {
  const { index } = trouble;
  return {
    code: "P0101",
    message: `causes are joined with \`or\``,
    at: [index, index + 1],
    help: `write \`${imageAt(trouble, index - 1)} or ${imageAt(trouble, index + 1)}\``,
    edits: [{ from: index, to: index + 1, text: "or" }],
    title: "write `or`",
  };
}

function unbracketedSet(trouble: Trouble): Repair {
  const { tokens, index } = trouble;
  let end = index;
  while (typeAt(trouble, end) === t.Comma && isTarget(typeAt(trouble, end + 1))) end += 2;
  const last = Math.max(end, index + 2);
  const set = tokens
    .slice(index - 1, last)
    .filter(({ tokenType }) => isTarget(tokenType))
    .map(({ image }) => image);
  return {
    code: "P0104",
    message: "several targets stand in brackets",
    at: [index - 1, last],
    help: `write \`of [${set.join(", ")}]\``,
    edits: [{ from: index - 1, to: last, text: `[${set.join(", ")}]` }],
    title: "put brackets round them",
  };
}

/** `pool a = [b, c]`, `then [a, b]`. */
const strayBrackets: Habit = (trouble) => {
  const { tokens, index } = trouble;
  if (typeAt(trouble, index) !== t.LeftBracket) return null;
  const end = tokens.findIndex((token, at) => at > index && token.tokenType === t.RightBracket);
  if (end < 0) return null;
  const before = typeAt(trouble, index - 1);
  if (before === t.Equal) {
    const members = textOf(tokens.slice(index + 1, end));
    return {
      code: "P0105",
      message: "the members of a pool need no brackets",
      at: [index, end + 1],
      help: "take the brackets out",
      edits: [{ from: index, to: end + 1, text: members }],
      title: "take the brackets out",
    };
  }
  return {
    code: "P0121",
    message: "a route is one target",
    at: [index, end + 1],
    label: "a set of targets",
    help: "say how one of them is chosen: `any of […]`, `cheapest of […]`",
    edits: [{ from: index, to: index, text: "any of" }],
    title: "write `any of`",
  };
};

/** `split: 90 a, 10 b`. */
const bareShare: Habit = (trouble) => {
  const { index } = trouble;
  if (typeAt(trouble, index) !== t.Decimal) return null;
  const before = typeAt(trouble, index - 1);
  if (before !== t.Colon && before !== t.Comma) return null;
  const text = `${imageAt(trouble, index)}%`;
  return {
    code: "P0115",
    message: "a share is a percentage",
    at: [index, index + 1],
    help: `write \`${text}\``,
    edits: [{ from: index, to: index + 1, text }],
    title: `write \`${text}\``,
  };
};

/** `claude on timeout`: only a fallback has causes. */
const causeOfFirst: Habit = (trouble) => {
  const { tokens, index } = trouble;
  if (typeAt(trouble, index) !== t.On || typeAt(trouble, index - 1) === t.Fallback) return null;
  let end = index + 1;
  while (typeAt(trouble, end) === t.Name && typeAt(trouble, end + 1) === t.Or) end += 2;
  return {
    code: "P0101",
    message: "only a `fallback` has causes",
    at: [index, Math.min(end + 1, tokens.length)],
    label: "no `fallback` before this",
    help: "write `fallback … on …` behind the target whose failure is meant",
    edits: [{ from: index, to: Math.min(end + 1, tokens.length), text: "" }],
    title: null,
  };
};

/** `with timeout = 10s`, `with timeout: 10s`. */
const signInOption: Habit = (trouble) => {
  const { index } = trouble;
  const type = typeAt(trouble, index);
  const before = typeAt(trouble, index - 2);
  if (type !== t.Equal && type !== t.EqualEqual && type !== t.Colon) return null;
  const follows = before === t.With || before === t.Comma || imageAt(trouble, index - 2) === "set";
  if (typeAt(trouble, index - 1) !== t.Name || !follows) return null;
  return {
    code: "P0105",
    message: `an option’s value follows its name without \`${imageAt(trouble, index)}\``,
    at: [index, index + 1],
    help: "take it out",
    edits: [{ from: index, to: index + 1, text: "" }],
    title: "take it out",
  };
};

/** `cheapest(claude, gpt)`. */
const calledStrategy: Habit = (trouble) => {
  const { tokens, index } = trouble;
  const isRoute = (type: TokenType | undefined): boolean =>
    type === t.Then || type === t.Else || type === t.Otherwise || type === t.Fallback;
  if (typeAt(trouble, index) !== t.LeftParenthesis || typeAt(trouble, index - 1) !== t.Name)
    return null;
  const end = tokens.findIndex((token, at) => at > index && token.tokenType === t.RightParenthesis);
  if (end < 0 || !isRoute(typeAt(trouble, index - 2))) return null;
  const text = `of [${textOf(tokens.slice(index + 1, end))}]`;
  return {
    code: "P0104",
    message: "one of several targets is chosen with `of`",
    at: [index, end + 1],
    help: `write \`${imageAt(trouble, index - 1)} ${text}\``,
    edits: [{ from: index, to: end + 1, text }],
    title: `write \`${text}\``,
  };
};

const causesOfStatus: Readonly<Record<string, string>> = {
  "401": "auth",
  "403": "auth",
  "408": "timeout",
  "429": "rate_limited",
  "500": "server_error",
  "502": "server_error",
  "503": "overloaded",
  "504": "timeout",
  "529": "overloaded",
};

/** `on 429`, `on timeout or 503`. */
const statusAsCause: Habit = (trouble) => {
  const { tokens, index } = trouble;
  if (typeAt(trouble, index) !== t.Decimal) return null;
  const before = typeAt(trouble, index - 1);
  const on = tokens.findLastIndex((token, at) => at < index && token.tokenType === t.On);
  if (on < 0 || (before !== t.On && before !== t.Or)) return null;
  const cause = causesOfStatus[imageAt(trouble, index)] ?? null;
  return {
    code: "P0101",
    message: "a cause is a word, not a status",
    at: [index, index + 1],
    help:
      cause === null
        ? "causes are words like `rate_limited`, `overloaded`, `timeout`, `server_error`"
        : `write \`${cause}\``,
    edits: [{ from: index, to: index + 1, text: cause ?? "timeout" }],
    title: cause === null ? null : `write \`${cause}\``,
  };
};

/** Habits in what a rule does, in the order in which they are tried. */
export const planHabits: readonly Habit[] = [
  ...[withBeforeFallback, severalTargets, strayBrackets, bareShare, causeOfFirst],
  ...[signInOption, calledStrategy, statusAsCause],
];
