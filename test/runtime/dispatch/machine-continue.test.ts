import { expect, test } from "vitest";
import { completed, failed, failure, firstToken, run, start } from "../../support/machine-run.ts";
import { planOver } from "../../support/plans.ts";

const cut = failure("cut_stream");
const continuing = (targets: readonly string[], changes = {}) =>
  planOver(targets, { continuations: 1, ...changes });
const streamed = { streamed: true };
const sends = (actions: readonly string[]): readonly string[] =>
  actions.filter((action) => /^(send|commit|finish)/.test(action));

test("a stream that breaks off after its first word is gone on with by the next step", () => {
  const events = [
    ...[start, firstToken(0, 100), failed(0, 500, cut)],
    ...[firstToken(1, 700), completed(1, 900)],
  ];
  const { actions, result } = run(continuing(["a", "b"]), events, streamed);
  expect(sends(actions)).toEqual(["send 0 a", "commit 0", "send 1 b", "commit 1", "finish ok"]);
  expect(result).toMatchObject({ outcome: "ok", committed: true });
});

test("that is done once: the second break ends the stream", () => {
  const events = [
    ...[start, firstToken(0, 100), failed(0, 500, cut)],
    ...[firstToken(1, 700), failed(1, 900, cut)],
  ];
  const { actions, result } = run(continuing(["a", "b", "c"]), events, streamed);
  expect(sends(actions)).not.toContain("send 2 c");
  expect(result).toMatchObject({ outcome: "failed", committed: true, failure: cut });
});

test("one that fails before a word of its own gives way to the next, and the stream is still one", () => {
  const events = [
    ...[start, firstToken(0, 100), failed(0, 500, cut), failed(1, 600, failure("server_error"))],
    ...[firstToken(2, 700), completed(2, 900)],
  ];
  const { actions } = run(continuing(["a", "b", "c"]), events, streamed);
  expect(sends(actions).slice(-3)).toEqual(["send 2 c", "commit 2", "finish ok"]);
});

test.each([
  ["the plan does not say so", planOver(["a", "b"]), cut],
  ["no step is left", continuing(["a"]), cut],
  ["the answer was filtered", continuing(["a", "b"]), failure("content_filtered")],
  ["the request is at fault", continuing(["a", "b"]), failure("bad_request")],
])("a stream is not gone on with where %s", (_why, plan, why) => {
  const { actions, result } = run(plan, [start, firstToken(0, 100), failed(0, 500, why)], streamed);
  expect(sends(actions)).toEqual(["send 0 a", "commit 0", "finish failed"]);
  expect(result?.failure).toEqual(why);
});

test("a step that does not take broken streams over is passed over", () => {
  const plan = continuing(["a", "b", "c"]);
  const steps = plan.steps.map((step, at) =>
    at === 1 ? { ...step, on: ["rate_limited" as const] } : step,
  );
  const events = [start, firstToken(0, 100), failed(0, 500, cut)];
  expect(run({ ...plan, steps }, events, streamed).actions).toContain("send 1 c");
});

test("the target whose stream broke is not retried for it", () => {
  const retriable = failure("cut_stream", { retrySame: true });
  const plan = continuing(["a", "b"], { retries: 3 });
  const { actions } = run(plan, [start, firstToken(0, 100), failed(0, 500, retriable)], streamed);
  expect(sends(actions).at(-1)).toBe("send 1 b");
});
