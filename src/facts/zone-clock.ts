import { weekdays } from "./built-in.ts";
import type { FactValue } from "./fact.ts";

const dayMs = 86_400_000;
/** Zones change their offset at multiples of 15 minutes (UTC) only, since they dropped local mean time. */
const stepMs = 900_000;
/** Before this, offsets with odd seconds existed. */
const modernMs = Date.UTC(1972, 0, 1);

/** Tells the wall clock of one IANA zone. */
export interface ZoneClock {
  /** Milliseconds since local midnight, by the wall clock: on a day of change an hour is missing or comes twice. */
  timeOfDay(epochMs: number): number;
  /** Days since 1970-01-01 of the local calendar day. */
  date(epochMs: number): number;
  weekday(epochMs: number): (typeof weekdays)[number];
}

function clockOf(offsetAt: (epochMs: number) => number): ZoneClock {
  const date = (epochMs: number): number => Math.floor((epochMs + offsetAt(epochMs)) / dayMs);
  return {
    timeOfDay(epochMs) {
      const local = epochMs + offsetAt(epochMs);
      return local - Math.floor(local / dayMs) * dayMs;
    },
    date,
    // 1970-01-01 was a Thursday.
    weekday: (epochMs) => weekdays[(((date(epochMs) + 3) % 7) + 7) % 7] ?? "mon",
  };
}

function offsetReader(zone: string): (epochMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (epochMs) => {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
    for (const { type, value } of format.formatToParts(epochMs)) part[type] = value;
    const year = part.era === "BC" ? 1 - Number(part.year) : Number(part.year);
    const local = new Date(0);
    local.setUTCFullYear(year, Number(part.month) - 1, Number(part.day));
    local.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second));
    return local.getTime() - Math.floor(epochMs / 1_000) * 1_000;
  };
}

const clocks = new Map<string, ZoneClock>([["UTC", clockOf(() => 0)]]);

/** The clock of a zone, made once; its offset is looked up once per quarter of an hour. Throws a RangeError for a zone that does not exist. */
export function zoneClock(zone: string): ZoneClock {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const read = offsetReader(zone);
  let step = Number.NaN;
  let offset = 0;
  const clock = clockOf((epochMs) => {
    if (epochMs < modernMs) return read(epochMs);
    const now = Math.floor(epochMs / stepMs);
    if (now !== step) {
      offset = read(epochMs);
      step = now;
    }
    return offset;
  });
  clocks.set(zone, clock);
  return clock;
}

/** The reader of a wall clock's fact in a zone. */
export function localReader(
  fact: "time" | "weekday" | "date",
  zone: string,
): (ms: number) => FactValue {
  const clock = zoneClock(zone);
  if (fact === "time") return (ms) => clock.timeOfDay(ms);
  return fact === "date" ? (ms) => clock.date(ms) : (ms) => clock.weekday(ms);
}
