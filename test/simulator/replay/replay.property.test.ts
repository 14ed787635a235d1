import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cause } from "../../../src/protocol/cause.ts";
import type { TargetModel } from "../../../src/simulator/models/target-model.ts";
import type { ReplayReport } from "../../../src/simulator/replay/replay-report.ts";
import { arrived, behaving, type Replaying, replayed } from "../../support/replaying.ts";

const targets = ["claude", "qwen", "local-gpu", "mistral-eu", "gpt-mini"] as const;
const aTarget = fc.constantFrom(...targets);

const anOption = fc.constantFrom(
  "retry 0",
  "retry 2",
  "timeout 2s",
  "first-token 900ms",
  "hedge after 300ms",
  "limit 20 requests per minute or wait 30s",
  "limit 5000 tokens per minute",
  "budget $0.01 per hour",
  "concurrency 3 or wait 10s",
  "cache exact for 5m",
  "cache exact for 1m, stale for 5m",
  "sticky by user for 10m",
  "batch within 24h",
  "cost at most $0.01",
);

const aPolicy = fc
  .record({
    first: aTarget,
    second: aTarget,
    third: aTarget,
    choice: fc.boolean(),
    options: fc.uniqueArray(anOption, { maxLength: 4, selector: (text) => text.split(" ")[0] }),
    guard: fc.boolean(),
    live: fc.boolean(),
  })
  .map(({ first, second, third, choice, options, guard, live }) => {
    const route = choice && first !== second ? `cheapest of [${first}, ${second}]` : first;
    const rest = [second, third].filter(
      (name, at, all) => name !== first && all.indexOf(name) === at,
    );
    const fallbacks = choice ? "" : rest.map((name) => ` fallback ${name} on retryable`).join("");
    const given = options.length === 0 ? "" : ` with ${options.join(", ")}`;
    return [
      guard ? "never target.region is us when pii" : "",
      live ? `if ${first}.healthy and spend.user.today < $0.05 then ${first}${given}` : "",
      `otherwise ${route}${fallbacks}${given}`,
    ].join("\n");
  });

const aRequest = fc
  .record({
    everyMs: fc.integer({ min: 0, max: 5_000 }),
    tokens: fc.integer({ min: 1, max: 20_000 }),
    output: fc.integer({ min: 0, max: 1_000 }),
    user: fc.constantFrom("ann", "bob"),
    pii: fc.boolean(),
    stream: fc.boolean(),
    key: fc.integer({ min: 0, max: 5 }),
    left: fc.boolean(),
    target: aTarget,
  })
  .map((given) => ({ ...given, left: given.left && given.key === 0 }));

const failures: readonly Cause[] = [
  "rate_limited",
  "server_error",
  "cut_stream",
  "timeout",
  "auth",
];

const aModel: fc.Arbitrary<TargetModel> = fc
  .record({
    firstTokenMs: fc.integer({ min: 1, max: 3_000 }),
    share: fc.double({ min: 0, max: 0.9, noNaN: true }),
    cause: fc.constantFrom(...failures),
  })
  .map(({ firstTokenMs, share, cause }) =>
    behaving({ firstTokenMs, spread: 0.4, failures: [{ share, cause }] }),
  );

const aScenario = fc.constantFrom<NonNullable<Replaying["whatIf"]>>(
  {},
  { outage: ["claude@1m+2m", "qwen@2m+30s:overloaded"] },
  { capacity: ["local-gpu=1", "claude=2"] },
  { throttle: ["*=10/min"], slow: ["claude=*5@30s+5m"] },
  { traffic: ["*2.5"], price: ["*=*3"] },
);

const aCase = fc.record({
  policy: aPolicy,
  against: aPolicy,
  requests: fc.array(aRequest, { minLength: 1, maxLength: 60 }),
  model: aModel,
  whatIf: aScenario,
  playsLog: fc.boolean(),
});

function linesOf(
  requests: readonly (typeof aRequest extends fc.Arbitrary<infer R> ? R : never)[],
): readonly object[] {
  let atMs = 0;
  return requests.map(
    ({ everyMs, tokens, output, user, pii, stream, key, left, target }, index) => {
      atMs += everyMs;
      const gone = left ? { status: 499, outcome: "client-gone", durationMs: 400 } : {};
      return arrived(
        atMs,
        { user, pii },
        { ...{ id: `r${index}`, target, tokens, output, stream, cacheKey: `k${key}` }, ...gone },
      );
    },
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

function check(replay: ReplayReport, requests: number): void {
  const { outcomes, rules, intervals, days, cost, providers } = replay;
  expect(sum(Object.values(outcomes))).toBe(requests);
  expect(sum(rules.map((each) => each.requests))).toBe(requests);
  expect(sum(intervals.map((each) => each.requests))).toBe(requests);
  expect(sum(days.map((each) => each.requests))).toBe(requests);
  expect(sum(replay.flows.map((each) => each.requests))).toBe(requests);
  expect(sum(providers.map((each) => each.cost))).toBeCloseTo(cost.total, 9);
  expect(sum(replay.targets.map((each) => each.cost ?? 0))).toBeCloseTo(cost.total, 9);
  for (const { attempts, answered, failed, aborted } of replay.targets)
    expect(answered + aborted + sum(Object.values(failed))).toBeLessThanOrEqual(attempts);
}

test("every request ends once, whatever the policy, the faults and the scenario, and all sums agree", async () => {
  await fc.assert(
    fc.asyncProperty(aCase, async ({ policy, against, requests, model, ...more }) => {
      const report = await replayed(linesOf(requests), policy, {
        ...{ ...more, against },
        modelOf: () => model,
      });
      check(report.replay, report.requests);
      if (report.against !== undefined) check(report.against, report.requests);
    }),
    { numRuns: process.env["SIGNALBOX_LONG"] === "1" ? 5_000 : 150 },
  );
}, 600_000);

test("the same seed gives the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(aCase, async ({ policy, against, requests, model, ...more }) => {
      const once = () =>
        replayed(linesOf(requests), policy, { ...more, against, modelOf: () => model });
      expect(JSON.stringify(await once())).toBe(JSON.stringify(await once()));
    }),
    { numRuns: 30 },
  );
});
