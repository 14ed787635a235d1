import { expect, test } from "vitest";
import { noPlan, type Plan } from "../../../src/runtime/plan/plan.ts";
import { stickyKey } from "../../../src/simulator/choice.ts";
import { untoldOutcome } from "../../../src/simulator/logged-request.ts";
import { AnswerLengths } from "../../../src/simulator/replay/answer-lengths.ts";
import { lookupOf } from "../../../src/simulator/replay/lookup.ts";
import type { ReplayedJob } from "../../../src/simulator/replay/replayed-job.ts";
import { arrived, replayed, traffic } from "../../support/replaying.ts";

const policy = "otherwise claude with cache exact for 10m";

test("further requests find the answers that further requests like them brought", async () => {
  const lines = traffic(50, 5_000, (index) => arrived(index * 5_000, {}, { cacheKey: "k" }));
  const { replay } = await replayed(lines, policy, { whatIf: { traffic: ["3"] } });
  // The first of each number is sent, all others are given its answer.
  expect(replay.outcomes).toMatchObject({ ok: 3, cached: 147 });
});

test.each([
  ["nothing", undefined, { ok: 1, cached: 2 }],
  ["no kept answer", "no-cache", { ok: 2, cached: 1 }],
  ["one of five seconds", "max-age=5", { ok: 2, cached: 1 }],
  ["one of a minute", "max-age=60", { ok: 1, cached: 2 }],
])("a client that, by its record, wanted of the cache %s is heard", async (_, said, ended) => {
  const asked = (afterMs: number, more: object = {}) =>
    arrived(afterMs, {}, { ...more, cacheKey: "k", cache: "miss" });
  const wants = said === undefined ? {} : { cacheControl: said };
  const lines = [asked(0), asked(20_000, wants), asked(30_000)];
  const { replay } = await replayed(lines, policy);
  expect(replay.outcomes).toMatchObject(ended);
});

/** A stream that breaks half a second after it came, and what others ask meanwhile. */
const breaking = (more: object = {}): object => {
  const usage = { input: 100, output: 9, cachedRead: 0, cachedWrite: 0, reasoning: 0 };
  const cut = { target: "claude", step: 0, outcome: "cut_stream", startMs: 0, firstTokenMs: 100 };
  const attempts = [{ ...cut, endMs: 500, usage: { ...usage, estimated: false } }];
  return arrived(0, {}, { cacheKey: "k", attempts, outcome: "failed", ...more });
};

test.each([
  ["a stream, after it began", 300, true, { ok: 0, failed: 2 }],
  ["a stream, before it began", 50, true, { ok: 0, failed: 2 }],
  ["a whole answer", 300, false, { ok: 1, failed: 1 }],
  ["a stream, after it broke", 600, true, { ok: 1, failed: 1 }],
])("who waits for a stream that breaks, and asked for %s", async (_, afterMs, stream, ended) => {
  const lines = [breaking(), arrived(afterMs, {}, { cacheKey: "k", stream })];
  const { replay } = await replayed(lines, `${policy}, retry 0`);
  expect(replay.outcomes).toMatchObject({ ...ended, cached: 0 });
});

test("an answer of two targets is for who waits for it, and is not kept for either", async () => {
  const kept = "with cache exact for 10m";
  const rest = `claude fallback qwen ${kept}, continue once, retry 0`;
  const of = (afterMs: number, tokens: number) => arrived(afterMs, { tokens }, { cacheKey: "k" });
  const lines = [breaking(), of(300, 100), of(90_000, 100), of(180_000, 10)];
  const { replay } = await replayed(lines, `if tokens < 50 then qwen ${kept} else ${rest}`);
  expect(replay.cached).toMatchObject({ same: 0, underWay: 1 });
  expect(replay.outcomes).toMatchObject({ ok: 3, cached: 1 });
});

test("copies of a request want of the cache what it does", async () => {
  const lines = [0, 20_000].map((afterMs) =>
    arrived(afterMs, {}, { cacheKey: "k", cacheControl: "no-cache" }),
  );
  const { replay } = await replayed(lines, policy, { whatIf: { traffic: ["2"] } });
  expect(replay.outcomes).toMatchObject({ ok: 4, cached: 0 });
});

test("requests of which nothing tells what they ask are counted where answers are kept", async () => {
  const lines = [arrived(0), arrived(5_000, {}, { cacheKey: "k" })];
  const { replay } = await replayed(lines, policy);
  expect(replay.notPlayed).toEqual([expect.stringContaining("of 1 of 2 requests no `cacheKey`")]);
  expect((await replayed(lines, "otherwise claude")).replay.notPlayed).toEqual([]);
});

const keeping: Plan = {
  ...noPlan,
  steps: [{ target: "claude", missing: null, on: [] }],
  options: { cache: { kind: "exact", forMs: 60_000 } },
};

test("a key of any length is kept as one of bounded length, which no other has", () => {
  const keyOf = (cacheKey: string): string | null => {
    const job = { request: { chat: null }, copy: 0, logged: { ...untoldOutcome, cacheKey } };
    return (
      lookupOf(job as unknown as ReplayedJob, keeping, {
        scope: "all",
        apiOf: () => undefined,
        targetOf: () => undefined,
      })?.about.key ?? null
    );
  };
  const keys = ["k", "x".repeat(1e6), `${"x".repeat(1e6)}y`].map(keyOf);
  expect(new Set(keys).size).toBe(3);
  for (const key of keys) expect(key?.length).toBeLessThan(150);
  expect(stickyKey(0, "x".repeat(1e6)).length).toBeLessThan(150);
});

test("what was asked is remembered by its digest where it is long", () => {
  const lengths = new AnswerLengths();
  const asked = (index: number): string => `${"x".repeat(1_000_000)}${index}`;
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 300; index += 1) lengths.note(asked(index), index);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(150e6);
  expect(lengths.guess(asked(7), "")).toBe(7);
});
