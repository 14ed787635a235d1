import fc from "fast-check";
import { expect, test } from "vitest";
import { type BudgetPeriod, windowAt } from "../../../src/runtime/limits/calendar.ts";

test.each<[BudgetPeriod, string, string, string]>([
  ["hour", "2026-11-27T17:59:59.999Z", "2026-11-27T17:00Z", "2026-11-27T18:00Z"],
  ["hour", "2026-11-27T18:00:00.000Z", "2026-11-27T18:00Z", "2026-11-27T19:00Z"],
  // The hour that Central Europe has twice, and the day that has 25 there.
  ["hour", "2026-10-25T01:30:00.000Z", "2026-10-25T01:00Z", "2026-10-25T02:00Z"],
  ["day", "2026-10-25T23:30:00.000Z", "2026-10-25T00:00Z", "2026-10-26T00:00Z"],
  ["day", "2028-02-29T12:00:00.000Z", "2028-02-29T00:00Z", "2028-03-01T00:00Z"],
  ["week", "2026-11-29T23:59:59.999Z", "2026-11-23T00:00Z", "2026-11-30T00:00Z"],
  ["week", "2026-11-30T00:00:00.000Z", "2026-11-30T00:00Z", "2026-12-07T00:00Z"],
  ["week", "2027-01-01T00:00:00.000Z", "2026-12-28T00:00Z", "2027-01-04T00:00Z"],
  ["month", "2028-02-29T23:59:59.999Z", "2028-02-01T00:00Z", "2028-03-01T00:00Z"],
  ["month", "2026-12-31T23:59:59.999Z", "2026-12-01T00:00Z", "2027-01-01T00:00Z"],
])("the %s of %s begins at %s and ends at %s", (period, at, start, end) => {
  expect(windowAt(period, Date.parse(at))).toEqual({
    startMs: Date.parse(start),
    endMs: Date.parse(end),
  });
});

test("every moment lies in one window, and the next begins where it ends", () => {
  fc.assert(
    fc.property(
      fc.constantFrom<BudgetPeriod>("hour", "day", "week", "month"),
      fc.integer({ min: 0, max: 4_102_444_800_000 }),
      (period, atMs) => {
        const { startMs, endMs } = windowAt(period, atMs);
        expect(startMs).toBeLessThanOrEqual(atMs);
        expect(endMs).toBeGreaterThan(atMs);
        expect(windowAt(period, startMs)).toEqual({ startMs, endMs });
        expect(windowAt(period, endMs).startMs).toBe(endMs);
      },
    ),
  );
});
