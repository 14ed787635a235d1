import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Configuration } from "../../src/configuration/configuration.ts";
import { readConfiguration } from "../../src/configuration/read.ts";
import { createExtractor } from "../../src/extract/extractor.ts";
import { createFactsByName } from "../../src/extract/facts-by-name.ts";
import { configurationEnvironment } from "../../src/files/find-configuration.ts";
import { readShippedEmbedding } from "../../src/files/read-intent-model.ts";
import { checkSource } from "../../src/language/service/check-source.ts";
import { trainIntents } from "../../src/training/train-intents.ts";
import { aContext, aPrompt } from "../support/extraction.ts";
import { ticketTexts } from "../support/ticket-texts.ts";
import { read as readWithoutFiles } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-intents-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = { seed: 1, heldOut: 0.2, givenUp: 0.05, embedder: null };
const { bytes } = trainIntents(ticketTexts, {
  ...settings,
  embedder: readShippedEmbedding().embedder,
});
writeFileSync(join(folder, "tickets.model"), bytes);
writeFileSync(join(folder, "again.model"), trainIntents(ticketTexts, settings).bytes);
writeFileSync(join(folder, "cut.model"), bytes.subarray(0, 5_000));
writeFileSync(join(folder, "notes.csv"), "text,label\n");

const targets =
  "providers: { home: { kind: ollama } }\ntargets: { a: { provider: home, model: m }, b: { provider: home, model: n } }\n";

function read(section: string) {
  const file = join(folder, "signalbox.yaml");
  return readConfiguration(
    { file, text: `${targets}${section}\n` },
    configurationEnvironment(file),
  );
}

function configured(model: string): Configuration {
  const { configuration, diagnostics } = read(`intents: { model: ${model} }`);
  if (configuration === null) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  return configuration;
}

const check = (text: string, configuration: Configuration) =>
  checkSource({ file: "p.policy", text }, configuration, () => null);

test.each([
  ["missing.model", "there is no such file"],
  ["cut.model", "it is cut off"],
  ["notes.csv", "it is no model of Signalbox's"],
  [".", "it is a folder"],
])("a model at %s is refused at its place in the file: %s", (model, why) => {
  const { configuration, diagnostics } = read(`intents: { model: "${model}" }`);
  expect(configuration).toBeNull();
  expect(diagnostics).toMatchObject([{ code: "C0211", message: expect.stringContaining(why) }]);
});

test("the labels of a model are what `intent` can be, beside declared intents and the shipped ones", () => {
  const configuration = configured("tickets.model");
  const good =
    'intent legal contains "lawyer"\nif intent in [billing, repair, other, legal] then a else b\n';
  expect(
    check(good, configuration).diagnostics.filter(({ severity }) => severity === "error"),
  ).toEqual([]);
  const { policy, diagnostics } = check("if intent is biling then a else b\n", configuration);
  expect(policy).toBeNull();
  expect(JSON.stringify(diagnostics)).toContain("billing");
  expect(check("if intent is translate then a else b\n", configuration).policy).not.toBeNull();
});

test("a policy that reads intent is another one with another model; one that does not is the same", () => {
  const hashes = ["tickets.model", "again.model"].map((model) =>
    ["if intent is billing then a else b\n", "otherwise a\n"].map(
      (text) => check(text, configured(model)).policy?.hash,
    ),
  );
  const [[asks, plain], [asksAgain, plainAgain]] = hashes as [[string, string], [string, string]];
  expect(asks).not.toBe(asksAgain);
  expect(plain).toBe(plainAgain);
});

test.each([
  ["the bill was paid twice", "billing"],
  ["our printer crashed again", "repair"],
])("of the prompt %j the model tells the intent %s, and how sure it is", async (prompt, intent) => {
  const configuration = configured("tickets.model");
  const readFacts = createFactsByName(["intent", "confidence"], [], configuration);
  const facts = await readFacts(aContext(aPrompt(prompt)));
  expect(facts["intent"]).toBe(intent);
  expect(facts["confidence"]).toBeGreaterThan(0);
  expect(facts["confidence"]).toBeLessThanOrEqual(1);
});

test("without a model, and where a declared clue decides, how sure is unknown", async () => {
  const { configuration } = read("");
  const context = aContext(aPrompt("call my lawyer about the bill"));
  const plain = createFactsByName(["confidence"], [], configuration as Configuration);
  expect(await plain(context)).toEqual({ confidence: null });
  const legal = { name: "legal", clues: [{ kind: "contains" as const, text: "lawyer" }] };
  const { policy } = check(
    'intent legal contains "lawyer"\nif intent is legal then a else b\n',
    configured("tickets.model"),
  );
  const both = createFactsByName(
    ["intent", "confidence"],
    policy?.intents ?? [],
    configured("tickets.model"),
  );
  expect(await both(context)).toEqual({ intent: legal.name, confidence: null });
});

test("the shipped model stands behind the clues and brings no values of its own", async () => {
  const configuration = configured("shipped");
  expect(check("if intent is translate then a else b\n", configuration).policy).not.toBeNull();
  const readFacts = createFactsByName(["intent", "confidence"], [], configuration);
  const translate = await readFacts(aContext(aPrompt("Translate into Dutch: my house")));
  expect(translate).toEqual({ intent: "translate", confidence: null });
  const story = await readFacts(
    aContext(aPrompt("A tale of two dragons who fall in love, in the style of a ballad")),
  );
  expect(story).toMatchObject({ intent: "write", confidence: expect.any(Number) });
});

test("where no files are read, any text may be an intent; a fact of one's own takes no model", () => {
  const { configuration, diagnostics } = readWithoutFiles(
    `${targets}intents: { model: x.model }\n`,
  );
  expect(diagnostics).toEqual([]);
  expect(
    check("if intent is anything then a else b\n", configuration as Configuration).policy,
  ).not.toBeNull();
  const own = read(
    "facts: { intent: { from: metadata.intent, type: text } }\nintents: { model: tickets.model }",
  );
  expect(own.diagnostics.map(({ code }) => code)).toContain("C0106");
});

test("extractors of one configuration share the model", () => {
  const configuration = configured("tickets.model");
  const { policy } = check(
    "if intent is billing and confidence > 0.9 then a else b\n",
    configuration,
  );
  if (policy === null) throw new Error("the policy is right");
  expect(() => createExtractor(policy, configuration)).not.toThrow();
});

const classifierOf = (section: string) => {
  const { configuration, diagnostics } = read(section);
  const codes = diagnostics.map(({ code, message, help }) => [code, message, help]);
  return { facts: configuration?.facts, codes };
};

test("a classifier is a part of the fact, which is then as dear as a model call", () => {
  const { facts, codes } = classifierOf(
    "intents: { classifier: { target: a, timeout: 2s, ask-below: 90% } }",
  );
  expect(codes).toEqual([]);
  expect(facts?.get("intent")).toMatchObject({
    costClass: 4,
    classifier: { target: "a", provider: "home", model: "m", timeoutMs: 2_000, askBelow: 0.9 },
  });
  expect(facts?.get("confidence")?.costClass).toBe(4);
  const beside = classifierOf("intents: { model: tickets.model, classifier: { target: b } }");
  expect(beside.facts?.get("intent")).toMatchObject({
    model: { labels: expect.any(Array) },
    classifier: { target: "b", timeoutMs: 800, askBelow: 0.7 },
  });
});

test.each([
  [
    "a target that is not there",
    "intents: { classifier: { target: aa } }",
    ["C0214", "there is no target `aa`", "the targets are: a, b"],
  ],
  [
    "a fact of one's own",
    "facts: { intent: { from: metadata.intent } }\nintents: { classifier: { target: a } }",
    [
      "C0106",
      "`intent` is a fact of your own here, so no classifier tells it",
      "remove `intent` from `facts`, or the classifier",
    ],
  ],
  [
    "a section that says nothing",
    "intents: {}",
    [
      "C0105",
      "`intents` has no `model` and no `classifier`",
      expect.stringContaining("model: shipped"),
    ],
  ],
  [
    "no target",
    "intents: { classifier: { timeout: 1s } }",
    ["C0105", "`intents.classifier` has no `target`", expect.stringContaining("add `target`")],
  ],
  [
    "a time without a unit",
    "intents: { classifier: { target: a, timeout: 10 } }",
    ["C0106", expect.stringContaining("is not a duration"), expect.anything()],
  ],
])("a classifier is refused in words: %s", (_what, section, said) => {
  const { facts, codes } = classifierOf(section);
  expect(facts).toBeUndefined();
  expect(codes).toContainEqual(said);
});

test("a policy that reads the intent has another hash with another classifier, and only such a one", () => {
  const hashOf = (policy: string, section: string): string | undefined =>
    check(policy, read(section).configuration as Configuration).policy?.hash;
  const reads = "if intent is code then a else b\n";
  const sections = [
    "",
    "intents: { classifier: { target: a } }",
    "intents: { classifier: { target: b } }",
    "intents: { classifier: { target: a, ask-below: 0.8 } }",
  ];
  expect(new Set(sections.map((each) => hashOf(reads, each))).size).toBe(sections.length);
  expect(new Set(sections.map((each) => hashOf("if code then a else b\n", each))).size).toBe(1);
});
