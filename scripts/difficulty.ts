/**
 * Trains the shipped model of difficulty from the prompts that RouteLLM judged (github.com/lm-sys/RouteLLM, Apache-2.0, its
 * folders routellm/evals/mmlu/responses and routellm/evals/gsm8k: one CSV a subject with the outcome of Mixtral-8x7B), and says
 * what it is worth on texts and on subjects that it has not seen: `node scripts/difficulty.ts FOLDER [MODEL]`.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { readShippedEmbedding } from "../src/files/read-intent-model.ts";
import type { DifficultyMeasures } from "../src/training/measure-difficulty.ts";
import {
  type JudgedText,
  type TrainedDifficulty,
  trainDifficulty,
} from "../src/training/train-difficulty.ts";

const weak = "mistralai/Mixtral-8x7B-Instruct-v0.1";
const seeds = [1, 2, 3, 4, 5];

function readJudged(folder: string): JudgedText[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".csv"));
  return files.sort().flatMap((name) => {
    const rows: Record<string, string>[] = parse(readFileSync(join(folder, name)), {
      columns: true,
      relax_column_count: true,
    });
    return rows.flatMap((row): JudgedText[] => {
      // The mark under a question of four choices is the test's, not the prompt's.
      const text = (row["prompt"] ?? "").replace(/\nAnswer:\s*$/, "");
      return text === "" ? [] : [{ text, hard: row[weak] !== "True", group: name }];
    });
  });
}

/** There are hard and easy questions in every part. */
const aucOf = ({ auc }: DifficultyMeasures): number => auc ?? Number.NaN;

const [folder = "", output] = process.argv.slice(2);
const rows = readJudged(folder);
const { embedder } = readShippedEmbedding();
const hard = rows.filter((row) => row.hard).length / rows.length;
console.log(`${rows.length} prompts, ${(100 * hard).toFixed(1)} % hard`);

let written: TrainedDifficulty | undefined;
const ungrouped = rows.map(({ text, hard: isHard }) => ({ text, hard: isHard }));
for (const [name, texts] of [
  ["unseen texts", ungrouped],
  ["unseen subjects", rows],
] as const) {
  const trained = seeds.map((seed) => trainDifficulty(texts, { seed, heldOut: 0.4, embedder }));
  const measured = trained.map(({ measures }) => measures);
  const mean = (of: (each: (typeof measured)[number]) => number): string =>
    (measured.reduce((sum, each) => sum + of(each), 0) / measured.length).toFixed(3);
  const aucs = measured.map((each) => aucOf(each).toFixed(3)).join(" ");
  console.log(`${name}: AUC ${mean(aucOf)} (${aucs})`);
  console.log(`  calibration error ${mean(({ calibrationError }) => calibrationError)}`);
  // Of five splits the middle one: the figure that the file tells is to be no lucky one.
  written = trained.sort((a, b) => aucOf(a.measures) - aucOf(b.measures))[seeds.length >> 1];
}
if (output !== undefined && written !== undefined) {
  const { bytes, measures } = written;
  writeFileSync(output, bytes);
  console.log(`${output}: ${bytes.length} bytes, AUC ${aucOf(measures).toFixed(3)} as it is told`);
}
