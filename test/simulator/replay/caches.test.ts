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

/** A stream that breaks off three seconds after it was asked for; its first token came after one. */
const broken = (afterMs: number, attempt: object = {}) =>
  arrived(
    afterMs,
    {},
    {
      cacheKey: "k",
      outcome: "failed",
      attempts: [
        {
          ...{ target: "claude", step: 0, outcome: "cut_stream", startMs: 0, firstTokenMs: 1_000 },
          ...{ endMs: 3_000, ...attempt },
        },
      ],
    },
  );

const follows = (afterMs: number, more: object = {}) =>
  arrived(afterMs, {}, { cacheKey: "k", ...more });

test.each([
  ["a stream that follows it from before its first token breaks with it", follows(500), 2],
  ["a stream that follows it from within breaks with it", follows(2_000), 2],
  ["who wants the whole answer asks anew", follows(2_000, { stream: false }), 1],
])("where a stream breaks off, %s", async (_, follower, failed) => {
  const { replay } = await replayed([broken(0), follower], policy);
  expect(replay.outcomes).toMatchObject({ failed, ok: 2 - failed, cached: 0 });
  // One that breaks with another's has sent nothing.
  expect(replay.targets[0]?.attempts).toBe(3 - failed);
  expect(replay.targets[0]?.failed).toEqual({ cut_stream: 1 });
});

test("a stream that waits for another's, of which nothing came, asks anew", async () => {
  const silent = broken(0, { firstTokenMs: null, outcome: "overloaded" });
  const { replay } = await replayed([silent, follows(500)], `${policy}, retry 0`);
  expect(replay.outcomes).toMatchObject({ failed: 1, ok: 1 });
});

/** Another rule sends requests with long prompts. */
const longs = (plan: string, rest: string) => `if tokens > 500 then ${plan}\notherwise ${rest}`;
const long = (afterMs: number) => arrived(afterMs, { tokens: 600 }, { cacheKey: "k" });

test("whose answer `accept` judges follows none before that is whole", async () => {
  const kept = "claude with cache exact for 10m";
  const judged = longs(`${kept}, accept when response.complete`, `${kept}, retry 0`);
  const { replay } = await replayed([broken(0), long(2_000)], judged);
  expect(replay.outcomes).toMatchObject({ failed: 1, ok: 1 });
});

test("a stream that another target goes on with is given to those who follow it, and not kept", async () => {
  const rest = "claude fallback qwen with cache exact for 10m, continue once, retry 0";
  const policy = longs("qwen with cache exact for 10m", rest);
  const { replay } = await replayed([broken(0), follows(2_000), long(60_000)], policy);
  expect(replay.outcomes).toMatchObject({ ok: 2, cached: 1, failed: 0 });
  expect(replay.cached.underWay).toBe(1);
});

test("who waits for the whole of an answer that a target goes on with which is none of its own asks alone", async () => {
  const rest = "claude fallback qwen with cache exact for 10m, continue once, retry 0";
  const policy = longs("claude with cache exact for 10m", rest);
  const whole = arrived(2_000, { tokens: 600 }, { cacheKey: "k", stream: false });
  const { replay } = await replayed([broken(0), whole], policy);
  expect(replay.outcomes).toMatchObject({ ok: 2, cached: 0, failed: 0 });
});

test("a stream that follows what is fetched anew, since the stale answer is too old by then, breaks with it", async () => {
  const plan = "otherwise claude with cache exact for 1m, stale for 2s, retry 0";
  const { replay } = await replayed([follows(0), broken(62_000), follows(63_500)], plan);
  expect(replay.outcomes).toMatchObject({ ok: 1, cached: 1, failed: 1 });
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
