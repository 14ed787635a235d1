import type { IToken, TokenType } from "chevrotain";
import { lex } from "../../../grammar/lexer.ts";
import * as s from "../../../grammar/slip-tokens.ts";
import * as t from "../../../grammar/tokens.ts";
import type { Diagnostic, SourceFile } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { Amended } from "./amended.ts";
import { unknownEscapes, writeText } from "./escapes.ts";
import type { MendedOne, Reading } from "./reading.ts";
import { amendBrace } from "./slip-braces.ts";
import {
  amendDay,
  amendMoney,
  amendNumber,
  amendTime,
  joinUnit,
  unitWords,
} from "./slip-numbers.ts";
import { closeText, mendQuotes } from "./slip-quotes.ts";
import { placeOf, spacedOut, spanOf, tokensAt } from "./token-edits.ts";

const operator =
  (text: string, help: string) =>
  (image: string): Amended => ({
    code: "P0117",
    message: `\`${image}\` is not an operator here`,
    help,
    text,
  });

const quoted = (image: string): Amended => {
  const text = writeText(image.slice(1, -1));
  return { code: "P0113", message: "text stands in double quotes", help: `write ${text}`, text };
};

const modelId = (image: string): Amended => ({
  code: "P0119",
  message: `\`${image}\` is not a name`,
  help: `name a target of the configuration, or quote the id: "${image}"`,
  text: `"${image}"`,
});

const signs: ReadonlyMap<string, Amended> = new Map(
  Object.entries({ "≤": "<=", "≥": ">=", "≠": "!=" }).map(([sign, text]) => [
    sign,
    operator(text, `write \`${text}\``)(sign),
  ]),
);

type Amend = (image: string, reading: Reading) => Amended;

const amendments: ReadonlyMap<TokenType, Amend> = new Map<TokenType, Amend>([
  [s.ModelPath, modelId],
  [s.ColonPath, modelId],
  [
    s.ForeignName,
    (image) => ({
      code: "P0128",
      message: `\`${image}\` holds a letter that names do not have`,
      help: "names are made of a–z, digits, `_`, `-` and dots; quote anything else",
      text: writeText(image),
    }),
  ],
  [s.StrictEqual, operator("==", "equality is `is`, `=` or `==`")],
  [s.StrictNotEqual, operator("!=", "inequality is `is not` or `!=`")],
  [s.EqualLess, operator("<=", "write `<=`")],
  [s.EqualGreater, operator(">=", "write `>=`")],
  [s.LessGreater, operator("!=", "inequality is `is not` or `!=`")],
  [s.EqualTilde, operator("matches", "a pattern is tested with `matches /…/`")],
  [s.Arrow, operator("then", "what a rule does stands after `then`")],
  [s.AndAnd, operator("and", "conditions are joined with `and`")],
  [s.OrOr, operator("or", "conditions are joined with `or`")],
  [s.Bang, operator("not", "a condition is negated with `not`")],
  [s.SingleQuoted, quoted],
  [s.BackQuoted, quoted],
  [s.CurlyQuoted, quoted],
  [
    s.FlaggedPattern,
    (image) => {
      const end = image.lastIndexOf("/");
      const flags = image.slice(end + 1);
      const text = /^[imsU]+$/.test(flags) ? `/(?${flags})${image.slice(1, end)}/` : null;
      return {
        code: "P0101",
        message: "flags stand inside the pattern",
        help: text === null ? "a pattern takes the flags i, m, s and U" : `write ${text}`,
        text,
        readAs: `${image.slice(0, end)}/`,
      };
    },
  ],
  [s.UnterminatedText, closeText],
  [
    s.UnterminatedPattern,
    (image) => {
      const end = image.search(/\s+(?:and|or|then)\b|\s*$/);
      const text = end > 1 ? `${image.slice(0, end)}/${image.slice(end)}` : null;
      return {
        code: "P0112",
        message: "this pattern has no end",
        help: "close it with `/`; a slash inside is written `\\/`",
        text,
        readAs: "/x/",
      };
    },
  ],
  [
    s.Slash,
    () => ({
      code: "P0117",
      message: "there is no division",
      help: "multiply the other side instead; a pattern that begins with a space begins with `\\s`",
      text: null,
      readAs: "*",
    }),
  ],
  [s.BadDay, amendDay],
  [s.BadTime, amendTime],
  [s.BadMoney, amendMoney],
  [s.BadNumber, amendNumber],
  [s.CompoundDuration, amendNumber],
  [
    s.Semicolon,
    () => ({ code: "P0105", message: "statements need no `;`", help: "take it out", text: "" }),
  ],
  [s.Brace, amendBrace],
  [
    s.Unexpected,
    (image) =>
      signs.get(image) ?? {
        code: "P0101",
        message: `\`${image.slice(0, 20)}\` has no meaning here`,
        help: "take it out, or put it in double quotes as part of a text",
        text: null,
      },
  ],
]);

/** What the slips of a file mean: the tokens to go on with, and a diagnostic for each slip. */
export interface Mended {
  readonly tokens: IToken[];
  readonly diagnostics: Diagnostic[];
}

/**
 * Reads each slip as what it stands for, and stops behind the first beyond `most`. Tokens keep the places that the slips
 * have in the file.
 */
export function mendSlips(
  { file, text }: SourceFile,
  tokens: readonly IToken[],
  most: number,
): Mended {
  const diagnostics: Diagnostic[] = [];
  const result: IToken[] = [];
  let index = 0;
  while (index < tokens.length && diagnostics.length <= most) {
    const token = tokens[index];
    if (token === undefined) break;
    const mended = mendOne({ file, text, tokens, index }, token);
    if (mended === null) {
      result.push(token);
      index += 1;
      continue;
    }
    const { from } = mended;
    if (from !== undefined) {
      while (placeOf(result.at(-1) ?? token).start >= from && result.length > 0) result.pop();
      while ((diagnostics.at(-1)?.span.start ?? -1) >= from) diagnostics.pop();
    }
    diagnostics.push(mended.diagnostic);
    result.push(...mended.tokens);
    index += mended.taken;
  }
  return { tokens: result, diagnostics };
}

function mendOne(reading: Reading, token: IToken): MendedOne | null {
  const { file, tokens, index } = reading;
  if (token.tokenType === s.SlashComment && /^\/\/(?![^\s)])/.test(token.image)) {
    if (tokens[index - 1]?.tokenType === t.Matches) return mendEmptyPattern(file, token);
  }
  if (commentTypes.has(token.tokenType)) return mendComment(file, token);
  const quotes = mendQuotes(reading);
  if (quotes !== null) return quotes;
  if (token.tokenType === t.Text) return mendEscapes(file, token);
  const next = tokens[index + 1];
  if (next !== undefined && isSplitNumber(reading.text, token, next)) {
    const amended = joinUnit(token.image, next.image);
    return mend(reading, [token, next], amended);
  }
  const apart = next === undefined ? null : signApart(reading, token, next);
  if (apart !== null) return apart;
  const amended = amendments.get(token.tokenType)?.(token.image, reading);
  return amended === undefined ? null : mend(reading, [token], amended);
}

function mend(
  { file, text: source }: Reading,
  taken: readonly IToken[],
  amended: Amended,
): MendedOne {
  const [first, last] = [taken[0], taken.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError("a slip has tokens");
  const span = spanOf(file, first, last);
  const { code, message, help, text, readAs } = amended;
  const title = text === "" ? "take it out" : `write \`${text ?? ""}\``;
  const spaced = spacedOut(text ?? "", source.charAt(span.start - 1), source.charAt(span.end));
  const fix = text === null ? {} : { fix: { title, edits: [{ span, text: spaced }] } };
  return {
    diagnostic: makeDiagnostic(code, span, message, { help, ...fix }),
    tokens: tokensAt(text ?? readAs ?? "", { start: span.start, end: span.end }),
    taken: taken.length,
  };
}

/** `$ 5`, `%90`, `90%%`, `100k–900k`: a sign that stands wrong beside a number. */
function signApart(reading: Reading, token: IToken, next: IToken): MendedOne | null {
  const gap = reading.text.slice(placeOf(token).end, placeOf(next).start);
  if (!/^[ \t]*$/.test(gap)) return null;
  const isNumber = next.tokenType === t.Decimal;
  if (token.image === "$" && isNumber)
    return mend(reading, [token, next], wrongSign(`$${next.image}`));
  if (token.image === "%" && isNumber)
    return mend(reading, [token, next], wrongSign(`${next.image}%`));
  if (token.tokenType === t.Percent && next.image === "%") {
    return mend(reading, [token, next], wrongSign(token.image));
  }
  if (!/^[–—…]$/.test(token.image)) return null;
  const before = reading.tokens[reading.index - 1];
  if (!/^\d/.test(before?.image ?? "") || !/^\d/.test(next.image)) return null;
  return mend(reading, [token], {
    code: "P0115",
    message: "a range is written with `..`",
    help: "write `..`",
    text: "..",
  });
}

function wrongSign(text: string): Amended {
  return {
    code: "P0115",
    message: "the sign of a number stands wrong",
    help: `write \`${text}\``,
    text,
  };
}

const commentTypes: ReadonlySet<TokenType> = new Set([
  ...[s.SlashComment, s.BlockComment, s.DashComment],
]);

/** `matches //`: what follows on the line was no comment. */
function mendEmptyPattern(file: string, token: IToken): MendedOne {
  const { start } = placeOf(token);
  const place = { start, end: start + 2 };
  const rest = lex(token.image.slice(2)).tokens;
  for (const each of rest) {
    const from = place.end + each.startOffset;
    each.payload = { start: from, end: from + each.image.length };
  }
  return {
    diagnostic: makeDiagnostic("P0101", { file, ...place }, "this pattern is empty", {
      label: "every text matches it",
      help: "write what is looked for between the slashes, or take the test out",
    }),
    tokens: [...tokensAt("/x/", place), ...rest],
    taken: 1,
  };
}

function mendComment(file: string, token: IToken): MendedOne {
  const span = spanOf(file, token);
  const inner = token.image.replace(/^(?:\/[/*]+|--+)/, "").replace(/\*+\/$/, "");
  const lines = inner.split(/\r?\n/).map((line) => `#${line.replace(/^\s*\*/, "")}`);
  const title = "begin the comment with `#`";
  // What follows a block comment on its line would become part of the comment.
  const text = lines.join("\n") + (token.tokenType === s.BlockComment ? "\n" : "");
  return {
    diagnostic: makeDiagnostic("P0118", span, "a comment begins with `#`", {
      help: title,
      fix: { title, edits: [{ span, text }] },
    }),
    tokens: [],
    taken: 1,
  };
}

function mendEscapes(file: string, token: IToken): MendedOne | null {
  const offsets = unknownEscapes(token.image);
  const first = offsets[0];
  if (first === undefined) return null;
  const { start } = placeOf(token);
  const edits = offsets.map((offset) => ({
    span: { file, start: start + offset, end: start + offset },
    text: "\\",
  }));
  const span = { file, start: start + first, end: start + first + 2 };
  const written = token.image.slice(first, first + 2);
  return {
    diagnostic: makeDiagnostic("P0114", span, `\`${written}\` is not an escape`, {
      help: 'the escapes are `\\"`, `\\\\`, `\\n` and `\\t`; double the backslash to mean one',
      fix: { title: "double the backslash", edits },
    }),
    tokens: tokensAt('"x"', placeOf(token)),
    taken: 1,
  };
}

/** Whether two tokens are one number whose unit stands apart: `200 ms`, `90 %`. */
export function isSplitNumber(text: string, number: IToken, unit: IToken): boolean {
  if (number.tokenType !== t.Decimal) return false;
  const gap = text.slice(placeOf(number).end, placeOf(unit).start);
  if (!/^\s*$/.test(gap)) return false;
  return unit.image === "%" || (unit.tokenType === t.Name && unitWords.has(unit.image));
}
