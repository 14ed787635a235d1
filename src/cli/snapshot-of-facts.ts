import type { DecisionSnapshot } from "../explain/explain-snapshot.ts";
import type { FactRecord } from "../extract/named-facts.ts";
import { readFactValue } from "../facts/value.ts";

/** The moment that facts by name tell, in milliseconds since the epoch; null where they tell none. */
export function timeOf(facts: FactRecord): number | null {
  const time = readFactValue({ kind: "time" }, facts["time"]);
  // Less than a day is a time of day without a date; the date is then today's.
  return typeof time === "number" && time > 86_400_000 ? time : null;
}

/** The snapshot of a request of which only facts by name are told. */
export function snapshotOfFacts(facts: FactRecord, seed: string): DecisionSnapshot {
  const time = new Date(timeOf(facts) ?? Date.now()).toISOString();
  return { time, id: "explain", seed, facts, asked: null };
}
