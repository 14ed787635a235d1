/**
 * Trains a model of the shipped intents from the openly licensed prompts in ../shared/data/prompts and examples made here,
 * and measures it beside the shipped clues on prompts that neither saw: `node scripts/general-intents.ts [MODEL]`.
 *
 * Labels: self-instruct's 427 tasks were read and labelled for this project, one letter each below (`is_classification`
 * agrees where it is given); even lines train, odd lines test. Arena-hard's and vicuna's categories and GSM8K train, MT-Bench's test.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRandom } from "../src/base/random.ts";
import { readShippedEmbedding } from "../src/files/read-intent-model.ts";
import { headAndTail } from "../src/meaning/head-and-tail.ts";
import type { IntentModel } from "../src/meaning/intent-model.ts";
import { shippedIntentOf } from "../src/meaning/shipped-clues.ts";
import type { LabelledText } from "../src/training/split.ts";
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

/** Ways to ask, and what for; each pair in turn, joined to a text of another task so that topics teach nothing. */
const own: Readonly<Record<string, readonly string[]>> = {
  translate: [
    "Translate this into {language}:",
    "Translate the following {thing} to {language}.",
    "Please translate from {language} into English:",
    "Can you put this {thing} into {language}?",
    "How do you say this in {language}?",
    "Render the {thing} below in {language}, keeping its tone.",
    "What does this {thing} say in English?",
    "I need a {language} version of this {thing}.",
    "{language} translation please:",
    "Give me this in {language}.",
  ],
  summarise: [
    "Summarize this {thing}.",
    "Summarise the {thing} below in two sentences.",
    "TL;DR of this {thing}:",
    "Give me the gist of the following {thing}.",
    "What are the key points of this {thing}?",
    "Condense this {thing} to a short paragraph.",
    "Sum up the {thing} for somebody in a hurry.",
    "Write a brief summary of the {thing}.",
    "Recap this {thing} as three bullets.",
    "In one line, what is this {thing} about?",
  ],
  extract: [
    "Extract all {field} from this {thing}.",
    "List every one of the {field} mentioned in the {thing} below.",
    "Pull the {field} out of the following {thing} as JSON.",
    "Which {field} appear in this {thing}?",
    "Find the {field} in the text and return them in a table.",
    "Identify the {field} in this {thing}.",
    "Get me the {field} from the {thing}.",
    "Parse the {thing} and output its {field}.",
  ],
  classify: [
    "Classify this {thing} as {pair}.",
    "Is the following {thing} {pair}?",
    "Label the {thing} with one of: {pair}.",
    "Decide whether this {thing} is {pair}.",
    "Which category fits this {thing} best: {pair}?",
    "Tell me if the {thing} is {pair}. Answer with one word.",
    "What is the sentiment of this {thing}: {pair}?",
    "Tag this {thing}: {pair}.",
  ],
};

const fillers: Readonly<Record<string, readonly string[]>> = {
  language: ["French", "German", "Spanish", "Japanese", "Italian", "Polish", "Chinese", "Dutch"],
  thing: ["email", "article", "review", "message", "report", "paragraph", "contract", "transcript"],
  field: [
    "names",
    "dates",
    "prices",
    "places",
    "phone numbers",
    "companies",
    "addresses",
    "skills",
  ],
  pair: [
    "positive or negative",
    "spam or not spam",
    "urgent or not",
    "a bug, a question or a wish",
    "true or false",
    "formal or informal",
    "sports, politics or science",
    "toxic or fine",
  ],
};

const small = ["hi", "hello there", "thanks a lot!", "good morning", "ok, got it", "who are you?"];

/** Examples of our own: every way to ask, twelve times, with fillers and a foreign body by seed. */
function made(bodies: readonly string[]): Row[] {
  const random = createRandom("own examples");
  const rows: Row[] = small.map((text) => ({ text, intent: "chat" }));
  for (const [intent, ways] of Object.entries(own)) {
    for (const way of ways) {
      for (let n = 0; n < 12; n += 1) {
        const ask = way.replace(
          /\{(\w+)\}/g,
          (_, name: string) => random.pick(fillers[name] ?? []) ?? "",
        );
        const body = (random.pick(bodies) ?? "").slice(0, 400);
        const text = n % 3 === 0 ? ask : n % 3 === 1 ? `${ask}\n${body}` : `${body}\n\n${ask}`;
        rows.push({ text, intent });
      }
    }
  }
  return rows;
}

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

const rowsOf = tasks();
const [even, odd] = [
  rowsOf.filter((_, at) => at % 2 === 0),
  rowsOf.filter((_, at) => at % 2 === 1),
];
const train = [
  ...even,
  ...questions("vicuna_bench_question"),
  ...arena(),
  ...wordProblems(),
  ...made(even.map(({ text }) => text)),
];
const labelled: LabelledText[] = train.map(({ text, intent }) => ({ text, label: intent }));
const { bytes, model, measures } = trainIntents(labelled, {
  seed: 1,
  heldOut: 0.2,
  givenUp: 0.05,
  embedder: readShippedEmbedding().embedder,
});
const { accuracy, calibrationError } = measures;
console.log(
  `${train.length} texts, ${bytes.length} bytes, held out ${accuracy}, ECE ${calibrationError}`,
);
const alone =
  (given: IntentModel): Says =>
  (text) =>
    given.labels[argmax(given.probabilities(text))] ?? "";
const argmax = (values: ArrayLike<number>): number =>
  [...Array(values.length).keys()].reduce(
    (best, at) => ((values[at] ?? 0) > (values[best] ?? 0) ? at : best),
    0,
  );
for (const [name, rows] of [
  ["self-instruct, odd lines", odd],
  ["MT-Bench", questions("mt_bench_question")],
] as const) {
  console.log(`${rows.length} of ${name}`);
  measure("  clues", rows, clues);
  measure("  model", rows, alone(model));
  for (const sure of [0.5, 0.7, 0.8, 0.9]) {
    measure(`  model where surer than ${sure}, else clues`, rows, (text) => {
      const likely = model.probabilities(text);
      const best = argmax(likely);
      return (likely[best] ?? 0) >= sure ? (model.labels[best] ?? "") : clues(text);
    });
  }
  const weak = new Set(["chat", "write", "other"]);
  measure("  clues, but model for weak ones", rows, (text) => {
    const said = clues(text);
    return weak.has(said) ? alone(model)(text) : said;
  });
}
const out = process.argv[2];
if (out !== undefined) writeFileSync(out, bytes);
