import { expect, test } from "vitest";
import type { LoggedRequest } from "../../../src/simulator/logged-request.ts";
import { speedOfTarget } from "../../../src/simulator/models/catalog-model.ts";
import { ModelFitter } from "../../../src/simulator/models/fit-models.ts";
import { modelsText, readModels } from "../../../src/simulator/models/models-file.ts";
import { printModels } from "../../../src/simulator/models/print-models.ts";
import type { Models } from "../../../src/simulator/models/target-model.ts";
import { readRecord } from "../../../src/simulator/read-record.ts";
import { arrived, replayed, steady } from "../../support/replaying.ts";

const minute = 60_000;
const place = { line: 1, file: null };

/** A record of a line that a batch at claude answered, five seconds and so long after it came. */
function answered(afterMs: number, tookMs: number, more: object = {}): object {
  const usage = { ...{ input: 100, output: 50, cachedRead: 0, cachedWrite: 0 }, tier: "batch" };
  const attempt = { target: "claude", step: 0, outcome: "ok", startMs: 5_000, usage };
  return arrived(
    afterMs,
    {},
    {
      ...{ stream: false, lane: "batch", durationMs: 5_000 + tookMs },
      attempts: [{ ...attempt, endMs: 5_000 + tookMs, ...more }],
    },
  );
}

function fitted(records: readonly object[]): Models {
  const fitter = new ModelFitter(() => speedOfTarget({ local: false }));
  for (const record of records) {
    const read = readRecord(record, place);
    if (!read.ok) throw new Error(read.reason);
    fitter.add(read.request as LoggedRequest);
  }
  return fitter.models();
}

const claude = (models: Models) => models.targets.get("claude");

test("a batch is learnt to have ended between the look that found it and the one before", () => {
  // Looks fall at 225 s and 465 s.
  expect(claude(fitted([answered(0, 465_700)]))?.batchMs).toEqual([345_000]);
  // Before the first look nobody knows better.
  expect(claude(fitted([answered(0, 3_000)]))?.batchMs).toEqual([3_000]);
});

test("a batch counts once, however many lines it has; what no batch answered does not count", () => {
  const long = Array.from({ length: 50 }, () => answered(0, 3_765_000));
  const models = fitted([...long, answered(minute, 225_000), answered(2 * minute, 225_000)]);
  expect(claude(models)?.batchMs?.[20]).toBe(165_000);
  expect(models.log).toMatchObject({ requests: 52, attempts: 0 });
  expect(claude(models)).toMatchObject({ attempts: 0, answers: 0 });
  const live = answered(0, 9_000, { usage: { input: 1, output: 1 } });
  expect(
    claude(fitted([live, answered(0, 9_000, { outcome: "timeout" })]))?.batchMs,
  ).toBeUndefined();
});

test("a time that no provider takes is no time of a batch", () => {
  expect(claude(fitted([answered(0, 9e15)]))?.batchMs ?? null).toBeNull();
});

test("what is learnt stands in the file and in the table, and files without it are read", () => {
  const models = fitted([answered(0, 465_700)]);
  const text = modelsText(models);
  expect(claude(readModels(text))?.batchMs).toEqual([345_000]);
  expect(printModels(models)).toContain("claude: p50 5 min 45 s, p95 5 min 45 s");
  const earlier = text.replace(/,\s*"batchMs": \[[^\]]*\]/, "");
  expect(earlier).not.toBe(text);
  expect(claude(readModels(earlier))?.batchMs).toBeNull();
  expect(() => readModels(text.replace("[345000]", "[-1]"))).toThrow("batchMs[0]");
});

test("a replay that draws batches from what it learnt waits as long as the log", async () => {
  const log = Array.from({ length: 40 }, (_, index) =>
    answered(index * 10 * minute, index % 2 === 0 ? 465_000 : 1_365_000),
  );
  const learnt = fitted(log);
  const policy = "otherwise claude with batch within 24h";
  const modelOf = (name: string) => learnt.targets.get(name) ?? steady;
  const played = await replayed(log, policy, { modelOf });
  const drawn = await replayed(log, policy, { modelOf, playsLog: false });
  expect(drawn.replay.batch).toMatchObject({ lines: 40, answered: 40, made: 40 });
  const [p95, expected] = [
    drawn.replay.batch?.waits?.p95 ?? 0,
    played.replay.batch?.waits?.p95 ?? 1,
  ];
  expect(Math.abs(p95 / expected - 1)).toBeLessThan(0.012);
});
