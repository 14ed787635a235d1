import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHealth } from "../../../src/configuration/default-configuration.ts";
import type { OpenAttempt } from "../../../src/runtime/dispatch/gate.ts";
import { HealthBook } from "../../../src/runtime/resilience/health-book.ts";
import { failure } from "../../support/machine-run.ts";

const names = ["a", "b", "c", "d"] as const;

type Move =
  | { readonly kind: "ask"; readonly plan: readonly string[] }
  | { readonly kind: "end"; readonly which: number; readonly ok: boolean }
  | { readonly kind: "pass"; readonly ms: number };

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("ask" as const),
      plan: fc.subarray([...names], { minLength: 1 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      which: fc.nat(),
      ok: fc.oneof({ weight: 1, arbitrary: fc.constant(true) }, fc.constant(false)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat({ max: 3_000 }) }),
  },
);

interface Sent {
  readonly target: string;
  readonly atMs: number;
  /** Sent though its breaker was open. */
  readonly tried: boolean;
  /** Attempts that were tried there and had not ended. */
  readonly open: number;
  /** Whether it was the last resort of its request. */
  readonly last: boolean;
  readonly ejected: number;
  readonly known: number;
}

interface Course {
  readonly sent: readonly Sent[];
  /** When an attempt that was tried was answered, by target. */
  readonly answered: readonly { readonly target: string; readonly atMs: number }[];
  /** For each request that was turned away: which of its targets were left in peace for a second, and which were well. */
  readonly refused: readonly {
    readonly idle: readonly string[];
    readonly well: readonly string[];
  }[];
}

/** Plays requests as a dispatch makes them: the first target that is not held off, else the last resort. */
function play(moves: readonly Move[]): Course {
  let atMs = 0;
  const book = new HealthBook({
    now: () => atMs,
    random: () => 0,
    settings: () => ({ ...defaultHealth, consecutive: 2 }),
  });
  const open: { target: string; tried: boolean; attempt: OpenAttempt; startedAtMs: number }[] = [];
  const sent: Sent[] = [];
  const answered: { target: string; atMs: number }[] = [];
  const refused: { idle: string[]; well: string[] }[] = [];
  /** When something last happened at a target. */
  const stirredAt = new Map<string, number>();
  const standings = () => book.all();
  const ask = (plan: readonly string[]): void => {
    const free = plan.find(
      (name, index) => book.holds(name, index === plan.length - 1, atMs) === null,
    );
    const target = free ?? book.lastResort(plan, atMs);
    if (target === null) {
      const isIdle = (name: string): boolean =>
        atMs - (stirredAt.get(name) ?? -1e9) >= 1_000 &&
        !open.some((each) => each.target === name && each.tried);
      refused.push({ idle: plan.filter(isIdle), well: plan.filter((name) => book.healthy(name)) });
      return;
    }
    const tried = book.breaker(target) === "open";
    const here = open.filter((each) => each.target === target && each.tried).length;
    const ejected = standings().filter((each) => each.ejected).length;
    sent.push({
      ...{ target, atMs, tried, open: here, last: free === undefined },
      ...{ ejected, known: standings().length },
    });
    stirredAt.set(target, atMs);
    const attempt = book.sent({ target, extra: false, streamed: false, atMs });
    open.push({ target, tried, attempt, startedAtMs: atMs });
  };
  const end = (which: number, ok: boolean): void => {
    const [over] = open.splice(which % Math.max(1, open.length), 1);
    if (over === undefined) return;
    stirredAt.set(over.target, atMs);
    if (ok && over.tried) answered.push({ target: over.target, atMs });
    over.attempt.ended({
      ...{ attempt: 0, hedge: false, target: over.target, step: 0, startedAtMs: over.startedAtMs },
      ...{ firstTokenAtMs: null, endedAtMs: atMs, usage: null },
      outcome: ok ? { kind: "ok" } : { kind: "failed", failure: failure("server_error") },
    });
  };
  for (const move of moves) {
    if (move.kind === "ask") ask(move.plan);
    else if (move.kind === "end") end(move.which, move.ok);
    else atMs += move.ms;
  }
  return { sent, answered, refused };
}

const plays = (check: (course: Course) => void): void =>
  fc.assert(
    fc.property(fc.array(anyMove, { maxLength: 300, size: "max" }), (moves) => check(play(moves))),
    { numRuns: 200 },
  );

test("what is let through to a target that is left alone is one at a time, a second apart, or less than twice what it answered of late", () => {
  let seen = 0;
  plays(({ sent, answered }) => {
    for (const [index, each] of sent.entries()) {
      if (!each.tried) continue;
      seen += 1;
      const before = sent.slice(0, index).filter(({ target }) => target === each.target);
      const last = before.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
      if (each.open === 0 && each.atMs - last >= 1_000) continue;
      // Slots of half a second: what counts as of late may be that much more or less.
      const recent = ({ atMs }: { readonly atMs: number }): boolean => each.atMs - atMs < 5_500;
      const answers = answered.filter(
        (one) => one.target === each.target && one.atMs <= each.atMs && recent(one),
      );
      const counted = before.filter((one) => one.tried && each.atMs - one.atMs < 4_500);
      expect(counted.length).toBeLessThan(2 * answers.length);
    }
  });
  expect(seen).toBeGreaterThan(100);
});

test("as long as no more than the share is ejected, only a request that nobody takes is let through to a target that is left alone", () => {
  plays(({ sent }) => {
    for (const { tried, last, ejected, known } of sent)
      if (tried && ejected <= known / 2) expect(last).toBe(true);
  });
});

test("nobody is turned away while a target of the plan is well, or was left in peace for a second", () => {
  let seen = 0;
  plays(({ refused }) => {
    seen += refused.length;
    for (const each of refused) expect(each).toEqual({ idle: [], well: [] });
  });
  expect(seen).toBeGreaterThan(100);
});
