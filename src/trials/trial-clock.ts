import { weekdays } from "../facts/built-in.ts";
import type { FactValue, Operand } from "../facts/fact.ts";
import { readFactValue } from "../facts/value.ts";
import { localReader } from "../facts/zone-clock.ts";

const dayMs = 86_400_000;
/** 1970-01-01 was a Thursday. */
const firstWeekday = 3;

/** The clock of a trial: what its operands read, and the moment at which prices are looked up. */
export interface TrialClock {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** By operand key, as facts by name are given; null is unknown. */
  readonly facts: Readonly<Record<string, FactValue | null>>;
}

type Given = Readonly<Record<string, unknown>>;

/**
 * The clock that facts describe; midnight of 1970-01-01 in UTC where they say nothing. A moment in full tells every zone; a time
 * of day, a `date` or a `weekday` is what the wall clock shows, whatever the zone.
 */
export function trialClock(given: Given, operands: readonly Operand[]): TrialClock {
  const time = given["time"] === undefined ? 0 : readFactValue({ kind: "time" }, given["time"]);
  const isMoment = typeof time === "number" && time > dayMs;
  const day = isMoment ? Math.floor(time / dayMs) : dayOf(given);
  const atMs = isMoment ? time : day * dayMs + (typeof time === "number" ? time : 0);
  const known: Record<string, FactValue | null> = {
    time: typeof time === "number" ? time : null,
    date: day,
    weekday: weekdayOf(day),
  };
  for (const name of ["date", "weekday"] as const) {
    if (given[name] !== undefined) known[name] = given[name] as FactValue | null;
  }
  const facts = { ...known };
  for (const { shape, key } of operands) {
    if (shape.kind !== "local") continue;
    const fromMoment = isMoment && given[shape.fact === "time" ? "" : shape.fact] === undefined;
    facts[key] = fromMoment
      ? localReader(shape.fact, shape.zone)(time)
      : (known[shape.fact] ?? null);
  }
  return { atMs, facts };
}

/** The day a trial is on: as given, else the first of its weekday. */
function dayOf(given: Given): number {
  const date = readFactValue({ kind: "date" }, given["date"]);
  if (typeof date === "number") return date;
  const wanted = weekdays.map(String).indexOf(String(given["weekday"]));
  return wanted < 0 ? 0 : (wanted + 7 - firstWeekday) % 7;
}

function weekdayOf(day: number): (typeof weekdays)[number] {
  return weekdays[(((day + firstWeekday) % 7) + 7) % 7] ?? "mon";
}
