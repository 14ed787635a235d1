import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { createMetrics } from "../../../src/runtime/telemetry/metrics.ts";
import { CountFamily, HistogramFamily } from "../../../src/runtime/telemetry/tallies.ts";

test("a histogram counted by hand reads at a scrape like prom-client's own", async () => {
  const buckets = [0.1, 1, 5];
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(
          fc.constantFrom("a", "b"),
          fc.oneof(fc.constantFrom(...buckets), fc.double({ min: 0, max: 9, noNaN: true })),
        ),
      ),
      async (observed) => {
        const theirs = new Registry();
        const own = new Registry();
        const reference = new Histogram({
          name: "h",
          help: "x",
          labelNames: ["l"],
          buckets,
          registers: [theirs],
        });
        const family = new HistogramFamily("h", "x", ["l"], buckets);
        own.registerMetric(family.forRegistry());
        for (const [label, value] of observed) {
          reference.labels(label).observe(value);
          family.of(label).observe(value);
        }
        expect(await own.metrics()).toBe(await theirs.metrics());
      },
    ),
    { numRuns: 50 },
  );
});

test("meters count by labels of the configuration, and the gauges are read at the scrape", async () => {
  const metrics = createMetrics();
  const policy = metrics.policy("main");
  policy.decided("rule-1");
  policy.ended("ok", 0.02);
  const target = metrics.target("a");
  const usage = {
    inputTokens: 10,
    cachedReadTokens: 4,
    cachedWriteTokens: 0,
    outputTokens: 5,
    reasoningTokens: 0,
    estimated: false,
  };
  target.attempted({
    ...{ attempt: 0, hedge: false, target: "a", step: 0 },
    startedAtMs: 0,
    firstTokenAtMs: 300,
    endedAtMs: 900,
    outcome: { kind: "ok" },
    usage,
  });
  target.used(usage, 2_000_000_000);
  metrics.observe(() => ({
    nowEpochMs: 5_000,
    heldBytes: 7,
    stalledReaders: 1,
    requestsInFlight: 3,
    ...{ limitsWaiting: 0, ledgerUnwritten: 0, ledgerLost: 0 },
    upstreamInFlight: 2,
    ready: true,
    decisionLogDropped: 0,
    decisionFactsLeftOut: 0,
    shadowPolicies: [],
    servers: [
      {
        ...{ server: "home", up: true, running: 2, queue: null, kvUse: 0.25 },
        ...{ specAcceptance: 0.7, tokensPerSecond: 90, ageSeconds: 1.5 },
      },
    ],
    targetPanic: true,
    counts: [{ target: "a", ratio: 1.2, error: 0.03 }],
    targets: [
      { target: "a", healthy: false, breaker: "open", ejected: true, inFlight: 4, waiting: 2 },
    ],
    policies: [{ name: "main", hash: "abc", sinceEpochMs: 1_000, errorSinceEpochMs: 4_000 }],
  }));
  const text = await metrics.text();
  for (const line of [
    'signalbox_decisions_total{policy="main",rule="rule-1"} 1',
    'signalbox_requests_total{policy="main",outcome="ok"} 1',
    'signalbox_attempts_total{target="a",outcome="ok"} 1',
    'signalbox_tokens_total{target="a",direction="cached_read"} 4',
    'signalbox_cost_dollars_total{target="a"} 0.002',
    'signalbox_first_token_seconds_count{target="a"} 1',
    "signalbox_requests_in_flight 3",
    'signalbox_server_up{server="home"} 1',
    'signalbox_target_healthy{target="a"} 0',
    'signalbox_target_ejected{target="a"} 1',
    "signalbox_target_panic 1",
    'signalbox_target_breaker_open{target="a"} 1',
    'signalbox_target_in_flight{target="a"} 4',
    'signalbox_target_token_ratio{target="a"} 1.2',
    'signalbox_target_token_ratio_error{target="a"} 0.03',
    'signalbox_server_running{server="home"} 2',
    'signalbox_server_kv_use{server="home"} 0.25',
    'signalbox_server_spec_acceptance{server="home"} 0.7',
    'signalbox_server_tokens_per_second{server="home"} 90',
    'signalbox_server_age_seconds{server="home"} 1.5',
    'signalbox_policy_info{policy="main",hash="abc"} 1',
    'signalbox_policy_age_seconds{policy="main"} 4',
    'signalbox_policy_stale_seconds{policy="main"} 1',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
  // What the server does not say is not shown as a number.
  expect(text).not.toContain("signalbox_server_queue{");
});

test("names without end are counted together as `other`, and no count is lost", async () => {
  const metrics = createMetrics();
  let decided = 0;
  for (let version = 0; version < 1_500; version += 1) {
    const policy = metrics.policy(`policy-${version}`);
    for (let rule = 0; rule < 10; rule += 1) {
      policy.decided(`rule-${version}-${rule}`);
      decided += 1;
    }
    policy.ended("ok", 0.1);
    metrics.healthChanged(`target-${version}`, "opened");
  }
  for (let rule = 0; rule < 12_000; rule += 1) metrics.policy("policy-0").decided(`new-${rule}`);
  const lines = (await metrics.text()).split("\n");
  const valuesOf = (name: string): number[] =>
    lines.filter((line) => line.startsWith(`${name}{`)).map((line) => Number(line.split(" ")[1]));
  const sum = (name: string): number => valuesOf(name).reduce((all, value) => all + value, 0);
  expect(valuesOf("signalbox_decisions_total").length).toBeLessThanOrEqual(5_001);
  expect(sum("signalbox_decisions_total")).toBe(decided + 12_000);
  expect(sum("signalbox_requests_total")).toBe(1_500);
  expect(sum("signalbox_request_duration_seconds_count")).toBe(1_500);
  expect(lines.filter((line) => line.includes("duration_seconds_count")).length).toBeLessThan(502);
  expect(sum("signalbox_target_health_changes_total")).toBe(1_500);
  expect(lines).toContain('signalbox_requests_total{policy="other",outcome="ok"} 1000');
  // What was known before keeps its name.
  metrics.policy("policy-7").decided("rule-7-3");
  expect(await metrics.text()).toContain(
    'signalbox_decisions_total{policy="policy-7",rule="rule-7-3"} 2\n',
  );
});

test("a family that is full keeps apart what has few values", async () => {
  const family = new CountFamily("c", "x", ["target", "outcome"], 2);
  for (const target of ["a", "b", "c", "d"])
    for (const outcome of ["ok", "failed"]) family.of(target, outcome).add(1);
  const registry = new Registry();
  registry.registerMetric(family.forRegistry());
  expect((await registry.metrics()).split("\n").slice(2, 6)).toEqual([
    'c{target="a",outcome="ok"} 1',
    'c{target="a",outcome="failed"} 1',
    'c{target="other",outcome="ok"} 3',
    'c{target="other",outcome="failed"} 3',
  ]);
});
