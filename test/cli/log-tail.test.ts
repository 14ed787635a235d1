import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { readLogTail, type TailOrder } from "../../src/cli/log-tail.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-tail-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "decisions.jsonl");

const line = (policy: string, id: number, more = ""): string =>
  `${JSON.stringify({ v: 1, policy, id, more })}\n`;

async function idsOf(order: Omit<TailOrder, "file">): Promise<Record<string, unknown>> {
  const { byPolicy } = await readLogTail({ file, ...order });
  return Object.fromEntries(
    [...byPolicy].map(([name, { lines, isCut }]) => [
      name,
      [...lines.map((each) => JSON.parse(each.toString()).id as number), ...(isCut ? ["cut"] : [])],
    ]),
  );
}

test("any lines, cut anywhere: the last of each policy, in the order of the log", async () => {
  const lines = fc.array(
    fc.record({
      policy: fc.constantFrom("main", "other", "x"),
      more: fc.string({ unit: "grapheme" }),
    }),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 90 }),
      async (rows, last, chunkBytes) => {
        writeFileSync(file, rows.map(({ policy, more }, id) => line(policy, id, more)).join(""));
        const expected = (name: string): number[] =>
          rows.flatMap(({ policy }, id) => (policy === name ? [id] : [])).slice(-last);
        expect(await idsOf({ policies: ["main", "other"], last, chunkBytes })).toEqual({
          main: expected("main"),
          other: expected("other"),
        });
      },
    ),
  );
});

test("goes on in the files that were put aside, the newest first", async () => {
  writeFileSync(file, line("main", 5) + line("main", 6));
  writeFileSync(`${file}.1`, line("main", 3) + line("other", 4));
  writeFileSync(`${file}.2`, line("main", 1) + line("main", 2));
  expect(await idsOf({ policies: ["main"], last: 4 })).toEqual({ main: [2, 3, 5, 6] });
  // At a rotation the file is missing for a moment.
  rmSync(file);
  expect(await idsOf({ policies: ["main"], last: 2 })).toEqual({ main: [2, 3] });
  for (const number of [1, 2]) rmSync(`${file}.${number}`);
  expect(await idsOf({ policies: ["main"], last: 2 })).toEqual({ main: [] });
});

test("passes over what is no record, such as a line that is being written", async () => {
  writeFileSync(
    file,
    `\n[]\nnull\n"main"\n{"policy":1}\n${line("main", 1)}\n${line("main", 2).slice(0, -5)}`,
  );
  expect(await idsOf({ policies: ["main"], last: 9 })).toEqual({ main: [1] });
});

test("looks at so many bytes and keeps so many, and says where there may be more", async () => {
  writeFileSync(file, Array.from({ length: 100 }, (_, id) => line("main", id)).join(""));
  const each = line("main", 10).length;
  const order = { policies: ["main"], last: 100 };
  expect(await idsOf({ ...order, mostKept: 2 * each })).toEqual({ main: [98, 99, "cut"] });
  expect(await idsOf({ ...order, chunkBytes: 2 * each, mostRead: 5 * each })).toEqual({
    main: [97, 98, 99, "cut"],
  });
  expect(await idsOf({ ...order, last: 2, mostKept: 2 * each })).toEqual({ main: [98, 99] });
});

test("a line longer than any record is passed over without being held", async () => {
  writeFileSync(
    file,
    line("main", 1) + line("main", 2, "x".repeat(6 * 1024 * 1024)) + line("main", 3),
  );
  expect(await idsOf({ policies: ["main"], last: 9 })).toEqual({ main: [1, 3] });
});

test("takes the last records of other policies on its way, in the order of the log", async () => {
  const rows = ["other", "main", "x", "main", "x", "other", "main"];
  writeFileSync(file, rows.map((policy, id) => line(policy, id)).join(""));
  const idsBeside = async (last: number, beside: number): Promise<readonly unknown[]> => {
    const { all } = await readLogTail({ file, policies: ["main"], last, beside });
    return all.map((each) => (JSON.parse(each.toString()) as { id: number }).id);
  };
  expect(await idsBeside(3, 0)).toEqual([1, 3, 6]);
  expect(await idsBeside(3, 2)).toEqual([1, 3, 4, 5, 6]);
  // It goes no further back for them.
  expect(await idsBeside(2, 9)).toEqual([3, 4, 5, 6]);
});
