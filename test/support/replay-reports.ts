import type { Change, KindChange } from "../../src/simulator/replay/compare.ts";
import type { Interval, ReplayReport, Share } from "../../src/simulator/replay/replay-report.ts";
import type { Report } from "../../src/simulator/report.ts";
import { economicsReport } from "./economics-report.ts";

const startMs = Date.UTC(2026, 10, 23, 8);
const monthlyBefore = { total: 16, month: 480, low: null, high: null };
const hourMs = 3_600_000;

/** A report of two policies with something of everything; every name in it is one that `named` makes. */
export function replayedReport(named: (name: string) => string = (name) => name): Report {
  const before = replayOf(named, 1);
  const after = replayOf(named, 0.75);
  return {
    requests: 2_400,
    skipped: 2,
    skippedLines: [],
    missing: [
      { fact: named("intent"), requests: 12, why: "the log holds no text to tell it from" },
    ],
    incomplete: { requests: 12, share: 0.005 },
    notCounted: [],
    rules: [{ rule: named("short"), count: 2_400, share: 1, incomplete: 12 }],
    targets: [
      {
        ...{ target: named("claude"), requests: 2_400, share: 1 },
        ...{ tokensIn: 9, tokensOut: 9, cost: 12 },
      },
    ],
    cost: { total: 12, unpriced: 0, withoutOutput: 0 },
    latency: null,
    outcomes: { routed: 2_400, rejected: 0, unavailable: 0 },
    guards: { enforced: 30, refused: 6 },
    after: {
      rules: [{ rule: named("short"), count: 2_400, share: 1, incomplete: 12 }],
      targets: [
        {
          ...{ target: named("local-gpu"), requests: 600, share: 0.25 },
          ...{ tokensIn: 2, tokensOut: 2, cost: 0 },
        },
        {
          ...{ target: named("claude"), requests: 1_800, share: 0.75 },
          ...{ tokensIn: 7, tokensOut: 7, cost: 9 },
        },
      ],
      incomplete: { requests: 12, share: 0.005 },
      cost: { total: 9, unpriced: 0, withoutOutput: 0 },
      latency: null,
      outcomes: { routed: 2_400, rejected: 0, unavailable: 0 },
      guards: { enforced: 30, refused: 6 },
    },
    diff: {
      changed: 600,
      unchanged: 1_800,
      costDelta: -3,
      rules: [{ from: "rule-1", to: "otherwise", count: 2 }],
      transitions: [
        {
          ...{ from: named("claude"), to: named("local-gpu"), count: 600 },
          example: {
            ...{ line: 7, file: named("day.jsonl") },
            facts: { tokens: 80, team: named("search"), [named("desk")]: null, cost: [1, 2] },
          },
        },
      ],
    },
    replay: before,
    against: after,
    economics: economicsReport(named),
    economicsBefore: { ...economicsReport(named), spend: monthlyBefore },
    compared: {
      all: kindChange("", -3),
      p50: change(900, -225, [-260, 10]),
      p95: change(2_400, -600, [-680, -520]),
      tenants: [kindChange(named("search"), -2), kindChange(named("support"), 0.1)],
      intents: [kindChange(named("chat"), -1.5)],
    },
  };
}

function change(before: number, delta: number, [low, high]: readonly [number, number]): Change {
  return { before, after: before + delta, delta, low, high };
}

function kindChange(name: string, delta: number): KindChange {
  return {
    ...{ name, requests: 1_200, cost: change(12, delta, [delta - 0.4, delta + 0.4]) },
    failed: change(0.01, 0.02, [0.015, 0.025]),
    cached: change(0, 0, [0, 0]),
    local: change(0.25, 0.0625, [0.05, 0.07]),
    meanMs: change(1_000, 12, [-3, 30]),
  };
}

function replayOf(named: (name: string) => string, factor: number): ReplayReport {
  const times = { p50: 900 * factor, p95: 2_400 * factor, p99: 5_000 };
  const share = (name: string, requests: number): Share => ({
    ...{ name, requests, answered: requests, failed: requests === 0 ? 0 : 12 },
    ...{ cost: (requests / 200) * factor, latency: requests === 0 ? null : times },
  });
  return {
    scenario: named("outage claude@12:00+2h"),
    faults: [
      {
        ...{ target: named("claude"), kind: "outage", amount: null },
        ...{ fromMs: startMs + 4 * hourMs, toMs: startMs + 6 * hourMs },
      },
      { target: "*", kind: "slow", amount: 3, fromMs: null, toMs: null },
      { target: named("qwen"), kind: "throttle", amount: 60, fromMs: startMs + hourMs, toMs: null },
    ],
    ...{ fromMs: startMs, toMs: startMs + 24 * hourMs, late: 3, untimed: 1 },
    outcomes: {
      ...{ ok: factor === 1 ? 2_300 : 2_252, cached: 40, deferred: 10 },
      ...{ failed: factor === 1 ? 24 : 72, rejected: 6 },
      ...{ limited: 18, "client-gone": 2 },
    },
    ...{ latency: times, firstToken: { p50: 210, p95: 480, p99: 900 } },
    cost: { total: 12 * factor, wasted: 0.25, saved: 0.5, unpriced: 4 },
    cached: { same: 40, like: 8, underWay: 2, compared: 6, disagreed: 1 },
    localShare: 0.5 - factor / 4,
    targets: [
      {
        ...{ target: named("claude"), attempts: 1_900, answered: 1_700, answeredForOthers: 0 },
        failed: { unavailable: 188, rate_limited: 12 },
        ...{ aborted: 3, tokensIn: 90_000, tokensOut: 30_000, cost: 11 * factor, unpriced: 0 },
        ...{ latency: times, firstToken: null },
      },
      {
        ...{ target: named("local-gpu"), attempts: 600, answered: 600, answeredForOthers: 200 },
        ...{ failed: {}, aborted: 0, tokensIn: 4_000, tokensOut: 900, cost: null, unpriced: 600 },
        ...{ latency: null, firstToken: null },
      },
    ],
    fallbacks: {
      ...{ requests: 200, share: 200 / 2_400, cost: 1.5, latency: times },
      causes: { unavailable: 188, rate_limited: 12 },
      paths: [{ from: named("claude"), to: named("local-gpu"), requests: 200 }],
    },
    batch: {
      ...{ lines: 14, made: 3, answered: 10, answeredLive: 2, expired: 1, failed: 1 },
      ...{ calledBack: 0, unplayed: 0 },
      ...{ waits: { p50: 1_800_000, p95: 5_400_000, p99: 7_200_000 }, saved: 0.75, unpriced: 0 },
    },
    limited: [{ option: named("hybrid/short/limit-1"), requests: 18 }],
    guards: [{ guard: named("never send pii to us"), enforced: 30, refused: 6 }],
    rules: [share(named("short"), 2_000), share(named("long"), 400), share(named("images"), 0)],
    tenants: [share(named("search"), 1_200), share(named("support"), 1_200)],
    intents: [share(named("chat"), 2_400)],
    days: [share("2026-11-23", 1_600), share("2026-11-24", 800)],
    providers: [{ provider: named("anthropic"), cost: 11 * factor }],
    flows: [
      { rule: named("short"), target: named("claude"), requests: 1_700 },
      { rule: named("long"), target: named("local-gpu"), requests: 640 },
      { rule: named("long"), target: "failed", requests: 24 },
    ],
    intervals: Array.from({ length: 24 }, (_, hour) => intervalOf(hour, factor)),
    notPlayed: [named("the batch window")],
  };
}

function intervalOf(hour: number, factor: number): Interval {
  const isQuiet = hour === 20;
  const isDown = hour >= 4 && hour < 6;
  return {
    ...{ atMs: startMs + hour * hourMs, requests: isQuiet ? 0 : 100, answered: isQuiet ? 0 : 99 },
    ...{ failed: isDown ? 12 : 0, fallbacks: isDown ? 80 : 2, cached: 1 },
    cost: isQuiet ? 0 : (0.3 + 0.02 * hour) * factor,
    p50: isQuiet ? null : 900 * factor,
    p95: isQuiet ? null : (2_000 + 50 * hour) * factor,
  };
}

/** Whatever a name of a log may try, in each of the forms a report has. */
export const hostileNames: readonly string[] = [
  `"><script>window.hacked=1</script>`,
  `'><img src=x onerror="window.hacked=1">`,
  `</title></style></script><svg onload=window.hacked=1>`,
  "<!--",
  "&lt;b&gt;&amp;",
  "| a | b |\n| --- | --- |",
  "`` ` ```\n# head",
  "\\| [x](https://evil.example) ![y](https://evil.example/y.png)",
  "@everyone #1 https://evil.example",
  "\u001b[2J\u001b]0;title\u0007",
  "\u202etxt.exe\u2066",
  "a".repeat(5_000),
  "名前".repeat(60),
  "👩‍👩‍👧".repeat(50),
  "__proto__",
  "$& $1 $`",
  " ",
];
