import { describe, expect, test } from "vitest";
import {
  brokenConditions,
  type FailIf,
  judgeReport,
  parseFailIf,
} from "../../src/simulator/fail-if.ts";
import { gateFigures } from "../../src/simulator/gate-figures.ts";
import type { ReplayReport } from "../../src/simulator/replay/replay-report.ts";
import type { Report } from "../../src/simulator/report.ts";
import { recordOf, run, used } from "../support/simulation.ts";

const targets = ["claude", "local-gpu"];

function condition(text: string): FailIf {
  const parsed = parseFailIf(text, targets);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.condition;
}

const decided = (total: number): NonNullable<Report["after"]> => ({
  incomplete: { requests: 3, share: 0.03 },
  rules: [
    { rule: "r1", count: 100, share: 1, incomplete: 3 },
    { rule: "r2", count: 0, share: 0, incomplete: 0 },
  ],
  targets: [
    { target: "claude", requests: 40, share: 0.4, tokensIn: 1, tokensOut: 1, cost: total },
    { target: "local-gpu", requests: 57, share: 0.57, tokensIn: 1, tokensOut: 1, cost: 0 },
  ],
  cost: { total, unpriced: 2, withoutOutput: 0 },
  latency: { p50: 400, p95: 2_100, p99: 5_000, ttftP50: 250 },
  outcomes: { routed: 97, rejected: 2, unavailable: 1 },
  guards: { enforced: 3, refused: 2 },
});

const replayOf = (more: object): ReplayReport =>
  ({
    outcomes: {
      ok: 80,
      cached: 10,
      deferred: 0,
      failed: 4,
      rejected: 2,
      limited: 3,
      "client-gone": 1,
    },
    latency: { p50: 500, p95: 2_000, p99: 6_000 },
    firstToken: { p50: 200, p95: 900, p99: 1_000 },
    cost: { total: 10, wasted: 0, saved: 0, unpriced: 0 },
    localShare: 0.5,
    targets: [
      { target: "claude", attempts: 50, answered: 45, failed: { timeout: 4, server_error: 1 } },
    ],
    fallbacks: { requests: 5, share: 0.05 },
    batch: { lines: 25, unplayed: 5, expired: 5, waits: { p50: 60_000, p95: 90_000, p99: 90_000 } },
    ...more,
  }) as unknown as ReplayReport;

const empty = { requests: 100, skipped: 0, skippedLines: [], missing: [], notCounted: [] };
const alone: Report = { ...empty, ...decided(10) };
const compared: Report = {
  ...alone,
  diff: { changed: 12, unchanged: 88, costDelta: 0.72, transitions: [], rules: [] },
  after: decided(10.72),
};
const replayed: Report = {
  ...compared,
  replay: replayOf({}),
  against: replayOf({
    outcomes: {
      ok: 78,
      cached: 10,
      deferred: 0,
      failed: 6,
      rejected: 2,
      limited: 3,
      "client-gone": 1,
    },
    latency: { p50: 550, p95: 2_500, p99: 6_000 },
    cost: { total: 9, wasted: 0, saved: 0, unpriced: 0 },
    cached: { same: 5, like: 5, underWay: 0, compared: 4, disagreed: 1 },
    localShare: 0.6,
  }),
};

describe("a condition", () => {
  test.each([
    ["cost.delta>5%", "cost.delta > 5%", 0.05],
    ["  cost.delta >= $5 ", "cost.delta >= $5", 5],
    ["cost.delta > +5 %", "cost.delta > 5%", 0.05],
    ["local.share.delta < -2.5%", "local.share.delta < -2.5%", -0.025],
    ["cost.delta < -$0.5", "cost.delta < -$0.5", -0.5],
    ["latency.p95 > 2s", "latency.p95 > 2s", 2_000],
    ["latency.p95 > 350ms", "latency.p95 > 350ms", 350],
    ["latency.p95 > 1.5m", "latency.p95 > 1.5m", 90_000],
    ["guard.enforced != 0", "guard.enforced != 0", 0],
    ["target.local-gpu.share < 30%", "target.local-gpu.share < 30%", 0.3],
  ])("`%s` is read as `%s`", (text, canonical, bound) => {
    expect(condition(text)).toMatchObject({ text: canonical, bound });
    expect(condition(canonical)).toEqual(condition(text));
  });

  test.each([
    ["cost.delta", /is no condition: write a figure, a comparison and a value/],
    ["cost.delta > five", /is no condition/],
    ["cost.delta > 5% or 1", /is no condition/],
    ["cost.delta > $5%", /has two units/],
    ["cost.detla > 5%", /`cost\.detla` is no figure of a report; did you mean `cost\.delta`\?/],
    ["nonsense > 5%", /`simulate --help` lists them/],
    ["latency.p95 > 5%", /is written in ms, s or m, as in `latency\.p95 > 2s`/],
    ["local.share > 0.5", /is written in %/],
    ["cost.total > 5", /is written in \$/],
    ["target.cluade.share > 5%", /there is no target `cluade`; did you mean `claude`\?/],
    ["target.NAME.share > 5%", /is no figure/],
  ])("`%s` is refused in words", (text, message) => {
    expect(parseFailIf(text, targets)).toEqual({
      ok: false,
      message: expect.stringMatching(message),
    });
  });
});

const rows: readonly (readonly [string, Report, number | string])[] = [
  ["cost.total > $1", alone, 10],
  ["cost.total > $1", compared, 10.72],
  ["cost.total > $1", replayed, 9],
  ["cost.delta > $1", compared, 0.72],
  ["cost.delta > 5%", compared, 0.072],
  ["cost.delta > 5%", replayed, -0.1],
  ["cost.delta > 5%", alone, "add --against"],
  ["unpriced > 0", alone, 2],
  ["latency.p50 > 1s", alone, 400],
  ["latency.p95 > 1s", replayed, 2_500],
  ["latency.p99 > 1s", alone, 5_000],
  ["latency.p95.delta > 1s", replayed, 500],
  ["latency.p95.delta > 1%", replayed, 0.25],
  ["latency.p95.delta > 1%", compared, "add --replay"],
  ["ttft.p50 > 1s", alone, 250],
  ["ttft.p95 > 1s", replayed, 900],
  ["failed > 1", replayed, 6],
  ["failed > 1%", replayed, 0.06],
  ["failed > 1", alone, "add --replay"],
  ["failed.delta > 1", replayed, 2],
  ["failed.delta > 1%", replayed, 0.02],
  ["limited > 0", replayed, 3],
  ["unavailable > 0", alone, 1],
  ["rejected > 0%", alone, 0.02],
  ["changed > 10%", compared, 0.12],
  ["local.share < 50%", replayed, 0.6],
  ["local.share.delta < 0%", replayed, 0.1],
  ["cached.share < 50%", replayed, 0.1],
  ["cached.wrong > 0%", replayed, 0.25],
  ["cached.wrong > 0", replayed, 1],
  ["guard.enforced > 1%", alone, 0.03],
  ["guard.refused > 0", alone, 2],
  ["fallback.share > 0%", replayed, 0.05],
  ["batch.wait.p95 > 1m", replayed, 90_000],
  ["batch.expired > 0", replayed, 5],
  ["batch.expired > 1%", replayed, 0.25],
  ["batch.wait.p95 > 1m", { ...replayed, against: replayOf({ batch: null }) }, "could wait"],
  ["batch.expired > 0", { ...replayed, against: replayOf({ batch: null }) }, "waited for a batch"],
  ["batch.expired > 1%", { ...replayed, against: replayOf({ batch: null }) }, "waited for a batch"],
  ["rule.unused > 0", alone, 1],
  ["missing > 0%", alone, 0.03],
  ["target.claude.share > 0%", alone, 0.4],
  ["target.claude.share > 0%", replayed, 0.45],
  ["target.claude.failed > 0", replayed, 5],
  ["target.claude.failed > 0%", replayed, 0.1],
  ["target.local-gpu.failed > 0%", replayed, 0],
  ["cost.total > $1", { ...alone, requests: 0 }, "holds no request"],
  ["latency.p95 > 1s", { ...alone, latency: null }, "--replay models them"],
  [
    "cost.total > $1",
    { ...alone, cost: { total: 0, unpriced: 4, withoutOutput: 0 } },
    "no price of what was used is known",
  ],
  [
    "cost.delta > 1%",
    { ...compared, cost: { total: 0, unpriced: 0, withoutOutput: 0 } },
    "the first policy's is 0",
  ],
];

describe("what a report comes to", () => {
  test.each(rows)("%s", (text, report, expected) => {
    const { conditions } = judgeReport(report, [condition(text)]);
    if (typeof expected === "string") {
      expect(conditions[0]).toMatchObject({
        ...{ value: null, ok: false },
        why: expect.stringContaining(expected),
      });
    } else expect(conditions[0]?.value).toBeCloseTo(expected, 10);
  });

  test("every figure is among them", () => {
    const told = new Set(
      rows.map(([text]) => text.split(" ")[0]?.replace(/^target\.[^.]+/, "target.NAME")),
    );
    expect(gateFigures.map(({ name }) => name).filter((name) => !told.has(name))).toEqual([]);
  });

  test.each([
    [">", false],
    [">=", false],
    ["==", true],
    ["!=", false],
    ["<", true],
    ["<=", true],
  ])("a figure above its bound fails `%s` or not", (comparison, ok) => {
    expect(judgeReport(alone, [condition(`rejected ${comparison} 1`)]).ok).toBe(ok);
    expect(judgeReport(alone, [condition(`rejected ${comparison} 2`)]).ok).toBe(
      comparison === ">" || comparison === "!=" || comparison === "<",
    );
  });
});

const costing = (total: number): Report => ({ ...alone, ...decided(total) });

describe("a broken condition in words", () => {
  test.each([
    ["cost.delta > 5%", compared, "cost.delta is +7.2 %, and must not be > 5 %"],
    ["cost.delta < 5%", replayed, "cost.delta is -10 %, and must not be < 5 %"],
    ["cost.total > $10.7", compared, "cost.total is $10.72, and must not be > $10.7"],
    ["cost.total > $100", costing(132.674), "cost.total is $132.67, and must not be > $100"],
    ["cost.total > $1", costing(13_267.4), "cost.total is $13267.40, and must not be > $1"],
    ["cost.total > $100", costing(100.0012), "cost.total is $100.001, and must not be > $100"],
    ["cost.total > $0", costing(0.012345), "cost.total is $0.0123, and must not be > $0"],
    ["cost.total > $0", costing(0.5), "cost.total is $0.50, and must not be > $0"],
    ["cost.total > $0.5", costing(0.5001), "cost.total is $0.5001, and must not be > $0.5"],
    ["cost.total >= $132", costing(132), "cost.total is $132, and must not be >= $132"],
    ["latency.p95 >= 2s", alone, "latency.p95 is 2.1 s, and must not be >= 2 s"],
    ["guard.enforced > 0", replayed, "guard.enforced is 3, and must not be > 0"],
    ["cost.delta > 5%", alone, /^cost\.delta is not known: it is a difference/],
  ])("%s", (text, report, expected) => {
    const conditions = [condition(text), condition("rejected > 50%")];
    expect(brokenConditions(judgeReport(report, conditions), conditions)).toEqual([
      typeof expected === "string" ? expected : expect.stringMatching(expected),
    ]);
  });
});

test("with a second policy, figures are of that one", async () => {
  const log = Array.from({ length: 4 }, () =>
    recordOf({ tokens: 100 }, used("claude", 1_000_000, 0)),
  );
  const report = await run(log, "otherwise claude\n", { against: "otherwise local-gpu\n" });
  const conditions = ["target.local-gpu.share < 100%", "changed < 4", "cost.delta > $0"];
  expect(judgeReport(report, conditions.map(condition))).toMatchObject({ ok: true });
});

test("guards are counted of decisions alone: what they took targets from, and what they refused", async () => {
  const log = Array.from({ length: 4 }, () =>
    recordOf({ tokens: 100 }, used("claude", 1_000_000, 0)),
  );
  const enforced = "never claude\notherwise claude fallback local-gpu\n";
  const refused = "never claude\nnever local-gpu\notherwise claude\n";
  const counts = async (policy: string) => (await run(log, policy)).guards;
  expect(await counts("otherwise claude\n")).toEqual({ enforced: 0, refused: 0 });
  expect(await counts(enforced)).toEqual({ enforced: 4, refused: 0 });
  expect(await counts(refused)).toEqual({ enforced: 4, refused: 4 });
});

test("a fact that only the other policy lacks is no lack of this one", async () => {
  const log = [recordOf({ tokens: 100 }), recordOf({ tokens: 100, tools: 1 })];
  const [asks, asksNot] = ["if tools > 0 then claude\notherwise local-gpu\n", "otherwise claude\n"];
  const missing = async (policy: string, against: string): Promise<readonly number[]> => {
    const { incomplete, after } = await run(log, policy, { against });
    return [incomplete.requests, after?.incomplete.requests ?? -1];
  };
  expect(await missing(asks, asksNot)).toEqual([1, 0]);
  expect(await missing(asksNot, asks)).toEqual([0, 1]);
  expect(await missing(asks, asks)).toEqual([1, 1]);
});
