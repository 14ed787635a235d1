import { readFileSync } from "node:fs";
import type { FactRecord } from "../extract/named-facts.ts";
import { reasonOf } from "../files/read-files.ts";
import { UsageError } from "./output.ts";

/** Facts by name as an option gives them, `{"tokens":120}` or `@file`; throws a UsageError that names the option. */
export function readGivenFacts(option: string, text: string): FactRecord {
  let json = text;
  try {
    if (text.startsWith("@")) json = readFileSync(text.slice(1), "utf8");
  } catch (cause) {
    throw new UsageError(`cannot read ${text.slice(1)}: ${reasonOf(cause)}`, { cause });
  }
  let facts: unknown;
  try {
    facts = JSON.parse(json);
  } catch (cause) {
    throw new UsageError(`${option} is not JSON: ${reasonOf(cause)}`, { cause });
  }
  if (typeof facts === "object" && facts !== null && !Array.isArray(facts)) {
    return facts as FactRecord;
  }
  throw new UsageError(`${option} takes an object of facts, e.g. {"tokens":120}`);
}
