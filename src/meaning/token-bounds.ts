import { characterClass, classOf } from "./character-classes.ts";
import { TokenPieces } from "./token-pieces.ts";
import { longestSlice, sliceEnd } from "./token-slices.ts";
import { extendHash, hashOf, pairBits, type TokenVocabulary } from "./token-vocabulary.ts";

/** Bounds on a number of tokens, both inclusive. */
export interface TokenBounds {
  low: number;
  high: number;
}

/** One piece as UTF-8; a unit of UTF-16 takes three bytes at most. */
const bytes = new Uint8Array(longestSlice * 3 + 4);
/** Hash of what was encoded last. */
let encodedHash = 0;
/** By bytes read: most tokens that can end there, with a last one of one byte, of two, of three, of more. */
const one = new Int32Array(bytes.length + 1);
const two = new Int32Array(bytes.length + 1);
const three = new Int32Array(bytes.length + 1);
const more = new Int32Array(bytes.length + 1);
const encoder = new TextEncoder();
/** The slice under work where it is of ASCII alone. */
const ascii = new Uint8Array(longestSlice * 3);
const apostrophe = 0x27;
/** By character of ASCII: 1 where it may stand once before a word. */
const leads = Uint8Array.from({ length: 0x80 }, (_, code) =>
  (classOf(code) & characterClass.prefix) === 0 ? 0 : 1,
);
/** Less than any count: no row of tokens ends so. */
const never = -1_000_000;

/**
 * Adds bounds on `countTokens` of one text to `bounds`: proven, not estimated. The text is cut into the tokenizer's own
 * pieces. A piece that is a token counts as one. Any other counts as two at least, and as one more than it has neighbours
 * that no token holds; and at most as many as can stand side by side when every mergeable pair has merged. Without a
 * vocabulary each piece counts from one to its bytes.
 */
export function addTokenBounds(
  text: string,
  vocabulary: TokenVocabulary | null,
  bounds: TokenBounds,
): void {
  // Behind one slice that is not, others are seldom of ASCII alone.
  let isAscii = true;
  for (let start = 0; start < text.length; ) {
    const pieces = new TokenPieces(text, sliceEnd(text, start));
    isAscii = isAscii && readAscii(pieces, start);
    if (isAscii) addAscii(pieces, start, vocabulary, bounds);
    else for (let at = start; at < pieces.end; ) at = addPiece(pieces, at, vocabulary, bounds);
    start = pieces.end;
  }
}

/** Writes a slice into `ascii`; says whether it is of ASCII alone. */
function readAscii({ text, end }: TokenPieces, start: number): boolean {
  return encoder.encodeInto(text.slice(start, end), ascii).written === end - start;
}

/** Adds the bounds of the slice in `ascii`: words, which most pieces are, in one pass each. */
function addAscii(
  pieces: TokenPieces,
  start: number,
  vocabulary: TokenVocabulary | null,
  bounds: TokenBounds,
): void {
  const length = pieces.end - start;
  for (let at = 0; at < length; ) {
    const end = endOfWord(at, length);
    if (end > at) addWord(at, end, vocabulary, bounds);
    at = end > at ? end : addPiece(pieces, start + at, vocabulary, bounds) - start;
  }
}

/** Adds the bounds of one piece of any kind; returns its end. */
function addPiece(
  pieces: TokenPieces,
  start: number,
  vocabulary: TokenVocabulary | null,
  bounds: TokenBounds,
): number {
  const { text } = pieces;
  const end = pieces.endOf(start);
  if (end === start + 1 && text.charCodeAt(start) < 0x80) {
    bounds.low += 1;
    bounds.high += 1;
    return end;
  }
  const length = encode(text, start, end);
  const apart = boundPiece(length, vocabulary, bounds);
  if (apart && vocabulary !== null) {
    bounds.low += Math.max(countApart(text, start, end, vocabulary) - 1, 0);
  }
  return end;
}

/**
 * Where the piece ends that begins at a place of `ascii`, if it is what most are: a blank or a sign or neither, a capital or none, then
 * small letters with no apostrophe behind; the place itself for any other. Leaves its hash.
 */
function endOfWord(start: number, end: number): number {
  let at = start;
  let hash = 0;
  let code = ascii[at] as number;
  if (leads[code] === 1) {
    hash = extendHash(hash, code);
    at += 1;
    code = at < end ? (ascii[at] as number) : 0;
  }
  if (code >= 0x41 && code <= 0x5a) {
    hash = extendHash(hash, code);
    at += 1;
    code = at < end ? (ascii[at] as number) : 0;
  }
  const letters = at;
  while (code >= 0x61 && code <= 0x7a) {
    hash = extendHash(hash, code);
    at += 1;
    code = at < end ? (ascii[at] as number) : 0;
  }
  encodedHash = hash;
  return at === letters || code === apostrophe ? start : at;
}

/** Adds the bounds of the word in `ascii` whose hash is left. */
function addWord(
  start: number,
  end: number,
  vocabulary: TokenVocabulary | null,
  bounds: TokenBounds,
): void {
  if (vocabulary?.has(ascii, start, end, encodedHash) === true) {
    bounds.low += 1;
    bounds.high += 1;
    return;
  }
  bytes.set(ascii.subarray(start, end));
  boundPiece(end - start, vocabulary, bounds);
}

/** The longest token, in bytes. */
const longestToken = 128;

/** Adds bounds that the length of a text alone tells, whatever it holds: at once, and loose. */
export function addLengthBounds({ length }: string, bounds: TokenBounds): void {
  bounds.low += Math.ceil(length / longestToken);
  bounds.high += 3 * length;
}

/** Adds the bounds of the piece in `bytes`; says whether it is more than one token. */
function boundPiece(
  length: number,
  vocabulary: TokenVocabulary | null,
  bounds: TokenBounds,
): boolean {
  if (vocabulary === null) {
    bounds.low += 1;
    bounds.high += length;
    return false;
  }
  if (vocabulary.has(bytes, 0, length, encodedHash)) {
    bounds.low += 1;
    bounds.high += 1;
    return false;
  }
  bounds.low += 2;
  bounds.high += mostTokens(length, vocabulary);
  return true;
}

/** Writes a piece into `bytes` as UTF-8, half a pair as the replacement character; returns how many. */
function encode(text: string, start: number, end: number): number {
  let hash = 0;
  let at = start;
  for (; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) break;
    bytes[at - start] = code;
    hash = extendHash(hash, code);
  }
  let length = at - start;
  if (at < end) {
    length = encodeRest(text, { at, end }, length);
    hash = hashOf(bytes, 0, length);
  }
  encodedHash = hash;
  return length;
}

function encodeRest(
  text: string,
  { at: start, end }: { readonly at: number; readonly end: number },
  written: number,
): number {
  let length = written;
  for (let at = start; at < end; at += 1) {
    let code = text.charCodeAt(at);
    if (code < 0x80) {
      bytes[length] = code;
      length += 1;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      code = text.codePointAt(at) as number;
      if (code > 0xffff) at += 1;
      else code = 0xfffd;
    }
    length = encodeWide(code, length);
  }
  return length;
}

/** Writes a code point beyond ASCII at a place; returns the place behind it. */
function encodeWide(code: number, start: number): number {
  let at = start;
  if (code < 0x800) bytes[at] = 0xc0 | (code >> 6);
  else if (code < 0x10000) {
    bytes[at] = 0xe0 | (code >> 12);
    at += 1;
    bytes[at] = 0x80 | ((code >> 6) & 0x3f);
  } else {
    bytes[at] = 0xf0 | (code >> 18);
    bytes[at + 1] = 0x80 | ((code >> 12) & 0x3f);
    at += 2;
    bytes[at] = 0x80 | ((code >> 6) & 0x3f);
  }
  bytes[at + 1] = 0x80 | (code & 0x3f);
  return at + 2;
}

/**
 * Neighbours in a piece that no token holds: each is parted by an end of a token, behind the first of the two or inside it,
 * so that no end parts two such pairs.
 */
function countApart(text: string, start: number, end: number, vocabulary: TokenVocabulary): number {
  let count = 0;
  for (let at = start + 1; at < end; at += 1) {
    if (!vocabulary.mayJoin(text.charCodeAt(at - 1), text.charCodeAt(at))) count += 1;
  }
  return count;
}

/**
 * Most tokens that a piece of so many bytes can end in. Of one, two and three bytes only tokens stand there; no two
 * neighbours stand there that make one: looked up for three bytes together, and beyond ASCII for two of two and two of
 * three, which are letters. Longer ones are taken for tokens where one begins alike.
 */
function mostTokens(length: number, vocabulary: TokenVocabulary): number {
  one[0] = never;
  two[0] = never;
  three[0] = never;
  more[0] = 0;
  let long = never;
  // Of the last two bytes, of those before them by one, and by two.
  let pair = 0;
  let earlier = 0;
  let earliest = 0;
  for (let at = 1; at <= length; at += 1) {
    earliest = earlier;
    earlier = pair;
    pair = at > 1 ? vocabulary.pairOf(byteAt(at - 2), byteAt(at - 1)) : 0;
    const isPair = (pair & pairBits.token) !== 0;
    const isTriple =
      (earlier & pairBits.opensTriple) !== 0 &&
      vocabulary.hasTriple(byteAt(at - 3), byteAt(at - 2), byteAt(at - 1));
    if ((earliest & pairBits.opensLong) !== 0) long = Math.max(long, mostAt(at - 4));
    one[at] = mostBeforeOne(at - 1, isPair, isTriple) + 1;
    two[at] = isPair ? mostBeforeTwo(at - 2, isTriple, vocabulary) + 1 : never;
    three[at] = isTriple ? mostBeforeThree(at - 3, vocabulary) + 1 : never;
    more[at] = long + 1;
  }
  return mostAt(length);
}

const byteAt = (at: number): number => bytes[at] as number;

function mostAt(at: number): number {
  return Math.max(
    Math.max(one[at] as number, two[at] as number),
    Math.max(three[at] as number, more[at] as number),
  );
}

function mostBeforeOne(at: number, isPair: boolean, isTriple: boolean): number {
  let most = Math.max(three[at] as number, more[at] as number);
  if (!isPair) most = Math.max(most, one[at] as number);
  return isTriple ? most : Math.max(most, two[at] as number);
}

function mostBeforeTwo(at: number, isTriple: boolean, vocabulary: TokenVocabulary): number {
  let most = Math.max(three[at] as number, more[at] as number);
  if (!isTriple) most = Math.max(most, one[at] as number);
  if ((two[at] as number) <= most || makesToken(vocabulary, at - 2, at + 2)) return most;
  return two[at] as number;
}

function mostBeforeThree(at: number, vocabulary: TokenVocabulary): number {
  const most = Math.max(Math.max(one[at] as number, two[at] as number), more[at] as number);
  if ((three[at] as number) <= most || makesToken(vocabulary, at - 3, at + 3)) return most;
  return three[at] as number;
}

/** Whether letters beyond ASCII are one token; not looked up for others. */
function makesToken(vocabulary: TokenVocabulary, start: number, end: number): boolean {
  return byteAt(start) > 0x7f && vocabulary.has(bytes, start, end, hashOf(bytes, start, end));
}
