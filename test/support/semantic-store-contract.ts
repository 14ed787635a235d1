import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  candidatesAtMost,
  observationsAtMost,
  type SemanticBounds,
  type SemanticEntry,
  type SemanticStore,
  semanticBytesOf,
} from "../../src/runtime/semantic/semantic-store.ts";

/** A place where prompts are kept. */
export interface SemanticPlace extends AsyncDisposable {
  open(bounds?: Partial<SemanticBounds>): Promise<SemanticStore>;
}

const atMs = Date.UTC(2026, 10, 27);
export const ample: SemanticBounds = { mostEntries: 100_000, mostBytes: 1e9 };

export function entryOf(key: string, changed: Partial<SemanticEntry> = {}): SemanticEntry {
  return {
    ...{ key, partition: "p", tenant: "t", target: "x", tags: [], prompt: `prompt ${key}` },
    ...{ storedAtMs: atMs, expiresAtMs: atMs + 60_000, answer: null, ...changed },
  };
}

/** A place on the circle: the cosine of two is that of the angle between them. */
export function at(degrees: number): Float32Array {
  const angle = (degrees * Math.PI) / 180;
  return Float32Array.from([Math.cos(angle), Math.sin(angle), 0, 0]);
}

/** What every store of prompts has to do. */
export function describeSemanticStore(name: string, makePlace: () => Promise<SemanticPlace>): void {
  describe(name, () => {
    const keysNear = async (store: SemanticStore, degrees: number, partition = "p", ms = atMs) =>
      (await store.nearest(partition, at(degrees), ms)).map(({ key }) => key);

    test("finds the nearest of a partition first, with their cosine and as they were put", async () => {
      await using place = await makePlace();
      const store = await place.open();
      const answer = Int8Array.from([1, -127, 0, 127]);
      await store.put(entryOf("far", { prompt: "ü\0“" }), at(60), atMs);
      await store.put(entryOf("near", { answer, storedAtMs: atMs - 5 }), at(10), atMs);
      await store.put(entryOf("elsewhere", { partition: "q" }), at(0), atMs);
      const found = await store.nearest("p", at(0), atMs);
      expect(found).toMatchObject([
        { key: "near", prompt: "prompt near", storedAtMs: atMs - 5, observations: [] },
        { key: "far", prompt: "ü\0“", answer: null },
      ]);
      expect([...(found[0]?.answer ?? [])]).toEqual([...answer]);
      expect(found[0]?.similarity).toBeCloseTo(Math.cos(Math.PI / 18), 3);
      expect(found[1]?.similarity).toBeCloseTo(0.5, 3);
      await store.close();
    });

    test("finds nothing in a partition that has nothing, or holds vectors of another dimension", async () => {
      await using place = await makePlace();
      const store = await place.open();
      await store.put(entryOf("a"), at(0), atMs);
      expect(await keysNear(store, 0, "other")).toEqual([]);
      expect(await store.nearest("p", new Float32Array(8).fill(0.35), atMs)).toEqual([]);
      await store.close();
    });

    test("finds no more than can be looked at, and those the nearest", async () => {
      await using place = await makePlace();
      const store = await place.open();
      for (let n = 0; n < 30; n += 1) await store.put(entryOf(`k${n}`), at(n), atMs);
      const nearest = Array.from({ length: candidatesAtMost }, (_, n) => `k${n}`);
      expect(await keysNear(store, 0)).toEqual(nearest);
      await store.close();
    });

    test("puts an entry in the place of the one with its key, wherever that stood", async () => {
      await using place = await makePlace();
      const store = await place.open();
      await store.put(entryOf("a"), at(0), atMs);
      await store.observe("a", 0.9);
      await store.put(entryOf("a", { partition: "q", prompt: "new" }), at(90), atMs);
      expect(await keysNear(store, 0)).toEqual([]);
      expect(await store.nearest("q", at(90), atMs)).toMatchObject([
        { prompt: "new", observations: [] },
      ]);
      expect(await store.sizes(atMs)).toMatchObject({ entries: 1 });
      await store.close();
    });

    test("does not find what has expired, and counts it no more", async () => {
      await using place = await makePlace();
      const store = await place.open();
      await store.put(entryOf("short", { expiresAtMs: atMs + 1_000 }), at(0), atMs);
      await store.put(entryOf("long"), at(1), atMs);
      await store.put(entryOf("never", { expiresAtMs: atMs }), at(2), atMs);
      expect(await keysNear(store, 0)).toEqual(["short", "long"]);
      expect(await keysNear(store, 0, "p", atMs + 1_000)).toEqual(["long"]);
      const bytes = semanticBytesOf(entryOf("long"), 4);
      expect(await store.sizes(atMs + 1_000)).toEqual({ entries: 1, bytes });
      await store.close();
    });

    test("finds what is young enough behind however many nearer ones that are older, or have expired", async () => {
      await using place = await makePlace();
      const store = await place.open();
      for (let n = 0; n < 40; n += 1) {
        const old = { storedAtMs: atMs - 5_000, expiresAtMs: atMs + (n % 2 === 0 ? 1 : 60_000) };
        await store.put(entryOf(`old${n}`, old), at(n / 10), atMs);
      }
      await store.put(entryOf("young"), at(20), atMs);
      await store.put(entryOf("younger", { storedAtMs: atMs + 5 }), at(30), atMs);
      const found = async (sinceMs?: number) =>
        (await store.nearest("p", at(0), atMs + 10, sinceMs)).map(({ key }) => key);
      expect(await found(atMs)).toEqual(["young", "younger"]);
      expect(await found(atMs + 1)).toEqual(["younger"]);
      expect(await found(atMs - 5_000)).toHaveLength(candidatesAtMost);
      const odd = Array.from({ length: candidatesAtMost }, (_, n) => `old${2 * n + 1}`);
      expect(await found()).toEqual(odd);
      await store.close();
    });

    test("keeps what re-asking told with its entry, the latest", async () => {
      await using place = await makePlace();
      const store = await place.open();
      await store.put(entryOf("a"), at(0), atMs);
      await store.observe("gone", 0.5);
      for (let n = 0; n <= observationsAtMost; n += 1)
        await store.observe("a", n === 3 ? -0.9 : 0.95);
      const [found] = await store.nearest("p", at(0), atMs);
      const told = new Array<number>(observationsAtMost).fill(0.95);
      told[2] = -0.9;
      expect(found?.observations).toEqual(told);
      await store.close();
    });

    test.each([
      [{ key: "a" }, ["b", "c"]],
      [{ tenant: "u" }, ["a", "b"]],
      [{ target: "y" }, ["a", "c"]],
      [{ tag: "red" }, ["c"]],
      [{ tenant: "t", tag: "blue" }, ["a", "c"]],
      [{ key: "a", tenant: "u" }, ["a", "b", "c"]],
      [{}, []],
    ])("forgets those that %j fits", async (order, left) => {
      await using place = await makePlace();
      const store = await place.open();
      await store.put(entryOf("a", { tags: ["red"] }), at(0), atMs);
      await store.put(entryOf("b", { target: "y", tags: ["red", "blue"] }), at(1), atMs);
      await store.put(entryOf("c", { tenant: "u" }), at(2), atMs);
      expect(await store.purge(order)).toBe(3 - left.length);
      expect(await keysNear(store, 0)).toEqual(left);
      expect(await store.purge(order)).toBe(0);
      await store.close();
    });

    test("holds no more entries than it may: the oldest make room", async () => {
      await using place = await makePlace();
      const store = await place.open({ mostEntries: 3 });
      for (const [n, key] of ["a", "b", "c", "b", "d"].entries())
        await store.put(entryOf(key), at(n), atMs);
      expect((await keysNear(store, 0)).sort()).toEqual(["b", "c", "d"]);
      await store.close();
    });

    test("holds no more bytes than it may, whatever is put", async () => {
      const mostBytes = 4_000;
      await using place = await makePlace();
      const store = await place.open({ mostBytes });
      const puts = fc.sample(
        fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 3_000 })),
        40,
      );
      for (const [key, length] of puts) {
        const entry = entryOf(`k${key}`, { prompt: "x".repeat(length) });
        await store.put(entry, at(key), atMs);
        const { bytes } = await store.sizes(atMs);
        expect(bytes).toBeLessThanOrEqual(mostBytes);
        const isSmall = semanticBytesOf(entry, 4) <= mostBytes;
        expect((await keysNear(store, key)).includes(entry.key)).toBe(isSmall);
      }
      await store.close();
    });
  });
}
