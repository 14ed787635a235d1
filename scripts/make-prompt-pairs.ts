/**
 * Makes the pairs of prompts that the guards of the semantic cache are measured on: `adversarial.jsonl` (a kept answer must not be
 * taken) and `paraphrases.jsonl` (it may be). From templates of our own (`prompt-templates.ts`, `prompt-form-templates.ts`) and from openly licensed prompts beside
 * the checkout, which are turned in one word each; every line says where it comes from. `node scripts/make-prompt-pairs.ts`
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { createRandom, type Random } from "../src/base/random.ts";
import { formTemplates } from "./prompt-form-templates.ts";
import { templates } from "./prompt-templates.ts";

interface Pair {
  readonly kind: string;
  readonly origin: string;
  readonly a: string;
  readonly b: string;
}

const data = new URL("../../shared/data/prompts/", import.meta.url);
const random = createRandom("prompt pairs, first edition");

function lines(file: string): unknown[] {
  return readFileSync(new URL(file, data), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}

type Fields = Record<string, unknown>;

function licensedPrompts(): { readonly origin: string; readonly text: string }[] {
  const of = (origin: string, texts: readonly unknown[]) =>
    texts
      .filter((text): text is string => typeof text === "string")
      .filter((text) => text.length >= 15 && text.length <= 400)
      .map((text) => ({ origin, text: text.trim() }));
  const bank: string[][] = parse(readFileSync(new URL("banking77/test.csv", data)));
  return [
    ...of(
      "gsm8k (MIT)",
      lines("gsm8k/test.jsonl").map((row) => (row as Fields)["question"]),
    ),
    ...of(
      "mt-bench (Apache-2.0)",
      lines("mtbench/mt_bench_question.jsonl").flatMap((row) => (row as { turns: string[] }).turns),
    ),
    ...of(
      "vicuna-bench (Apache-2.0)",
      lines("mtbench/vicuna_bench_question.jsonl").flatMap(
        (row) => (row as { turns: string[] }).turns,
      ),
    ),
    ...of(
      "arena-hard (Apache-2.0)",
      lines("arena-hard/v0.1_question.jsonl").map((row) => (row as Fields)["prompt"]),
    ),
    ...of(
      "self-instruct (Apache-2.0)",
      lines("self-instruct/user_oriented_instructions.jsonl").map(
        (row) => (row as Fields)["instruction"],
      ),
    ),
    ...of(
      "banking77 (CC-BY-4.0)",
      bank.slice(1).map(([text]) => text),
    ),
  ];
}

/** One turn of a kind: null where the text holds nothing to turn. */
type Turn = (text: string, random: Random) => string | null;

function replaceOne(pattern: RegExp, by: (found: string, random: Random) => string): Turn {
  return (text, chance) => {
    const match = chance.pick([...text.matchAll(pattern)]);
    if (match === undefined) return null;
    const now = by(match[0], chance);
    return text.slice(0, match.index) + now + text.slice(match.index + match[0].length);
  };
}

/** Turns words of a table into others of it, in the case they stand in. */
function swap(table: Readonly<Record<string, string>>): Turn {
  const both = { ...table, ...Object.fromEntries(Object.entries(table).map(([a, b]) => [b, a])) };
  const pattern = new RegExp(`\\b(?:${Object.keys(both).join("|")})\\b`, "gi");
  return replaceOne(pattern, (found) => {
    const now = both[found.toLowerCase()] ?? found;
    return /^[A-Z]/.test(found) ? now.charAt(0).toUpperCase() + now.slice(1) : now;
  });
}

const people = ["Olivia", "Noah", "Amara", "Hiroshi", "Fatima", "Lukas", "Priya", "Mateo"];

const turns: Readonly<Record<string, Turn>> = {
  number: replaceOne(/\b\d{1,6}\b/g, (found, chance) =>
    String(Number(found) + 1 + chance.integer(9)),
  ),
  name: replaceOne(/(?<=[a-z,] )[A-Z][a-z]{3,}\b/g, (found, chance) => {
    const other = chance.pick(people.filter((name) => name !== found));
    return other ?? found;
  }),
  negation: replaceOne(
    /\b(?:is|are|can|should|does|will|would|do|was)\b(?! not)/g,
    (found) => `${found} not`,
  ),
  unit: swap({
    ...{ hours: "minutes", days: "weeks", months: "years", miles: "kilometers", dollars: "euros" },
    ...{
      feet: "meters",
      pounds: "kilograms",
      inches: "centimeters",
      gallons: "liters",
      cups: "spoons",
    },
  }),
  contrary: swap({
    ...{
      more: "fewer",
      before: "after",
      first: "last",
      increase: "decrease",
      buy: "sell",
      best: "worst",
    },
    ...{
      left: "right",
      highest: "lowest",
      maximum: "minimum",
      advantages: "disadvantages",
      open: "close",
    },
    ...{
      old: "new",
      long: "short",
      cheap: "expensive",
      enable: "disable",
      send: "receive",
      add: "remove",
    },
    ...{
      deposit: "withdraw",
      top: "bottom",
      fast: "slow",
      hot: "cold",
      activate: "deactivate",
      larger: "smaller",
    },
  }),
  time: swap({
    ...{
      monday: "thursday",
      tuesday: "friday",
      january: "june",
      march: "october",
      morning: "evening",
    },
    ...{ today: "tomorrow", yesterday: "today", daily: "weekly", day: "night", week: "month" },
  }),
  code: swap({
    ...{
      python: "rust",
      javascript: "kotlin",
      java: "swift",
      sql: "graphql",
      html: "markdown",
      linux: "windows",
    },
    ...{ react: "vue", fortran: "haskell", json: "xml", excel: "powershell" },
  }),
};

/** So many pairs of each kind are made of licensed prompts, from no origin more than its share. */
const ofEachKind = 60;

function turnedPairs(): Pair[] {
  const prompts = shuffled(licensedPrompts());
  const pairs: Pair[] = [];
  for (const [kind, turn] of Object.entries(turns)) {
    const counts = new Map<string, number>();
    let made = 0;
    for (const { origin, text } of prompts) {
      const before = counts.get(origin) ?? 0;
      if (made === ofEachKind) break;
      if (before >= ofEachKind / 2) continue;
      const b = turn(text, random);
      if (b === null || b === text) continue;
      counts.set(origin, before + 1);
      made += 1;
      pairs.push({ kind, origin, a: text, b });
    }
  }
  return pairs;
}

function shuffled<T>(items: readonly T[]): T[] {
  const left = [...items];
  for (let at = left.length - 1; at > 0; at -= 1) {
    const other = random.integer(at + 1);
    [left[at], left[other]] = [left[other] as T, left[at] as T];
  }
  return left;
}

function fill(phrasing: string, slot: string): string {
  const [x = "", y = ""] = slot.split("|");
  return phrasing.replaceAll("{x}", x).replaceAll("{y}", y);
}

/** Of each template: other slots in the same words and in other words, and the same slot in other words. */
function templatePairs(): { readonly adversarial: Pair[]; readonly paraphrases: Pair[] } {
  const adversarial: Pair[] = [];
  const paraphrases: Pair[] = [];
  const origin = "own template";
  for (const { kind, phrasings, slots } of [...templates, ...formTemplates]) {
    for (const [at, slot] of slots.entries()) {
      const other = slots[(at + 1) % slots.length] ?? slot;
      for (const [index, phrasing] of phrasings.entries()) {
        const elsewhere = phrasings[(index + 1) % phrasings.length] ?? phrasing;
        const a = fill(phrasing, slot);
        if (index === at % phrasings.length)
          adversarial.push({ kind, origin, a, b: fill(phrasing, other) });
        adversarial.push({ kind: `${kind}, in other words`, origin, a, b: fill(elsewhere, other) });
        paraphrases.push({ kind, origin, a, b: fill(elsewhere, slot) });
      }
    }
  }
  return { adversarial, paraphrases };
}

/** What people do to a sentence without changing it. */
const manners: readonly (readonly [kind: string, change: (text: string) => string])[] = [
  ["lower case", (text) => text.toLowerCase()],
  ["polite", (text) => `Please ${text.charAt(0).toLowerCase()}${text.slice(1)}`],
  ["greeting", (text) => `Hi! ${text} Thanks`],
  ["bare", (text) => text.replaceAll(/[?.!]+$/g, "")],
  ["spaced", (text) => `  ${text.replaceAll(" ", "  ")}\n`],
  [
    "contracted",
    (text) =>
      text.replaceAll(/\b(what|how|who|where) is\b/gi, "$1's").replaceAll(/\bI am\b/g, "I'm"),
  ],
];

function manneredPairs(): Pair[] {
  const prompts = shuffled(licensedPrompts().filter(({ text }) => text.length < 160)).slice(0, 120);
  return prompts.flatMap(({ origin, text }, at) => {
    const [kind, change] = manners[at % manners.length] ?? ["", (same: string) => same];
    const b = change(text);
    return b === text ? [] : [{ kind, origin, a: text, b }];
  });
}

function write(name: string, pairs: readonly Pair[]): void {
  const file = new URL(`../test/runtime/semantic/${name}`, import.meta.url);
  writeFileSync(file, `${pairs.map((pair) => JSON.stringify(pair)).join("\n")}\n`);
  process.stdout.write(`${name}: ${pairs.length}\n`);
}

const own = templatePairs();
write("adversarial.jsonl", [...own.adversarial, ...turnedPairs()]);
write("paraphrases.jsonl", [...own.paraphrases, ...manneredPairs()]);
