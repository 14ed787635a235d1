import { expect, test } from "vitest";
import {
  batched,
  came,
  hour,
  minute,
  modelOf,
  policy,
  second,
  taking,
  waited,
  within,
} from "../../support/batch-lines.ts";
import { arrived, replayed, startMs } from "../../support/replaying.ts";

test("lines are gathered for five seconds, made a batch, looked at ever more seldom, and answered by the look that finds it ended", async () => {
  const lines = [came(0), came(4 * second), came(6 * second)];
  const { replay } = await replayed(lines, policy, { modelOf });
  // The second waited a second for company, the third came too late for theirs.
  expect(replay.batch).toMatchObject({ lines: 3, made: 2, answered: 3, expired: 0 });
  expect(replay.outcomes).toMatchObject({ deferred: 3, ok: 0 });
  // Looks at 15 s, 45 s, 105 s, 225 s, 465 s and, after it ended at ten minutes, at 765 s.
  within(replay.batch?.waits?.p99, 770 * second);
  within(replay.batch?.waits?.p50, 770 * second);
  expect(replay.toMs).toBe((replay.fromMs ?? 0) + 6 * second + 770 * second);
});

test("a batch costs half, and what that saves is told", async () => {
  const { replay } = await replayed([came(0), came(second)], policy, { modelOf });
  const live = await replayed([came(0), came(second)], "otherwise claude");
  expect(replay.cost.total).toBeCloseTo(live.replay.cost.total / 2, 9);
  expect(replay.batch?.saved).toBeCloseTo(live.replay.cost.total / 2, 9);
  expect(live.replay.batch).toBeNull();
});

test("waits are in no latency, and an answer by a later step is not either", async () => {
  const lines = [waited(0, [batched(5 * second, hour, { outcome: "overloaded" })]), came(hour)];
  const { replay } = await replayed(lines, "otherwise claude fallback qwen with batch within 24h");
  expect(replay.batch).toMatchObject({ lines: 2, answered: 1, answeredLive: 1 });
  expect(replay.latency).toBeNull();
});

test("a provider of whom nothing is heard is waited for two minutes a call", async () => {
  const whatIf = { outage: ["claude@0s+1m:timeout"] };
  const { replay } = await replayed([came(0)], policy, { modelOf, whatIf });
  within(replay.batch?.waits?.p50, (5 + 120 + 5 + 765) * second);
});

test("a batch that takes longer than a line may wait, and some grace, answers nobody", async () => {
  const late = { ...{ modelOf: () => taking(3 * hour) } };
  const { replay } = await replayed([came(0)], "otherwise claude with batch within 1h", late);
  expect(replay.batch).toMatchObject({ made: 1, answered: 0, expired: 1, waits: null });
  expect(replay.outcomes).toMatchObject({ deferred: 0, failed: 1 });
  expect(replay.toMs).toBe((replay.fromMs ?? 0) + hour + 15 * minute);
  expect(replay.targets).toEqual([]);
});

test("within the grace an answer is still taken", async () => {
  const late = { modelOf: () => taking(hour) };
  const { replay } = await replayed([came(0)], "otherwise claude with batch within 1h", late);
  expect(replay.batch).toMatchObject({ answered: 1, expired: 0 });
});

test("what a provider has not answered after a day goes on where the plan takes that, if there is time", async () => {
  const slow = { modelOf, whatIf: { slow: ["claude=*1000"] } };
  const plan = (hours: number) => `otherwise claude fallback qwen with batch within ${hours}h`;
  const { replay } = await replayed([came(0)], plan(48), slow);
  expect(replay.batch).toMatchObject({ answered: 0, answeredLive: 1, expired: 0 });
  expect(replay.fallbacks.paths).toEqual([{ from: "claude", to: "qwen", requests: 1 }]);
  const short = await replayed([came(0)], plan(24), slow);
  expect(short.replay.batch).toMatchObject({ answeredLive: 0, expired: 1 });
  expect(short.replay.targets).toEqual([]);
});

test("what a line is expected to come to counts against a budget from the beginning, and its turn is free again", async () => {
  const lines = Array.from({ length: 6 }, (_, index) => came(index * second));
  const turn = await replayed(lines, "otherwise claude with concurrency 1, batch within 24h", {
    modelOf,
  });
  expect(turn.replay.outcomes).toMatchObject({ deferred: 6, limited: 0 });
  // $0.0007 each, of which three are within it; a budget that nobody's answer is given back to.
  const budget = "otherwise claude with budget $0.0025 per day, batch within 1h";
  const small = (afterMs: number) =>
    arrived(afterMs, { max_tokens: 50 }, { stream: false, target: "none" });
  const late = [...lines.map((_, index) => small(index * second)), small(3 * hour)];
  const { replay } = await replayed(late, budget, { modelOf: () => taking(3 * hour) });
  expect(replay.batch).toMatchObject({ lines: 3, answered: 0, expired: 3 });
  expect(replay.outcomes).toMatchObject({ failed: 3, limited: 4 });
});

test("a failure that comes within the grace leads nowhere any more", async () => {
  const late = waited(0, [batched(5 * second, 65 * minute, { outcome: "overloaded" })]);
  const fallback = "otherwise claude fallback qwen with batch within 1h";
  const { replay } = await replayed([late], fallback);
  expect(replay.batch).toMatchObject({ answeredLive: 0, expired: 0, failed: 1 });
});

test("a line whose batch failed is asked for live where a step takes the cause, four at once", async () => {
  const failed = batched(5 * second, 50 * second, {
    outcome: "overloaded",
    status: 529,
    usage: null,
  });
  const lines = Array.from({ length: 8 }, (_, index) => waited(index, [failed]));
  const on = (cause: string) =>
    `otherwise claude fallback qwen on ${cause} with batch within 24h, retry 0`;
  const { replay } = await replayed(lines, on("overloaded"));
  expect(replay.batch).toMatchObject({ lines: 8, answered: 0, answeredLive: 8 });
  expect(replay.targets.find(({ target }) => target === "claude")?.failed).toEqual({
    overloaded: 8,
  });
  // Two turns of four, of 250 tokens each, as nobody told a length: 2,990 ms.
  expect((replay.toMs ?? 0) - (replay.fromMs ?? 0)).toBeLessThan(50 * second + 6_000);
  expect((replay.toMs ?? 0) - (replay.fromMs ?? 0)).toBeGreaterThan(50 * second + 5_900);
  const other = await replayed(lines, on("rate_limited"));
  expect(other.replay.batch).toMatchObject({ answeredLive: 0, failed: 8 });
  expect(other.replay.outcomes.failed).toBe(8);
});

test("what the log tells of a line in a batch is played again, to the millisecond", async () => {
  const line = waited(0, [batched(5_012, 1_234_567)]);
  const { replay } = await replayed([line], policy);
  expect((replay.toMs ?? 0) - (replay.fromMs ?? 0)).toBe(5_000 + 1_234_567 - 5_012);
  expect(replay.notPlayed).toEqual([]);
  const slow = await replayed([line], policy, { whatIf: { slow: ["claude=*2"] } });
  const took = (slow.replay.toMs ?? 0) - (slow.replay.fromMs ?? 0);
  expect(took).toBe(5_000 + 2 * (1_234_567 - 5_012));
});

test("an answer that comes in an outage is fetched by a later look", async () => {
  const line = waited(0, [batched(5_000, 20_000)]);
  const { replay } = await replayed([line], policy, { whatIf: { outage: ["claude@15s+1m"] } });
  expect(replay.batch).toMatchObject({ made: 1, answered: 1 });
  expect((replay.toMs ?? 0) - (replay.fromMs ?? 0)).toBeGreaterThan(75_000);
});

test("a line that the log saw unanswered is not answered in the same time here", async () => {
  const unanswered = { outcome: "failed", status: 504, durationMs: 4_500_000 };
  const { replay } = await replayed(
    [waited(0, [], unanswered)],
    "otherwise claude with batch within 1h",
  );
  expect(replay.batch).toMatchObject({ answered: 0, expired: 1 });
});

test("of more time than a line had in the log, the log tells nothing, and its batch is not held up by it", async () => {
  const unanswered = { outcome: "failed", status: 504, durationMs: 4_500_000 };
  const { replay } = await replayed(
    [waited(0, [], unanswered), waited(1, []), came(2)],
    "otherwise claude with batch within 24h",
    { modelOf },
  );
  expect(replay.batch).toMatchObject({ lines: 3, made: 1, answered: 3 });
  const { replay: short } = await replayed(
    [waited(0, [], unanswered), came(2)],
    "otherwise claude with batch within 1h",
    { modelOf },
  );
  expect(short.batch).toMatchObject({ lines: 2, answered: 1, expired: 1 });
});

const calledBack = (afterMs: number, durationMs: number, more: object = {}) =>
  waited(afterMs, [], {
    ...{ outcome: "failed", status: 504, code: "batch_cancelled", durationMs },
    ...more,
  });

test("a line that its client called back in the log ends then, answered and billed by nobody", async () => {
  const lines = [calledBack(0, 30 * minute), came(0)];
  const { replay } = await replayed(lines, "otherwise claude with batch within 24h", { modelOf });
  expect(replay.batch).toMatchObject({ lines: 2, made: 1, answered: 1, calledBack: 1 });
  expect(replay.batch).toMatchObject({ expired: 0, failed: 0 });
  expect(replay.outcomes).toMatchObject({ deferred: 1, "client-gone": 1, failed: 0 });
  const alone = await replayed([calledBack(0, 30 * minute)], policy, { modelOf });
  expect(alone.replay.cost.total).toBe(0);
  expect(alone.replay.targets).toEqual([]);
  expect((alone.replay.toMs ?? 0) - (alone.replay.fromMs ?? 0)).toBe(30 * minute);
});

test.each([
  ["before the policy's time is over", "1h", 10 * minute, { calledBack: 1, expired: 0 }],
  ["within the grace", "1h", 65 * minute, { calledBack: 1, expired: 0 }],
  ["after that", "1h", 2 * hour, { calledBack: 0, expired: 1 }],
])("a line called back %s", async (_, within, durationMs, told) => {
  const then = calledBack(0, durationMs, { deferred: true });
  const { replay } = await replayed([then], `otherwise claude with batch within ${within}`);
  expect(replay.batch).toMatchObject({ lines: 1, answered: 0, ...told });
});

test("what its client called back is answered where it need not wait, as it is for models alone", async () => {
  const then = calledBack(0, 30 * minute, { deferred: true });
  const { replay } = await replayed([then], "otherwise claude");
  expect(replay.outcomes).toMatchObject({ ok: 1, "client-gone": 0 });
  const modelled = await replayed([then], policy, { modelOf, playsLog: false });
  expect(modelled.replay.batch).toMatchObject({ answered: 1, calledBack: 0 });
});

test("a line that expired in the log is no failure of a target, and is answered where it has longer", async () => {
  const then = (within: string) =>
    replayed(
      [waited(0, [], { outcome: "failed", status: 504, code: "batch_expired", durationMs: hour })],
      `otherwise claude with batch within ${within}`,
      { modelOf },
    );
  const [same, longer] = [(await then("1h")).replay, (await then("24h")).replay];
  expect(same.batch).toMatchObject({ answered: 0, expired: 1, failed: 0, calledBack: 0 });
  expect(same.targets).toEqual([]);
  expect(longer.batch).toMatchObject({ answered: 1, expired: 0 });
});

test("what was answered in a batch is not played at once, nor the other way round", async () => {
  const inBatch = waited(0, [batched(5_000, 2 * hour, { target: "local-gpu" })]);
  const { replay } = await replayed([inBatch], "otherwise local-gpu");
  expect(replay.batch?.waits?.p99).toBeLessThan(5 * second);
  const { usage: _usage, batch: _batch, ...live } = batched(5_000, 8_000);
  const { replay: other } = await replayed([waited(0, [live])], policy, { modelOf });
  expect(other.batch?.waits?.p99).toBeGreaterThan(10 * minute);
});

/** A failure of a line after so long, in a batch or at once; of a record from before that was told where `more` does not. */
const failedLine = (tookMs: number, more: object) => {
  const {
    usage: _usage,
    batch: _batch,
    ...failure
  } = batched(5_000, 5_000 + tookMs, { outcome: "overloaded" });
  return waited(0, [{ ...failure, ...more }]);
};

test.each([
  ["in a batch", { batch: true }, 2 * hour],
  ["at the first step, by a record that does not say how", {}, 2 * hour],
  ["at once", { batch: false }, 765 * second],
  ["at a later step, by such a record", { step: 1 }, 765 * second],
])("a failure %s", async (_, more, waitMs) => {
  const line = failedLine(2 * hour, more);
  const fallback = "otherwise claude fallback gpt with batch within 24h";
  const { replay } = await replayed([line], fallback, { modelOf });
  const isBatchs = waitMs === 2 * hour;
  expect(replay.batch).toMatchObject({ lines: 1, answered: isBatchs ? 0 : 1 });
  expect(replay.batch).toMatchObject({ answeredLive: isBatchs ? 1 : 0 });
  expect(Math.abs((replay.batch?.waits?.p50 ?? 0) / waitMs - 1)).toBeLessThan(0.02);
});

test.each([
  ["in a batch", { batch: true }, 0],
  ["at once", { batch: false }, 1],
])("a failure %s under a policy that asks the target at once", async (_, more, failed) => {
  const line = failedLine(3 * second, { target: "local-gpu", ...more });
  const { replay } = await replayed([line], "otherwise local-gpu fallback gpt with retry 0");
  expect(replay.batch).toMatchObject({ lines: 1, made: 0, answeredLive: 1 });
  expect(replay.fallbacks.requests).toBe(failed);
});

test("a failure that was tried again at once was in no batch, though its record does not say so", async () => {
  const {
    usage: _usage,
    batch: _batch,
    ...failure
  } = batched(0, 2 * hour, { outcome: "overloaded" });
  const { replay } = await replayed([waited(0, [failure, failure])], policy, { modelOf });
  expect(replay.batch).toMatchObject({ answered: 1, failed: 0 });
});

test("where nobody tells how long a batch takes, an hour is a guess that says so", async () => {
  const { replay } = await replayed([came(0)], policy);
  within(replay.batch?.waits?.p50, 5 * second + 3_765 * second);
  expect(replay.notPlayed).toEqual([expect.stringMatching(/a guess at claude.*`batchMs`/)]);
});

test("what its policy let wait then is sent at once where the new one does not, at the full price", async () => {
  const then = waited(0, [batched(5_000, 20_000)], { deferred: true });
  const { replay } = await replayed([then], "otherwise claude");
  const { replay: atOnce } = await replayed([came(0)], "otherwise claude");
  expect(replay.batch).toBeNull();
  expect(replay.latency?.p50).toBe(atOnce.latency?.p50);
  expect(replay.cost.total).toBeCloseTo(atOnce.cost.total, 9);
});

test("lines whose records do not tell whether their policy let them wait are counted", async () => {
  const { batch: _told, ...old } = batched(5_000, 20_000);
  const unanswered = { outcome: "failed", status: 504, durationMs: 1_000 };
  const hit = { cache: "hit", cacheKey: "k" };
  const lines = [
    ...[waited(0, [old]), waited(1, [], unanswered), waited(2, [old], { deferred: true })],
    ...[waited(3, [], { ...unanswered, code: "batch_expired" }), waited(4, [], hit)],
    ...[waited(5, [batched(5_000, 20_000)]), came(6)],
  ];
  const { replay } = await replayed(lines, policy, { modelOf });
  expect(replay.batch?.lines).toBe(7);
  expect(replay.notPlayed).toEqual([expect.stringMatching(/^the batch lane: of 2 of 7 requests/)]);
  const twice = await replayed(lines, policy, { modelOf, whatIf: { traffic: ["2"] } });
  expect(twice.replay.notPlayed.join()).toContain("of 4 of 14 requests");
});

test("a line of a client's batch waits under any policy, and no limit is for it", async () => {
  const lines = [0, 1, 2].map((index) => waited(index, [batched(5_000, 20_000)]));
  const limited = "otherwise claude with limit 1 requests per hour";
  const { replay } = await replayed(lines, limited);
  expect(replay.batch).toMatchObject({ lines: 3, made: 1, answered: 3 });
  expect(replay.outcomes).toMatchObject({ deferred: 3, limited: 0 });
  const single = lines.map((line) => ({ ...line, deferred: true }));
  expect((await replayed(single, limited)).replay.outcomes).toMatchObject({ ok: 1, limited: 2 });
});

test("a client's batch for a target without batches is asked for at once, a few lines at a time", async () => {
  const lines = Array.from({ length: 40 }, (_, index) => waited(index, []));
  const { replay } = await replayed(lines, "otherwise local-gpu");
  expect(replay.batch).toMatchObject({ lines: 40, made: 0, answeredLive: 40 });
  // Four at once: ten rounds of answers of 250 tokens, of which each takes three seconds.
  within(replay.batch?.waits?.p99, 30 * second);
});

test("a line of a client's batch is given a kept answer while that is fresh, and keeps its own", async () => {
  const kept = (afterMs: number) => waited(afterMs, [], { cacheKey: "k" });
  const lines = [kept(0), kept(hour), kept(3 * hour)];
  const { replay } = await replayed(lines, "otherwise claude with cache exact for 2h", { modelOf });
  expect(replay.outcomes).toMatchObject({ deferred: 2, cached: 1 });
});

test("a line that a spent budget does not pay for goes to the step behind it", async () => {
  const lines = [waited(0, []), waited(second, [])];
  const text = "otherwise claude fallback local-gpu on budget_exceeded with budget $0.0008 per day";
  const { replay } = await replayed(lines, text, { modelOf });
  expect(replay.batch).toMatchObject({ lines: 2, made: 1, answered: 1, answeredLive: 1 });
});

test("a ceiling on cost that the full price is beyond sends a line live at once", async () => {
  const asked = arrived(0, { max_tokens: 50 }, { stream: false, target: "none" });
  const ceiling = "otherwise claude fallback local-gpu with cost at most $0.0005, batch within 24h";
  const { replay } = await replayed([asked], ceiling, { modelOf });
  expect(replay.batch).toMatchObject({ lines: 1, made: 0, answeredLive: 1 });
});

test("a batch is cut by its size", async () => {
  const many = Array.from({ length: 300 }, (_, index) => came(index, { tokens: 40_000 }));
  const { replay } = await replayed(many, policy, { modelOf });
  // 32 MiB of some 160 kB each.
  expect(replay.batch).toMatchObject({ lines: 300, made: 2, answered: 300 });
});

test("batches of what came before the count begins are not counted", async () => {
  const lines = [came(0), came(hour), came(2 * hour)];
  const { replay } = await replayed(lines, policy, { modelOf, countFromMs: startMs + hour });
  expect(replay.batch).toMatchObject({ lines: 2, made: 2, answered: 2 });
});

test.each([
  ["first in the log", [0, 1]],
  ["where it ended", [1, 0]],
])(
  "a line that came a day before all others, and stands %s, makes the log no longer",
  async (_, order) => {
    const early = waited(-20 * hour, [batched(5 * second, 20 * hour)], { durationMs: 20 * hour });
    const all = [[early], [arrived(0), arrived(minute), arrived(2 * minute)]];
    const lines = order.flatMap((part) => all[part] ?? []);
    const { replay } = await replayed(lines, policy, { modelOf });
    expect([replay.fromMs, replay.late]).toEqual([startMs, 0]);
    expect(replay.batch).toMatchObject({ lines: 1, answered: 1 });
  },
);

test("a log of nothing but lines of batches begins with the first", async () => {
  const lines = [0, hour].map((afterMs) => waited(afterMs, [batched(5 * second, 2 * hour)]));
  const { replay } = await replayed(lines, policy, { modelOf });
  expect(replay.fromMs).toBe(startMs);
  within((replay.toMs ?? 0) - startMs, 3 * hour);
});

test("the same seed gives the same bytes", async () => {
  const lines = Array.from({ length: 300 }, (_, index) => came(index * 700));
  const levels = Array.from({ length: 46 }, (_, index) => index * minute);
  const run = async (seed: number) =>
    JSON.stringify(
      await replayed(lines, "otherwise any of [claude, gpt] with batch within 24h", {
        ...{ seed, modelOf: () => taking(...levels), whatIf: { outage: ["gpt@1m+1m"] } },
      }),
    );
  expect(await run(1)).toBe(await run(1));
  expect(await run(1)).not.toBe(await run(2));
});
