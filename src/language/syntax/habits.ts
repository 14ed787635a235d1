import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import type { Repair, Trouble } from "./repair.ts";
import { placeOf } from "./token-edits.ts";

/** Recognises one habit at the place of an error; null when it is not that habit. */
type Habit = (trouble: Trouble) => Repair | null;

const typeAt = ({ tokens }: Trouble, index: number): TokenType | undefined =>
  tokens[index]?.tokenType;
const imageAt = ({ tokens }: Trouble, index: number): string => tokens[index]?.image ?? "";
const isTarget = (type: TokenType | undefined): boolean => type === t.Name || type === t.Text;

function textOf(tokens: readonly IToken[]): string {
  return tokens
    .map((token) => token.image)
    .join(" ")
    .replaceAll(/ (?=[,)\]])|(?<=[[(]) /g, "");
}

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
      edits: [
        { from: index - 1, to: index, text: "then x if tokens < 1 then" },
        { from: index, to: index + 1, text: "x else if" },
      ],
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
  const text = elseIfWords.has(word) ? "else if" : otherWords.get(word);
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

/** Later versions' words inside a statement: `like "…"`, `accept when …`. */
const laterWord: Habit = (trouble) => {
  const { index } = trouble;
  const type = typeAt(trouble, index);
  if (type !== t.Like && type !== t.When && type !== t.Given && type !== t.Expect) return null;
  if (
    type === t.When &&
    trouble.tokens.some((token, at) => at > index && token.tokenType === t.Then)
  ) {
    return null;
  }
  return {
    code: "P0110",
    message: `\`${imageAt(trouble, index)}\` is not in this version of the language yet`,
    at: [index, index + 1],
    help: "take this part out until the version that has it",
    edits: [],
    title: null,
  };
};

/** Habits in the order in which they are tried. */
export const habits: readonly Habit[] = [
  ...[laterWord, withBeforeFallback, thousands, severalTargets, isIn, nestedIf, chainedComparison],
  ...[strayBrackets, otherKeywords, bareShare, patternOrText, timeOutsideSpan, bareRuleName],
];
