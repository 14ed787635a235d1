import { expect, test } from "vitest";
import type { Outage } from "../../../src/simulator/models/target-model.ts";
import {
  arrived,
  behaving,
  type ReplayedReport,
  replayed,
  startMs,
  steady,
  traffic,
} from "../../support/replaying.ts";

const workOf = ({ replay: { targets } }: ReplayedReport, target: string) =>
  targets.find((each) => each.target === target);

const used = (input: number, output: number): object => ({
  usage: { input, output, cachedRead: 0, cachedWrite: 0, reasoning: 0, estimated: false },
});

const down: Outage = {
  ...{ target: "claude", fromMs: 60_000, toMs: 120_000, attempts: 20, share: 1 },
  ...{ cause: "timeout", status: null, afterMs: [30_000] },
};

const outages = { log: { fromMs: null, toMs: null }, outages: [down] };

test("an outage that the log shows is in nobody's way whose attempt the log tells of", async () => {
  const { replay } = await replayed(traffic(180, 1_000), "otherwise claude", { outages });
  expect(replay.outcomes.ok).toBe(180);
});

test("it is met by those whose attempt is drawn, as late as the log's own failures showed", async () => {
  const lines = traffic(180, 1_000, (at) => arrived(at * 1_000, {}, { target: "qwen" }));
  const policy = "otherwise claude fallback qwen with retry 0";
  const report = await replayed(lines, policy, { outages });
  const failed = workOf(report, "claude")?.failed["timeout"] ?? 0;
  expect(failed).toBeGreaterThan(5);
  expect(report.replay.fallbacks.latency?.p95).toBeGreaterThan(29_000);
});

test("at twice the speed it comes after half the time, and at a rate of one's own never", async () => {
  const lines = traffic(180, 1_000, (at) => arrived(at * 1_000, {}, { target: "qwen" }));
  const policy = "otherwise claude fallback qwen with retry 0";
  const fast = await replayed(lines, policy, { outages, speed: 10 });
  const firstFailure = fast.replay.intervals.find(({ fallbacks }) => fallbacks > 0)?.atMs ?? 0;
  expect(firstFailure).toBeLessThan(startMs + 9_000);
  const atRate = await replayed(lines, policy, { outages, perSecond: 1 });
  expect(atRate.replay.fallbacks.requests).toBe(0);
});

test("it is met at its own time where the log tells of an earlier request late", async () => {
  const lines = traffic(180, 1_000, (at) => arrived(at * 1_000, {}, { target: "qwen" }));
  const policy = "otherwise claude fallback qwen with retry 0";
  const alone = await replayed(lines, policy, { outages });
  const earlier = arrived(-7_200_000, {}, { lane: "batch", durationMs: 7_300_000 });
  const log = { fromMs: startMs - 7_200_000, toMs: startMs + 180_000 };
  const later = { ...down, fromMs: down.fromMs + 7_200_000, toMs: down.toMs + 7_200_000 };
  for (const place of [0, 90, 180]) {
    const more = [...lines.slice(0, place), earlier, ...lines.slice(place)];
    const shown = { log, outages: [later] };
    const report = await replayed(more, policy, { outages: shown });
    expect(report.replay.fallbacks.requests).toBe(alone.replay.fallbacks.requests);
  }
});

test("the report names the targets whose times nothing measured tells, and how many attempts rest on that", async () => {
  const lines = traffic(30, 1_000, (at) => arrived(at * 1_000, {}, { target: "qwen" }));
  const policy = "if tokens < 50 then qwen otherwise any of [claude, gpt]";
  const modelOf = (name: string) => (name === "qwen" ? steady : { ...steady, answers: 0 });
  const { replay } = await replayed(lines, policy, { modelOf });
  const [note] = replay.notPlayed;
  expect(replay.notPlayed).toHaveLength(1);
  const told = /^measured times at (\w+) \((\d+) attempts\), (\w+) \((\d+)\): nothing tells them/;
  const [, one, ofOne, other, ofOther] = told.exec(note ?? "") ?? [];
  expect([one, other].toSorted()).toEqual(["claude", "gpt"]);
  expect(Number(ofOne) + Number(ofOther)).toBe(30);
  expect((await replayed(lines, "otherwise qwen", { modelOf })).replay.notPlayed).toEqual([]);
});

test("a queue holds who is at work as well as who waits", async () => {
  const lines = traffic(10, 1, (at) => arrived(at, {}, { target: "qwen" }));
  const policy = "if local-gpu.queue < 2 then local-gpu otherwise claude";
  const report = await replayed(lines, policy);
  expect(workOf(report, "local-gpu")?.attempts).toBe(2);
});

test("places that a log shows are waited for by what is drawn, and not twice by what it tells", async () => {
  const modelOf = () => ({ ...steady, capacity: 1 });
  const told = await replayed(traffic(5, 10), "otherwise claude", { modelOf });
  expect(told.replay.latency?.p99).toBeLessThan(1_100);
  const drawn = await replayed(traffic(5, 10), "otherwise qwen", { modelOf });
  expect(drawn.replay.latency?.p99).toBeGreaterThan(4_500);
});

test("a fallback's answer is kept for those whose first target it is", async () => {
  const failed = { target: "claude", step: 0, outcome: "server_error", startMs: 0, endMs: 50 };
  const answered = {
    target: "qwen",
    step: 1,
    outcome: "ok",
    startMs: 50,
    endMs: 900,
    ...used(9, 9),
  };
  const lines = traffic(10, 5_000, (at) =>
    arrived(at * 5_000, {}, { cacheKey: "k", attempts: [failed, answered] }),
  );
  const policy = "otherwise claude fallback qwen with cache exact for 1h, retry 0";
  const { replay } = await replayed(lines, policy);
  expect(replay.outcomes).toMatchObject({ ok: 10, cached: 0 });
});

test("a stream that broke is billed for what had come", async () => {
  const cut = {
    ...{
      target: "claude",
      step: 0,
      outcome: "cut_stream",
      startMs: 0,
      firstTokenMs: 100,
      endMs: 500,
    },
    ...used(600, 90),
  };
  const line = arrived(0, {}, { attempts: [cut], outcome: "failed" });
  const { replay } = await replayed([line], "otherwise claude with retry 0");
  expect(replay.outcomes.failed).toBe(1);
  expect(replay.cost.total).toBeGreaterThan(0.001);
  expect(replay.cost.wasted).toBe(replay.cost.total);
});

test("an attempt that was outrun goes on for longer than it was waited for", async () => {
  const slow = {
    target: "claude",
    step: 0,
    outcome: "aborted",
    why: "outrun",
    startMs: 0,
    endMs: 1_700,
  };
  const won = {
    target: "qwen",
    step: 1,
    outcome: "ok",
    startMs: 1_000,
    endMs: 1_700,
    ...used(9, 9),
  };
  const lines = traffic(50, 5_000, (at) =>
    arrived(at * 5_000, {}, { attempts: [slow, { ...won, hedge: true, firstTokenMs: 1_600 }] }),
  );
  const policy = "otherwise claude fallback qwen on first_token_timeout with hedge after 1s";
  const report = await replayed(lines, policy, { modelOf: () => behaving({ firstTokenMs: 400 }) });
  expect(workOf(report, "qwen")?.answered).toBe(50);
});

test("a client that left in the middle of a stream leaves here too, and its answer is not taken for whole", async () => {
  const attempt = {
    ...{ target: "claude", step: 0, outcome: "aborted", why: "client-gone" },
    ...{ startMs: 0, firstTokenMs: 200, endMs: 400, ...used(100, 4) },
  };
  const left = { attempts: [attempt], outcome: "client-gone", status: 200, durationMs: 400 };
  const lines = [arrived(0), arrived(10_000, {}, left)];
  const { replay } = await replayed(lines, "otherwise claude");
  expect(replay.outcomes).toMatchObject({ ok: 1, "client-gone": 1 });
});

test("a client that waits for another's answer may leave as well, and one whom others wait for goes on without it", async () => {
  const key = { cacheKey: "k" };
  const gone = { ...key, outcome: "client-gone", status: 499, durationMs: 500, attempts: [] };
  const policy = "otherwise claude with cache exact for 1h";
  const follower = await replayed([arrived(0, {}, key), arrived(10, {}, gone)], policy);
  expect(follower.replay.outcomes).toMatchObject({ ok: 1, "client-gone": 1 });
  const leader = await replayed([arrived(0, {}, gone), arrived(10, {}, key)], policy);
  expect(leader.replay.outcomes).toMatchObject({ cached: 1, "client-gone": 1 });
  expect(workOf(leader, "claude")?.attempts).toBe(1);
});

test("a stale answer is fetched anew once, where the budget pays, and its cost is its target's", async () => {
  const lines = traffic(20, 10_000, (at) => arrived(at * 10_000, {}, { cacheKey: "k" }));
  const kept = "cache exact for 5s, stale for 1h";
  const free = await replayed(lines, `otherwise claude with ${kept}`);
  expect(free.replay.outcomes.cached).toBe(19);
  expect(workOf(free, "claude")?.attempts).toBe(20);
  expect(workOf(free, "claude")?.cost).toBeCloseTo(free.replay.cost.total, 9);
  const bounded = await replayed(lines, `otherwise claude with ${kept}, budget $0.005 per day`);
  expect(bounded.replay.cost.total).toBeLessThanOrEqual(0.005);
});

test("waiting for a turn is not held against the deadline", async () => {
  const lines = traffic(5, 1, (at) => arrived(at, {}, { target: "claude" }));
  const policy = "otherwise claude with concurrency 1 or wait 60s, deadline 2s";
  expect((await replayed(lines, policy)).replay.outcomes.ok).toBe(5);
});

test("a target without the flex tier serves at its list price", async () => {
  const report = await replayed([arrived(0)], "otherwise claude with tier flex");
  expect(report.replay.cost).toMatchObject({ unpriced: 0 });
  expect(report.replay.cost.total).toBeCloseTo(report.cost.total, 9);
});

test("a budget that sends requests elsewhere is told as the cause, and by its name", async () => {
  const policy = "otherwise claude fallback qwen on budget_exceeded with budget $0.005 per day";
  const { replay } = await replayed(traffic(20, 10_000), policy);
  expect(Object.keys(replay.fallbacks.causes)).toEqual(["budget_exceeded"]);
  expect(replay.limited[0]?.requests).toBe(replay.fallbacks.requests);
});

test("an attempt without an end takes as long as its target does", async () => {
  const attempt = { target: "claude", step: 0, outcome: "ok", startMs: 0, ...used(100, 50) };
  const { replay } = await replayed([arrived(0, {}, { attempts: [attempt] })], "otherwise claude");
  expect(replay.latency?.p50).toBeGreaterThan(900);
});

test("an outage of silence is noticed when the plan's own limit has passed", async () => {
  const whatIf = { outage: ["claude:timeout"] };
  const policy = "otherwise claude fallback qwen with first-token 3s, retry 0";
  const { replay } = await replayed([arrived(0)], policy, { whatIf });
  expect(replay.fallbacks.causes).toEqual({ first_token_timeout: 1 });
  expect(replay.latency?.p50).toBeGreaterThan(3_000);
});

test("a throttle by the hour takes that much in an hour", async () => {
  const whatIf = { throttle: ["claude=2/h"] };
  const policy = "otherwise claude fallback qwen on rate_limited with retry 0";
  const report = await replayed(traffic(120, 60_000), policy, { whatIf });
  // Two at once, and two an hour for two hours.
  expect(workOf(report, "claude")?.answered).toBeLessThanOrEqual(6);
});

test("a plan without any target that the client named is not held against a limit", async () => {
  const lines = [arrived(0, { model: "nobody" }), arrived(1_000, { model: "claude" })];
  const policy = "otherwise requested with limit 1 requests per minute";
  const { replay } = await replayed(lines, policy);
  expect(replay.outcomes).toMatchObject({ ok: 1, failed: 1, limited: 0 });
});
