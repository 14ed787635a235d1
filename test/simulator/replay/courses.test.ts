import { expect, test } from "vitest";
import { arrived, replayed, startMs, steady, traffic } from "../../support/replaying.ts";

const attemptsAt = (
  { replay: { targets } }: Awaited<ReturnType<typeof replayed>>,
  target: string,
): number => targets.find((each) => each.target === target)?.attempts ?? 0;

test("what the log tells of an attempt is played again, to the millisecond", async () => {
  const { replay } = await replayed([arrived(0), arrived(5_000)], "otherwise claude");
  expect(replay.outcomes).toMatchObject({ ok: 2, failed: 0 });
  expect(replay.latency?.p50).toBeCloseTo(1_000, -1);
  expect(replay.firstToken?.p50).toBeCloseTo(200, -1);
  expect(replay).toMatchObject({ fromMs: startMs, toMs: startMs + 6_000, late: 0, untimed: 0 });
});

test("a failure that the log tells is met again, and what took over takes over", async () => {
  const failed = { step: 0, startMs: 0, endMs: 80, status: 429 };
  const lines = [
    arrived(
      0,
      {},
      {
        attempts: [
          { target: "claude", outcome: "rate_limited", ...failed },
          {
            ...{
              target: "qwen",
              step: 1,
              outcome: "ok",
              startMs: 80,
              firstTokenMs: 300,
              endMs: 900,
            },
            usage: { input: 100, output: 50, cachedRead: 0, cachedWrite: 0, reasoning: 0 },
          },
        ],
      },
    ),
  ];
  const { replay } = await replayed(lines, "otherwise claude fallback qwen with retry 0");
  expect(replay.fallbacks).toMatchObject({ requests: 1, share: 1, causes: { rate_limited: 1 } });
  expect(replay.fallbacks.paths).toEqual([{ from: "claude", to: "qwen", requests: 1 }]);
  expect(replay.latency?.p50).toBeCloseTo(900, -1);
});

test("a target that the log tells nothing of answers as its model does", async () => {
  const { replay } = await replayed([arrived(0)], "otherwise qwen");
  // After half a second the first of fifty tokens, and the others at a hundred a second.
  expect(replay.latency?.p50).toBeCloseTo(990, -1);
  expect(replay.firstToken?.p50).toBeCloseTo(500, -1);
});

test("in an outage a breaker opens after some failures, and its end is noticed", async () => {
  const lines = traffic(600, 1_000);
  const whatIf = { outage: ["claude@09:02+4m"] };
  const report = await replayed(lines, "otherwise claude fallback qwen with retry 0", { whatIf });
  const { fallbacks, outcomes, targets } = report.replay;
  expect(outcomes.ok).toBe(600);
  expect(fallbacks.requests).toBeGreaterThan(200);
  expect(fallbacks.requests).toBeLessThan(330);
  expect(targets.find(({ target }) => target === "claude")?.failed["unavailable"]).toBeLessThan(40);
});

test("without a fallback an outage's requests fail", async () => {
  const whatIf = { outage: ["anthropic@1m+1m:server_error"] };
  const report = await replayed(traffic(180, 1_000), "otherwise claude with retry 0", { whatIf });
  const { outcomes, intervals } = report.replay;
  expect(outcomes.failed).toBeGreaterThan(50);
  expect(outcomes.failed + outcomes.ok).toBe(180);
  const before = intervals.filter(({ atMs }) => atMs < startMs + 60_000);
  expect(before.reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
});

test("a limit turns away what is beyond it, and names itself", async () => {
  const policy = "otherwise claude with limit 10 requests per minute";
  const { replay } = await replayed(traffic(30, 1_000), policy);
  expect(replay.outcomes).toMatchObject({ ok: 10, limited: 20 });
  expect(replay.limited).toMatchObject([{ requests: 20 }]);
  expect(replay.limited[0]?.option).toContain("limit");
});

test("a limit that may be waited for holds requests back on the virtual clock", async () => {
  const policy = "otherwise claude with limit 10 requests per minute or wait 2m";
  const { replay } = await replayed(traffic(15, 100), policy);
  expect(replay.outcomes).toMatchObject({ ok: 15, limited: 0 });
  expect(replay.latency?.p99).toBeGreaterThan(50_000);
});

test("a spent budget goes on at what takes over from it, settled at what requests came to", async () => {
  // A request here costs 100 × $3/M and 50 × $15/M.
  const policy = "otherwise claude fallback local-gpu on budget_exceeded with budget $0.05 per day";
  const report = await replayed(traffic(100, 10_000), policy);
  expect(report.replay.outcomes.ok).toBe(100);
  expect(attemptsAt(report, "claude")).toBeGreaterThan(10);
  expect(attemptsAt(report, "local-gpu")).toBeGreaterThan(10);
  const spent = report.replay.targets.find(({ target }) => target === "claude")?.cost ?? 0;
  expect(spent).toBeLessThanOrEqual(0.05);
});

test("a ceiling on concurrency makes requests wait for those before them", async () => {
  const policy = "otherwise claude with concurrency 1 or wait 10m";
  const { replay } = await replayed(traffic(10, 10), policy);
  expect(replay.outcomes).toMatchObject({ ok: 10 });
  expect(replay.latency?.p99).toBeGreaterThan(9_000);
});

test("a target with so many places lets the others wait there", async () => {
  const whatIf = { capacity: ["claude=2"] };
  const { replay } = await replayed(traffic(10, 10), "otherwise claude", { whatIf });
  // Five pairs, a second each.
  expect(replay.latency?.p99).toBeGreaterThan(4_500);
  expect(replay.latency?.p99).toBeLessThan(5_500);
});

test("who asks the same gets the kept answer, or waits for the one under way", async () => {
  const policy = "otherwise claude with cache exact for 10m";
  const same = (afterMs: number) => arrived(afterMs, {}, { cacheKey: "k1" });
  const lines = [
    same(0),
    same(500),
    same(5_000),
    arrived(6_000, {}, { cacheKey: "k2" }),
    same(700_000),
  ];
  const report = await replayed(lines, policy);
  expect(report.replay.outcomes).toMatchObject({ ok: 3, cached: 2 });
  expect(attemptsAt(report, "claude")).toBe(3);
  expect(report.replay.cost.saved).toBeGreaterThan(0);
  expect(report.replay.cost.total).toBeCloseTo(report.cost.total * 0.6, 6);
});

test("a session stays with its target while it lasts", async () => {
  const lines = traffic(40, 1_000, (index) =>
    arrived(index * 1_000, { user: `u${index % 4}` }, { target: "none" }),
  );
  const free = await replayed(lines, "otherwise any of [claude, qwen]");
  const policy = "otherwise any of [claude, qwen] with sticky by user for 10m";
  const stuck = await replayed(lines, policy);
  const mixed = (report: typeof free): number => report.replay.targets.length;
  expect(mixed(free)).toBe(2);
  // Each of four users stays where their first request went.
  for (const { answered } of stuck.replay.targets) expect(answered % 10).toBe(0);
});

test("health that a policy asks for is that of the replay, not what a record tells", async () => {
  const lines = traffic(120, 1_000, (index) => arrived(index * 1_000, { "claude.healthy": true }));
  const policy = "if claude.healthy then claude with retry 0 otherwise qwen";
  const whatIf = { outage: ["claude@30s"] };
  const report = await replayed(lines, policy, { whatIf });
  expect(attemptsAt(report, "qwen")).toBeGreaterThan(60);
});

test("what a user has spent is counted as the replay goes", async () => {
  const lines = traffic(100, 1_000, (index) => arrived(index * 1_000, { user: "ann" }));
  const policy = "if spend.user.today > $0.02 then local-gpu otherwise claude";
  const report = await replayed(lines, policy);
  const spent = report.replay.targets.find(({ target }) => target === "claude")?.cost ?? 0;
  expect(spent).toBeGreaterThan(0.02);
  expect(spent).toBeLessThan(0.025);
  expect(report.missing.map(({ fact }) => fact)).not.toContain("spend.user.today");
});

test("a client that left in the log leaves here too", async () => {
  const left = arrived(0, {}, { status: 499, outcome: "client-gone", durationMs: 300 });
  const { replay } = await replayed([left], "otherwise qwen", { modelOf: () => steady });
  expect(replay.outcomes["client-gone"]).toBe(1);
});

test("what may wait goes to the batch lane at its price; a stream is refused, as it cannot be answered later", async () => {
  const policy = "otherwise claude with batch within 24h";
  const whole = (afterMs: number) => arrived(afterMs, {}, { stream: false });
  const report = await replayed([whole(0), whole(1_000), arrived(2_000)], policy);
  expect(report.replay.outcomes).toMatchObject({ deferred: 2, rejected: 1 });
  // Half the price for two of three.
  expect(report.replay.cost.total).toBeCloseTo(report.cost.total / 3, 6);
});

test("a guard that keeps a target out is counted by its words", async () => {
  const policy = "never target.region is us when pii otherwise claude fallback mistral-eu";
  const lines = [arrived(0, { pii: true }), arrived(1_000, { pii: false })];
  const { replay } = await replayed(lines, policy);
  expect(replay.guards).toEqual([
    { guard: "never target.region is us when pii", enforced: 1, refused: 0 },
  ]);
});

test("a stream that is slower than it may be is cut by the machine of production", async () => {
  const whatIf = { slow: ["claude=*100"] };
  const policy = "otherwise claude fallback qwen with first-token 2s, retry 0";
  const { replay } = await replayed([arrived(0)], policy, { whatIf });
  expect(replay.fallbacks.causes).toEqual({ first_token_timeout: 1 });
});

test("a throttle takes what it holds at first, and then what is refilled", async () => {
  const whatIf = { throttle: ["claude=10/min"] };
  const policy = "otherwise claude fallback qwen on rate_limited with retry 0";
  const report = await replayed(traffic(60, 1_000), policy, { whatIf });
  const claude = report.replay.targets.find(({ target }) => target === "claude");
  // Ten at once, and one each six seconds of a minute.
  expect(claude?.answered).toBe(19);
  expect(report.replay.outcomes.ok).toBe(60);
});

test("a log that loses its order behind its first requests says so, and that it is not to be trusted", async () => {
  const lines = traffic(6_000, 1_000);
  const { replay } = await replayed(
    [...lines.slice(900), ...lines.slice(0, 900)],
    "otherwise claude",
  );
  expect(replay.late).toBeGreaterThan(800);
  expect(replay.notPlayed).toEqual([expect.stringContaining("Sort the log by time")]);
  expect((await replayed(lines, "otherwise claude")).replay.notPlayed).toEqual([]);
});

test("days beyond those that are told apart come last", async () => {
  const lines = traffic(210, 86_400_000);
  const { replay } = await replayed(lines, "otherwise claude");
  expect(replay.days).toHaveLength(201);
  expect(replay.days[0]?.name).toBe("2026-11-23");
  expect(replay.days.at(-1)).toMatchObject({ name: "(others)", requests: 10 });
});

test("a queue is fair between the keys of one team", async () => {
  // One key's ten requests come before the other's one, all at work one after the other.
  const lines = traffic(11, 1, (index) =>
    arrived(index, { team: "red", key: index < 10 ? "many" : "one", intent: `${index}` }),
  );
  const whole = "otherwise claude with concurrency 1 or wait 10m";
  const { replay } = await replayed(lines, whole);
  const last = replay.intents.find(({ name }) => name === "10");
  expect(last?.latency?.p50).toBeLessThan(3_500);
});

test("tokens that are no count are not taken for the prompt's estimate", async () => {
  const policy = "otherwise claude fallback qwen with cost at most $0.0015";
  // A thousand tokens at $3/M are beyond it, whatever is taken for their estimate below that is not.
  const asked = (tokens: number) => arrived(0, { tokens, max_tokens: 50 }, { tokens: 1_000 });
  expect(attemptsAt(await replayed([asked(-1_000)], policy), "claude")).toBe(0);
});

test("a session stays in the middle of a loop of tools beyond its time", async () => {
  const policy = "otherwise any of [claude, qwen] with sticky by user for 1m, retry 0";
  const turn = (minute: number, role: "user" | "tool"): object => ({
    time: new Date(startMs + minute * 60_000).toISOString(),
    caller: { name: "k", user: "u" },
    body: {
      model: "auto",
      messages: [
        { role: "user", content: "Find it." },
        ...(role === "user"
          ? []
          : [
              {
                role: "assistant",
                content: null,
                tool_calls: [
                  { id: "c", type: "function", function: { name: "find", arguments: "{}" } },
                ],
              },
              { role: "tool", tool_call_id: "c", content: "Here." },
            ]),
      ],
    },
  });
  const targetsOf = async (role: "user" | "tool"): Promise<number> => {
    const lines = Array.from({ length: 40 }, (_, index) => turn(2 * index, role));
    return (await replayed(lines, policy)).replay.targets.length;
  };
  expect(await targetsOf("user")).toBe(2);
  expect(await targetsOf("tool")).toBe(1);
});
