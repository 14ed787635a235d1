import { describe, expect, test } from "vitest";
import { readShippedEmbedding } from "../../src/files/read-intent-model.ts";
import { cosineOf, readEmbedding } from "../../src/meaning/embedding.ts";
import { packFile } from "../../src/meaning/packed-file.ts";
import { createWordPieces } from "../../src/meaning/word-pieces.ts";
import { heldAfter, largeText, unseenWord } from "../support/held-heap.ts";

describe("pieces of words", () => {
  const vocabulary = ["play", "##ing", "##i", "card", "cafe", "天", "!", "##"];
  const cut = createWordPieces(vocabulary, 6);
  const named = (text: string): string[] => [...cut(text)].map((id) => vocabulary[id] ?? "?");

  test.each([
    ["the longest piece that fits comes first", "playing", ["play", "##ing"]],
    ["case and accents do not count", "CARD Café", ["card", "cafe"]],
    ["signs stand alone", "card!!", ["card", "!", "!"]],
    ["characters of Chinese stand alone", "天天", ["天", "天"]],
    ["a word that cannot be cut gives nothing", "cardx play", ["play"]],
    ["a word of a hundred letters is none", `${"play".repeat(26)} card`, ["card"]],
    ["nothing is in nothing", " \n\t", []],
  ])("%s", (_, text, pieces) => {
    expect(named(text)).toEqual(pieces);
  });

  test("so many come back at most", () => {
    expect(named("card ".repeat(100))).toHaveLength(6);
  });

  test("texts are not kept for the sake of a word that they bring", async () => {
    const held = await heldAfter(() => {
      for (let at = 0; at < 40; at += 1) cut(largeText(unseenWord(at)));
    });
    // Each of them kept would be a million bytes.
    expect(held).toBeLessThan(5_000_000);
  });

  test("words too long to come twice are not kept at all", async () => {
    const held = await heldAfter(() => {
      for (let at = 0; at < 15_000; at += 1) cut(unseenWord(at, 90));
    });
    // A word, its place and its list would be some 200 bytes.
    expect(held).toBeLessThan(1_500_000);
  });
});

describe("the embedding that the package brings", () => {
  const { embedder } = readShippedEmbedding();
  const near = (a: string, b: string): number => cosineOf(embedder.embed(a), embedder.embed(b));

  test.each([
    ["How do I reset my password?", "I forgot my password", "What is the weather in Oslo?"],
    ["Write a poem about autumn", "Compose some verses on the fall season", "Fix this SQL query"],
    ["My card has not arrived", "I am still waiting for my card", "What is the exchange rate?"],
  ])("%j is nearer to %j than to %j", (text, alike, other) => {
    expect(near(text, alike)).toBeGreaterThan(near(text, other) + 0.2);
  });

  test("a place has length 1, whatever the text; a text without a word has none", () => {
    expect(near("one", "one")).toBeCloseTo(1, 5);
    expect(Math.hypot(...embedder.embed("A longer text, with signs & numbers 1 2 3"))).toBeCloseTo(
      1,
      5,
    );
    expect(embedder.embed(" \n").every((value) => value === 0)).toBe(true);
  });

  test("a text of any length is read at its head and tail only", () => {
    const long = `${"cat ".repeat(1_000)}${"dog ".repeat(1_000_000)}${"cat ".repeat(1_000)}`;
    expect(near(long, "cat")).toBeCloseTo(1, 5);
  });
});

test("a table that does not fit its vocabulary is refused", () => {
  const sections = { vocabulary: new TextEncoder().encode("a\nb"), scales: new Uint8Array(8) };
  for (const [dimension, vectors] of [
    [2, new Uint8Array(3)],
    [0, new Uint8Array()],
    ["2", new Uint8Array(4)],
  ] as const) {
    const bytes = packFile({ kind: "embedding", version: 1, dimension }, { ...sections, vectors });
    expect(readEmbedding(bytes)).toMatchObject({ ok: false });
  }
});
