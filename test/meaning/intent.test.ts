import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shippedIntents } from "../../src/facts/built-in.ts";
import { createIntentReader, shippedIntent } from "../../src/meaning/intent.ts";

const seedTasks = "../shared/data/prompts/self-instruct/seed_tasks.jsonl";

test.each([
  ["Classify this review as positive or negative: the soup was cold.", "classify"],
  ["Is this email spam or not? Hello dear friend, you have won.", "classify"],
  ["Categorise the ticket: billing, delivery or other.\n\nWhere is my parcel?", "classify"],
  ["Klassifiziere diese Anfrage nach Abteilung: Rechnung fehlt.", "classify"],
  ["Extract all invoice numbers and dates from the text below.", "extract"],
  ["Summarise this article in three bullet points: …", "summarise"],
  ["TL;DR of the thread, please", "summarise"],
  ["Translate to French: the train is late.", "translate"],
  ["How do you say good night in Japanese?", "translate"],
  ["Write a Python function that classifies numbers as odd or even.", "code"],
  ["Why does this fail?\n```\nconst x = undefined;\n```", "code"],
  ["Solve for x: 3x + 5 = 20. Show your steps.", "reason"],
  ["A train travels 60 km in 40 minutes. How far does it go in two hours?", "reason"],
  ["Write a short poem about a signal box in the rain.", "write"],
  ["Draft an email to my landlord about the broken heating.", "write"],
  ["Use the weather tool to find out whether I need an umbrella.", "tool"],
  ["Hello there!", "chat"],
  ["Who won the world cup in 1998?", "chat"],
  ["0x3f 0x4a 0x11", "other"],
])("%j asks to %s", (prompt, intent) => {
  expect(shippedIntent(prompt)).toBe(intent);
});

test("a declared intent speaks before the shipped ones, the first in source order wins", () => {
  const read = createIntentReader([
    { name: "refund", clues: [{ kind: "contains", text: "money back" }] },
    { name: "classify", clues: [{ kind: "matches", pattern: "(?i)label:" }] },
    { name: "late", clues: [{ kind: "contains", text: "MONEY" }] },
  ]);
  expect(read("Classify this: I want my Money Back")).toBe("refund");
  expect(read("money, money, label: x")).toBe("classify");
  expect(read("no money")).toBe("late");
  expect(read("Translate to German: train")).toBe("translate");
});

test("property: every text has exactly one intent of the shipped set, the same each time", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (text) => {
      const intent = shippedIntent(text);
      expect(shippedIntents).toContain(intent);
      expect(shippedIntent(text)).toBe(intent);
    }),
  );
});

test("a long prompt is judged by its head and its tail alone", () => {
  const filler = "lorem ipsum dolor sit amet, ".repeat(20_000);
  expect(shippedIntent(`${filler}\nSummarise the text above.`)).toBe("summarise");
  expect(shippedIntent(`Translate to Spanish: ${filler}`)).toBe("translate");
  expect(shippedIntent(`${filler}Translate to Spanish${filler}`)).toBe("other");
});

interface SeedTask {
  readonly instruction: string;
  readonly instances: readonly { readonly input: string }[];
  readonly is_classification: boolean;
}

function score(tasks: readonly SeedTask[], says: (prompt: string) => boolean) {
  let hits = 0;
  let false_ = 0;
  let missed = 0;
  for (const task of tasks) {
    const input = task.instances[0]?.input ?? "";
    const said = says(input === "" ? task.instruction : `${task.instruction}\n${input}`);
    if (said && task.is_classification) hits += 1;
    else if (said) false_ += 1;
    else if (task.is_classification) missed += 1;
  }
  return { hits, recall: hits / (hits + missed), precision: hits / Math.max(1, hits + false_) };
}

/**
 * Measured on self-instruct's 175 seed tasks, 26 of them classification: recall 0.96, precision 1.00; looking for the word
 * "classify" alone finds 0.15. The clues were written with these tasks in sight, so this is a fit, not a forecast. On
 * prompts they were not written for (MT-bench 80, Arena-Hard 500, hardly any of them classification), 1 and 10 are taken
 * for classification.
 */
describe.skipIf(!existsSync(seedTasks))("on self-instruct (skips without ../shared/data)", () => {
  const tasks = (
    existsSync(seedTasks) ? readFileSync(seedTasks, "utf8").trim().split("\n") : []
  ).map((line) => JSON.parse(line) as SeedTask);

  test("nearly every classification task is told, and hardly anything else", () => {
    const measured = score(tasks, (prompt) => shippedIntent(prompt) === "classify");
    expect(measured.recall).toBeGreaterThanOrEqual(0.92);
    expect(measured.precision).toBeGreaterThanOrEqual(0.95);
  });

  test("the clues find far more than the word alone", () => {
    const measured = score(tasks, (prompt) => shippedIntent(prompt) === "classify");
    const naive = score(tasks, (prompt) => /classify/i.test(prompt));
    expect(measured.hits).toBeGreaterThan(3 * naive.hits);
  });
});
