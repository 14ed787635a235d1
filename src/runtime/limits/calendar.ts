/** What a budget is for. */
export type BudgetPeriod = "minute" | "hour" | "day" | "week" | "month";

/** A stretch of the calendar in UTC, its end outside of it; epoch milliseconds. */
export interface CalendarWindow {
  readonly startMs: number;
  readonly endMs: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const weekMs = 7 * dayMs;
/** 1970-01-05, the first Monday of the epoch: weeks begin on Mondays, as in ISO 8601. */
const firstMondayMs = 4 * dayMs;

/** The window of the UTC calendar that a moment lies in. UTC knows no summer time, so no hour is counted twice or skipped. */
export function windowAt(period: BudgetPeriod, atMs: number): CalendarWindow {
  switch (period) {
    case "minute":
      return even(atMs, minuteMs, 0);
    case "hour":
      return even(atMs, hourMs, 0);
    case "day":
      return even(atMs, dayMs, 0);
    case "week":
      return even(atMs, weekMs, firstMondayMs);
    case "month": {
      const date = new Date(atMs);
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
      return { startMs: Date.UTC(year, month, 1), endMs: Date.UTC(year, month + 1, 1) };
    }
  }
}

function even(atMs: number, lengthMs: number, originMs: number): CalendarWindow {
  const startMs = Math.floor((atMs - originMs) / lengthMs) * lengthMs + originMs;
  return { startMs, endMs: startMs + lengthMs };
}
