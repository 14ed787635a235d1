import { expect, test } from "vitest";
import { createExtractor } from "../../src/extract/extractor.ts";
import { encoderVocabulary } from "../../src/meaning/token-count.ts";
import { vocabulary } from "../support/checking.ts";
import { aProgram } from "../support/extraction.ts";

test("a policy that asks for tokens has the encoder loaded before its first request; another leaves it alone", async () => {
  const bind = (condition: string) =>
    createExtractor(
      aProgram(`if ${condition} then claude\notherwise qwen`, vocabulary).policy,
      vocabulary,
    );
  bind("messages < 3");
  await new Promise((resolve) => setImmediate(resolve));
  expect(encoderVocabulary()).toBeNull();
  bind("tokens < 200");
  await expect.poll(encoderVocabulary, { interval: 5 }).not.toBeNull();
});
