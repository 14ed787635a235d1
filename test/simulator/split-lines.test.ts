import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "../../src/simulator/split-lines.ts";

function linesOf(chunks: readonly Uint8Array[]): [number, string][] {
  const lines: [number, string][] = [];
  const splitter = new LineSplitter({
    line: (text, number) => lines.push([number, text]),
    tooLong: (number) => lines.push([number, "too long"]),
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

const line = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", "é€😀", '{"a":1}', "x".repeat(50)),
);

test("lines come out as they went in, wherever the chunks are cut, inside a character too", () => {
  fc.assert(
    fc.property(
      fc.array(line),
      fc.array(fc.nat({ max: 400 })),
      fc.boolean(),
      (texts, cuts, ends) => {
        const clean = texts.map((text) => text.replaceAll(/[\r\n\ufeff]/g, "").toWellFormed());
        const bytes = Buffer.from(clean.join("\n") + (ends && clean.length > 0 ? "\n" : ""));
        const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort(
          (a, b) => a - b,
        );
        const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
        const expected = clean.map((text, index): [number, string] => [index + 1, text]);
        // What follows the last line feed is a line only when it is not empty.
        if (expected.at(-1)?.[1] === "" && !ends) expected.pop();
        expect(linesOf(chunks)).toEqual(expected);
      },
    ),
  );
});

test("carriage returns before a line feed and a byte order mark at the start are dropped", () => {
  expect(linesOf([Buffer.from("\ufeffa\r\nb\r"), Buffer.from("\nc")])).toEqual([
    [1, "a"],
    [2, "b"],
    [3, "c"],
  ]);
});

test("a line of more than 64 MiB is passed over, and the next one is read", () => {
  const part = Buffer.alloc(16 * 1024 * 1024, "x");
  const chunks = [Buffer.from("a\n"), part, part, part, part, part, Buffer.from("\nb\n")];
  expect(linesOf(chunks)).toEqual([
    [1, "a"],
    [2, "too long"],
    [3, "b"],
  ]);
});
