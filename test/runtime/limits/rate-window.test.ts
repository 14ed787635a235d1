import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { partMs, RateWindow } from "../../../src/runtime/limits/rate-window.ts";

interface Arrival {
  readonly afterMs: number;
  readonly amount: number;
}

const traffic = fc.record({
  perMs: fc.constantFrom(1_000, 60_000, 3_600_000),
  most: fc.integer({ min: 1, max: 30 }),
  arrivals: fc.array(
    // Gaps in thousandths of the window, so that most traffic crosses its edges.
    fc.record({
      afterMs: fc.integer({ min: 0, max: 400 }),
      amount: fc.integer({ min: 1, max: 9 }),
    }),
    { maxLength: 80 },
  ),
});

/** What is let in of a traffic, and when. */
function admit(
  { perMs, most }: { readonly perMs: number; readonly most: number },
  arrivals: readonly Arrival[],
  seen?: (window: RateWindow, amount: number, atMs: number) => void,
): { readonly atMs: number; readonly amount: number }[] {
  const window = new RateWindow(perMs);
  let atMs = 1_700_000_000_123;
  const admitted: { atMs: number; amount: number }[] = [];
  for (const { afterMs, amount } of arrivals) {
    atMs += Math.round((afterMs * perMs) / 1_000);
    seen?.(window, amount, atMs);
    if (window.roomAt(amount, most, atMs) !== atMs) continue;
    window.take(amount, atMs);
    admitted.push({ atMs, amount });
  }
  return admitted;
}

const sum = (of: readonly { readonly amount: number }[]): number =>
  of.reduce((total, { amount }) => total + amount, 0);

test("no window of its length ever holds more than is admitted", () => {
  fc.assert(
    fc.property(traffic, ({ perMs, most, arrivals }) => {
      const admitted = admit({ perMs, most }, arrivals);
      for (const { atMs: fromMs } of admitted) {
        const inWindow = admitted.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + perMs);
        expect(sum(inWindow)).toBeLessThanOrEqual(most);
      }
    }),
  );
});

test("what fits into a window and one part more is never turned away", () => {
  fc.assert(
    fc.property(traffic, ({ perMs, most, arrivals }) => {
      const past: { atMs: number; amount: number }[] = [];
      admit({ perMs, most }, arrivals, (window, amount, atMs) => {
        const recent = past.filter((each) => each.atMs > atMs - perMs - partMs(perMs));
        if (sum(recent) + amount <= most) expect(window.roomAt(amount, most, atMs)).toBe(atMs);
        if (window.roomAt(amount, most, atMs) === atMs) past.push({ atMs, amount });
      });
    }),
  );
});

test("the time it names for another try is the first at which there is room", () => {
  fc.assert(
    fc.property(traffic, ({ perMs, most, arrivals }) => {
      admit({ perMs, most }, arrivals, (window, amount, atMs) => {
        const roomAtMs = window.roomAt(amount, most, atMs);
        if (amount > most) expect(roomAtMs).toBeNull();
        else if (roomAtMs !== null && roomAtMs > atMs) {
          expect(roomAtMs).toBeLessThanOrEqual(atMs + perMs + partMs(perMs));
          const copy = (): RateWindow => new RateWindow(perMs, window.counts());
          expect(copy().roomAt(amount, most, roomAtMs - 1)).toBe(roomAtMs);
          expect(copy().roomAt(amount, most, roomAtMs)).toBe(roomAtMs);
        }
      });
    }),
  );
});

describe("what was expected and came out differently", () => {
  test.each([
    ["less frees the rest", 10, 4, 4],
    ["nothing frees all", 10, 0, 0],
    ["more counts in full", 10, 25, 25],
  ])("%s", (_, expected, actual, used) => {
    const window = new RateWindow(60_000);
    const part = window.take(expected, 5_000);
    window.correct(part, actual - expected);
    expect(window.used(5_001)).toBe(used);
  });

  test("is nothing to a window that it has left", () => {
    const window = new RateWindow(60_000);
    const part = window.take(3, 0);
    window.take(1, 100_000);
    window.correct(part, 50);
    expect(window.used(100_000)).toBe(1);
  });
});

test("a clock that goes back frees nothing early, and fills no more than sixty-one parts", () => {
  const window = new RateWindow(60_000);
  window.take(1, 120_000);
  window.take(1, 70_000);
  expect(window.used(70_000)).toBe(2);
  expect(window.roomAt(10, 10, 120_000)).toBe(121_000 + 60_000);
  expect(window.used(120_000 + 60_000)).toBe(2);
  expect(window.used(121_000 + 60_000)).toBe(0);
  for (let atMs = 200_000; atMs < 500_000; atMs += 10) window.take(1, atMs);
  window.used(500_000);
  expect(window.counts().length).toBeLessThanOrEqual(61);
});

test.each([61_000, 3_600_000, 30 * 86_400_000])(
  "where the clock is set back by %d ms a full window is free again when one window has passed",
  (backMs) => {
    const atMs = 1_700_000_000_000;
    const window = new RateWindow(60_000);
    const part = window.take(6, atMs);
    window.take(4, atMs + 30_000);
    for (const later of [window, new RateWindow(60_000, structuredClone(window.counts()))]) {
      const nowMs = atMs + 30_000 - backMs;
      expect(later.used(nowMs)).toBe(10);
      const freeMs = later.roomAt(1, 10, nowMs);
      expect(freeMs).toBe(nowMs + 31_000);
      expect(later.used(nowMs + 30_999)).toBe(10);
      later.correct(part, -1);
      expect(later.used(nowMs + 30_999)).toBe(9);
      expect(later.used(nowMs + 31_000)).toBe(4);
      expect(later.take(1, nowMs + 31_000)).toBe(part + 61);
      expect(later.idleAt()).toBe(nowMs + 32_000 + 60_000);
      expect(later.used(nowMs + 92_000)).toBe(0);
    }
  },
);
