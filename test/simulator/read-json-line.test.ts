import { expect, test } from "vitest";
import type { LinePlace } from "../../src/simulator/log-file.ts";
import { readJsonLine } from "../../src/simulator/read-json-line.ts";
import type { RowContext } from "../../src/simulator/row-request.ts";
import { read } from "../support/read-requests.ts";

const observation = (id: string, type: string) => ({
  ...{ id, type, traceId: "t", startTime: "2026-11-23T10:00:00.000Z" },
  // Marks within texts open and close nothing.
  input: 'a "}] text\\',
});
const page = {
  links: [{ data: [{ x: 1 }] }],
  data: [observation("a", "GENERATION"), observation("b", "SPAN"), observation("c", "GENERATION")],
  meta: { page: 1, of: [{ x: 1 }] },
};

test.each([0, 1, 2])(
  "rows of a page are named by the lines they begin on, indented by %i",
  async (by) => {
    const text = JSON.stringify(page, null, by);
    const lineOf = (id: string): number => {
      const before = text.slice(0, text.indexOf(JSON.stringify(id)));
      // Each object begins on the line before that of its first field.
      return by === 0 ? 1 : before.split("\n").length - 1;
    };
    const { requests, skipped } = await read([Buffer.from(`\n${text}\n`)]);
    expect(requests.map(({ id, line }) => [id, line])).toEqual([
      ["a", lineOf("a") + 1],
      ["c", lineOf("c") + 1],
    ]);
    expect(skipped.map(([line]) => line)).toEqual([lineOf("b") + 1]);
  },
);

test.each([
  [
    { a: 1, "b.c": 2 },
    "no request of a known format (its fields: `a`, `b.c`); --map says which field is which",
  ],
  [{ "\u001b[2J": 1 }, "no request of a known format; --map says which field is which"],
  [
    Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`f${at}`, at])),
    "no request of a known format (its fields: `f0`, `f1`, `f2`, `f3`, `f4`, `f5`, `f6`, `f7`, …); --map says which field is which",
  ],
])("what is no request is told with its fields", async (row, reason) => {
  const { skipped } = await read([Buffer.from(JSON.stringify(row))]);
  expect(skipped).toEqual([[1, reason]]);
});

test("a slip in JSON is told with its column, and with its line where that is not the one named beside it", async () => {
  const { skipped } = await read([Buffer.from(`\n{bad\n`)]);
  expect(skipped).toEqual([[2, expect.stringMatching(/^not JSON: .+ in JSON at column 2$/)]]);
  const reading = { format: null, map: null, context: {} as RowContext };
  const given: unknown[] = [];
  const place = { line: 5, file: null } as unknown as LinePlace;
  readJsonLine("[1,\n{bad", place, reading, (line) => given.push(line));
  expect(given).toEqual([
    { ok: false, reason: expect.stringMatching(/ in JSON at line 6, column 2$/) },
  ]);
});
