import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { startsLine } from "./leaning.ts";
import type { Repair, Trouble } from "./repair.ts";
import { placeOf, type TokenEdit } from "./token-edits.ts";

/** Words that begin a statement, and with it a line. */
const heads: readonly string[] = [
  ...["rule", "otherwise", "let", "pool", "if", "never", "ensure", "also", "test", "use", "intent"],
];

/** Words that begin the lines of a statement behind its first. */
const parts: readonly string[] = [
  ...["then", "fallback", "with", "else", "on", "given", "expect", "when", "and", "or"],
];

const others: readonly string[] = [
  ...["then", ":", "=", ")", "]", ",", "if", "of", "is", "in", "and", "or", "fallback", "with"],
  ...["on", "by", "..", "else", "[", "(", "given", "expect", "when", "rule", "otherwise", "let"],
  ...["pool", "like", "contains"],
];

const leading: ReadonlySet<string> = new Set([...heads, ...parts]);

const strategies: ReadonlySet<string> = new Set([
  ...["cheapest", "fastest", "best", "least-busy", "least_busy", "any"],
]);

/** Words to try, likeliest first: at the beginning of a line those that lines begin with. */
function candidates({ text, tokens, index }: Trouble): readonly string[] {
  const token = tokens[index];
  if (token === undefined || index === 0 || !startsLine(text, tokens, index)) {
    return index === 0 ? [...new Set([...heads, ...others])] : others;
  }
  const { start } = placeOf(token);
  const isIndented = /[ \t]/.test(text.charAt(start - 1));
  const first = isIndented ? parts : heads;
  return [...new Set([...first, ...others])];
}

/** Words that would parse in places where nobody means them. */
export function isPlausible(text: string, tokens: readonly IToken[], index: number): boolean {
  const [head, before] = [tokens[index - 2]?.tokenType, tokens[index - 1]];
  if (text === "of") return strategies.has(before?.image ?? "");
  if (text === "=") return head === t.Let || head === t.Pool;
  return text !== "otherwise" || tokens.length > 1;
}

function operatorMissing(token: IToken, index: number): Repair {
  return {
    code: "P0104",
    message: `an operator is missing before \`${token.image}\``,
    at: [index, index + 1],
    help: "compare with `<`, `<=`, `>`, `>=`, `is`, `is not` or `in`",
    edits: [{ from: index, to: index, text: "is" }],
    title: null,
  };
}

/** Where something is missing: before a token, or behind the one before it when that ends its line. */
function gapAt({ text, tokens, index }: Trouble): Pick<Repair, "at" | "label"> {
  const isEnd = index >= tokens.length;
  if (!isEnd && (index === 0 || !startsLine(text, tokens, index))) {
    return { at: [index, index + 1] };
  }
  return { at: [index - 1, index], ...(isEnd ? {} : { label: "after this" }) };
}

/** A keyword or a symbol that was left out. */
export function* missing(trouble: Trouble): Generator<Repair> {
  const { text: source, tokens, index } = trouble;
  const [before, token] = [tokens[index - 1], tokens[index]];
  for (const text of candidates(trouble)) {
    if (!isPlausible(text, tokens, index)) continue;
    // A list or a time can only be looked into.
    const isSet = token?.tokenType === t.LeftBracket || token?.tokenType === t.TimeOfDay;
    if (text === "is" && isSet) continue;
    if (text === "is" && token !== undefined && token.tokenType !== t.Name) {
      yield operatorMissing(token, index);
      continue;
    }
    const beginsLine =
      token !== undefined && leading.has(text) && startsLine(source, tokens, index);
    const edit: TokenEdit = { from: index, to: index, text };
    const place = token === undefined ? "at the end" : `before \`${token.image}\``;
    yield {
      code: "P0104",
      message: `\`${text}\` is missing ${place}`,
      ...(beginsLine ? { at: [index, index + 1] as const } : gapAt(trouble)),
      help:
        before === undefined || beginsLine
          ? `begin with \`${text}\``
          : `put \`${text}\` after \`${before.image}\``,
      edits: [beginsLine ? { ...edit, sticksTo: "next" } : edit],
      title: `put \`${text}\` in`,
    };
  }
}

/** What may be put in only to read on: that something is missing is sure, what it is is not. */
const placeholderTexts: readonly (readonly [string, string])[] = [
  ["x", "a name or a value"],
  ["x < 1", "a condition"],
  ["x < 1 then x", "a condition, `then` and a target"],
  ["then x", "`then` and a target"],
  ["1%", "a share"],
  ["0", "a number"],
  ['"x"', "a text in double quotes"],
  ["/x/", "a pattern"],
  ["00:00", "a time of day"],
];

export function* placeholders(trouble: Trouble): Generator<Repair> {
  const { tokens, index } = trouble;
  const [before, token] = [tokens[index - 1], tokens[index]];
  const { at } = gapAt(trouble);
  for (const [text, what] of placeholderTexts) {
    const after = before === undefined ? "" : ` after \`${before.image}\``;
    const place = token === undefined ? after : `${after} and before \`${token.image}\``;
    yield {
      code: token === undefined ? "P0102" : "P0104",
      message: `missing ${what}${place}`,
      at,
      edits: [{ from: index, to: index, text }],
      missing: place,
      title: null,
    };
  }
}

/** Words that go on with a rule: before them something is missing, and they are no value. */
export const partTypes: ReadonlySet<TokenType> = new Set([
  ...[t.Then, t.Else, t.Fallback, t.With, t.On, t.If, t.Otherwise, t.And, t.Or, t.Of, t.Range],
  ...[t.When, t.Given, t.Expect],
]);
