import { expect, test } from "vitest";
import { readDataUrl, unescaped } from "../../src/protocol/data-url.ts";

const read = (url: string) => {
  const found = readDataUrl(url);
  return (
    found && [found.mediaType, found.charset, found.base64, url.slice(found.start), found.isPlain]
  );
};

test.each([
  ["data:text/plain;base64,QQ==", ["text/plain", null, true, "QQ==", true]],
  ["DATA:Text/Plain; Charset=UTF-8; BASE64,QQ", ["text/plain", "UTF-8", true, "QQ", true]],
  ['data:text/csv;charset="utf-16le" ;base64,QQ', ["text/csv", "utf-16le", true, "QQ", true]],
  ["data:application/pdf;name=a.pdf;base64,QQ", ["application/pdf", null, true, "QQ", true]],
  ["data:;base64,QQ", ["", null, true, "QQ", true]],
  ["data:,a,b", ["", null, false, "a,b", true]],
  ["data:text/plain;base64=no,QQ", ["text/plain", null, false, "QQ", true]],
  ["data: one, and more", ["one", null, false, " and more", false]],
  ["data:text/plain;for=a@b.c;base64,QQ", ["text/plain", null, true, "QQ", false]],
  [`data:text/plain;a=${"x".repeat(5000)};base64,QQ`, ["text/plain", null, true, "QQ", false]],
  ["data:text/plain;base64", null],
  ["https://x/data:,", null],
])("the head of %s", (url, told) => expect(read(url)).toEqual(told));

test.each([
  ["a%40b.c", "a@b.c"],
  ["gr%C3%BC%c3%9fe 100%", "grüße 100%"],
  ["%ff and %2", "\ufffd and %2"],
])("%s says %s", (written, said) => expect(unescaped(written)).toBe(said));
