import { existsSync, readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import {
  loadDifficultyModel,
  loadIntentModel,
  readShippedEmbedding,
} from "../files/read-intent-model.ts";
import { readDifficultyModel } from "../meaning/difficulty-model.ts";
import { cosineOf, type Embedder } from "../meaning/embedding.ts";
import { type IntentModel, readIntentModel } from "../meaning/intent-model.ts";
import { measureIntents } from "../training/measure-intents.ts";
import type { LabelledText } from "../training/split.ts";
import { trainIntents } from "../training/train-intents.ts";
import { type Figure, figureOf } from "./figure.ts";
import { textFactsBench } from "./text-facts.ts";

const runs = 7;
const longWords = 50;

/** Public data beside the checkout; a user's clone has none, and is measured on the sentences below alone. */
const banking77 = new URL("../../../shared/data/prompts/banking77/", import.meta.url);

const sentences = [
  "Write a short story about a lighthouse keeper who finds a letter that was never sent",
  "My function returns undefined although the promise resolves, what is wrong with it",
  "Summarise the meeting notes below for those who could not come and list who does what",
  "A train leaves at nine and travels at eighty kilometres an hour, when does it arrive",
  "Is the following review positive or negative, the food was cold and the waiter was rude",
];

/** What reading the meaning of a prompt costs; where banking77 lies beside the checkout, also how right it is. */
export async function meaningBench(): Promise<Figure[]> {
  const { embedder } = readShippedEmbedding();
  const words = sentences.join(" ").split(" ");
  const prompts = Array.from({ length: 400 }, (_, at) =>
    Array.from({ length: longWords }, (_each, n) => words[(at * 7 + n) % words.length]).join(" "),
  );
  const shipped = loadIntentModel(null);
  const figures = [timed("embedding of a 50-word prompt", prompts, (text) => embedder.embed(text))];
  if (shipped.ok) {
    const read = readIntentModel(shipped.model.bytes, embedder);
    if (read.ok) {
      const { model } = read;
      figures.push(
        timed("intent of a 50-word prompt, shipped model", prompts, (text) => model.guess(text)),
      );
    }
  }
  const difficulty = loadDifficultyModel(null);
  if (difficulty.ok) {
    const read = readDifficultyModel(difficulty.model.bytes, embedder);
    if (read.ok) {
      const { model } = read;
      figures.push(
        timed("difficulty of a 50-word prompt", prompts, (text) => model.difficultyOf(text)),
      );
    }
  }
  if (existsSync(banking77)) figures.push(...onBanking77(embedder));
  return [...figures, ...(await textFactsBench())];
}

function timed(name: string, texts: readonly string[], read: (text: string) => unknown): Figure {
  const values: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const startedAtMs = performance.now();
    for (const text of texts) read(text);
    // The first run warms up.
    if (run > 0) values.push(((performance.now() - startedAtMs) * 1_000) / texts.length);
  }
  return figureOf({ name, unit: "µs", values });
}

function onBanking77(embedder: Embedder): Figure[] {
  const [train, test] = [rowsOf("train.csv"), rowsOf("test.csv")];
  const { bytes, model } = trainIntents(train, {
    seed: 1,
    heldOut: 0.2,
    givenUp: 0.05,
    embedder,
  });
  const measures = measureIntents(model, test);
  const one = (name: string, unit: string, value: number): Figure =>
    figureOf({ name, unit, values: [value] });
  return [
    timed("intent, banking77", texts(test), (text) => model.guess(text)),
    one("intent, banking77: right on test", "%", 100 * measures.accuracy),
    one("intent, banking77: calibration error", "%", 100 * measures.calibrationError),
    one("intent, banking77: test texts given up to other", "%", 100 * measures.toOther),
    one("intent, banking77: other on prompts of no bank", "%", 100 * othersOf(model)),
    one("intent, banking77: size of the model", "MB", bytes.length / 1e6),
    one("embedding, banking77: nearest neighbour right", "%", 100 * nearest(embedder, train, test)),
  ];
}

const texts = (rows: readonly LabelledText[]): string[] => rows.map(({ text }) => text);

function rowsOf(name: string): LabelledText[] {
  const records: string[][] = parse(readFileSync(new URL(name, banking77)));
  return records.slice(1).map(([text = "", label = ""]) => ({ text, label }));
}

/** Of prompts that no bank's customer would write, the share that the model calls `other`. */
function othersOf(model: IntentModel): number {
  const file = new URL("../arena-hard/v0.1_question.jsonl", banking77);
  const prompts = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { readonly prompt: string }).prompt);
  const others = prompts.filter((prompt) => model.guess(prompt).intent === "other");
  return others.length / prompts.length;
}

function nearest(
  embedder: Embedder,
  train: readonly LabelledText[],
  test: readonly LabelledText[],
): number {
  const places = train.map(({ text }) => embedder.embed(text));
  const right = test.filter(({ text, label }) => {
    const place = embedder.embed(text);
    let [best, closest] = [0, Number.NEGATIVE_INFINITY];
    for (const [at, other] of places.entries()) {
      const cosine = cosineOf(place, other);
      if (cosine > closest) [best, closest] = [at, cosine];
    }
    return train[best]?.label === label;
  });
  return right.length / test.length;
}
