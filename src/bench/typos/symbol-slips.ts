import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import type { Random } from "../../base/random.ts";
import { type Example, endOf, replaceToken, type SlipMaker } from "./fault.ts";
import { withoutToken } from "./word-slips.ts";

const punctuation: ReadonlySet<TokenType> = new Set([
  ...[t.Comma, t.Colon, t.LeftParenthesis, t.RightParenthesis, t.LeftBracket, t.RightBracket],
  t.Range,
]);

function indexesOf(
  { tokens }: Example,
  holds: (token: IToken, index: number) => boolean,
): number[] {
  return [...tokens.keys()].filter((index) => {
    const token = tokens[index];
    return token !== undefined && holds(token, index);
  });
}

const missingPunctuation: SlipMaker = (example, random) => {
  const index = random.pick(indexesOf(example, ({ tokenType }) => punctuation.has(tokenType)));
  return index === undefined ? null : withoutToken(example, index);
};

const otherBrackets: Readonly<Record<string, readonly string[]>> = {
  "[": ["(", "{"],
  "]": [")", "}"],
  "(": ["[", "{"],
  ")": ["]", "}"],
};

const wrongBracket: SlipMaker = (example, random) => {
  const index = random.pick(indexesOf(example, ({ image }) => image in otherBrackets));
  const token = example.tokens[index ?? -1];
  const text = random.pick(otherBrackets[token?.image ?? ""] ?? []);
  return token === undefined || text === undefined ? null : replaceToken(token, text);
};

/** A comma, a semicolon or a full stop at the end of a line, a list or a value. */
const strayPunctuation: SlipMaker = (example, random) => {
  const { tokens, text } = example;
  const isLast = (token: IToken, index: number): boolean => {
    const next = tokens[index + 1];
    return (
      next === undefined ||
      next.tokenType === t.RightBracket ||
      /[\n#]/.test(text.slice(endOf(token), next.startOffset))
    );
  };
  const index = random.pick(indexesOf(example, isLast));
  const token = tokens[index ?? -1];
  if (token === undefined) return null;
  const mark = random.pick([",", ";", ",", "."]) ?? ",";
  return replaceToken(token, token.image + mark);
};

/** How each operator is written elsewhere. */
const otherOperators: Readonly<Record<string, readonly string[]>> = {
  "<": ["less than", "is less than", "lt"],
  "<=": ["=<", "≤", "at most"],
  ">": ["more than", "greater than", "gt", "is above"],
  ">=": ["=>", "≥", "at least"],
  "=": ["===", ":=", "equals"],
  "==": ["==="],
  "!=": ["<>", "!==", "~="],
  is: ["===", "equals", "is equal to", "are", "is in"],
  in: ["is in", "is one of", "within"],
  and: ["&&", "&", "plus", "AND"],
  or: ["||", "|", "/"],
  not: ["!", "isnt"],
  "..": ["...", "-", " to ", "–"],
  "+": ["plus", "&"],
  matches: ["=~", "~"],
};

const wrongOperator: SlipMaker = (example, random) => {
  const index = random.pick(indexesOf(example, ({ image }) => image in otherOperators));
  const token = example.tokens[index ?? -1];
  const text = random.pick(otherOperators[token?.image ?? ""] ?? []);
  return token === undefined || text === undefined ? null : replaceToken(token, text);
};

const texts = (inner: string): readonly string[] => [
  `'${inner}'`,
  `\`${inner}\``,
  `“${inner}”`,
  `"${inner}`,
  `${inner}"`,
  `"${inner}'`,
  inner,
  `""${inner}""`,
];

const wrongQuote: SlipMaker = (example, random) => {
  const index = random.pick(indexesOf(example, ({ tokenType }) => tokenType === t.Text));
  const token = example.tokens[index ?? -1];
  const text = random.pick(texts(token?.image.slice(1, -1) ?? ""));
  return token === undefined || text === undefined ? null : replaceToken(token, text);
};

type Rewrite = (number: string) => readonly string[];

const durations: Readonly<Record<string, readonly string[]>> = {
  ms: ["msec", "MS", " ms", "milliseconds", ""],
  s: ["sec", "S", " s", "secs", " seconds", ""],
  m: ["min", "mins", " m", " minutes", ""],
  h: ["hr", "hours", " h", "H", ""],
  d: ["days", " d", " day", ""],
};

const scales: Readonly<Record<string, readonly string[]>> = {
  k: ["K", " k", "kb", "KB", "k tokens"],
  M: ["mio", " M", "MB", "million"],
  Ki: ["ki", "KiB", " Ki", "KI"],
  Mi: ["mi", "MiB", " Mi"],
};

/** `1000` with a separator; nothing for shorter numbers. */
function separated(number: string): string[] {
  const grouped = number.replace(/\B(?=(?:\d{3})+$)/g, ",");
  return grouped === number ? [] : [grouped, grouped.replaceAll(",", "_")];
}

const rewrites: ReadonlyMap<TokenType, Rewrite> = new Map<TokenType, Rewrite>([
  [t.Duration, (image) => withUnits(image, durations)],
  [t.Scaled, (image) => withUnits(image, scales)],
  [
    t.Decimal,
    (image) => [...separated(image), `${image}.`, `$${image}`, `${image}%`, `"${image}"`],
  ],
  [
    t.Percent,
    (image) => {
      const number = image.slice(0, -1);
      return [number, `${number} %`, `%${number}`, `${number}pct`, `${number}%%`];
    },
  ],
  [
    t.Money,
    (image) => {
      const number = image.slice(1);
      return [number, `${number}$`, `€${number}`, `$ ${number}`, `${number} USD`, `$$${number}`];
    },
  ],
  [
    t.Price,
    (image) => {
      const number = image.slice(1, -2);
      return [`$${number}`, `$${number}/m`, `$${number}/Mtok`, `${number}/M`, `$${number} / M`];
    },
  ],
  [
    t.TimeOfDay,
    (image) => [
      image.replace(/^0/, ""),
      image.replace(":", "."),
      `${image}:00`,
      image.replace(":", ""),
      `${Number(image.slice(0, 2)) % 12 || 12}${Number(image.slice(0, 2)) < 12 ? "am" : "pm"}`,
    ],
  ],
  [t.Day, (image) => [image.replaceAll("-", "/"), image.replaceAll("-0", "-")]],
  [t.Zone, (image) => [image.replace("/", " "), image.replace(/^.*\//, ""), "CET"]],
]);

function withUnits(image: string, units: Readonly<Record<string, readonly string[]>>): string[] {
  const [, number = "", unit = ""] = /^([\d.]+)(\w+)$/.exec(image) ?? [];
  return (units[unit] ?? []).map((other) => `${number}${other}`);
}

function rewritesOf({ image, tokenType }: IToken): readonly string[] {
  return (rewrites.get(tokenType)?.(image) ?? []).filter((each) => each !== image);
}

const wrongUnit: SlipMaker = (example: Example, random: Random) => {
  const index = random.pick(indexesOf(example, (token) => rewritesOf(token).length > 0));
  const token = example.tokens[index ?? -1];
  const text = token === undefined ? undefined : random.pick(rewritesOf(token));
  return token === undefined || text === undefined ? null : replaceToken(token, text);
};

/** Slips in symbols, operators, quotes, numbers and units. */
export const symbolSlips: Readonly<Record<string, SlipMaker>> = {
  "missing bracket, comma or colon": missingPunctuation,
  "wrong bracket": wrongBracket,
  "stray punctuation": strayPunctuation,
  "wrong operator": wrongOperator,
  "wrong quote": wrongQuote,
  "wrong number or unit": wrongUnit,
};
