import { expect, test } from "vitest";
import type { Load } from "../../../src/runtime/overload/admission.ts";
import { type LoadSources, watchLoad } from "../../../src/runtime/overload/watch-load.ts";

/** A loop whose timers run as late as it is told. */
function createLoop(): LoadSources & { turn(lateMs: number): void; pending: number } {
  let nowMs = 0;
  let due: { atMs: number; run: () => void } | null = null;
  return {
    get pending() {
      return due === null ? 0 : 1;
    },
    now: () => nowMs,
    start(delayMs, run) {
      due = { atMs: nowMs + delayMs, run };
      return () => {
        due = null;
      };
    },
    heapShare: () => 0.25,
    turn(lateMs) {
      const next = due;
      if (next === null) return;
      due = null;
      nowMs = next.atMs + lateMs;
      next.run();
    },
  };
}

test.each<[string, readonly number[], readonly number[]]>([
  ["a loop that keeps time is never late", Array(10).fill(0), [0]],
  ["the latest tick of a quarter of a second counts", [0, 3, 0, 90, 0, 0, 0, 0, 0], [90]],
  ["a tick that is long overdue is a sample of its own", [2_000, 0, 3_000], [2_000, 3_000]],
  ["every turn of an overloaded loop is seen", [600, 600, 600], [600, 600, 600]],
])("%s", (_name, turns, delays) => {
  const loop = createLoop();
  const seen: Load[] = [];
  const end = watchLoad((load) => seen.push(load), loop);
  for (const lateMs of turns) loop.turn(lateMs);
  expect(seen).toEqual(delays.map((loopDelayMs) => ({ loopDelayMs, heapShare: 0.25 })));
  end();
  expect(loop.pending).toBe(0);
});

test("the process's own heap and loop are read where nothing else is given", async () => {
  const { promise, resolve } = Promise.withResolvers<Load>();
  const end = watchLoad(resolve);
  // The watch alone keeps no process alive.
  const alive = setInterval(() => {}, 1_000);
  const { heapShare, loopDelayMs } = await promise;
  clearInterval(alive);
  end();
  expect(heapShare).toBeGreaterThan(0);
  expect(heapShare).toBeLessThan(1);
  expect(loopDelayMs).toBeGreaterThanOrEqual(0);
});
