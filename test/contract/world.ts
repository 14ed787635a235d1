import fc from "fast-check";
import { expect, test } from "vitest";
import type { DispatchResult } from "../../src/runtime/dispatch/machine-types.ts";
import type { Plan } from "../../src/runtime/plan/plan.ts";
import { planOver } from "../support/plans.ts";

/** What a target does with its n-th attempt, in words that every World can play. */
export type Behaviour =
  | "answers"
  | "rate limits"
  | "rate limits for 1 s"
  | "rate limits for 30 s"
  | "is overloaded"
  | "refuses the key"
  | "refuses the request"
  | "breaks before an answer"
  | "breaks before content"
  | "breaks after content"
  | "stays silent"
  | "sends only pings"
  | "stalls after content";

/** Behaviours that come to an end without any limit. */
export const endingBehaviours: readonly Behaviour[] = [
  "answers",
  "rate limits",
  "is overloaded",
  "refuses the key",
  "refuses the request",
  "breaks before an answer",
  "breaks before content",
  "breaks after content",
];

export interface Scene {
  readonly plan: Plan;
  readonly streamed: boolean;
  /** By target, for its attempts in order; the last one holds for further attempts. */
  readonly behaviours: Readonly<Record<string, readonly Behaviour[]>>;
  /** The client leaves when it has waited so long; null when it stays. */
  readonly leavesAfterMs: number | null;
}

export interface Performance {
  readonly result: DispatchResult;
  /** What is still open once it is over: alarms, and attempts. */
  readonly left: { readonly alarms: number; readonly attempts: number };
}

/** Plays one scene in a World. */
export type Perform = (scene: Scene) => Promise<Performance>;

/** What of a result does not depend on how long things took: the same in every World. */
export function essence({ result }: Performance): object {
  return {
    outcome: result.outcome,
    committed: result.committed,
    told: result.failure?.cause ?? null,
    attempts: result.attempts.map(({ target, step, outcome }) => {
      if (outcome.kind === "failed") return `${step} ${target} ${outcome.failure.cause}`;
      return outcome.kind === "ok"
        ? `${step} ${target} ok`
        : `${step} ${target} aborted: ${outcome.why}`;
    }),
  };
}

/** Short enough to wait for, long enough that a busy machine does not reach them by itself. */
const shortLimits = { firstTokenMs: 900, idleMs: 900, timeoutMs: 1_200, deadlineMs: 6_000 };

interface Case {
  readonly name: string;
  readonly scene: Partial<Scene> & Pick<Scene, "plan" | "behaviours">;
  readonly attempts: readonly string[];
  readonly outcome: DispatchResult["outcome"];
  readonly committed: boolean;
  readonly told?: string;
  /** Code of a failure that the machine itself made. */
  readonly code?: string;
}

const cases: readonly Case[] = [
  {
    name: "the first target answers",
    scene: { plan: planOver(["a", "b"]), behaviours: { a: ["answers"] } },
    attempts: ["0 a ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "the first target answers with a stream",
    scene: { plan: planOver(["a", "b"]), streamed: true, behaviours: { a: ["answers"] } },
    attempts: ["0 a ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "every kind of failure goes on to the next target",
    scene: {
      plan: planOver(["a", "b", "c", "d", "e"]),
      behaviours: {
        a: ["rate limits"],
        b: ["is overloaded"],
        c: ["breaks before an answer"],
        d: ["breaks before content"],
        e: ["answers"],
      },
    },
    attempts: ["0 a rate_limited", "1 b overloaded", "2 c network", "3 d network", "4 e ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "a silent target is outrun by the next one",
    scene: {
      plan: planOver(["a", "b"], { hedgeAfterMs: 150 }),
      streamed: true,
      behaviours: { a: ["stays silent"], b: ["answers"] },
    },
    attempts: ["0 a aborted: outrun", "1 b ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "a whole answer is outrun by the next target's",
    scene: {
      plan: planOver(["a", "b"], { hedgeAfterMs: 150 }),
      behaviours: { a: ["stays silent"], b: ["answers"] },
    },
    attempts: ["0 a aborted: outrun", "1 b ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "where the hedge fails the slow target's limit counts",
    scene: {
      plan: planOver(["a", "b", "c"], { hedgeAfterMs: 150 }),
      streamed: true,
      behaviours: { a: ["stays silent"], b: ["is overloaded"], c: ["answers"] },
    },
    attempts: ["1 b overloaded", "0 a first_token_timeout", "2 c ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "a refused request goes to no other target",
    scene: {
      plan: planOver(["a", "b"]),
      behaviours: { a: ["refuses the request"], b: ["answers"] },
    },
    attempts: ["0 a bad_request"],
    outcome: "failed",
    committed: false,
    told: "bad_request",
  },
  {
    name: "a refused key goes to no other target",
    scene: { plan: planOver(["a", "b"]), behaviours: { a: ["refuses the key"], b: ["answers"] } },
    attempts: ["0 a auth"],
    outcome: "failed",
    committed: false,
    told: "auth",
  },
  {
    name: "a target is retried, and then left",
    scene: {
      plan: planOver(["a", "b"], { retries: 1 }),
      behaviours: { a: ["breaks before an answer"], b: ["breaks before an answer", "answers"] },
    },
    attempts: ["0 a network", "0 a network", "1 b network", "1 b ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "a Retry-After beyond the deadline goes on at once",
    scene: {
      plan: planOver(["a", "b"], { retries: 1, deadlineMs: 5_000 }),
      behaviours: { a: ["rate limits for 30 s"], b: ["answers"] },
    },
    attempts: ["0 a rate_limited", "1 b ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "a stream that breaks before content goes on",
    scene: {
      plan: planOver(["a", "b"]),
      streamed: true,
      behaviours: { a: ["breaks before content"], b: ["answers"] },
    },
    attempts: ["0 a cut_stream", "1 b ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "a stream that breaks after content does not",
    scene: {
      plan: planOver(["a", "b"], { retries: 2 }),
      streamed: true,
      behaviours: { a: ["breaks after content"], b: ["answers"] },
    },
    attempts: ["0 a cut_stream"],
    outcome: "failed",
    committed: true,
    told: "cut_stream",
  },
  {
    name: "pings do not count as a first token",
    scene: {
      plan: planOver(["a", "b"], shortLimits),
      streamed: true,
      behaviours: { a: ["sends only pings"], b: ["answers"] },
    },
    attempts: ["0 a first_token_timeout", "1 b ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "silence is timed out, streamed",
    scene: {
      plan: planOver(["a", "b"], shortLimits),
      streamed: true,
      behaviours: { a: ["stays silent"], b: ["answers"] },
    },
    attempts: ["0 a first_token_timeout", "1 b ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "silence is timed out, not streamed",
    scene: {
      plan: planOver(["a", "b"], shortLimits),
      behaviours: { a: ["stays silent"], b: ["answers"] },
    },
    attempts: ["0 a timeout", "1 b ok"],
    outcome: "ok",
    committed: true,
  },
  {
    name: "a stream that stalls after content is ended",
    scene: {
      plan: planOver(["a", "b"], { ...shortLimits, timeoutMs: 4_000 }),
      streamed: true,
      behaviours: { a: ["stalls after content"], b: ["answers"] },
    },
    attempts: ["0 a timeout"],
    outcome: "failed",
    committed: true,
    told: "timeout",
    code: "stream_idle_timeout",
  },
  {
    name: "the deadline ends it all",
    scene: {
      plan: planOver(["a", "b"], {
        ...shortLimits,
        deadlineMs: 900,
        firstTokenMs: 4_000,
        timeoutMs: 4_000,
      }),
      behaviours: { a: ["is overloaded"], b: ["stays silent"] },
    },
    attempts: ["0 a overloaded", "1 b aborted: deadline"],
    outcome: "failed",
    committed: false,
    told: "timeout",
    code: "deadline_exceeded",
  },
  {
    name: "a client that leaves in silence",
    scene: {
      plan: planOver(["a", "b"]),
      behaviours: { a: ["stays silent"] },
      leavesAfterMs: 150,
    },
    attempts: ["0 a aborted: client-gone"],
    outcome: "client-gone",
    committed: false,
  },
  {
    name: "a client that leaves in mid-stream",
    scene: {
      plan: planOver(["a", "b"]),
      streamed: true,
      behaviours: { a: ["stalls after content"] },
      leavesAfterMs: 600,
    },
    attempts: ["0 a aborted: client-gone"],
    outcome: "client-gone",
    committed: true,
  },
  {
    name: "a client that leaves between attempts",
    scene: {
      plan: planOver(["a"], { retries: 1 }),
      behaviours: { a: ["rate limits for 1 s", "answers"] },
      leavesAfterMs: 600,
    },
    attempts: ["0 a rate_limited"],
    outcome: "client-gone",
    committed: false,
  },
  {
    name: "all are rate limited",
    scene: {
      plan: planOver(["a", "b"]),
      behaviours: { a: ["rate limits"], b: ["rate limits for 30 s"] },
    },
    attempts: ["0 a rate_limited", "1 b rate_limited"],
    outcome: "failed",
    committed: false,
    told: "rate_limited",
  },
];

const whole = (scene: Case["scene"]): Scene => ({
  streamed: false,
  leavesAfterMs: null,
  ...scene,
});

/** Everything a World owes the machine. `open` is called once; scenes may be played side by side. */
export function worldContract(name: string, open: () => Promise<Perform>): void {
  const performing = open();
  test.concurrent.each(cases)(`${name} World: $name`, async (row) => {
    const perform = await performing;
    const performance = await perform(whole(row.scene));
    expect(essence(performance)).toEqual({
      outcome: row.outcome,
      committed: row.committed,
      told: row.told ?? null,
      attempts: row.attempts,
    });
    if (row.code !== undefined) expect(performance.result.failure?.code).toBe(row.code);
    expect(performance.left).toEqual({ alarms: 0, attempts: 0 });
  });
}

const behaviours = fc.array(fc.constantFrom(...endingBehaviours), { minLength: 1, maxLength: 3 });

/** Scenes that end without reaching any limit, so that no World's pace can matter. */
export const anyQuickScene: fc.Arbitrary<Scene> = fc.record({
  plan: fc
    .record({
      targets: fc.array(fc.constantFrom("a", "b", "c", null), { minLength: 1, maxLength: 4 }),
      retries: fc.nat({ max: 2 }),
      maxAttempts: fc.integer({ min: 1, max: 5 }),
    })
    .map(({ targets, ...rest }) => planOver(targets, { ...rest, deadlineMs: 20_000 })),
  streamed: fc.boolean(),
  behaviours: fc.record({ a: behaviours, b: behaviours, c: behaviours }),
  leavesAfterMs: fc.constant(null),
});
