import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readConfiguration } from "../../src/configuration/read.ts";
import { createExtractor } from "../../src/extract/extractor.ts";
import { createFactsByName } from "../../src/extract/facts-by-name.ts";
import { configurationEnvironment } from "../../src/files/find-configuration.ts";
import { readShippedEmbedding } from "../../src/files/read-intent-model.ts";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import { checkSource } from "../../src/language/service/check-source.ts";
import { trainDifficulty } from "../../src/training/train-difficulty.ts";
import { aContext, aPrompt } from "../support/extraction.ts";
import { judgedTexts } from "../support/judged-texts.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-difficulty-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { embedder } = readShippedEmbedding();
for (const [name, seed] of [
  ["own.model", 1],
  ["other.model", 2],
] as const) {
  const { bytes } = trainDifficulty(judgedTexts(200, "judged"), { seed, heldOut: 0.4, embedder });
  writeFileSync(join(folder, name), bytes);
}
writeFileSync(join(folder, "notes.csv"), "text,hard\n");

const targets =
  "providers: { home: { kind: ollama } }\ntargets: { a: { provider: home, model: m }, b: { provider: home, model: n } }\n";

function read(section: string) {
  const file = join(folder, "signalbox.yaml");
  return readConfiguration(
    { file, text: `${targets}${section}\n` },
    configurationEnvironment(file),
  );
}

function configured(model: string) {
  const { configuration, diagnostics } = read(`difficulty: { model: ${model} }`);
  if (configuration === null) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  return configuration;
}

const policy = { file: "p.policy", text: "if difficulty > 0.5 then a else b" };
function check(configuration: ReturnType<typeof configured>): CheckedPolicy {
  const { policy: checked } = checkSource(policy, configuration, () => null);
  if (checked === null) throw new Error("the policy is right");
  return checked;
}

async function difficultyOf(prompt: string, model: string): Promise<unknown> {
  const configuration = configured(model);
  const read = createFactsByName(["difficulty"], [], configuration);
  return (await read(aContext(aPrompt(prompt))))["difficulty"];
}

test.each([
  ["missing.model", "there is no such file"],
  ["notes.csv", "it is no model of Signalbox's"],
])("a model at %s is refused at its place in the file: %s", (model, why) => {
  const { configuration, diagnostics } = read(`difficulty: { model: "${model}" }`);
  expect(configuration).toBeNull();
  expect(diagnostics).toMatchObject([{ code: "C0211", message: expect.stringContaining(why) }]);
});

test("a fact of one's own named difficulty leaves no model a say", () => {
  const own = "facts: { difficulty: { from: metadata.difficulty, type: decimal } }\n";
  const { diagnostics } = read(`${own}difficulty: { model: own.model }`);
  expect(diagnostics).toContainEqual(expect.objectContaining({ code: "C0106" }));
});

test.each(["own.model", "shipped"])(
  "difficulty is what the model %s says, and not known of no words",
  async (model) => {
    const easy = await difficultyOf("Hello, what is the capital of France?", model);
    const hard = await difficultyOf(
      "Prove that the integral of f(x) = x^2 over [0, 17] is not closed for n >= 1024.",
      model,
    );
    expect(easy).toBeLessThan(hard as number);
    expect(await difficultyOf("?!", model)).toBeNull();
  },
);

test("without a model the difficulty is unknown, and a request is decided all the same", async () => {
  const { configuration } = read("");
  if (configuration === null) throw new Error("the configuration is right");
  const facts = createFactsByName(["difficulty"], [], configuration);
  expect((await facts(aContext(aPrompt("Prove it."))))["difficulty"]).toBeNull();
  expect(() => createExtractor(check(configuration), configuration)).not.toThrow();
});

test("a policy that reads difficulty has another hash with another model, and the fact tells how good the model is", () => {
  const [own, other] = [configured("own.model"), configured("other.model")];
  expect(check(own).hash).not.toBe(check(other).hash);
  expect(own.facts.get("difficulty")?.doc).toMatch(/its AUC was 0\.\d\d/);
});
