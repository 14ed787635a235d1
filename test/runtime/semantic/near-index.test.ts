import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NearIndex } from "../../../src/runtime/semantic/near-index.ts";
import { Partition } from "../../../src/runtime/semantic/partition.ts";
import { candidatesAtMost, semanticBytesOf } from "../../../src/runtime/semantic/semantic-store.ts";
import { ample, at, entryOf } from "../../support/semantic-store-contract.ts";

const atMs = Date.UTC(2026, 10, 27);

describe("an index of prompts", () => {
  it("whatever is put, observed and forgotten: it holds what a list would, and tells each that goes once", () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("put" as const),
        key: fc.integer({ min: 0, max: 30 }),
        partition: fc.constantFrom("p", "q"),
        lives: fc.integer({ min: 1, max: 50 }),
      }),
      fc.record({ kind: fc.constant("purge" as const), key: fc.integer({ min: 0, max: 30 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
        const gone: number[] = [];
        const mostEntries = 12;
        const index = new NearIndex({
          ...ample,
          mostEntries,
          forgotten: (id) => gone.push(id),
        });
        /** Numbers of the entries that are held, by key, the oldest first. */
        const held = new Map<string, { id: number; partition: string; expiresAtMs: number }>();
        for (const [now, each] of steps.entries()) {
          if (each.kind === "purge") {
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

  it("takes no vector of another dimension into a partition", () => {
    const index = new NearIndex({ ...ample, forgotten: () => undefined });
    index.put({ id: 1, entry: entryOf("a"), vector: at(0) }, atMs);
    expect(index.put({ id: 2, entry: entryOf("b"), vector: new Float32Array(3) }, atMs)).toBe(
      false,
    );
    expect(index.nearest("p", at(0), atMs)).toHaveLength(1);
  });
});

it("a partition with one entry holds room for one", () => {
  const partition = new Partition(256);
  partition.add(1, new Float32Array(256).fill(1 / 16));
  expect(partition.room).toBe(1);
});
