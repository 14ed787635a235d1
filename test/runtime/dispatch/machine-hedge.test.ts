import { expect, test } from "vitest";
import {
  completed,
  failed,
  failure,
  firstToken,
  gone,
  run,
  start,
  wake,
} from "../../support/machine-run.ts";
import { planOver } from "../../support/plans.ts";

const broken = failure("server_error");
const hedging = (targets: readonly (string | null)[], changes = {}) =>
  planOver(targets, { hedgeAfterMs: 700, ...changes });
const streamed = { streamed: true };

const outcomes = (result: ReturnType<typeof run>["result"]): readonly string[] =>
  (result?.attempts ?? []).map(({ target, hedge, outcome }) => {
    const told = { ok: "ok", failed: "", aborted: "" }[outcome.kind];
    const cause = outcome.kind === "failed" ? outcome.failure.cause : told;
    const how = outcome.kind === "aborted" ? outcome.why : cause;
    return `${target}${hedge ? " (hedge)" : ""} ${how}`;
  });

test("a silent attempt gets another beside it, and the one that speaks first is the client's", () => {
  const events = [start, wake(700), firstToken(1, 900), completed(1, 1_500)];
  const { actions, result } = run(hedging(["a", "b"]), events, streamed);
  expect(actions).toEqual([
    ...["send 0 a", "alarm 700", "send 1 b", "alarm 2000"],
    ...["commit 1", "abort 0", "finish ok"],
  ]);
  expect(outcomes(result)).toEqual(["a outrun", "b (hedge) ok"]);
});

test("the slow one may still win, and then the other one is stopped", () => {
  const events = [start, wake(700), firstToken(0, 900), completed(0, 1_500)];
  const { actions, result } = run(hedging(["a", "b"]), events, streamed);
  expect(actions).toContain("abort 1");
  expect(outcomes(result)).toEqual(["b (hedge) outrun", "a ok"]);
});

test("of whole answers the first that is whole wins", () => {
  const { actions, result } = run(hedging(["a", "b"]), [start, wake(700), completed(1, 900)]);
  expect(actions.slice(-3)).toEqual(["commit 1", "abort 0", "finish ok"]);
  expect(outcomes(result)).toEqual(["a outrun", "b (hedge) ok"]);
});

test("an attempt that has begun is not hedged", () => {
  const events = [start, firstToken(0, 600), wake(700), wake(800)];
  expect(run(hedging(["a", "b"]), events, streamed).actions).not.toContain("send 1 b");
});

test("where one fails the other goes on alone", () => {
  const plan = hedging(["a", "b", "c"], { retries: 2 });
  const retriable = failure("server_error", { retrySame: true });
  const first = run(plan, [start, wake(700), failed(0, 800, retriable), completed(1, 900)]);
  expect(first.actions).not.toContain("send 2 c");
  expect(outcomes(first.result)).toEqual(["a server_error", "b (hedge) ok"]);
  const second = run(plan, [start, wake(700), failed(1, 800, retriable), completed(0, 900)]);
  expect(outcomes(second.result)).toEqual(["b (hedge) server_error", "a ok"]);
});

test("where both fail the chain goes on behind the hedge, and is not hedged again", () => {
  const plan = hedging(["a", "b", "c", "d"]);
  const events = [start, wake(700), failed(1, 800, broken), failed(0, 900, broken), wake(1_600)];
  const { actions } = run(plan, events);
  expect(actions.filter((action) => action.startsWith("send"))).toEqual([
    "send 0 a",
    "send 1 b",
    "send 2 c",
  ]);
});

test("a fallback may be hedged where the first attempt failed before its time", () => {
  const events = [start, failed(0, 100, broken), wake(700), wake(800)];
  const { actions } = run(hedging(["a", "b", "c"]), events);
  expect(actions.filter((action) => action.startsWith("send"))).toEqual([
    "send 0 a",
    "send 1 b",
    "send 2 c",
  ]);
});

test.each([
  ["no step is left", hedging(["a"]), {}],
  ["the next step has no target", hedging(["a", null]), {}],
  ["no attempt is left", hedging(["a", "b"], { maxAttempts: 1 }), {}],
  [
    "it could cost too much together with the first",
    hedging(["a", "b"], { costLimit: { most: 9, attempts: { a: 5, b: 5 } } }),
    {},
  ],
  ["the target is held off", hedging(["a", "b"]), { holds: () => failure("unavailable") }],
  ["the target's budget has no room", hedging(["a", "b"]), { mayRetry: () => false }],
])("there is no hedge where %s", (_why, plan, gate) => {
  const open = { holds: () => null, mayRetry: () => true, ...gate };
  const late = {
    holds: (target: string) => (target === "b" ? open.holds() : null),
    mayRetry: open.mayRetry,
    lastResort: () => null,
  };
  const { actions } = run(plan, [start, wake(700)], { gate: late });
  expect(actions.filter((action) => action.startsWith("send"))).toEqual(["send 0 a"]);
});

test("a step that does not take over from slow ones is passed over by a hedge", () => {
  const plan = hedging(["a", "b", "c"]);
  const steps = plan.steps.map((step, at) =>
    at === 1 ? { ...step, on: ["rate_limited" as const] } : step,
  );
  expect(run({ ...plan, steps }, [start, wake(700)]).actions).toContain("send 1 c");
});

test("a client that leaves, and a deadline, stop both", () => {
  const left = run(hedging(["a", "b"]), [start, wake(700), gone(800)]);
  expect(left.actions.slice(-3)).toEqual(["abort 0", "abort 1", "finish client-gone"]);
  const late = run(hedging(["a", "b"], { deadlineMs: 1_000 }), [start, wake(700), wake(1_000)]);
  expect(late.actions.slice(-3)).toEqual(["abort 0", "abort 1", "finish failed"]);
  expect(late.result?.failure?.code).toBe("deadline_exceeded");
});

const usage = (outputTokens: number) => ({
  ...{ inputTokens: 1, cachedReadTokens: 0, cachedWriteTokens: 0, outputTokens },
  ...{ reasoningTokens: 0, estimated: true },
});

test("a stream slower than the plan's tokens per second ends, five seconds after its first token", () => {
  const plan = planOver(["a", "b"], { minTps: 20, idleMs: 60_000, timeoutMs: 60_000 });
  const events = [
    start,
    firstToken(0, 100),
    wake(5_099, 5_000, usage(1)),
    wake(5_100, 5_000, usage(99)),
  ];
  const { result } = run(plan, events, streamed);
  expect(result?.failure).toMatchObject({ cause: "timeout", code: "stream_too_slow" });
  expect(result?.attempts[0]?.endedAtMs).toBe(5_100);
});

test("one that is fast enough, or whose tokens nobody counts, goes on and is looked at each second", () => {
  const plan = planOver(["a"], { minTps: 20, idleMs: 60_000, timeoutMs: 60_000 });
  for (const counted of [usage(100), null]) {
    const events = [start, firstToken(0, 100), wake(5_100, 5_000, counted)];
    const { actions, result } = run(plan, events, streamed);
    expect(result).toBeNull();
    expect(actions.at(-1)).toBe("alarm 6100");
  }
});
