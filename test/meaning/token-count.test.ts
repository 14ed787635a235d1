import { beforeAll, expect, test } from "vitest";
import { countTokens, loadEncoder } from "../../src/meaning/token-count.ts";
import { heldAfter, largeText, unseenWord } from "../support/held-heap.ts";

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

test("texts are not kept for the sake of a word that they bring", async () => {
  const held = await heldAfter(async () => {
    for (let at = 0; at < 40; at += 1) {
      await countTokens([largeText(unseenWord(at)).slice(0, 100)], () => Promise.resolve());
    }
  });
  // Each of them kept would be a million bytes.
  expect(held).toBeLessThan(5_000_000);
});

test("halves of surrogates are counted as they stand", () => {
  const lone = "a\ud83d b\udc00 c";
  expect(countTokens([lone], () => Promise.resolve())).toBe(
    countTokens([lone.toWellFormed()], () => Promise.resolve()),
  );
});
