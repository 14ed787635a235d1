import type { FactValue } from "../../facts/fact.ts";

/** The facts of a witness as JSON on one line, which `explain --request` takes between single quotes. */
export function showWitness(facts: Readonly<Record<string, FactValue | null>>): string {
  const entries = Object.entries(facts).map(
    ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  // A single quote would end the shell's word.
  return `{${entries.join(", ")}}`.replaceAll("'", "\\u0027");
}
