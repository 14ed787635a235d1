import { expect, test } from "vitest";
import { isTextBytes, textOfBytes } from "../../src/extract/text-bytes.ts";

const said = "grüße an alice.smith@example.com";
const base64 = (bytes: string | Buffer) => Buffer.from(bytes as string).toString("base64");
const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(said, "utf16le")]);

test.each([
  ["UTF-8", "", base64(said)],
  ["UTF-8 with a mark", "", base64(`\ufeff${said}`)],
  ["two bytes a letter, by their mark", "", base64(wide)],
  ["letters of one byte", ";charset=latin1", base64(Buffer.from(said, "latin1"))],
  ["letters that nobody knows", ";charset=klingon", base64(said)],
  ["a name in quotes", ';charset="utf-8"', base64(said)],
  ["signs of an address", "", encodeURIComponent(base64(said))],
])("a text in %s is read", (_, parameters, data) => {
  const url = `data:text/plain${parameters};base64,${data}`;
  expect(textOfBytes({ url }, "url", url)).toBe(said);
});

test.each([
  ["bytes of a PDF", { file_data: "data:application/pdf;base64,AAAA", filename: "a.txt" }],
  ["bytes of nothing that is said", { file_data: "QUJD" }],
  ["what only begins like an address", { file_data: "data: text/plain, and more" }],
  ["a text that stands as it is", { data: "QUJD", media_type: "text/plain", type: "text" }],
])("%s is no text in letters", (_, holder) => {
  const [name = "", value = ""] = Object.entries(holder)[0] ?? [];
  expect(isTextBytes(holder, name, value)).toBe(false);
  expect(textOfBytes(holder, name, value)).toBeNull();
});

test("one text of an object is not taken for another", () => {
  const [one, two] = [said, "else"].map((text) => `data:text/plain;base64,${base64(text)}`);
  const holder = { one, two };
  expect([one, two, one].map((url) => textOfBytes(holder, "url", url ?? ""))).toEqual([
    said,
    "else",
    said,
  ]);
});
