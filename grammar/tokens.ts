import { createToken, type IToken, Lexer, type TokenType } from "chevrotain";
import { slipTokens } from "./slip-tokens.ts";

const notInNumber = String.raw`(?![A-Za-z0-9_]|\.\d)`;
const digits = String.raw`\d+(?:\.\d+)?`;

/** A name: letters, digits and `_`, with single hyphens and dots between; so `local-gpu`, `gpt-4.1`, `header.x-team`. */
const namePattern = /[A-Za-z_]\w*(?:[-.]\w+)*/;

export const Name = createToken({ name: "Name", label: "a name", pattern: namePattern });

const keywordTypes: TokenType[] = [];

function keyword(word: string): TokenType {
  const name = word.charAt(0).toUpperCase() + word.slice(1);
  const type = createToken({ name, label: `\`${word}\``, pattern: word, longer_alt: Name });
  keywordTypes.push(type);
  return type;
}

function symbol(name: string, text: string): TokenType {
  return createToken({ name, label: `\`${text}\``, pattern: text });
}

export const Policy = keyword("policy");
export const Use = keyword("use");
export const Let = keyword("let");
export const Pool = keyword("pool");
/** Begins a statement, and is a fact too. */
export const Intent = keyword("intent");
export const Rule = keyword("rule");
export const Otherwise = keyword("otherwise");
export const If = keyword("if");
export const Then = keyword("then");
export const Else = keyword("else");
export const Fallback = keyword("fallback");
export const With = keyword("with");
export const On = keyword("on");
export const Of = keyword("of");
export const Where = keyword("where");
export const Split = keyword("split");
export const By = keyword("by");
export const Reject = keyword("reject");
export const And = keyword("and");
export const Or = keyword("or");
export const Not = keyword("not");
export const Is = keyword("is");
export const In = keyword("in");
export const Matches = keyword("matches");
export const Contains = keyword("contains");
export const Unknown = keyword("unknown");
export const True = keyword("true");
export const False = keyword("false");

export const Also = keyword("also");
export const Never = keyword("never");
export const Ensure = keyword("ensure");
export const Test = keyword("test");
export const When = keyword("when");
export const Given = keyword("given");
export const Expect = keyword("expect");
export const Like = keyword("like");

export const Text = createToken({
  name: "Text",
  label: "a text in double quotes",
  pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*"/,
});
/** A pattern does not begin with a space, so that a stray division is not taken for one. */
export const Pattern = createToken({
  name: "Pattern",
  label: "a pattern `/…/`",
  pattern: /\/(?:[^/\\\n\r\s*]|\\[^\n\r])(?:[^/\\\n\r]|\\[^\n\r])*\/(?![A-Za-z])/,
});

function literal(name: string, label: string, pattern: string): TokenType {
  return createToken({ name, label, pattern: new RegExp(pattern) });
}

export const Day = literal("Day", "a date", String.raw`\d{4}-\d{2}-\d{2}(?![\w-])`);
export const TimeOfDay = literal("TimeOfDay", "a time of day", String.raw`\d{2}:\d{2}(?![\w:])`);
export const Price = literal("Price", "a price", String.raw`\$${digits}/M${notInNumber}`);
export const Money = literal(
  "Money",
  "an amount of money",
  String.raw`\$${digits}(?![A-Za-z0-9_/]|\.\d)`,
);
export const Percent = literal("Percent", "a percentage", `${digits}%`);
export const Duration = literal("Duration", "a duration", `${digits}(?:ms|[smhd])${notInNumber}`);
export const Scaled = literal("Scaled", "a number", `${digits}(?:[KMG]i|[kMG])${notInNumber}`);
export const Decimal = literal(
  "Decimal",
  "a number",
  String.raw`${digits}(?![A-Za-z0-9_%:$€£]|\.\d)`,
);

const zonePattern = /(?:[A-Za-z]+(?:\/[A-Za-z0-9_+-]+)+|UTC)(?![\w-])/y;

/** A time zone stands only after a time of day; elsewhere the same letters are a name. */
export const Zone = createToken({
  name: "Zone",
  label: "a time zone",
  pattern: (text: string, offset: number, before: IToken[]): RegExpExecArray | null => {
    if (before.at(-1)?.tokenType !== TimeOfDay) return null;
    zonePattern.lastIndex = offset;
    return zonePattern.exec(text);
  },
  start_chars_hint: [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"],
  line_breaks: false,
});

export const Range = symbol("Range", "..");
export const Dot = symbol("Dot", ".");
export const Comma = symbol("Comma", ",");
export const Colon = symbol("Colon", ":");
export const LeftParenthesis = symbol("LeftParenthesis", "(");
export const RightParenthesis = symbol("RightParenthesis", ")");
export const LeftBracket = symbol("LeftBracket", "[");
export const RightBracket = symbol("RightBracket", "]");
export const LessOrEqual = symbol("LessOrEqual", "<=");
export const GreaterOrEqual = symbol("GreaterOrEqual", ">=");
export const NotEqual = symbol("NotEqual", "!=");
export const EqualEqual = symbol("EqualEqual", "==");
export const Equal = symbol("Equal", "=");
export const Less = symbol("Less", "<");
export const Greater = symbol("Greater", ">");
export const Plus = symbol("Plus", "+");
export const Minus = symbol("Minus", "-");
export const Times = symbol("Times", "*");

/** Space is what separates words; a byte order mark and a no-break space count as space. */
const Space = createToken({
  name: "Space",
  pattern: /[ \t\r\n\f\v\u00a0\ufeff]+/,
  group: Lexer.SKIPPED,
});
/** Comments go to the group `comments`, from which the formatter puts them back by offset. */
export const Comment = createToken({ name: "Comment", pattern: /#[^\n\r]*/, group: "comments" });

/** Reserved words, as they are written. */
export const reservedWords: ReadonlySet<string> = new Set(
  keywordTypes.map((type) => String(type.PATTERN)),
);

/** The token type of a reserved word. */
export const keywordOf: ReadonlyMap<string, TokenType> = new Map(
  keywordTypes.map((type) => [String(type.PATTERN), type]),
);

/** Tokens that the grammar uses; the others of `allTokens` exist to say what is wrong with them. */
export const grammarTokens: readonly TokenType[] = [
  ...keywordTypes,
  Name,
  Text,
  Pattern,
  Day,
  TimeOfDay,
  Zone,
  Price,
  Money,
  Percent,
  Duration,
  Scaled,
  Decimal,
  ...[LessOrEqual, GreaterOrEqual, NotEqual, EqualEqual, Equal, Less, Greater],
  ...[LeftParenthesis, RightParenthesis, LeftBracket, RightBracket],
  ...[Range, Dot, Comma, Colon, Plus, Minus, Times],
];

/** In the order in which the lexer tries them: longer before shorter, slips where nothing else fits. */
export const allTokens: readonly TokenType[] = [
  Space,
  Comment,
  Zone,
  ...slipTokens.first,
  Text,
  Pattern,
  Day,
  TimeOfDay,
  Price,
  Money,
  Percent,
  Duration,
  Scaled,
  Decimal,
  ...keywordTypes,
  Name,
  Range,
  Dot,
  Comma,
  Colon,
  LeftParenthesis,
  RightParenthesis,
  LeftBracket,
  RightBracket,
  LessOrEqual,
  GreaterOrEqual,
  NotEqual,
  EqualEqual,
  Equal,
  Less,
  Greater,
  Plus,
  Minus,
  Times,
  ...slipTokens.last,
];
