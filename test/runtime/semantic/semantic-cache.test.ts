import { describe, expect, it } from "vitest";
import { createRandom } from "../../../src/base/random.ts";
import { readShippedEmbedding } from "../../../src/files/read-intent-model.ts";
import { type SemanticAsk, SemanticCache } from "../../../src/runtime/semantic/semantic-cache.ts";
import type { SemanticStore } from "../../../src/runtime/semantic/semantic-store.ts";
import { openEmbeddedSemanticStore } from "../../../src/runtime/store/embedded-semantic-store.ts";
import { ample, entryOf } from "../../support/semantic-store-contract.ts";

const atMs = Date.UTC(2026, 10, 27);
const { embedder } = readShippedEmbedding();
const payer = { id: "r", policy: "main", rule: "1", key: "" };
const placing = { payer };

async function made(random: () => number = createRandom(1).next) {
  const store = await openEmbeddedSemanticStore({ ...ample, path: null });
  const cache = new SemanticCache({ store, embedder, random });
  const keep = (prompt: string, answer: string, partition = "p") =>
    cache.keep({ ...entryOf(prompt, { partition, prompt }), payer }, answer, atMs);
  const find = (prompt: string, changed: Partial<SemanticAsk> = {}) =>
    cache.find(
      { partition: "p", tenant: "t", prompt, above: 0.85, within: null, placing, ...changed },
      atMs + 1,
    );
  return { cache, keep, find, [Symbol.asyncDispose]: () => store.close() };
}

describe("the semantic cache", () => {
  it("finds the key of the answer that was kept for what means the same", async () => {
    await using place = await made();
    await place.keep("How do I reset my password?", "Press the link below the form.");
    await place.keep("What are your opening hours on Sunday?", "From ten to four.");
    expect(await place.find("how can i reset my password please")).toMatchObject({
      kind: "hit",
      hit: { key: "How do I reset my password?", storedAtMs: atMs },
    });
    expect(await place.find("who won the chess game")).toEqual({ kind: "none", why: "far" });
    expect(await place.find("What are your opening hours on Monday?")).toEqual({
      kind: "none",
      why: "kind",
    });
  });

  it("never finds what was kept for another partition", async () => {
    await using place = await made();
    await place.keep("How do I reset my password?", "Press the link.", "tenant a");
    const found = await place.find("How do I reset my password?", { partition: "tenant b" });
    expect(found).toEqual({ kind: "none", why: "far" });
  });

  it("finds an answer that holds no word that the table knows", async () => {
    await using place = await made();
    await place.keep("How do I reset my password?", "\u0001\u0002");
    expect(await place.find("how can i reset my password please")).toMatchObject({ kind: "hit" });
  });

  it("passes by what was kept before the time that is asked for", async () => {
    await using place = await made();
    await place.keep("How do I reset my password?", "Press the link.");
    const find = (since: number) => place.find("how can i reset my password", { since });
    expect(await find(atMs)).toMatchObject({ kind: "hit" });
    expect(await find(atMs + 1)).toEqual({ kind: "none", why: "far" });
  });

  it("neither keeps nor finds a text that the table knows no word of", async () => {
    await using place = await made();
    await place.keep("", "nothing");
    expect(await place.find("\u0001\u0002")).toEqual({ kind: "none", why: "far" });
  });

  it("asks all anew within a bound until it has learned, then serves, and counts what was wrong", async () => {
    await using place = await made();
    const prompts = Array.from(
      { length: 30 },
      (_, n) => `How do I bake bread number ${n} at home?`,
    );
    for (const prompt of prompts) await place.keep(prompt, `Bake it for ${prompt.length} minutes.`);
    const kinds = { hit: 0, reask: 0, none: 0 };
    const firsts: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      for (const prompt of prompts) {
        const found = await place.find(prompt.toLowerCase(), { within: 0.05 });
        kinds[found.kind] += 1;
        if (firsts.length < 10) firsts.push(found.kind);
        if (found.kind === "reask")
          expect(
            await place.cache.reasked(found.hit, {
              kept: "It takes 40 minutes.",
              fresh: "it takes 40 minutes",
              payer,
            }),
          ).toMatchObject({ agreed: true });
      }
    }
    expect(new Set(firsts)).toEqual(new Set(["reask"]));
    expect(kinds.none).toBe(0);
    expect(kinds.hit).toBeGreaterThan(200);
  });

  it.each([
    [true, "Yes.", "yes"],
    [false, "Yes, on Monday.", "Yes, on Tuesday."],
    [false, "It takes 40 minutes.", "It takes 45 minutes."],
    [false, "positive", "negative"],
    [
      true,
      `To reset your password open the settings page, choose security and press reset. ${"You will get a link by mail. ".repeat(5)}`,
      `Open the settings, go to security and press reset to get a new password. ${"A link is sent to you by mail. ".repeat(5)}`,
    ],
    [
      false,
      "The river rises in the mountains and flows through four countries before it reaches the sea, carrying timber and grain.",
      "Open the settings page, choose security and press reset; a link to a new password is sent to you by mail within minutes.",
    ],
  ])("holds %s that two answers say the same: %s / %s", async (agreed, kept, fresh) => {
    await using place = await made(() => 0);
    await place.keep("How do I reset my password?", kept);
    const found = await place.find("how do i reset my password", { within: 0.02 });
    if (found.kind !== "reask") throw new Error("nothing is known of it yet");
    expect((await place.cache.reasked(found.hit, { kept, fresh, payer })).agreed).toBe(agreed);
  });
});

it("re-asks stand for the answers given: of many entries a few always wrong, the estimate is what was served", async () => {
  const random = createRandom("estimate");
  const told = new Map<string, number[]>();
  const nobody = async (): Promise<never> => Promise.reject(new Error("not asked"));
  const store: SemanticStore = {
    ...{ put: async () => undefined, purge: nobody, sizes: nobody, close: nobody },
    nearest: async (_, vector) => {
      const key = `k${vector[1]}`;
      const observations = told.get(key) ?? [];
      return [{ key, prompt: "k", similarity: 0.97, storedAtMs: 0, answer: null, observations }];
    },
    observe: async (key, observation) => {
      told.set(key, [...(told.get(key) ?? []), observation].slice(-64));
    },
  };
  let turn = 0;
  const embedder = { hash: "h", embed: () => Float32Array.from([1, turn % 20]) };
  const cache = new SemanticCache({ store, embedder, random: () => random.next() });
  const served = { right: 0, wrong: 0 };
  const expected = { right: 0, wrong: 0 };
  for (turn = 0; turn < 20_000; turn += 1) {
    const kind = turn % 20 === 0 ? "wrong" : "right";
    const ask = { partition: "p", tenant: "t", prompt: "k", above: 0.9, within: 0.02, placing };
    const found = await cache.find(ask, 0);
    if (found.kind === "hit") served[kind] += 1;
    if (found.kind !== "reask") continue;
    const { standsFor } = await cache.reasked(found.hit, {
      kept: "yes",
      fresh: kind === "right" ? "yes" : "no",
      payer,
    });
    expected[kind] += standsFor;
  }
  expect(served.right).toBeGreaterThan(10_000);
  expect(Math.abs(expected.right / served.right - 1)).toBeLessThan(0.1);
  expect(expected.wrong).toBeLessThanOrEqual(served.wrong + 20);
});
