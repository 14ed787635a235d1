import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openDecisionLog } from "../../../src/runtime/telemetry/decision-log.ts";

const freshPath = (): string =>
  join(mkdtempSync(join(tmpdir(), "signalbox-log-")), "decisions.jsonl");
const silent = { onError: () => {} };

test("every line is in the file when the log is closed, whole and in order, whatever is in it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "grapheme", maxLength: 3_000 }), { maxLength: 400 }),
      async (texts) => {
        const path = freshPath();
        const log = openDecisionLog(path, silent);
        const lines = texts.map((text) => `${JSON.stringify(text)}\n`);
        for (const line of lines) log.append(line);
        await log.close();
        expect(readFileSync(path, "utf8")).toBe(lines.join(""));
        expect(log.dropped()).toBe(0);
      },
    ),
    { numRuns: 30 },
  );
});

test("lines reach the file without a close, when a batch is full", async () => {
  const path = freshPath();
  const log = openDecisionLog(path, silent);
  for (let i = 0; i < 5_000; i += 1) log.append(`{"i":${i},"pad":"${"x".repeat(100)}"}\n`);
  while (readFileSync(path, "utf8").length < 100_000) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await log.close();
  const lines = readFileSync(path, "utf8").trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { i: number }).i)).toEqual(
    Array.from({ length: 5_000 }, (_, i) => i),
  );
});

test("what the disk cannot take in time is dropped by whole lines and counted", async () => {
  const path = freshPath();
  const log = openDecisionLog(path, { ...silent, capacityBytes: 300_000 });
  const line = `${"y".repeat(999)}\n`;
  // Nothing can be written between two synchronous appends, so the log has to hold it all.
  for (let i = 0; i < 2_000; i += 1) log.append(line);
  await log.close();
  const written = readFileSync(path, "utf8");
  expect(log.dropped()).toBeGreaterThan(0);
  expect(written.length / line.length + log.dropped()).toBe(2_000);
});

test("after a rotation and `reopen` lines go to a new file of the old name", async () => {
  const path = freshPath();
  const log = openDecisionLog(path, silent);
  log.append("before\n");
  renameSync(path, `${path}.1`);
  log.reopen();
  log.append("after\n");
  await log.close();
  expect(existsSync(path)).toBe(true);
  const rotated = readFileSync(`${path}.1`, "utf8");
  expect(rotated + readFileSync(path, "utf8")).toBe("before\nafter\n");
  expect(readFileSync(path, "utf8")).toContain("after");
});

test("a file that cannot be opened is told at once, and appends after a close are counted as dropped", async () => {
  expect(() =>
    openDecisionLog(join(tmpdir(), "no", "such", "folder", "x.jsonl"), silent),
  ).toThrow();
  const log = openDecisionLog(freshPath(), silent);
  await log.close();
  log.append("late\n");
  expect(log.dropped()).toBe(1);
});

test("a disk that takes nothing is reported once, and lines are counted as dropped", async () => {
  const told: string[] = [];
  const log = openDecisionLog("/dev/full", { onError: (text) => told.push(text) });
  for (let i = 0; i < 3_000; i += 1) log.append(`${"z".repeat(200)}\n`);
  await log.close();
  expect(log.dropped()).toBe(3_000);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/\/dev\/full cannot be written/);
});

test("a file that would grow too large is put aside first; so many are kept, and every line is whole in one of them", async () => {
  const path = freshPath();
  const log = openDecisionLog(path, { ...silent, rotation: { maxBytes: 600_000, keep: 3 } });
  const line = (i: number): string => `${String(i).padStart(99_999, "0")}\n`;
  const lines = 40;
  for (let i = 0; i < lines; i += 1) {
    log.append(line(i));
    // Three lines are written before the next are begun, however slow the disk: a batch is never cut in two.
    const isThird = i % 3 === 2;
    if (isThird) await expect.poll(() => lastLine(path)).toBe(i);
  }
  await log.close();
  const names = readdirSync(dirname(path)).sort();
  expect(names).toEqual([
    "decisions.jsonl",
    "decisions.jsonl.1",
    "decisions.jsonl.2",
    "decisions.jsonl.3",
  ]);
  const kept = [3, 2, 1].map((number) => readFileSync(`${path}.${number}`, "utf8"));
  for (const text of kept) expect(text.length).toBeLessThanOrEqual(600_000);
  const numbers = [...kept, readFileSync(path, "utf8")].flatMap((text) =>
    text.trim().split("\n").map(Number),
  );
  // Those left are the newest, without a gap.
  expect(numbers).toEqual(numbers.map((_, at) => lines - numbers.length + at));
  expect(log.dropped()).toBe(0);
});

/** The number in the last line of a log; NaN while there is none. */
const lastLine = (path: string): number =>
  existsSync(path) ? Number(readFileSync(path, "utf8").trim().split("\n").at(-1) || "NaN") : NaN;

test.each([
  ["what was there before counts", 1, ["decisions.jsonl", "decisions.jsonl.1"]],
  ["where none is kept, the old one is removed", 0, ["decisions.jsonl"]],
])("%s", async (_name, keep, names) => {
  const path = freshPath();
  writeFileSync(path, "x".repeat(2_000));
  const log = openDecisionLog(path, { ...silent, rotation: { maxBytes: 2_000, keep } });
  log.append("new\n");
  await expect.poll(() => readFileSync(path, "utf8")).toBe("new\n");
  await log.close();
  expect(readdirSync(dirname(path)).sort()).toEqual(names);
});

test("a file that cannot be put aside goes on growing, and that is told once", async () => {
  const told: string[] = [];
  const path = freshPath();
  // A folder that is not empty cannot be renamed over.
  mkdirSync(join(`${path}.1`, "full"), { recursive: true });
  const log = openDecisionLog(path, {
    rotation: { maxBytes: 1_000, keep: 1 },
    onError: (text) => told.push(text),
  });
  for (let i = 0; i < 4; i += 1) {
    log.append(`${"x".repeat(999)}\n`);
    await expect.poll(() => readFileSync(path).length).toBe((i + 1) * 1_000);
  }
  await log.close();
  expect(told).toEqual([expect.stringMatching(/cannot be rotated/)]);
  expect(log.dropped()).toBe(0);
});

test("a sink that nobody reads holds the log's bytes to their bound, and what it takes later is whole lines", async () => {
  const path = freshPath();
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const capacityBytes = 400_000;
  const log = openDecisionLog(path, { ...silent, capacityBytes });
  const line = (i: number): string => `${String(i).padStart(999, "0")}\n`;
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 20_000; i += 1) log.append(line(i));
  await new Promise((resolve) => setImmediate(resolve));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * capacityBytes);
  expect(log.dropped()).toBeGreaterThan(19_000);
  let over = false;
  void log.close().then(() => {
    over = true;
  });
  let text = "";
  const piece = Buffer.alloc(65_536);
  const taken = (): number => {
    try {
      return readSync(reader, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      return 0;
    }
  };
  for (let wasOver = false; !wasOver; ) {
    wasOver = over;
    for (let count = taken(); count > 0; count = taken())
      text += piece.toString("latin1", 0, count);
    await new Promise((resolve) => setImmediate(resolve));
  }
  closeSync(reader);
  const lines = text.trimEnd().split("\n");
  expect(lines.length).toBe(20_000 - log.dropped());
  for (const each of lines) expect(each).toMatch(/^\d{999}$/);
});

test("a close does not wait for ever for a sink that nobody reads", async () => {
  const path = freshPath();
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const told: string[] = [];
  const log = openDecisionLog(path, { closeWithinMs: 50, onError: (text) => told.push(text) });
  for (let i = 0; i < 200; i += 1) log.append(`${"x".repeat(999)}\n`);
  await log.close();
  expect(log.dropped()).toBe(200);
  expect(told).toEqual([expect.stringMatching(/takes nothing any more/)]);
  closeSync(reader);
});
