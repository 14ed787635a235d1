import { beforeAll, expect, test } from "vitest";
import { countTokens, loadEncoder } from "../../src/meaning/token-count.ts";

beforeAll(loadEncoder);

test("short texts are counted at once when the encoder is loaded", () => {
  expect(countTokens(["hello world"], () => Promise.reject(new Error("no pause")))).toBe(2);
});

test("names of special tokens are plain text", () => {
  expect(countTokens(["<|endoftext|>"], () => Promise.resolve())).toBeGreaterThan(1);
});

test.each([
  ["a run of letters", "a".repeat(100_000)],
  ["blanks", " ".repeat(50_000)],
  ["signs", "!?".repeat(50_000)],
  ["line feeds", "\n".repeat(50_000)],
  ["Chinese", "机器学习".repeat(20_000)],
])("%s leave the loop free after each 4,608 characters at most", async (_name, text) => {
  let pauses = 0;
  const count = await countTokens([text], () => {
    pauses += 1;
    return Promise.resolve();
  });
  expect(pauses).toBeGreaterThanOrEqual(Math.floor(text.length / 4_608));
  expect(count).toBeGreaterThan(0);
});

test("a count does not depend on how texts share the pauses", async () => {
  const parts = Array.from({ length: 40 }, (_, at) => `part ${at} of the text, `.repeat(20));
  const together = await countTokens(parts, () => Promise.resolve());
  let sum = 0;
  for (const part of parts) sum += await countTokens([part], () => Promise.resolve());
  expect(together).toBe(sum);
});
