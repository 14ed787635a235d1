import { expect, test } from "vitest";
import { createExtractor } from "../../src/extract/extractor.ts";
import { createFactsByName } from "../../src/extract/facts-by-name.ts";
import { knowsLanguages } from "../../src/meaning/language.ts";
import { encoderVocabulary } from "../../src/meaning/token-count.ts";
import { vocabulary } from "../support/checking.ts";
import { aContext, aProgram } from "../support/extraction.ts";

const bind = (condition: string) =>
  createExtractor(
    aProgram(`if ${condition} then claude\notherwise qwen`, vocabulary).policy,
    vocabulary,
  );

test("a policy that asks for tokens has the encoder loaded before its first request; another leaves it alone", async () => {
  bind("messages < 3");
  await new Promise((resolve) => setImmediate(resolve));
  expect(encoderVocabulary()).toBeNull();
  bind("tokens < 200");
  await expect.poll(encoderVocabulary, { interval: 5 }).not.toBeNull();
});

test("one that asks for the language has languages loaded so, and a request that comes before waits for them", async () => {
  bind("messages < 3");
  await new Promise((resolve) => setImmediate(resolve));
  expect(knowsLanguages()).toBe(false);
  const read = createFactsByName(["language"], [], vocabulary);
  const messages = [{ role: "user", content: "Wie ist das Wetter heute in der Stadt?" }];
  expect(await read(aContext({ messages }))).toEqual({ language: "de" });
  expect(knowsLanguages()).toBe(true);
});
