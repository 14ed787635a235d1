import { readFileSync } from "node:fs";
import type { DecisionSnapshot } from "../explain/explain-snapshot.ts";
import type { FactRecord } from "../extract/named-facts.ts";
import { readFactValue } from "../facts/value.ts";
import { UsageError } from "./output.ts";
import { reasonOf } from "./workspace.ts";

/** Facts by name as an option gives them, `{"tokens":120}` or `@file`; throws a UsageError that names the option. */
export function readGivenFacts(option: string, text: string): FactRecord {
  let json = text;
  try {
    if (text.startsWith("@")) json = readFileSync(text.slice(1), "utf8");
  } catch (cause) {
    throw new UsageError(`cannot read ${text.slice(1)}: ${reasonOf(cause)}`, { cause });
  }
  try {
    const facts: unknown = JSON.parse(json);
    if (typeof facts === "object" && facts !== null && !Array.isArray(facts))
      return facts as FactRecord;
  } catch (cause) {
    throw new UsageError(`${option} is not JSON: ${reasonOf(cause)}`, { cause });
  }
  throw new UsageError(`${option} takes an object of facts, e.g. {"tokens":120}`);
}

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
