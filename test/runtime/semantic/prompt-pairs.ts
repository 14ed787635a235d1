import { readFileSync } from "node:fs";

/** A line of `adversarial.jsonl` or `paraphrases.jsonl`, which `scripts/make-prompt-pairs.ts` makes. */
export interface PromptPair {
  readonly kind: string;
  readonly origin: string;
  readonly a: string;
  readonly b: string;
}

export function readPairs(name: "adversarial" | "paraphrases"): PromptPair[] {
  return readFileSync(new URL(`./${name}.jsonl`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as PromptPair);
}
