import { expect, test } from "vitest";
import { createRandom } from "../../../src/base/random.ts";
import { arrived, behaving, replayed, traffic } from "../../support/replaying.ts";

const random = createRandom("sizes");
const lines = traffic(2_000, 500, (index) =>
  arrived(
    index * 500,
    { team: index % 3 === 0 ? "red" : "blue", intent: index % 2 === 0 ? "chat" : "code" },
    { tokens: 100 + random.integer(2_000), output: 20 + random.integer(300) },
  ),
);

test("the same policy twice differs by nothing, with certainty", async () => {
  const { compared } = await replayed(lines, "otherwise claude", { against: "otherwise claude" });
  const nothing = { delta: 0, low: 0, high: 0 };
  expect(compared?.all).toMatchObject({ requests: 2_000, cost: nothing, failed: nothing });
  expect(compared?.p95).toMatchObject(nothing);
});

test("a difference lies within its interval, which is narrower than what it would be for requests apart", async () => {
  const against = "if tokens > 1000 then local-gpu otherwise claude";
  const {
    compared,
    replay,
    against: after,
  } = await replayed(lines, "otherwise claude", { against });
  const cost = compared?.all.cost;
  if (cost === undefined || after === undefined) throw new Error("it was compared");
  expect(cost.before).toBeCloseTo(replay.cost.total, 6);
  expect(cost.after).toBeCloseTo(after.cost.total, 6);
  expect(cost.low).toBeLessThan(cost.delta);
  expect(cost.high).toBeGreaterThan(cost.delta);
  expect(cost.high).toBeLessThan(0);
  expect(compared?.all.local?.delta).toBeGreaterThan(0.4);
});

test("the parts by team and by intent add up to the whole", async () => {
  const against = "if tokens > 1000 then local-gpu otherwise claude";
  const { compared } = await replayed(lines, "otherwise claude", { against });
  for (const kinds of [compared?.tenants ?? [], compared?.intents ?? []]) {
    expect(kinds).toHaveLength(2);
    const sum = kinds.reduce((total, { cost }) => total + cost.delta, 0);
    expect(sum).toBeCloseTo(compared?.all.cost.delta ?? 0, 6);
  }
});

test("nine in ten intervals of a difference that is chance alone hold nothing", async () => {
  // Two targets at one price whose answers are drawn anew: what differs is luck.
  let held = 0;
  for (let seed = 0; seed < 20; seed += 1) {
    const few = lines.slice(seed * 100, seed * 100 + 100);
    const { compared } = await replayed(few, "otherwise qwen", {
      ...{ against: "otherwise local-gpu", seed, playsLog: false },
      modelOf: () => behaving({ firstTokenMs: 500, spread: 0.5 }),
    });
    const change = compared?.all.meanMs;
    if ((change?.low ?? 1) <= 0 && (change?.high ?? -1) >= 0) held += 1;
  }
  expect(held).toBeGreaterThanOrEqual(17);
});

test("copies of requests make no difference more certain", async () => {
  const whatIf = { traffic: ["4"] };
  const few = lines.slice(0, 18);
  const against = "if tokens > 1000 then local-gpu otherwise claude";
  const { compared } = await replayed(few, "otherwise claude", { against, whatIf });
  expect(compared?.all).toMatchObject({ requests: 72, cost: { low: null, high: null } });
});

test("too few requests tell of no interval", async () => {
  const { compared } = await replayed(lines.slice(0, 15), "otherwise claude", {
    against: "otherwise local-gpu",
  });
  expect(compared?.all.cost.delta).toBeLessThan(0);
  expect(compared?.all.cost).toMatchObject({ low: null, high: null });
  expect(compared?.p95).toMatchObject({ low: null, high: null });
});

test("mean times are of those whose time counts, and kept answers are not given at home", async () => {
  const asked = traffic(200, 10_000, (index) =>
    arrived(index * 10_000, {}, { cacheKey: "k", stream: index % 2 === 0, target: "local-gpu" }),
  );
  const later = "if stream then claude otherwise claude with batch within 24h";
  const waits = await replayed(
    traffic(200, 10_000, (index) => arrived(index * 10_000, {}, { stream: index % 2 === 0 })),
    later,
    { against: later },
  );
  expect(waits.replay.outcomes.deferred).toBe(100);
  expect(waits.compared?.all.meanMs?.before).toBeCloseTo(1_000, 0);
  const kept = "otherwise local-gpu with cache exact for 1h";
  const { replay, compared } = await replayed(asked, kept, { against: kept });
  expect(replay.outcomes.cached).toBeGreaterThan(100);
  expect(compared?.all.local?.before).toBe(replay.localShare);
});
