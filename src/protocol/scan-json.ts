import type { ByteSpan } from "./chat-request.ts";

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
/** How far a string is walked byte by byte before the native search takes over. */
const walked = 32;

/** What one pass over the bytes of a JSON text tells before it is parsed. Right for valid JSON; for other text merely harmless. */
export interface JsonScan {
  /** Deepest nesting met; the pass stops one above the limit. */
  readonly depth: number;
  /** Keys of all objects together; the pass stops one above the limit. */
  readonly keys: number;
  readonly commas: number;
  /** The value of the one top-level `model`, when it is a string; null when absent, repeated or spelt with escapes. A repetition spelt with escapes shows in `keys` alone. */
  readonly modelSpan: ByteSpan | null;
}

export interface ScanLimits {
  readonly maxDepth: number;
  readonly maxKeys: number;
  readonly maxCommas: number;
}

/** The last string passed, and what the top level's keys said so far. */
interface TopLevel {
  stringStart: number;
  stringEnd: number;
  models: number;
  /** Inside the value of `model`, before anything but blanks was met. */
  awaitsModel: boolean;
  span: ByteSpan | null;
}

/** Counts depth, keys and commas without building anything, so that a hostile body costs one cheap pass. */
export function scanJson(bytes: Uint8Array, limits: ScanLimits): JsonScan {
  const length = bytes.length;
  const top: TopLevel = {
    stringStart: 0,
    stringEnd: 0,
    models: 0,
    awaitsModel: false,
    span: null,
  };
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  let commas = 0;
  for (let at = 0; at < length; at++) {
    switch (bytes[at]) {
      case quote:
        top.stringStart = at;
        top.stringEnd = endOfString(bytes, at + 1);
        at = top.stringEnd - 1;
        if (top.awaitsModel) takeModel(top);
        break;
      case colon:
        keys++;
        if (depth === 1) takeKey(bytes, top);
        break;
      case comma:
        commas++;
        break;
      case openBrace:
      case openBracket:
        top.awaitsModel = false;
        if (++depth > deepest) deepest = depth;
        break;
      case closeBrace:
      case closeBracket:
        depth--;
        break;
      default:
        continue;
    }
    if (keys > limits.maxKeys || depth > limits.maxDepth || commas > limits.maxCommas) break;
  }
  const modelSpan = top.models === 1 ? top.span : null;
  return { depth: deepest, keys, commas, modelSpan };
}

function takeModel(top: TopLevel): void {
  top.span = { start: top.stringStart, end: top.stringEnd };
  top.awaitsModel = false;
}

/** A colon at the top level: the string before it was a key. */
function takeKey(bytes: Uint8Array, top: TopLevel): void {
  top.awaitsModel = spells(bytes, top.stringStart, top.stringEnd);
  if (top.awaitsModel) top.models++;
}

/** Index after the closing quote; the length when the string never closes. */
function endOfString(bytes: Uint8Array, from: number): number {
  const length = bytes.length;
  let at = from;
  while (at < length) {
    const stop = Math.min(at + walked, length);
    while (at < stop) {
      const byte = bytes[at] as number;
      if (byte === quote) return at + 1;
      at += byte === backslash ? 2 : 1;
    }
    if (at >= length) return length;
    const next = bytes.indexOf(quote, at);
    if (next < 0) return length;
    let slashes = 0;
    while (next - 1 - slashes >= at && bytes[next - 1 - slashes] === backslash) slashes++;
    if (slashes % 2 === 0) return next + 1;
    at = next + 1;
  }
  return length;
}

/** Whether the string in quotes reads `model`. */
function spells(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 7 &&
    bytes[start + 1] === 0x6d &&
    bytes[start + 2] === 0x6f &&
    bytes[start + 3] === 0x64 &&
    bytes[start + 4] === 0x65 &&
    bytes[start + 5] === 0x6c
  );
}
