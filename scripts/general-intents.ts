/**
 * Trains a model of the shipped intents from the openly licensed prompts in ../shared/data/prompts, and
 * measures it beside the shipped clues on prompts that neither saw: `node scripts/general-intents.ts [MODEL]`.
 *
 * Labels: self-instruct's 427 tasks were read and labelled for this project, one letter each below (`is_classification`
 * agrees where it is given); even lines train, odd lines test. Arena-hard's and vicuna's categories and GSM8K train, MT-Bench's test.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { readShippedEmbedding } from "../src/files/read-intent-model.ts";
import { headAndTail } from "../src/meaning/head-and-tail.ts";
import { createIntentReader } from "../src/meaning/intent.ts";
import { shippedIntentOf } from "../src/meaning/shipped-clues.ts";
import { trainIntents } from "../src/training/train-intents.ts";

const folder = new URL("../../shared/data/prompts/", import.meta.url);

const letters: Readonly<Record<string, string>> = {
  c: "classify",
  e: "extract",
  s: "summarise",
  t: "translate",
  k: "code",
  r: "reason",
  w: "write",
  q: "chat",
};

/** One letter a task: the 175 seed tasks, then the 252 tasks for users. */
const selfInstruct = [
  "qrwwwqwqwqqwqewrqwwqwwrqwreqkwqkqwqrqkqewkcewrwwqwkwqeqwwwrwqkswswwewk",
  "qwkqwwwwwwwqqrwewwqwwwcwcqwwwqwtqqqqwqwrrqwwcqwtqwqwcwwwwqqwqqrqqcrskk",
  "kkqqrwqqcccccccccccccccccccccccccccwcwwwwwwwwqqkkkrkqwrewwwwwqqewqqwwq",
  "qcqkkkqwqqqqqqwqqwwwwwwwwwwwwwwwwwcqqwwwwwqkwsscwqqwqqkccwkqqkwswtcqwq",
  "qqwqqwqqqrqwqqwqwwwtqqqqqwqqrrqqqqcrrrrrqqqqrrqqwwwwecssweccccwqwqqqrq",
  "qqqkeqswccqwwwwkeqwcktcwsqwsqwkwwqwkwesqqwwwwwwqwwckkqqwkcqccwwcqwqkcc",
  "qwewwqq",
].join("");

interface Row {
  readonly text: string;
  readonly intent: string;
}

const lines = <T>(file: string): T[] =>
  readFileSync(new URL(file, folder), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);

interface Task {
  readonly instruction: string;
  readonly instances: readonly { readonly input: string }[];
}

function tasks(): Row[] {
  const read = ["seed_tasks", "user_oriented_instructions"].flatMap((name) =>
    lines<Task>(`self-instruct/${name}.jsonl`),
  );
  return read.map(({ instruction, instances }, at) => ({
    text: `${instruction}\n${instances[0]?.input ?? ""}`.trim(),
    intent: letters[selfInstruct[at] ?? ""] ?? "",
  }));
}

const byCategory: Readonly<Record<string, string>> = {
  coding: "code",
  math: "reason",
  reasoning: "reason",
  fermi: "reason",
  creative_writing: "write",
  writing: "write",
  roleplay: "write",
  extraction: "extract",
  stem: "chat",
  humanities: "chat",
  generic: "chat",
  knowledge: "chat",
  "common-sense": "chat",
  counterfactual: "chat",
};

interface Question {
  readonly category: string;
  readonly turns: readonly string[];
}

function questions(file: string): Row[] {
  return lines<Question>(`mtbench/${file}.jsonl`).map(({ category, turns }) => ({
    text: turns[0] ?? "",
    intent: byCategory[category] ?? "",
  }));
}

function arena(): Row[] {
  return lines<{ subcategory: string; prompt: string }>("arena-hard/v2.0_question.jsonl").map(
    ({ subcategory, prompt }) => ({ text: prompt, intent: byCategory[subcategory] ?? "" }),
  );
}

const wordProblems = (): Row[] =>
  lines<{ question: string }>("gsm8k/test.jsonl")
    .slice(0, 300)
    .map(({ question }) => ({ text: question, intent: "reason" }));

/** What the clues know by its name; the model is for the rest. */
const named: ReadonlySet<string> = new Set(["translate", "summarise", "extract"]);

type Says = (text: string) => string;

function measure(name: string, rows: readonly Row[], says: Says): void {
  const said = rows.map(({ text, intent }) => ({ intent, said: says(text) }));
  const right = said.filter((each) => each.said === each.intent).length / said.length;
  const scores = [...new Set(rows.map(({ intent }) => intent))].sort().map((intent) => {
    const both = said.filter((each) => each.intent === intent && each.said === intent).length;
    const either = said.filter((each) => each.intent === intent || each.said === intent).length;
    return `${intent} ${((2 * both) / (either + both)).toFixed(2)}`;
  });
  console.log(`${name.padEnd(34)} ${(100 * right).toFixed(1)} % right; F1: ${scores.join(", ")}`);
}

const clues: Says = (text) => shippedIntentOf(headAndTail(text), 0);

const rows = tasks();
const [even, odd] = [rows.filter((_, at) => at % 2 === 0), rows.filter((_, at) => at % 2 === 1)];
const train = [
  ...even,
  ...questions("vicuna_bench_question"),
  ...arena(),
  ...wordProblems(),
].filter(({ intent }) => !named.has(intent));
const { bytes, model, measures } = trainIntents(
  train.map(({ text, intent }) => ({ text, label: intent })),
  {
    seed: 1,
    heldOut: 0.2,
    givenUp: 0.02,
    embedder: readShippedEmbedding().embedder,
    besideClues: true,
  },
);
console.log(
  `${train.length} texts, ${bytes.length} bytes, threshold ${model.threshold.toFixed(2)}; held out: ${(100 * measures.accuracy).toFixed(1)} % right, ECE ${measures.calibrationError.toFixed(3)}`,
);
const readWith = createIntentReader([], model);
for (const [name, test] of [
  ["self-instruct, odd lines", odd],
  ["MT-Bench, first turns", questions("mt_bench_question")],
] as const) {
  console.log(`${test.length} prompts of ${name}`);
  measure("  clues", test, clues);
  measure("  clues and model", test, (text) => readWith({ prompt: text, tools: 0 }).intent ?? "");
}
const seeds = lines<Task & { readonly is_classification: boolean }>(
  "self-instruct/seed_tasks.jsonl",
);
const classified = seeds
  .map(({ is_classification: isOne }, at) => ({ isOne, ...(rows[at] as Row) }))
  .filter((_, at) => at % 2 === 1)
  .map(({ text, isOne }) => ({ text, intent: isOne ? "classify" : "else" }));
for (const [name, says] of [
  ["clues", clues],
  ["clues and model", (text: string) => readWith({ prompt: text, tools: 0 }).intent],
] as const) {
  measure(`is_classification, odd seeds: ${name}`, classified, (text) =>
    says(text) === "classify" ? "classify" : "else",
  );
}
const out = process.argv[2];
if (out !== undefined) writeFileSync(out, bytes);
