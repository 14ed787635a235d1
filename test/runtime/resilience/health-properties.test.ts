import fc from "fast-check";
import { expect, test } from "vitest";
import { anyFailure } from "../../support/dispatch-arbitraries.ts";
import { healthBench, type SentHere } from "../../support/health.ts";

type Move =
  | { readonly kind: "send"; readonly extra: boolean; readonly streamed: boolean }
  | { readonly kind: "end"; readonly which: number; readonly how: "ok" | "failed" | "gone" | "bug" }
  | { readonly kind: "pass"; readonly ms: number };

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant("send" as const), extra: fc.boolean(), streamed: fc.boolean() }),
  fc.record({
    kind: fc.constant("end" as const),
    which: fc.nat(),
    how: fc.constantFrom("ok", "failed", "failed", "failed", "gone", "bug"),
  }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.nat({ max: 5_000 }) }),
);

interface Step {
  /** Attempts sent since it opened that have not ended: its probes. */
  readonly probes: number;
  readonly inFlight: number;
  readonly retries: number;
  readonly firsts: number;
  readonly held: boolean;
}

/** Plays moves, each sent only where the gate allows it, and looks after each of them. */
function play(moves: readonly Move[], failures: readonly unknown[]): readonly Step[] {
  const bench = healthBench();
  const open: { sent: SentHere; retry: boolean; probe: boolean }[] = [];
  const steps: Step[] = [];
  let failing = 0;
  for (const move of moves) {
    if (move.kind === "pass") bench.atMs += move.ms;
    if (move.kind === "send" && bench.held() === null && (!move.extra || bench.health.mayRetry())) {
      const probe = bench.health.breaker(bench.atMs) !== "closed";
      open.push({ sent: bench.send(move), retry: move.extra, probe });
    }
    if (move.kind === "end" && open.length > 0) {
      const [ended] = open.splice(move.which % open.length, 1);
      failing += 1;
      const failure = failures[failing % failures.length] as never;
      if (move.how === "bug") ended?.sent.open.ended(null);
      else if (move.how === "ok") ended?.sent.end({ kind: "ok" });
      else if (move.how === "gone") ended?.sent.end({ kind: "aborted", why: "client-gone" });
      else ended?.sent.end({ kind: "failed", failure });
    }
    const retries = open.filter(({ retry }) => retry).length;
    steps.push({
      probes: open.filter(({ probe }) => probe).length,
      inFlight: bench.health.inFlight,
      retries,
      firsts: open.length - retries,
      held: bench.held() !== null,
    });
    expect(bench.health.inFlight).toBe(open.length);
  }
  // However it went, time heals: once all has ended and the longest of times passed, a request is sent.
  for (const { sent } of open) sent.end({ kind: "aborted", why: "client-gone" });
  bench.atMs += 400_000;
  expect(bench.held()).toBeNull();
  expect(bench.health.inFlight).toBe(0);
  return steps;
}

const plays = (check: (steps: readonly Step[]) => void): void =>
  fc.assert(
    fc.property(
      fc.array(anyMove, { maxLength: 200 }),
      fc.array(anyFailure, { minLength: 1 }),
      (moves, failures) => check(play(moves, failures)),
    ),
    { numRuns: 300 },
  );

test("never are two probes under way at once", () => {
  plays((steps) => {
    for (const { probes } of steps) expect(probes).toBeLessThanOrEqual(1);
  });
});

test("a target is held off for no longer than the longest time after all has ended", () => {
  plays(() => undefined);
});

test("retries in flight are never more than the share of the first attempts, or the floor", () => {
  plays((steps) => {
    let most = 3;
    for (const { retries, firsts } of steps) {
      // First attempts may end before the retries that they made room for.
      most = Math.max(most, Math.floor(firsts * 0.2));
      expect(retries).toBeLessThanOrEqual(most);
    }
  });
});
