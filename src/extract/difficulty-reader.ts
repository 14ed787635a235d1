import type { FactTable } from "../facts/fact.ts";
import { difficultyModelOf } from "./intent-models.ts";

/** Four digits: more would be none of the calibration's. */
const precision = 10_000;

/** Makes the reader of `difficulty` from a prompt: the configured model's word; without one, nobody knows. */
export function difficultyReader(facts: FactTable): (prompt: string) => number | undefined {
  const model = difficultyModelOf(facts);
  if (model === null) return () => undefined;
  return (prompt) => {
    const difficulty = model.difficultyOf(prompt);
    return difficulty === undefined ? undefined : Math.round(difficulty * precision) / precision;
  };
}
