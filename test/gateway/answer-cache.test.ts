import { expect, test } from "vitest";
import type { Configuration } from "../../src/configuration/configuration.ts";
import { AnswerCache } from "../../src/gateway/answer-cache.ts";
import type { Core } from "../../src/gateway/core.ts";
import { MeaningIndex } from "../../src/gateway/meaning-index.ts";
import type { AnswerEvent } from "../../src/protocol/answer-event.ts";
import type { CacheEntry } from "../../src/runtime/cache/cache-store.ts";
import { CacheMeters } from "../../src/runtime/telemetry/cache-meters.ts";

const startMs = Date.UTC(2026, 10, 27);
const answer: readonly AnswerEvent[] = [
  { kind: "start", id: "c", model: "m", created: 1 },
  { kind: "text", choice: 0, text: "hello" },
  { kind: "finish", choice: 0, reason: "stop", native: "stop", stopSequence: null },
];
const entry: CacheEntry = {
  ...{ key: "k", tenant: "key:", target: "a", tags: [], cost: null },
  ...{ storedAtMs: startMs, expiresAtMs: startMs + 1_000, answer: JSON.stringify(answer) },
};

async function open(): Promise<{ cache: AnswerCache; pass: (ms: number) => void }> {
  let nowMs = startMs;
  const configuration = {
    cache: { store: "memory", mostBytes: 100_000 },
  } as unknown as Configuration;
  const failed = (error: unknown): void => {
    throw error;
  };
  const [meters, now] = [new CacheMeters(), () => nowMs];
  const core = { snapshot: { policies: new Map(), configuration } } as unknown as Core;
  const meaning = new MeaningIndex({ core: () => core, meters, failed, isOff: failed });
  const cache = new AnswerCache({
    ...{ meters, now, monotonic: now, failed, meaning, configuration: () => configuration },
  });
  await cache.begin();
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { cache, pass };
}

test("an answer that is held as it was read is given once more until its end, and not after it", async () => {
  const { cache, pass } = await open();
  const events = cache.eventsOf(entry);
  expect(events).toEqual(answer);
  pass(999);
  expect(cache.eventsOf(entry)).toBe(events);
  pass(1);
  expect(cache.eventsOf(entry)).toBeNull();
});

test("a purge leaves nothing held of what was read", async () => {
  const { cache } = await open();
  const events = cache.eventsOf(entry);
  await cache.purge({ key: "k" });
  expect(cache.eventsOf(entry)).not.toBe(events);
});

test("no two moments are the same, nor does one come before another when the clock is set back", async () => {
  const { cache, pass } = await open();
  const moments = [cache.moment(), cache.moment()];
  pass(5);
  moments.push(cache.moment());
  pass(-10_000);
  moments.push(cache.moment(), cache.moment());
  expect(moments).toEqual([...moments].sort((a, b) => a - b));
  expect(new Set(moments).size).toBe(5);
});

test("what was asked for before a purge is not kept, and told as such", async () => {
  const { cache } = await open();
  const askedAtMs = cache.moment();
  await cache.purge({ target: "a" });
  let kept = 0;
  const count = (): void => {
    kept += 1;
  };
  cache.keep(entry, askedAtMs, count);
  expect([kept, await cache.find("k")]).toEqual([0, null]);
  cache.keep(entry, cache.moment(), count);
  expect([kept, await cache.find("k")]).toEqual([1, entry]);
});
