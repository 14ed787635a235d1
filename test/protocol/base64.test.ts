import fc from "fast-check";
import { expect, test } from "vitest";
import {
  beginsAsUtf8,
  bytesOfBase64,
  readingsOf,
  textOfBase64,
} from "../../src/protocol/base64.ts";

const stray = fc.array(fc.constantFrom("", "*", "\n", " ", "é", "!", "% "));

test("bytes come back from either alphabet, whatever stands between the letters", () => {
  const alphabets = fc.constantFrom("base64" as const, "base64url" as const);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), alphabets, stray, (bytes, alphabet, between) => {
      const written = Buffer.from(bytes).toString(alphabet);
      const torn = [...written].map((letter, at) => letter + (between[at] ?? "")).join("");
      expect(bytesOfBase64(torn)).toEqual(bytes);
      expect(bytesOfBase64(encodeURIComponent(written))).toEqual(bytes);
      expect(bytesOfBase64(`data:,${written}`, 6, 5)).toEqual(bytes.subarray(0, 5));
    }),
  );
});

test("base64 in pieces is read to its end", () => {
  const pieces = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 6 });
  fc.assert(
    fc.property(pieces, (texts) => {
      const written = texts.map((text) => Buffer.from(text).toString("base64")).join("");
      const whole = texts.join("");
      fc.pre(!whole.includes("\0") && !whole.startsWith("\ufeff"));
      expect(textOfBase64(written, null)).toBe(whole);
    }),
  );
});

test.each([
  ["UTF-8", "naïve", null, ["naïve"]],
  ["UTF-8 by an unknown name", "naïve", "klingon", ["naïve"]],
  ["simple letters that any name fits", "plain", "latin1", ["plain"]],
  ["one byte a letter", Buffer.from("naïve", "latin1"), "latin1", ["naïve"]],
  ["two bytes a letter", Buffer.from("naïve", "utf16le"), "utf-16le", ["naïve"]],
  ["UTF-8 as one byte a letter", "naïve", "latin1", ["naÃ¯ve", "naïve"]],
  ["UTF-8 as two bytes a letter", "abcd", "utf-16le", ["扡摣", "abcd"]],
  ["a zero", "a\0bcdefghij", null, ["a\0bcdefghij"]],
])("%s has its readings", (_, bytes, charset, readings) => {
  expect(readingsOf(Buffer.from(bytes as string), charset)).toEqual(readings);
});

test("what is cut off within a letter begins as UTF-8, and other bytes do not", () => {
  expect(beginsAsUtf8(Buffer.from("naï").subarray(0, 3))).toBe(true);
  expect(beginsAsUtf8(Buffer.from([0x61, 0xff]))).toBe(false);
});
