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
    if (change != null && change.low <= 0 && change.high >= 0) held += 1;
  }
  expect(held).toBeGreaterThanOrEqual(17);
});
