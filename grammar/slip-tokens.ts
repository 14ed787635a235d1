import { createToken, type TokenType } from "chevrotain";

/**
 * What people write by habit and the language does not have. Each slip is one token, so that a message can name it, and the
 * words around it are still read. No character is left over: the lexer itself never fails.
 */
function slip(name: string, pattern: RegExp): TokenType {
  return createToken({ name, pattern, label: "something else" });
}

// Patterns that scan ahead and may then fail go no further than the token that is taken instead, or all the way to where it
// ends; otherwise a long text could be scanned again from each of its words.
const word = String.raw`[A-Za-z_]\w*(?:[-.]\w+)*`;
const foreign = String.raw`\u00c0-\u1fff\u2c00-\u2dff\u3040-\ud7ff\uf900-\ufdff`;

/** `vendor/model-4`; not `matches/…/`, which only lacks a space. */
export const ModelPath = slip(
  "ModelPath",
  new RegExp(String.raw`(?!(?:matches|contains|is|in|and|or|not)/)${word}(?:/\w[\w.:-]*)+`),
);
/** `model:7b`; not `user:90%`, nor a label before `if`. */
export const ColonPath = slip(
  "ColonPath",
  new RegExp(String.raw`${word}:(?!if(?![\w-]))(?=[\d.-]*[A-Za-z])\w[\w.-]*`),
);
/** `modèle`, `команда`: a word with a letter that names do not hold. */
export const ForeignName = slip(
  "ForeignName",
  new RegExp(String.raw`(?:${word}[-.]?)?[${foreign}][\w${foreign}.-]*`),
);
export const SlashComment = slip("SlashComment", /\/\/[^\n\r]*/);
/** `-- comment`, as in SQL; not `--5`. */
export const DashComment = slip("DashComment", /--(?![\d>])[^\n\r]*/);
/** One that is not closed goes to the end of the file. */
export const BlockComment = slip("BlockComment", /\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?/);
/** `2027-1-1`, `2027/01/01`. */
export const BadDay = slip(
  "BadDay",
  /(?!\d{4}-\d{2}-\d{2}(?![\w-]))\d{4}([-/])\d{1,2}\1\d{1,2}(?![\w/-])/,
);
export const CompoundDuration = slip(
  "CompoundDuration",
  /(?:\d+(?:ms|[smhd])){2,}(?![A-Za-z0-9_])/,
);
export const StrictEqual = slip("StrictEqual", /===/);
export const StrictNotEqual = slip("StrictNotEqual", /!==/);

export const FlaggedPattern = slip(
  "FlaggedPattern",
  /\/(?:[^/\\\n\r\s*]|\\[^\n\r])(?:[^/\\\n\r]|\\[^\n\r])*\/[A-Za-z]+/,
);
export const SingleQuoted = slip("SingleQuoted", /'[^'\n\r]*'/);
export const BackQuoted = slip("BackQuoted", /`[^`\n\r]*`/);
export const CurlyQuoted = slip("CurlyQuoted", /[“”„«»‘’][^“”„«»‘’"\n\r]*[“”«»‘’"]/);
export const UnterminatedText = slip("UnterminatedText", /"[^\n\r]*/);
export const Slash = slip("Slash", /\/(?![^\s/*])/);
export const UnterminatedPattern = slip("UnterminatedPattern", /\/[^\n\r]+/);
export const BadTime = slip("BadTime", /\d{1,2}[:.]\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?(?![\w:$€£])/);
export const BadMoney = slip("BadMoney", /[$€£]+[\w.]*(?:\/[A-Za-z]\w*)?/);
export const BadNumber = slip("BadNumber", /\d\w*(?:[.-]\w+)*[%$€£]?/);
export const AndAnd = slip("AndAnd", /&&?/);
export const OrOr = slip("OrOr", /\|\|?/);
export const EqualLess = slip("EqualLess", /=</);
export const EqualGreater = slip("EqualGreater", /=>/);
export const LessGreater = slip("LessGreater", /<>/);
export const EqualTilde = slip("EqualTilde", /=~|~=?/);
export const Arrow = slip("Arrow", /->/);
export const Bang = slip("Bang", /!/);
export const Semicolon = slip("Semicolon", /;+/);
export const Brace = slip("Brace", /[{}]/);
const ownedByNothing = [
  String.raw`\u0000-\u0008\u000e-\u001f\u007f-\u00bf`,
  String.raw`\u2000-\u2bff\u2e00-\u303f\ud800-\uf8ff\ufe00-\uffff`,
  "@%\\\\^?'`$",
].join("");
/** A run of anything else, or any one character: nothing is ever left over. */
export const Unexpected = slip(
  "Unexpected",
  new RegExp(`[${ownedByNothing}]+|${String.raw`[\u0000-\uffff]`}`),
);

/** Tried before (`first`) and after (`last`) the tokens of the grammar. */
export const slipTokens: {
  readonly first: readonly TokenType[];
  readonly last: readonly TokenType[];
} = {
  first: [
    ...[ModelPath, ColonPath, ForeignName, SlashComment, BlockComment, DashComment],
    ...[BadDay, CompoundDuration],
    ...[StrictEqual, StrictNotEqual, EqualLess, EqualGreater, LessGreater, EqualTilde, Arrow],
    FlaggedPattern,
  ],
  last: [
    ...[SingleQuoted, BackQuoted, CurlyQuoted, UnterminatedText, Slash, UnterminatedPattern],
    ...[BadTime, BadMoney, BadNumber],
    ...[AndAnd, OrOr, Bang, Semicolon, Brace, Unexpected],
  ],
};
