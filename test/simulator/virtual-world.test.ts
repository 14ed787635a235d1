import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom, SeededRandom } from "../../src/base/random.ts";
import { dispatch } from "../../src/runtime/dispatch/dispatch.ts";
import type { DispatchResult } from "../../src/runtime/dispatch/machine-types.ts";
import type { Job } from "../../src/runtime/dispatch/world.ts";
import { drawAttempt } from "../../src/simulator/models/draw-attempt.ts";
import type { TargetModel } from "../../src/simulator/models/target-model.ts";
import { type AttemptScript, VirtualWorld } from "../../src/simulator/virtual-world.ts";
import { anyFailure, anyPlan } from "../support/dispatch-arbitraries.ts";
import { attemptsOf, planOver } from "../support/plans.ts";
import { logNormal, steady } from "../support/synthetic-log.ts";

const anyScript: fc.Arbitrary<AttemptScript> = fc.record({
  firstTokenMs: fc.option(fc.nat({ max: 4_000 }), { nil: null }),
  flowsUntilMs: fc.nat({ max: 8_000 }),
  end: fc.option(
    fc.record({
      afterMs: fc.nat({ max: 8_000 }),
      failure: fc.option(anyFailure, { nil: null }),
      usage: fc.constant(null),
    }),
    { nil: null },
  ),
});

test("whatever providers do and whenever clients leave, each dispatch ends once and leaves nothing behind", () => {
  const request = fc.record({
    plan: anyPlan,
    streamed: fc.boolean(),
    arrivesMs: fc.nat({ max: 3_000 }),
    leavesAfterMs: fc.option(fc.nat({ max: 10_000 }), { nil: null }),
  });
  fc.assert(
    fc.property(
      fc.array(request, { maxLength: 8 }),
      fc.array(anyScript, { minLength: 1, maxLength: 8 }),
      fc.nat(),
      (requests, scripts, seed) => {
        const random = createRandom(seed);
        const world = new VirtualWorld({
          random: () => random.next(),
          model: () => random.pick(scripts)!,
        });
        const results = requests.map((): DispatchResult[] => []);
        requests.forEach(({ plan, streamed, arrivesMs, leavesAfterMs }, index) => {
          world.at(arrivesMs, () => {
            const finished = (result: DispatchResult): void => {
              results[index]!.push(result);
              expect(world.now() - arrivesMs).toBeLessThanOrEqual(plan.deadlineMs);
            };
            const running = dispatch({ plan, streamed, finished }, world);
            if (leavesAfterMs === null) return;
            world.at(arrivesMs + leavesAfterMs, () => {
              running.clientGone();
              expect(results[index]).toHaveLength(1);
            });
          });
        });
        world.run();
        expect(world.openAlarms).toBe(0);
        expect(world.openAttempts).toBe(0);
        requests.forEach(({ plan }, index) => {
          expect(results[index]).toHaveLength(1);
          expect(results[index]![0]!.attempts.length).toBeLessThanOrEqual(attemptsOf(plan));
        });
      },
    ),
  );
});

test("time passes up to the moment asked for, and no further", () => {
  const world = new VirtualWorld({ random: () => 0, model: () => expect.unreachable() });
  const rung: number[] = [];
  world.createAlarm(() => rung.push(world.now())).set(10);
  world.createAlarm(() => rung.push(world.now())).set(30);
  world.run(20);
  expect(rung).toEqual([10]);
  expect(world.now()).toBe(20);
  world.run();
  expect(rung).toEqual([10, 30]);
  expect(world.now()).toBe(30);
});

test("an attempt that is stopped has nothing more to come", () => {
  const end = { afterMs: 5_000, failure: null, usage: null };
  const world = new VirtualWorld({
    random: () => 0,
    model: () => ({ firstTokenMs: 3_000, flowsUntilMs: 0, end }),
  });
  const running = dispatch(
    { plan: planOver(["a"]), streamed: true, finished: () => undefined },
    world,
  );
  world.at(10, () => running.clientGone());
  world.run();
  expect(world.now()).toBe(10);
});

const model: TargetModel = {
  ...steady,
  firstToken: { baseMs: 200, perTokenMs: 0, ratios: logNormal(0.3) },
  rest: { baseMs: 0, perTokenMs: 10, ratios: [1] },
  failures: [{ cause: "overloaded", status: 503, retryAfterMs: null, share: 0.2, afterMs: [15] }],
};

interface NumberedJob extends Job {
  readonly number: number;
}

/** Sends requests of 51 output tokens, 100 ms apart, and gives each one's result. */
function simulate(targets: readonly string[], count: number): readonly DispatchResult[] {
  const random = createRandom("world");
  const luck = new SeededRandom();
  const world = new VirtualWorld<NumberedJob>({
    random: () => random.next(),
    model: ({ job, target, attempt }) =>
      drawAttempt(model, {
        random: luck.from(job.number, target.charCodeAt(0), attempt),
        ...{ inputTokens: 400, outputTokens: 51, streamed: job.streamed },
      }),
  });
  const results: DispatchResult[] = [];
  for (let index = 0; index < count; index += 1) {
    world.at(index * 100, () => {
      dispatch(
        {
          plan: planOver(targets),
          streamed: true,
          number: index,
          finished: (result) => {
            results[index] = result;
          },
        },
        world,
      );
    });
  }
  world.run();
  return results;
}

test("a modelled target fails as often as it should, and starts and speaks as fast", () => {
  const results = simulate(["a"], 2_000);
  const failed = results.filter(({ outcome }) => outcome === "failed").length;
  expect(Math.abs(failed - 400)).toBeLessThan(5 * Math.sqrt(2_000 * 0.2 * 0.8));
  const good = results.flatMap(({ outcome, attempts }) => (outcome === "ok" ? attempts : []));
  const firstTokens = good
    .map(({ firstTokenAtMs, startedAtMs }) => firstTokenAtMs! - startedAtMs)
    .sort((one, other) => one - other);
  expect(firstTokens[firstTokens.length >> 1]).toBeGreaterThan(190);
  expect(firstTokens[firstTokens.length >> 1]).toBeLessThan(210);
  for (const { endedAtMs, firstTokenAtMs, usage } of good) {
    expect(endedAtMs - firstTokenAtMs!).toBeCloseTo(500, 6);
    expect(usage).toMatchObject({ inputTokens: 400, outputTokens: 51, estimated: true });
  }
});

test("a simulation gives the same results each time", () => {
  expect(simulate(["a", "b"], 100)).toEqual(simulate(["a", "b"], 100));
});

test("a request meets the same luck at a target whatever stands behind it in the plan", () => {
  const alone = simulate(["a"], 200).map(({ attempts }) => attempts[0]);
  expect(simulate(["a", "b"], 200).map(({ attempts }) => attempts[0])).toEqual(alone);
});
