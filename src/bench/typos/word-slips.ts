import type { IToken } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import type { Random } from "../../base/random.ts";
import { type Example, endOf, replaceToken, type Slip, type SlipMaker } from "./fault.ts";
import { misspell } from "./misspell.ts";
import { names, placeKind } from "./names.ts";

const isKeyword = (token: IToken): boolean => t.keywordOf.has(token.image);
const isName = (token: IToken): boolean => token.tokenType === t.Name;
const isWord = (token: IToken): boolean => isKeyword(token) || isName(token);

/** A token that a test holds for, drawn from all there are, with its index. */
function draw(
  { tokens }: Example,
  random: Random,
  holds: (token: IToken) => boolean,
): { readonly token: IToken; readonly index: number } | null {
  const fitting = [...tokens.entries()].filter(([, token]) => holds(token));
  const found = random.pick(fitting);
  return found === undefined ? null : { index: found[0], token: found[1] };
}

/** A token left out, with the space on one side. */
const dropped: SlipMaker = (example, random) => {
  const drawn = draw(example, random, () => true);
  return drawn === null ? null : withoutToken(example, drawn.index);
};

/** Takes a token out, and one space when there is one on both sides. */
export function withoutToken({ text, tokens }: Example, index: number): Slip | null {
  const token = tokens[index];
  if (token === undefined) return null;
  const [start, end] = [token.startOffset, endOf(token)];
  const isSpaced = text.charAt(end) === " " && /\s/.test(text.charAt(start - 1));
  return { start, end: isSpaced ? end + 1 : end, text: "" };
}

const doubled: SlipMaker = (example, random) => {
  const drawn = draw(example, random, () => true);
  if (drawn === null) return null;
  const { token } = drawn;
  const gap = /^[\w"$]/.test(token.image) ? " " : "";
  return replaceToken(token, `${token.image}${gap}${token.image}`);
};

const swapped: SlipMaker = (example, random) => {
  const drawn = draw(example, random, () => true);
  const next = example.tokens[(drawn?.index ?? 0) + 1];
  if (drawn === null || next === undefined || drawn.token.image === next.image) return null;
  const { token } = drawn;
  const between = example.text.slice(endOf(token), next.startOffset);
  if (between.includes("#")) return null;
  const isGlued = /\w$/.test(example.text.slice(0, token.startOffset));
  const gap = between === "" ? " " : between;
  const text = `${isGlued ? " " : ""}${next.image}${gap}${token.image}`;
  return { start: token.startOffset, end: endOf(next), text };
};

const misspeltKeyword: SlipMaker = (example, random) => {
  const drawn = draw(example, random, isKeyword);
  if (drawn === null) return null;
  const text = misspell(drawn.token.image, random);
  return text === "" ? null : replaceToken(drawn.token, text);
};

const misspeltName: SlipMaker = (example, random) => {
  const drawn = draw(example, random, (token) => isName(token) && token.image.length > 2);
  return drawn === null ? null : replaceToken(drawn.token, misspell(drawn.token.image, random));
};

const wrongCase: SlipMaker = (example, random) => {
  const drawn = draw(example, random, isWord);
  if (drawn === null) return null;
  const { image } = drawn.token;
  const capital = image.charAt(0).toUpperCase() + image.slice(1);
  return replaceToken(drawn.token, random.integer(2) === 0 ? capital : image.toUpperCase());
};

/** A name that is known, and of another kind than the place takes: a pool for a target, a fact for a cause. */
const wrongKind: SlipMaker = (example, random) => {
  const drawn = draw(example, random, isName);
  if (drawn === null) return null;
  const kind = placeKind(example, drawn.index);
  if (kind === null) return null;
  const known = names(example);
  const others = (["target", "fact", "cause", "option", "pool"] as const).filter(
    (other) => other !== kind && known[other].length > 0,
  );
  const other = random.pick(others);
  const text = other === undefined ? undefined : random.pick(known[other]);
  return text === undefined ? null : replaceToken(drawn.token, text);
};

/** Two words run together. */
const lostSpace: SlipMaker = (example, random) => {
  const drawn = draw(example, random, isWord);
  const next = example.tokens[(drawn?.index ?? 0) + 1];
  if (drawn === null || next === undefined) return null;
  const [start, end] = [endOf(drawn.token), next.startOffset];
  if (!/^[ \n]+$/.test(example.text.slice(start, end)) || !/^[\w"]/.test(next.image)) return null;
  const text = drawn.token.image + next.image;
  return { start: drawn.token.startOffset, end: endOf(next), text };
};

/** A space inside a word. */
const straySpace: SlipMaker = (example, random) => {
  const drawn = draw(example, random, (token) => isWord(token) && token.image.length > 3);
  if (drawn === null) return null;
  const { image } = drawn.token;
  const at = 1 + random.integer(image.length - 1);
  return replaceToken(drawn.token, `${image.slice(0, at)} ${image.slice(at)}`);
};

/** What people write from other languages, by the word that it stands for. */
const foreignWords: ReadonlyMap<string, readonly string[]> = new Map([
  ["if", ["when", "If"]],
  ["then", ["->", "do", "then:", "then use"]],
  ["else", ["else:", "otherwise"]],
  ["otherwise", ["default", "else", "otherwise:", "default:"]],
  ["fallback", ["fallback to", "failover", "fall back to", "fallback:"]],
  ["with", ["using", "with:"]],
  ["on", ["when", "for", "if"]],
  ["by", ["per", "on"]],
  ["of", ["from", "in"]],
  ["let", ["const", "var", "def"]],
  ["pool", ["group", "set"]],
  ["rule", ["rules", "Rule"]],
  ["reject", ["deny", "block", "refuse"]],
  ["where", ["with", "if", "when"]],
  ["split", ["weighted", "spilt"]],
  ["never", ["not", "forbid"]],
  ["ensure", ["require", "assert", "always"]],
  ["expect", ["assert", "then", "expects"]],
  ["given", ["when", "with"]],
  ["test", ["it", "case"]],
  ["when", ["if", "while"]],
  ["also", ["and", "always"]],
  ["contains", ["includes", "has"]],
  ["matches", ["match", "like", "~"]],
  ["unknown", ["null", "none", "undefined"]],
  ["true", ["yes", "True"]],
  ["false", ["no", "False"]],
]);

const foreignWord: SlipMaker = (example, random) => {
  const drawn = draw(example, random, ({ image }) => foreignWords.has(image));
  const text = random.pick(foreignWords.get(drawn?.token.image ?? "") ?? []);
  return drawn === null || text === undefined ? null : replaceToken(drawn.token, text);
};

/** Slips in whole tokens and in the letters of words. */
export const wordSlips: Readonly<Record<string, SlipMaker>> = {
  "dropped token": dropped,
  "doubled token": doubled,
  "swapped neighbours": swapped,
  "misspelt keyword": misspeltKeyword,
  "misspelt name": misspeltName,
  "wrong case": wrongCase,
  "name of another kind": wrongKind,
  "lost space": lostSpace,
  "stray space": straySpace,
  "word of another language": foreignWord,
};
