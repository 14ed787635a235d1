import { existsSync, readFileSync } from "node:fs";
import { shuffled } from "../../src/training/split.ts";

const folder = new URL("../../../shared/data/prompts/", import.meta.url);

/** Whether the public prompts lie beside the checkout. */
export const hasPrompts = existsSync(folder);

/** Public prompts of many kinds and languages, in an order that never changes; their counts by other tokenizers stand in `token-counts.txt`. */
export function promptTexts(): readonly string[] {
  const lines = (file: string, most: number): Record<string, unknown>[] =>
    readFileSync(new URL(file, folder), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .slice(0, most)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const texts = [
    ...lines("arena-hard/v0.1_question.jsonl", 500).map(({ prompt }) => prompt),
    ...lines("arena-hard/v2.0_question.jsonl", 300).map(({ prompt }) => prompt),
    ...lines("mtbench/mt_bench_question.jsonl", 80).map(({ turns }) => (turns as unknown[])[0]),
    ...lines("gsm8k/test.jsonl", 100).map(({ question }) => question),
  ];
  return shuffled(texts.map(String), "token counts");
}
