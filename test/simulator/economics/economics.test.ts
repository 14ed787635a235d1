import { expect, test } from "vitest";
import type { EconomicsOptions } from "../../../src/simulator/economics/economics.ts";
import { moneyRows } from "../../../src/simulator/economics/economics-texts.ts";
import { MoneyByHour } from "../../../src/simulator/economics/money-by-hour.ts";
import { changeText, printEconomics } from "../../../src/simulator/economics/print-economics.ts";
import { arrived, replayed, startMs, traffic } from "../../support/replaying.ts";

const hourMs = 3_600_000;
const asked: EconomicsOptions = { couldWait: [], instead: null };
const local = "if tokens < 200 then local-gpu fallback gpt else claude";

/** Every tenth minute a request; each second one is small, each fourth streamed. */
const log = traffic(144, 600_000, (index) =>
  arrived(
    index * 600_000,
    { intent: index % 3 === 0 ? "classify" : "write" },
    { tokens: index % 2 === 0 ? 100 : 1_000, stream: index % 4 === 3 },
  ),
);

const atHome = { target: "local-gpu" };

function failedHalf(index: number): object {
  const broken = { target: "local-gpu", step: 0, startMs: 0, endMs: 1_000, outcome: "failed" };
  return index % 2 === 0
    ? atHome
    : {
        attempts: [{ ...broken, cause: "unavailable", usage: null }],
        outcome: "failed",
        status: 502,
      };
}

async function economicsOf(policy: string, options: Partial<EconomicsOptions> = {}) {
  const report = await replayed(log, policy, { economics: { ...asked, ...options } });
  if (report.economics === undefined) throw new Error("no economics");
  return { ...report.economics, replay: report.replay };
}

test("what is answered at home is priced at the plan's first remote step, and a month follows from the span", async () => {
  const { local: home, spend, days, drawnFrom, replay } = await economicsOf(local);
  expect(home).toMatchObject({ requests: 72, share: 0.5, unpriced: 0 });
  expect(home.at).toEqual([{ target: "gpt", requests: 72 }]);
  // gpt-6-sol: $2/M in, $12/M out, over 100 and 50 tokens.
  const each = home.avoided.total / 72;
  expect(each).toBeGreaterThan(home.cost.total / 72);
  expect(spend.total).toBeCloseTo(replay.cost.total, 9);
  expect(days).toBeGreaterThan(0.98);
  expect(drawnFrom).toBe("hours");
  const { month, low, high } = home.avoided;
  expect(month).toBeCloseTo((home.avoided.total / days) * 30.4375, 6);
  expect(low ?? Number.NaN).toBeLessThanOrEqual((month ?? 0) * 1.001);
  expect(high ?? Number.NaN).toBeGreaterThanOrEqual((month ?? 0) * 0.999);
});

test("of two policies it is the second's money, and the first's stands beside it", async () => {
  const both = await replayed(log, "otherwise claude", { against: local, economics: asked });
  expect(both.economics).toEqual((await replayed(log, local, { economics: asked })).economics);
  expect(both.economicsBefore?.local.requests).toBe(0);
  expect(both.economicsBefore?.spend.total).toBeCloseTo(both.replay.cost.total, 9);
  if (both.economics === undefined || both.economicsBefore === undefined) throw new Error("none");
  const names = { policy: "old", against: "new" };
  const told = changeText(both.economics, both.economicsBefore, names);
  expect(told).toMatch(/^What it comes to in money under new: \$\S+ a month, where old costs \$/);
  const rows = moneyRows(both.economics, both.economicsBefore);
  expect(rows[0]?.before).toEqual(both.economicsBefore.spend);
  expect((await replayed(log, local, { economics: asked })).economicsBefore).toBeUndefined();
});

test("without a remote step nothing is spared, unless a target is named for all", async () => {
  const alone = "if tokens < 200 then local-gpu else claude";
  expect((await economicsOf(alone)).local).toMatchObject({ unpriced: 72, avoided: { total: 0 } });
  const named = await economicsOf(alone, { instead: "claude" });
  expect(named.local.unpriced).toBe(0);
  expect(named.local.at).toEqual([{ target: "claude", requests: 72 }]);
  const dear = await economicsOf(alone, { instead: "claude-opus" });
  expect(dear.local.avoided.total).toBeGreaterThan(named.local.avoided.total);
});

test("a batch would have taken half of what was not streamed, or of what is named", async () => {
  const { waiting } = await economicsOf("otherwise claude");
  expect(waiting).toMatchObject({ by: "not streamed", requests: 108, untold: 0 });
  expect(waiting.tiers.map(({ tier }) => tier)).toContain("batch");
  const named = await economicsOf("otherwise claude", {
    couldWait: [{ of: "intent", name: "classify" }],
  });
  expect(named.waiting).toMatchObject({ by: "intent classify", requests: 48 });
  const all = await economicsOf("otherwise claude", {
    couldWait: [
      { of: "intent", name: "classify" },
      { of: "intent", name: "write" },
    ],
  });
  const batch = all.waiting.tiers.find(({ tier }) => tier === "batch");
  expect(batch?.requests).toBe(144);
  expect(batch?.saving.total).toBeCloseTo(all.spend.total / 2, 6);
});

test("the work that a target at home has is told by its busiest hour, whoever answered in the end", async () => {
  const ofHour = traffic(240, 60_000, (index) =>
    // Of the second hour half fail after a second, and are answered elsewhere.
    arrived(index * 60_000, {}, { ...(index >= 60 && index < 120 ? failedHalf(index) : atHome) }),
  );
  const { economics } = await replayed(ofHour, local, { economics: asked });
  expect(economics?.local.work).toEqual([
    { target: "local-gpu", busiest: expect.closeTo((60 * 1_000) / hourMs, 6) },
  ]);
});

test("a log that does not say whether it streamed leaves the question open", async () => {
  const lines = traffic(3, 1_000, (index) =>
    arrived(index * 1_000, {}, { stream: undefined, attempts: [] }),
  );
  const { economics } = await replayed(lines, "otherwise claude", { economics: asked });
  expect(economics?.waiting).toMatchObject({ requests: 0, untold: 3 });
});

test("bounds widen with what the hours differ by, and a steady month has none", () => {
  const span = { fromMs: startMs, toMs: startMs + 24 * hourMs - 1 };
  const [steady, uneven] = [new MoneyByHour(), new MoneyByHour()];
  for (let hour = 0; hour < 24; hour += 1) {
    steady.add(1_000_000, startMs + hour * hourMs);
    uneven.add(hour < 12 ? 2_000_000 : 0, startMs + hour * hourMs);
  }
  const [one, other] = [steady.monthly(span, "s"), uneven.monthly(span, "s")];
  expect(one.month).toBeCloseTo(other.month ?? 0);
  expect((one.high ?? 0) - (one.low ?? 0)).toBeCloseTo(0);
  expect((other.high ?? 0) / (other.low ?? 1)).toBeGreaterThan(1.3);
  expect(uneven.monthly(span, "s")).toEqual(other);
});

test("what waits beyond the log's last request makes no longer log of it", async () => {
  const waits = { stream: false, lane: "batch", attempts: [], outcome: "failed", status: 504 };
  const late = { ...waits, tokens: 1_000, durationMs: 87_300_000 };
  const lines = [...log, arrived(23 * hourMs, {}, late)];
  const { economics } = await replayed(lines, local, { economics: asked });
  expect(economics?.days).toBeLessThan(1.01);
});

test("a log of less than half a day has a month, and no bounds", () => {
  const money = new MoneyByHour();
  money.add(5_000_000_000_000, startMs);
  const short = { fromMs: startMs, toMs: startMs + 6 * hourMs };
  expect(money.monthly(short, "s")).toMatchObject({ total: 5, low: null, high: null });
  expect(money.monthly(short, "s").month).toBeCloseTo(5 * 4 * 30.4375);
  expect(money.monthly(null, "s")).toMatchObject({ total: 5, month: null });
});

test("a person reads what was spared, and what a month rests on", async () => {
  const { replay, ...economics } = await economicsOf(local);
  const text = printEconomics(economics, replay.providers);
  expect(text).toMatch(/^anthropic +\$/m);
  expect(text).toMatch(/Answered at home: 72 requests \(50\.0 %\)/);
  expect(text).toMatch(/elsewhere they would have cost .* a month.*: gpt for 72 requests/);
  expect(text).toMatch(/not streamed/);
  expect(text).toMatch(/the log's 23\.8 hours made longer.*no whole day/);
});
