import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { eachString } from "../../src/extract/strings.ts";
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
  ["two bytes a letter, the other way round", "", base64(Buffer.from(wide).swap16())],
  ["two bytes a letter without a mark", "", base64(Buffer.from(said, "utf16le"))],
  [
    "two bytes a letter, as it is said",
    ";charset=utf-16be",
    base64(Buffer.from(wide.subarray(2)).swap16()),
  ],
  ["UTF-8 behind a blank", "; charset=utf-8", base64(said)],
  ["UTF-8 behind a long head", `;note=${"x".repeat(120)}`.repeat(7), base64(said)],
  ["another alphabet", "", base64(said).replaceAll("+", "-").replaceAll("/", "_")],
  ["lines", "", base64(said).replaceAll(/(.{8})/g, "$1\r\n")],
  ["base64 with a stray letter", "", `${base64(said)}*`],
  ["base64 with stray letters within", "", base64(said).replaceAll(/(.{8})/g, "$1*")],
  ["base64 in pieces", "", base64(said.slice(0, 8)) + base64(said.slice(8))],
])("a text in %s is read", (_, parameters, data) => {
  const url = `data:text/plain${parameters};base64,${data}`;
  expect(textOfBytes({ url }, "url", url)).toBe(said);
});

test.each([
  ["bytes of a PDF", { file_data: "data:application/pdf;base64,AAAA", filename: "a.txt" }],
  ["bytes of nothing that is said", { file_data: base64(Buffer.from([0x89, 0x50, 0x4e, 0x47])) }],
  ["a PDF that begins with letters", { file_data: base64("%PDF-1.4 and letters") }],
  ["what only its maker reads", { data: base64(said), type: "reasoning.encrypted" }],
  ["a text that stands as it is", { data: "QUJD", media_type: "text/plain", type: "text" }],
])("%s is no text in letters", (_, holder) => {
  const [name = "", value = ""] = Object.entries(holder)[0] ?? [];
  expect(isTextBytes(holder, name, value)).toBe(false);
  expect(textOfBytes(holder, name, value)).toBeNull();
});

test.each([
  ["a head longer than any", `;note=${"x".repeat(3000)}`, base64(said)],
  ["a head that speaks itself", ";for=bob@example.com", base64(said)],
  ["letters that it does not have", ";charset=utf-16", base64(said)],
  ["letters of two bytes that it has not", ";charset=utf-16be", base64(wide)],
  ["letters that swallow others", ";charset=gb18030", base64(said)],
  ["what is no base64", "", said],
])("a text with %s is read in every way", (_, parameters, data) => {
  const url = `data:text/plain${parameters};base64,${data}`;
  expect(textOfBytes({ url }, "url", url)).toContain(said);
  const [, further] = /for=(\S+);/.exec(url) ?? [];
  expect(textOfBytes({ url }, "url", url)).toContain(further ?? "");
});

const csv = base64(`name;mail\n${said}\n`.repeat(9));

test.each([
  [
    "a table as a spreadsheet",
    { file_data: `data:application/vnd.ms-excel;base64,${csv}`, filename: "a.csv" },
  ],
  ["code as a film", { file_data: `data:video/mp2t;base64,${csv}`, filename: "a.ts" }],
  ["a type that nobody knows", { file_data: `data:application/x-new;base64,${csv}` }],
  ["no type and no name", { file_data: csv }],
  ["no type, no name and a stray letter", { file_data: `${csv}*` }],
  ["no type, no name and few letters", { file_data: base64(said) }],
  ["a drawing", { url: `data:image/svg+xml;base64,${csv}` }],
  ["a drawing in letters", { url: `data:image/svg+xml,${encodeURIComponent(said)} 100%` }],
  ["data of a new type", { data: csv, mimeType: "application/x-new" }],
  ["data of a type with its letters", { data: csv, media_type: "text/plain; charset=utf-8" }],
])("a text told as %s is a text", (_, holder) => {
  const [name = "", value = ""] = Object.entries(holder)[0] ?? [];
  expect(isTextBytes(holder, name, value)).toBe(true);
  expect(textOfBytes(holder, name, value)).toContain(said);
});

test("a text that stands in a list is read, and what only begins like an address stays whole", () => {
  const url = `data:text/plain;base64,${base64(said)}`;
  expect(textOfBytes(null, "", url)).toBe(said);
  expect(textOfBytes({}, "note", "Data: one, and more")).toBe("Data: one, and more");
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

test("a text is decoded once for all that look at it, though its base64 has a stray letter", () => {
  const holder = { file_data: `data:text/plain;base64,${base64(said)}*` };
  const decode = vi.spyOn(TextDecoder.prototype, "decode");
  try {
    const look = () => textOfBytes(holder, "file_data", holder.file_data);
    expect(look()).toBe(said);
    decode.mockClear();
    expect(look()).toBe(said);
    expect(decode).not.toHaveBeenCalled();
  } finally {
    decode.mockRestore();
  }
});

test("a text of a list is let go with its request", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const held = async (): Promise<number> => {
    // The last text that a pattern was tried on is kept by the engine.
    expect(/a/.test("a")).toBe(true);
    for (let round = 0; round < 3; round += 1) {
      collect();
      await new Promise((next) => setImmediate(next));
    }
    return process.memoryUsage().heapUsed + process.memoryUsage().external;
  };
  const look = (): void => {
    let length = 0;
    const url = `data:text/plain;base64,${Buffer.alloc(8_000_000, "secret ").toString("base64")}`;
    eachString([url], (text) => {
      length += text.length;
    });
    expect(length).toBe(8_000_000);
  };
  const before = await held();
  look();
  expect((await held()) - before).toBeLessThan(4_000_000);
});
