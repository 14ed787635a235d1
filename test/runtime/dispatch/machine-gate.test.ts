import { expect, test } from "vitest";
import type { Failure } from "../../../src/protocol/failure.ts";
import type { DispatchEvent, GateQuestions } from "../../../src/runtime/dispatch/machine-types.ts";
import { completed, failed, failure, gone, run, start, wake } from "../../support/machine-run.ts";
import { planOver } from "../../support/plans.ts";

const open = failure("unavailable", { code: "breaker_open", retryAfterMs: 800 });
const paused = failure("rate_limited", {
  ...{ code: "target_paused", retrySame: true, retryAfterMs: 1_500 },
});
const broken = failure("server_error", { retrySame: true });

/** A gate that holds targets off until a time. */
const holding = (
  held: Readonly<Record<string, { readonly failure: Failure; readonly untilMs?: number }>>,
  more: Partial<GateQuestions> = {},
): GateQuestions => ({
  holds(target, _last, atMs) {
    const here = held[target];
    return here !== undefined && atMs < (here.untilMs ?? Number.POSITIVE_INFINITY)
      ? here.failure
      : null;
  },
  mayRetry: () => true,
  lastResort: () => null,
  ...more,
});

test("a target that is held off is passed over at once, and the result says why", () => {
  const gate = holding({ a: { failure: open } });
  const { actions, result } = run(planOver(["a", "b"]), [start, completed(0, 40)], { gate });
  expect(actions).toEqual(["send 0 b", "alarm 10000", "commit 0", "finish ok"]);
  expect(result?.skipped).toEqual([{ target: "a", step: 0, failure: open }]);
  expect(result?.attempts.map(({ target, step }) => [target, step])).toEqual([["b", 1]]);
});

test("a later step is reached by what holds the earlier one off, and by nothing else", () => {
  const plan = planOver(["a", "b", "c"]);
  const steps = plan.steps.map((step, index) =>
    index === 1 ? { ...step, on: ["rate_limited" as const] } : step,
  );
  const gate = holding({ a: { failure: open } });
  expect(run({ ...plan, steps }, [start], { gate }).actions[0]).toBe("send 0 c");
});

test("where every target is held off the request fails at once, with the shortest time to come back", () => {
  const gate = holding({
    a: { failure: open },
    b: { failure: { ...open, retryAfterMs: 300 } },
    c: { failure: { ...paused, retryAfterMs: 5_000 } },
  });
  const { actions, result } = run(planOver(["a", "b", "c"]), [start], { gate });
  expect(actions).toEqual(["finish failed"]);
  expect(result?.attempts).toEqual([]);
  expect(result?.failure).toMatchObject({ code: "target_paused", retryAfterMs: 300 });
});

test("a failure that is no matter of waiting takes the hint away", () => {
  const gate = holding({ b: { failure: open } });
  const { result } = run(planOver(["a", "b"]), [start, failed(0, 10, broken)], { gate });
  expect(result?.failure).toMatchObject({ code: "breaker_open", retryAfterMs: 800 });
  const other = run(planOver(["b", "a"]), [start, failed(0, 10, broken)], { gate });
  expect(other.result?.failure?.cause).toBe("server_error");
  expect(other.result?.failure?.retryAfterMs).toBeUndefined();
});

test("a pause is waited out where nobody else takes the request, and the attempt after it is the first", () => {
  const gate = holding({ a: { failure: paused, untilMs: 1_500 } });
  const plan = planOver(["a"], { retries: 1 });
  const { actions, result } = run(plan, [start, wake(1_500), completed(0, 1_600)], { gate });
  expect(actions.slice(0, 2)).toEqual(["alarm 1500", "send 0 a"]);
  expect(result).toMatchObject({ outcome: "ok", skipped: [{ target: "a" }] });
  expect(run(planOver(["a", "b"], { retries: 1 }), [start], { gate }).actions[0]).toBe("send 0 b");
});

test("a pause is not waited out without a retry to spend, or with no room in the budget", () => {
  const held = { a: { failure: paused } };
  expect(run(planOver(["a"]), [start], { gate: holding(held) }).actions).toEqual(["finish failed"]);
  const gate = holding(held, { mayRetry: () => false });
  expect(run(planOver(["a"], { retries: 1 }), [start], { gate }).actions).toEqual([
    "finish failed",
  ]);
});

test("a retry whose target was closed during the wait goes on to the next step", () => {
  let isOpen = false;
  const gate: GateQuestions = {
    holds: (target) => (isOpen && target === "a" ? open : null),
    mayRetry: () => true,
    lastResort: () => null,
  };
  const events = [start, failed(0, 10, broken), wake(10)];
  expect(run(planOver(["a", "b"], { retries: 1 }), events, { gate }).actions).toContain("send 1 a");
  const machine = (): readonly string[] => {
    const plan = planOver(["a", "b"], { retries: 1 });
    const closing: GateQuestions = {
      holds: gate.holds,
      mayRetry: () => {
        isOpen = true;
        return true;
      },
      lastResort: () => null,
    };
    return run(plan, events, { gate: closing }).actions;
  };
  expect(machine()).toContain("send 1 b");
});

test("without room in its budget a target is not retried, and its failure goes to the next step", () => {
  const gate = holding({}, { mayRetry: () => false });
  const plan = planOver(["a", "b"], { retries: 3 });
  const { actions, result } = run(plan, [start, failed(0, 10, broken)], { gate });
  expect(actions).toContain("send 1 b");
  expect(result).toBeNull();
});

test("the gate is told whether anybody else would take the request over", () => {
  const asked: [string, boolean][] = [];
  const gate = holding(
    {},
    {
      holds: (target, last) => {
        asked.push([target, last]);
        return target === "a" ? open : null;
      },
    },
  );
  run(planOver(["a", "b"]), [start], { gate });
  expect(asked).toEqual([
    ["a", false],
    ["b", true],
  ]);
});

test("a client that leaves while a pause is waited out ends the request", () => {
  const gate = holding({ a: { failure: paused } });
  const { result } = run(planOver(["a"], { retries: 1 }), [start, gone(100)], { gate });
  expect(result).toMatchObject({ outcome: "client-gone", attempts: [] });
});

const resort = (target: string | null, asked: (readonly string[])[] = []) => ({
  lastResort: (targets: readonly string[]) => {
    asked.push(targets);
    return target;
  },
});

test("where everybody holds a request off it is tried where the gate says, once and without a retry", () => {
  const asked: (readonly string[])[] = [];
  const gate = holding({ a: { failure: open }, b: { failure: open } }, resort("b", asked));
  const plan = planOver(["a", "b"], { retries: 3 });
  const { actions, result } = run(plan, [start, failed(0, 10, broken)], { gate });
  expect(asked).toEqual([["a", "b"]]);
  expect(actions).toEqual(["send 0 b", "alarm 10000", "finish failed"]);
  expect(result?.failure?.cause).toBe("server_error");
  expect(result?.attempts).toMatchObject([{ target: "b", step: 1 }]);
});

test("a selection that found nobody healthy is tried at one of its own, as a last resort alone", () => {
  const plan = planOver([null, "b"]);
  const steps = plan.steps.map((step, index) => (index === 0 ? { ...step, spares: ["c"] } : step));
  const asked: (readonly string[])[] = [];
  const gate = holding({ b: { failure: open } }, resort("c", asked));
  const { actions, result } = run({ ...plan, steps }, [start, completed(0, 40)], { gate });
  expect(asked).toEqual([["c", "b"]]);
  expect(actions.at(-1)).toBe("finish ok");
  expect(result?.attempts).toMatchObject([{ target: "c", step: 0 }]);
  const well = run({ ...plan, steps }, [start], { gate: holding({}, resort("c")) });
  expect(well.actions[0]).toBe("send 0 b");
});

test("a last resort is asked for neither after an attempt, nor beyond the ceiling on cost", () => {
  const asked: (readonly string[])[] = [];
  const gate = holding({ b: { failure: open } }, resort("b", asked));
  run(planOver(["a", "b"]), [start, failed(0, 10, broken)], { gate });
  expect(asked).toEqual([]);
  const costLimit = { most: 1, attempts: { b: 2 } };
  const poor = run(planOver(["b"], { costLimit }), [start], { gate });
  expect(poor.actions).toEqual(["finish failed"]);
});

const full = failure("overloaded", { code: "target_full", retryAfterMs: 1_000 });
const turn = (atMs: number): DispatchEvent => ({ kind: "turn", atMs });
const noTurn = (atMs: number): DispatchEvent => ({ kind: "no-turn", atMs });

test("a full target is passed over like an overloaded one, and waited for only where nobody else takes the request", () => {
  const gate = holding({ a: { failure: full } });
  expect(run(planOver(["a", "b"]), [start, completed(0, 40)], { gate }).actions[0]).toBe(
    "send 0 b",
  );
  const alone = run(planOver(["a"]), [start], { gate });
  expect(alone.actions).toEqual(["await turn a 2000", "alarm 2000"]);
  const both = holding({ a: { failure: full }, b: { failure: open } });
  expect(run(planOver(["a", "b"]), [start], { gate: both }).actions[0]).toBe("await turn a 2000");
});

test("a turn is used at once, and what comes of it goes its usual way", () => {
  const held = { a: { failure: full, untilMs: 500 } };
  const events = [start, turn(500), failed(0, 600, broken), wake(700), completed(1, 800)];
  const { actions, result } = run(planOver(["a"], { retries: 1 }), events, {
    gate: holding(held),
  });
  expect(actions.filter((each) => /send|finish/.test(each))).toEqual([
    "send 0 a",
    "send 1 a",
    "finish ok",
  ]);
  expect(result?.skipped).toEqual([{ target: "a", step: 0, failure: full }]);
});

test("a turn at a target that broke meanwhile is left to the next, and the client hears why", () => {
  const holds: GateQuestions["holds"] = (_target, _last, atMs) => (atMs < 500 ? full : open);
  const { result } = run(planOver(["a"]), [start, turn(500)], { gate: holding({}, { holds }) });
  expect(result?.failure?.code).toBe("breaker_open");
});

test.each([
  ["no room to wait", [start, noTurn(0)]],
  ["no turn in the time that a first token may take", [start, wake(2_000)]],
  ["no turn before the deadline", [start, wake(30_000)]],
] as const)("with %s the request fails as overloaded, with a time to come back", (_why, events) => {
  const gate = holding({ a: { failure: full } });
  const { actions, result } = run(planOver(["a"]), events, { gate });
  expect(actions.at(-1)).toBe("finish failed");
  expect(result?.failure?.retryAfterMs ?? 1_000).toBe(1_000);
  expect(result?.attempts).toEqual([]);
});

test("a turn that comes after the request is over, or was never waited for, changes nothing", () => {
  const gate = holding({ a: { failure: full } });
  const over = run(planOver(["a"]), [start, wake(2_000), turn(2_001)], { gate });
  expect(over.actions.at(-1)).toBe("finish failed");
  const never = run(planOver(["b"]), [start, turn(10), noTurn(20), completed(0, 40)], { gate });
  expect(never.actions.filter((each) => each.startsWith("send"))).toEqual(["send 0 b"]);
});
