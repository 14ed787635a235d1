import { weekdays } from "../../facts/built-in.ts";
import { type ZoneClock, zoneClock } from "../../facts/zone-clock.ts";
import { type Domain, hasKnown, holds, type Range } from "./domain.ts";
import { clockDays, dayMs } from "./operand-domains.ts";

/** What a moment has to look like: on wall clocks of zones, and in UTC. */
export interface ClockDemand {
  /** Milliseconds since the epoch. */
  readonly time: Domain | null;
  readonly date: Domain | null;
  readonly weekday: Domain | null;
  /** What each zone's clock shows. */
  readonly local: readonly {
    readonly fact: "time" | "weekday" | "date";
    readonly zone: string;
    readonly domain: Domain;
  }[];
}

/** A Monday, at ten: what a request has whose moment does not matter. */
export const usualMoment = Date.UTC(2026, 10, 23, 10);

/** Beside the days that a demand names: a week in winter and one in summer, so that every weekday and both offsets of a zone are met. */
const usualDays: readonly number[] = [usualMoment, Date.UTC(2027, 6, 5)].flatMap((ms) =>
  Array.from({ length: 8 }, (_, day) => Math.floor(ms / dayMs) + day),
);

const daysAtEachEnd = 8;
const mostRanges = 16;

/**
 * Looks for a moment that fits. "infeasible" is proven: no day fits, or no time of a day. "gave-up" proves nothing: where
 * several zones have a say, only some days are tried.
 */
export function solveClock(demand: ClockDemand): number | "infeasible" | "gave-up" {
  const { time, date, weekday, local } = demand;
  const all = [time, date, weekday, ...local.map(({ domain }) => domain)];
  // The clock is never unknown.
  if (all.some((domain) => domain !== null && !hasKnown(domain))) return "infeasible";
  const days = daysToTry([date, timeAsDays(time)]);
  const clocks = local.map((each) => ({ ...each, clock: zoneClock(each.zone) }));
  for (const day of days) {
    if (date !== null && !holds(date, day)) continue;
    if (weekday !== null && !holds(weekday, weekdayOf(day))) continue;
    for (const moment of momentsOf(day, { time, clocks })) {
      if (fits(moment, { time, clocks })) return moment;
    }
  }
  return dayIsImpossible(demand) ? "infeasible" : "gave-up";
}

type Clocks = readonly (ClockDemand["local"][number] & { readonly clock: ZoneClock })[];

function weekdayOf(day: number): string {
  return zoneClock("UTC").weekday(day * dayMs);
}

interface Readings {
  readonly time: Domain | null;
  readonly clocks: Clocks;
}

function fits(moment: number, { time, clocks }: Readings): boolean {
  if (time !== null && !holds(time, moment)) return false;
  return clocks.every(({ fact, domain, clock }) => holds(domain, readLocal(clock, fact, moment)));
}

function readLocal(clock: ZoneClock, fact: "time" | "weekday" | "date", moment: number) {
  if (fact === "time") return clock.timeOfDay(moment);
  return fact === "date" ? clock.date(moment) : clock.weekday(moment);
}

function timeAsDays(time: Domain | null): Domain | null {
  if (time?.kind !== "number") return null;
  const ranges = time.ranges.map(({ from, to }) => ({
    from: Math.floor(from / dayMs),
    to: Math.ceil(to / dayMs),
  }));
  return { ...time, ranges };
}

/** The usual days, and the days at both ends of what the demands name. */
function daysToTry(demands: readonly (Domain | null)[]): readonly number[] {
  const days = new Set<number>(usualDays);
  for (const demand of demands) {
    if (demand?.kind !== "number") continue;
    for (const { from, to } of demand.ranges.slice(0, mostRanges)) {
      const [first, last] = [Math.max(from, clockDays.from), Math.min(to, clockDays.to)];
      for (let step = 0; step < daysAtEachEnd; step += 1) {
        if (first + step < last) days.add(first + step);
        if (last - 1 - step >= first) days.add(last - 1 - step);
      }
    }
  }
  return [...days];
}

/**
 * Moments of a day (UTC) that tell: its start, the usual hour, and where a demanded span begins on its zone's clock. If
 * spans overlap at all, the latest of their starts lies in all of them.
 */
function momentsOf(day: number, { time, clocks }: Readings): readonly number[] {
  const midnight = day * dayMs;
  const moments = [midnight + (usualMoment % dayMs), midnight];
  for (const { from } of rangesOf(time)) {
    if (from >= midnight && from < midnight + dayMs) moments.push(from);
  }
  for (const { fact, clock, domain } of clocks) {
    const offset = clock.timeOfDay(midnight + dayMs / 2) - dayMs / 2;
    const starts = fact === "time" ? rangesOf(domain).map(({ from }) => from) : [0];
    for (const start of starts) moments.push(midnight + modulo(start - offset, dayMs));
  }
  return moments;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function rangesOf(domain: Domain | null): readonly Range[] {
  return domain?.kind === "number" ? domain.ranges : [];
}

/** Whether weekday and date exclude each other: seen only where the dates are few enough to look at each. */
function dayIsImpossible({ date, weekday }: ClockDemand): boolean {
  const ranges = rangesOf(date);
  if (weekday === null || date === null || ranges.length > mostRanges) return false;
  return ranges.every(({ from, to }) => {
    if (to - from >= weekdays.length) return false;
    for (let day = from; day < to; day += 1) if (holds(weekday, weekdayOf(day))) return false;
    return true;
  });
}
