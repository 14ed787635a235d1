import { describe, expect, test } from "vitest";
import { readShippedEmbedding } from "../../src/files/read-intent-model.ts";
import { createIntentReader } from "../../src/meaning/intent.ts";
import { type IntentModel, readIntentModel } from "../../src/meaning/intent-model.ts";
import { packFile, unpackFile } from "../../src/meaning/packed-file.ts";
import { type IntentTraining, trainIntents } from "../../src/training/train-intents.ts";
import { ticketTexts } from "../support/ticket-texts.ts";

const settings: IntentTraining = { seed: 1, heldOut: 0.2, givenUp: 0.05, embedder: null };
const { embedder } = readShippedEmbedding();
const plain = trainIntents(ticketTexts, settings);
const placed = trainIntents(ticketTexts, { ...settings, embedder });

describe.each([
  ["n-grams alone", plain],
  ["n-grams beside the embedding", placed],
])("a model of %s", (_, { model, measures }) => {
  test("labels texts that it has not seen", () => {
    expect(model.labels).toEqual(["billing", "repair"]);
    expect(measures.accuracy).toBe(1);
    expect(model.guess("the bill is too high and was paid twice").intent).toBe("billing");
    expect(model.guess("the printer crashed again and is broken").intent).toBe("repair");
  });

  test.each([
    ["has no words", " \n?!"],
    ["is of neither kind", "zebra quux"],
  ])("calls a text that %s other", (_why, text) => {
    expect(model.guess(text).intent).toBe("other");
  });

  test("gives probabilities that sum up to one, the same each time", () => {
    const likely = [...model.probabilities("the bill is broken")];
    expect(likely[0] as number).toBeGreaterThan(0);
    expect(likely.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 9);
    model.probabilities("something else");
    expect([...model.probabilities("the bill is broken")]).toEqual(likely);
  });
});

test("the same texts and seed give the same bytes, another seed gives others", () => {
  expect(trainIntents(ticketTexts, settings).bytes).toEqual(plain.bytes);
  expect(trainIntents(ticketTexts, { ...settings, seed: 2 }).bytes).not.toEqual(plain.bytes);
});

test("a class named other is a label like any, beside the threshold", () => {
  const rows = [
    ...ticketTexts,
    ...["hello there", "good morning", "thanks", "nice day"].map((text) => ({
      text,
      label: "other",
    })),
  ];
  const { model } = trainIntents(rows, settings);
  expect(model.labels).toContain("other");
  expect(model.guess("good morning").intent).toBe("other");
});

const messageOf = (bytes: Uint8Array, given: typeof embedder | null = null): string => {
  const read = readIntentModel(bytes, given);
  return read.ok ? "" : read.message;
};

/** The plain model's file with other fields. */
function altered(fields: Readonly<Record<string, unknown>>): Uint8Array {
  const read = unpackFile(plain.bytes, "intents", 1);
  if (!read.ok) throw new Error(read.message);
  const sections = Object.fromEntries(
    ["bias", "scales", "weights", "dense"].map((name) => [
      name,
      read.file.section(name) ?? new Uint8Array(),
    ]),
  );
  const { sections: _, ...own } = read.file.fields;
  return packFile({ ...own, ...fields, kind: "intents", version: 1 }, sections);
}

test.each<[string, Readonly<Record<string, unknown>>, string]>([
  ["one label", { labels: ["a"] }, "labels"],
  ["a label twice", { labels: ["a", "a"] }, "labels"],
  ["three labels and the weights of two", { labels: ["a", "b", "c"] }, "weights do not fit"],
  ["another number of buckets", { buckets: 1_000 }, "settings"],
  ["buckets that the weights have not", { buckets: 1 }, "weights do not fit"],
  ["a threshold above one", { threshold: 2 }, "settings"],
  ["no temperature", { temperature: 0 }, "settings"],
])("a file with %s is refused", (_, fields, why) => {
  expect(messageOf(altered(fields))).toContain(why);
});

test("a model that was trained beside an embedding is refused without it", () => {
  expect(messageOf(placed.bytes)).toContain("another embedding");
  expect(messageOf(placed.bytes, embedder)).toBe("");
});

describe("in a policy", () => {
  const declared = [{ name: "legal", clues: [{ kind: "contains" as const, text: "lawyer" }] }];
  const ask = (model: IntentModel | null, prompt: string) =>
    createIntentReader(declared, model)({ prompt, tools: 0 });

  test("a declared clue comes before the model, and says nothing of how sure it is", () => {
    expect(ask(plain.model, "my lawyer asks about the bill")).toEqual({
      intent: "legal",
      by: "clue",
      isOpen: false,
      confidence: undefined,
    });
  });

  test("the model tells with its probability what it knows, the shipped clues the rest", () => {
    const { intent, confidence } = ask(plain.model, "the bill was paid twice");
    expect(intent).toBe("billing");
    expect(confidence).toBeGreaterThan(0.6);
    expect(confidence).toBeLessThan(1);
    expect(ask(plain.model, "Translate into Dutch: zebra")).toEqual({
      intent: "translate",
      by: "shipped-clue",
      isOpen: false,
      confidence: undefined,
    });
  });

  test("a model beside the clues is asked where they name no task, and counts where it is sure", () => {
    const besideClues = { ...plain.model, besideClues: true };
    expect(ask(besideClues, "the bill was paid twice").intent).toBe("billing");
    expect(ask(besideClues, "Translate into Dutch: the bill was paid twice").intent).toBe(
      "translate",
    );
    expect(ask(besideClues, "What is a zebra?")).toMatchObject({
      ...{ intent: "chat", confidence: undefined, by: "shipped-clue" },
    });
  });

  test("beside a classifier a model decides where it is as sure as is asked, and else says what it holds likely", () => {
    const sure = createIntentReader(declared, plain.model, 0.5);
    const doubting = createIntentReader(declared, plain.model, 1);
    const bill = { prompt: "the bill was paid twice", tools: 0 };
    expect(sure(bill)).toMatchObject({ intent: "billing", by: "model", isOpen: false });
    expect(doubting(bill)).toEqual({ ...sure(bill), isOpen: true });
    const lawyer = { prompt: "my lawyer asks about the bill", tools: 0 };
    expect(doubting(lawyer)).toMatchObject({ intent: "legal", isOpen: false });
  });

  test("beside a classifier the shipped clues decide where they name a task, and nobody where they do not", () => {
    for (const model of [null, plain.model]) {
      const read = createIntentReader(declared, model, 0.7);
      expect(read({ prompt: "Translate into Dutch: zebra", tools: 0 })).toMatchObject({
        ...{ intent: "translate", by: "shipped-clue", isOpen: false },
      });
      expect(read({ prompt: "What is a zebra?", tools: 0 })).toEqual({
        ...{ intent: undefined, confidence: undefined, by: undefined, isOpen: true },
      });
      // There is nothing to ask about.
      expect(read({ prompt: " \n", tools: 0 })).toMatchObject({ isOpen: false });
    }
  });

  test("`like` compares meaning beside a model with the embedding, and wording without", () => {
    const clues = [{ kind: "like" as const, text: "I forgot my password" }];
    const asked = "I have forgotten the password";
    const declaredLike = [{ name: "reset", clues }];
    const intentBy = (given: IntentModel, prompt: string): string | undefined =>
      createIntentReader(declaredLike, given)({ prompt, tools: 0 }).intent;
    expect(intentBy(placed.model, asked)).toBe("reset");
    expect(intentBy(placed.model, "What is the weather in Oslo?")).not.toBe("reset");
    expect(intentBy(plain.model, asked)).not.toBe("reset");
    expect(intentBy(plain.model, "my password, I forgot")).toBe("reset");
  });
});
