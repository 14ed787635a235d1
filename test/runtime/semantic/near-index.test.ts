import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../../src/base/random.ts";
import {
  type ApproximateIndex,
  type Near,
  NearIndex,
} from "../../../src/runtime/semantic/near-index.ts";
import { scannedAtMost } from "../../../src/runtime/semantic/partition.ts";
import { candidatesAtMost, semanticBytesOf } from "../../../src/runtime/semantic/semantic-store.ts";
import { ample, at, entryOf } from "../../support/semantic-store-contract.ts";

const atMs = Date.UTC(2026, 10, 27);

/** An index that finds what a scan finds, and tells how large it is. */
function scanning(): ApproximateIndex & { readonly size: number } {
  const vectors = new Map<number, Float32Array>();
  return {
    get size() {
      return vectors.size;
    },
    add(id, vector) {
      if (vectors.has(id)) throw new Error("a number is added once");
      vectors.set(id, vector.slice());
    },
    remove: (id) => void vectors.delete(id),
    search: (vector, most) =>
      [...vectors]
        .map(([id, other]): Near => {
          const similarity = other.reduce(
            (sum, value, place) => sum + value * (vector[place] ?? 0),
            0,
          );
          return { id, similarity };
        })
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, most),
  };
}

describe("an index of prompts", () => {
  it("whatever is put, observed, forgotten and settled: it holds what a list would, and tells each that goes once", () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("put" as const),
        key: fc.integer({ min: 0, max: 30 }),
        partition: fc.constantFrom("p", "q"),
        lives: fc.integer({ min: 1, max: 50 }),
      }),
      fc.record({ kind: fc.constant("purge" as const), key: fc.integer({ min: 0, max: 30 }) }),
      fc.record({ kind: fc.constant("settle" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
        const gone: number[] = [];
        const mostEntries = 12;
        const index = new NearIndex({
          ...ample,
          mostEntries,
          approximate: scanning,
          forgotten: (id) => gone.push(id),
        });
        /** Numbers of the entries that are held, by key, the oldest first. */
        const held = new Map<string, { id: number; partition: string; expiresAtMs: number }>();
        for (const [now, each] of steps.entries()) {
          if (each.kind === "settle") index.settle(3);
          else if (each.kind === "purge") {
            const key = `k${each.key}`;
            expect(index.purge({ key })).toBe(held.delete(key) ? 1 : 0);
          } else {
            const key = `k${each.key}`;
            const expiresAtMs = now + each.lives;
            const { partition } = each;
            expect(
              index.put(
                { id: now, entry: entryOf(key, { partition, expiresAtMs }), vector: at(each.key) },
                now,
              ),
            ).toBe(true);
            held.delete(key);
            held.set(key, { id: now, partition, expiresAtMs });
          }
          for (const [key, { id }] of held) if (gone.includes(id)) held.delete(key);
          expect(held.size).toBeLessThanOrEqual(mostEntries);
          expect(new Set(gone).size).toBe(gone.length);
          const living = [...held].filter(
            ([, { partition, expiresAtMs }]) => partition === "p" && expiresAtMs > now,
          );
          const found = index.nearest("p", at(0), now).map(({ key }) => key);
          expect(found.length).toBe(Math.min(candidatesAtMost, living.length));
          expect(living.map(([key]) => key)).toEqual(expect.arrayContaining(found));
          for (const [key, { id }] of held) if (gone.includes(id)) held.delete(key);
          const bytes = [...held].reduce(
            (sum, [key, { partition }]) => sum + semanticBytesOf(entryOf(key, { partition }), 4),
            0,
          );
          expect(index.sizes).toEqual({ entries: held.size, bytes });
        }
      }),
      { numRuns: 150 },
    );
  });

  it("finds the same before, while and after its large partitions settle", () => {
    const random = createRandom("settling");
    const made: ReturnType<typeof scanning>[] = [];
    const index = new NearIndex({
      ...ample,
      approximate: () => {
        const one = scanning();
        made.push(one);
        return one;
      },
      forgotten: () => undefined,
    });
    const degrees = Array.from({ length: scannedAtMost + 500 }, () => 180 * random.next());
    for (const [id, degree] of degrees.entries())
      index.put({ id, entry: entryOf(`k${id}`), vector: at(degree) }, atMs);
    // Those that wait and are too old to be scanned are not found yet: the newest are.
    const newest = degrees.map((degree, id) => ({ degree, id })).slice(-scannedAtMost);
    const expected = (of: readonly { degree: number; id: number }[]) =>
      [...of]
        .sort((a, b) => a.degree - b.degree)
        .slice(0, 8)
        .map(({ id }) => `k${id}`);
    const found = () => index.nearest("p", at(0), atMs).map(({ key }) => key);
    expect(found()).toEqual(expected(newest));
    while (index.settle(100));
    expect(made.map(({ size }) => size)).toEqual([degrees.length - 1_024]);
    expect(found()).toEqual(expected(degrees.map((degree, id) => ({ degree, id }))));
    const [nearest = ""] = found();
    index.purge({ key: nearest });
    expect(found()).not.toContain(nearest);
  });

  it("keeps its newest where there is no approximate index", () => {
    const index = new NearIndex({ ...ample, approximate: null, forgotten: () => undefined });
    for (let id = 0; id < scannedAtMost + 10; id += 1)
      index.put({ id, entry: entryOf(`k${id}`), vector: at(id / 100) }, atMs);
    expect(index.settle(1_000)).toBe(false);
    expect(index.nearest("p", at(0), atMs)[0]?.key).toBe("k10");
  });

  it("takes no vector of another dimension into a partition", () => {
    const index = new NearIndex({ ...ample, approximate: null, forgotten: () => undefined });
    index.put({ id: 1, entry: entryOf("a"), vector: at(0) }, atMs);
    expect(index.put({ id: 2, entry: entryOf("b"), vector: new Float32Array(3) }, atMs)).toBe(
      false,
    );
    expect(index.nearest("p", at(0), atMs)).toHaveLength(1);
  });
});
