import fc from "fast-check";
import { expect, test } from "vitest";
import { LineCutter } from "../../../src/simulator/parallel/line-cutter.ts";
import { LineSplitter, longestLine } from "../../../src/simulator/split-lines.ts";

type Told = readonly [number: number, text: string];

/** The lines that a splitter tells of chunks, and of lines that are too long their number. */
function linesOf(chunks: readonly Uint8Array[], before: number, told: Told[]): void {
  const splitter = new LineSplitter(
    {
      line: (text, number) => void told.push([number, text]),
      tooLong: (number) => void told.push([number, "too long"]),
    },
    before,
  );
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
}

/** Bytes of the largest chunk that was cut. */
let largest = 0;

function cut(pieces: readonly Uint8Array[], chunkBytes: number): readonly Told[] {
  const told: Told[] = [];
  largest = 0;
  const cutter = new LineCutter(null, {
    chunkBytes,
    give({ bytes, before }) {
      largest = Math.max(largest, bytes.length);
      linesOf([bytes], before, told);
    },
  });
  for (const piece of pieces) cutter.push(piece);
  cutter.end();
  return told;
}

test("chunks hold the lines of the file, with their numbers, however the bytes come in and are cut", () => {
  const text = fc
    .array(fc.constantFrom("\n", "\n\n", "\r\n", "a", "bc", "é", "\ufeff", "0123456789"))
    .map((parts) => Buffer.from(parts.join("")));
  fc.assert(
    fc.property(
      text,
      fc.array(fc.nat({ max: 40 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 30 }),
      (bytes, cuts, chunkBytes) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        const whole: Told[] = [];
        linesOf([bytes], 0, whole);
        expect(cut(pieces, chunkBytes)).toEqual(whole);
      },
    ),
  );
});

test("a line that is too long is told and not held, and those behind it keep their numbers", () => {
  const long = Buffer.alloc(longestLine / 4, "x");
  const pieces = [Buffer.from("first\n"), ...Array(9).fill(long), Buffer.from("y\nlast")];
  expect(cut(pieces as Buffer[], 10)).toEqual([
    [1, "first"],
    [2, "too long"],
    [3, "last"],
  ]);
  expect(largest).toBeLessThan(1.5 * longestLine);
});
