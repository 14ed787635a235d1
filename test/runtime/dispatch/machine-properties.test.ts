import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../../src/base/random.ts";
import type { Failure } from "../../../src/protocol/failure.ts";
import { createMachine } from "../../../src/runtime/dispatch/machine.ts";
import type {
  AttemptProgress,
  AttemptRecord,
  DispatchAction,
  DispatchEvent,
  DispatchResult,
} from "../../../src/runtime/dispatch/machine-types.ts";
import type { Plan } from "../../../src/runtime/plan/plan.ts";
import { anyFailure, anyPlan } from "../../support/dispatch-arbitraries.ts";
import { attemptsOf } from "../../support/plans.ts";

/** A move of the world around the machine; times are relative, attempts are meant by their distance from the newest. */
type Move =
  | { readonly kind: "first-token" | "completed"; readonly ago: number; readonly after: number }
  | {
      readonly kind: "failed";
      readonly ago: number;
      readonly after: number;
      readonly failure: Failure;
    }
  /** Rings the alarm at its time, or as early or late as `after` says. */
  | { readonly kind: "wake"; readonly exact: boolean; readonly after: number }
  | { readonly kind: "client-gone"; readonly after: number };

const after = fc.integer({ min: 0, max: 1_500 });
const ago = fc.constantFrom(0, 0, 0, 1);
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("first-token" as const), ago, after }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("completed" as const), ago, after }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("failed" as const), ago, after, failure: anyFailure }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("wake" as const), exact: fc.boolean(), after }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("client-gone" as const), after }) },
);

interface Story {
  readonly plan: Plan;
  readonly streamed: boolean;
  readonly moves: readonly Move[];
  readonly seed: number;
}

const anyStory: fc.Arbitrary<Story> = fc.record({
  plan: anyPlan,
  streamed: fc.boolean(),
  moves: fc.array(anyMove, { maxLength: 25 }),
  seed: fc.nat(),
});

interface Told {
  readonly action: DispatchAction;
  readonly atMs: number;
}

interface Play {
  readonly told: readonly Told[];
  readonly results: readonly DispatchResult[];
  /** What was still running at the end. */
  readonly running: readonly number[];
  /** The most that ran at once. */
  readonly most: number;
}

/** Plays a story, then lets alarms ring until the dispatch is over; throws when it never ends. */
function play(story: Story): Play {
  const random = createRandom(story.seed);
  const machine = createMachine(story.plan, story.streamed, () => random.next());
  const told: Told[] = [];
  let atMs = 0;
  let alarmAtMs = Number.POSITIVE_INFINITY;
  let newest = -1;
  const running = new Set<number>();
  let most = 0;
  const take = (event: DispatchEvent): void => {
    if (event.kind === "completed" || event.kind === "failed") running.delete(event.attempt);
    const progress = (): AttemptProgress => ({ lastByteAtMs: event.atMs - 7, usage: null });
    for (const action of machine.handle(event, progress)) {
      told.push({ action, atMs: event.atMs });
      if (action.kind === "alarm") alarmAtMs = action.atMs;
      if (action.kind === "send") {
        expect(action.attempt).toBe(newest + 1);
        newest = action.attempt;
        running.add(action.attempt);
        most = Math.max(most, running.size);
      }
      if (action.kind === "abort") {
        expect(running.delete(action.attempt)).toBe(true);
      }
    }
  };
  const ring = (ringAtMs: number): void => {
    atMs = Math.max(atMs, ringAtMs);
    if (atMs >= alarmAtMs) alarmAtMs = Number.POSITIVE_INFINITY;
    take({ kind: "wake", atMs });
  };
  take({ kind: "start", atMs });
  for (const move of story.moves) {
    if (move.kind === "wake") {
      ring(move.exact && alarmAtMs < Number.POSITIVE_INFINITY ? alarmAtMs : atMs + move.after);
      continue;
    }
    atMs += move.after;
    if (move.kind === "client-gone") {
      take({ kind: "client-gone", atMs });
    } else if (move.kind === "first-token") {
      take({ kind: "first-token", attempt: newest - move.ago, atMs });
    } else {
      const attempt = newest - move.ago;
      if (move.kind === "failed") {
        take({ kind: "failed", attempt, failure: move.failure, usage: null, atMs });
      } else take({ kind: "completed", attempt, usage: null, atMs });
    }
  }
  const results = (): DispatchResult[] =>
    told.flatMap(({ action }) => (action.kind === "finish" ? [action.result] : []));
  for (let ringing = 0; results().length === 0; ringing += 1) {
    expect(alarmAtMs).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(ringing).toBeLessThan(1_000);
    ring(alarmAtMs);
  }
  return { told, results: results(), running: [...running], most };
}

const holds = (check: (story: Story, played: Play) => void): void => {
  fc.assert(fc.property(anyStory, (story) => check(story, play(story))));
};

test("every dispatch finishes exactly once, by its deadline, with nothing left running", () => {
  holds((story, { told, results, running }) => {
    expect(results).toHaveLength(1);
    expect(running).toEqual([]);
    const last = told.at(-1);
    expect(last?.action.kind).toBe("finish");
    const ended = results[0]!.attempts.at(-1)?.endedAtMs ?? 0;
    const late = told.filter(
      ({ action, atMs }) => action.kind === "send" && atMs >= story.plan.deadlineMs,
    );
    expect(late).toEqual([]);
    expect(ended).toBeLessThanOrEqual(last?.atMs ?? 0);
  });
});

test("an alarm is never set for later than the deadline", () => {
  holds(({ plan }, { told }) => {
    for (const { action } of told) {
      if (action.kind === "alarm") expect(action.atMs).toBeLessThanOrEqual(plan.deadlineMs);
    }
  });
});

test("attempts never exceed the plan's bound", () => {
  holds(({ plan }, { results }) => {
    expect(results[0]!.attempts.length).toBeLessThanOrEqual(attemptsOf(plan));
  });
});

test("what all attempts can cost together never exceeds the ceiling", () => {
  holds(({ plan: { costLimit } }, { results }) => {
    if (costLimit === null) return;
    const costs = results[0]!.attempts.map(({ target }) => costLimit.attempts[target] ?? Infinity);
    expect(costs.reduce((sum, cost) => sum + cost, 0)).toBeLessThanOrEqual(costLimit.most);
  });
});

test("a target that failed is asked again only as a retry, directly and as often as the plan says", () => {
  holds(({ plan }, { results }) => {
    const targets = inOrder(results[0]!).map(({ target }) => target);
    const runs = targets.filter((target, index) => target !== targets[index - 1]);
    expect(new Set(runs).size).toBe(runs.length);
    for (const target of runs) {
      const times = targets.filter((each) => each === target).length;
      expect(times).toBeLessThanOrEqual(1 + plan.retries);
    }
  });
});

/** The attempts as they were sent. */
const inOrder = ({ attempts }: DispatchResult): AttemptRecord[] =>
  [...attempts].sort((one, other) => one.attempt - other.attempt);

test("the chain never goes back, and a step is reached only by causes it accepts", () => {
  holds(({ plan }, { results }) => {
    const attempts = inOrder(results[0]!);
    attempts.forEach((attempt, index) => {
      const before = attempts[index - 1];
      expect(plan.steps[attempt.step]?.target).toBe(attempt.target);
      if (!before) return;
      expect(attempt.step).toBeGreaterThanOrEqual(before.step);
      if (attempt.step === before.step || attempt.hedge) return;
      const ended = attempts
        .slice(0, index)
        .flatMap(({ outcome, endedAtMs }) =>
          outcome.kind === "failed" && endedAtMs <= attempt.startedAtMs
            ? [outcome.failure.cause]
            : [],
        );
      const between = plan.steps.slice(before.step + 1, attempt.step);
      const raised: string[] = [...ended];
      if (between.some(({ target }) => target === null)) raised.push("unavailable");
      if (between.length > 0 && plan.costLimit !== null) raised.push("budget_exceeded");
      expect(plan.steps[attempt.step]?.on.some((cause) => raised.includes(cause))).toBe(true);
    });
  });
});

test("after a commit nothing is sent but what goes on with the stream, as often as the plan says", () => {
  holds(({ plan, streamed }, { told, results }) => {
    const actions = told.map(({ action }) => action);
    const first = actions.findIndex(({ kind }) => kind === "commit");
    expect(first >= 0).toBe(results[0]!.committed);
    const most = streamed ? plan.continuations : 0;
    const commits = actions.filter(({ kind }) => kind === "commit");
    expect(commits.length).toBeLessThanOrEqual(1 + most);
    for (const [at, action] of actions.entries()) {
      if (action.kind === "send") expect(action.continues).toBe(first >= 0 && at > first);
    }
    const goingOn = actions.filter((action) => action.kind === "send" && action.continues);
    if (most === 0) expect(goingOn).toEqual([]);
    // One that fails before a word of its own may give way to the next, but none is gone on with twice.
    const spoke = commits.slice(1).length;
    expect(spoke).toBeLessThanOrEqual(most);
  });
});

test("at most two attempts run at once, and two only where the plan hedges, once", () => {
  holds(({ plan }, { most, results }) => {
    const hedges = results[0]!.attempts.filter(({ hedge }) => hedge);
    expect(hedges.length).toBeLessThanOrEqual(plan.hedgeAfterMs === null ? 0 : 1);
    expect(most).toBeLessThanOrEqual(1 + hedges.length);
  });
});

test("a hedge goes to a later step that takes over from slow ones, no sooner than the plan says", () => {
  holds(({ plan }, { results }) => {
    const attempts = inOrder(results[0]!);
    for (const { hedge, attempt, step, startedAtMs } of attempts) {
      if (!hedge) continue;
      const slow = attempts[attempt - 1]!;
      expect(step).toBeGreaterThan(slow.step);
      expect(startedAtMs - slow.startedAtMs).toBeGreaterThanOrEqual(plan.hedgeAfterMs ?? Infinity);
      const { on } = plan.steps[step]!;
      expect(on.includes("timeout") || on.includes("first_token_timeout")).toBe(true);
    }
  });
});

test("what is outrun is stopped by the commit of another, and nothing else is", () => {
  holds((_, { results }) => {
    const { attempts, committed } = results[0]!;
    const outrun = attempts.filter(
      ({ outcome }) => outcome.kind === "aborted" && outcome.why === "outrun",
    );
    expect(outrun.length).toBeLessThanOrEqual(committed ? 1 : 0);
  });
});

test("an answer that is ok is committed, and one that is not tells the client why", () => {
  holds((_, { results }) => {
    const { outcome, committed, failure, attempts } = results[0]!;
    expect(failure === null).toBe(outcome !== "failed");
    if (outcome !== "ok") return;
    expect(committed).toBe(true);
    expect(attempts.at(-1)?.outcome.kind).toBe("ok");
  });
});

test("a client that leaves, at any point, stops what is running and ends the dispatch at once", () => {
  fc.assert(
    fc.property(anyStory, fc.nat({ max: 25 }), (story, at) => {
      const moves = story.moves.filter(({ kind }) => kind !== "client-gone").slice(0, at);
      const { told, results } = play({
        ...story,
        moves: [...moves, { kind: "client-gone", after: 0 }],
      });
      if (results[0]!.outcome !== "client-gone") return;
      const tail = told.slice(-2).map(({ action }) => action.kind);
      expect(tail.at(-1)).toBe("finish");
      const last = results[0]!.attempts.at(-1);
      if (last?.outcome.kind === "aborted") {
        expect(last.outcome.why).toBe("client-gone");
        expect(tail[0]).toBe("abort");
      }
    }),
  );
});

test("a retry comes no sooner than the provider asked", () => {
  holds((_, { results }) => {
    const { attempts } = results[0]!;
    attempts.forEach((attempt, index) => {
      const before = attempts[index - 1];
      if (!before || before.target !== attempt.target || before.outcome.kind !== "failed") return;
      const hint = before.outcome.failure.retryAfterMs ?? 0;
      const asked = Number.isFinite(hint) ? hint : 0;
      expect(attempt.startedAtMs - before.endedAtMs).toBeGreaterThanOrEqual(asked);
    });
  });
});
