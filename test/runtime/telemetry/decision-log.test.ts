import { existsSync, mkdtempSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
