import fc from "fast-check";
import { expect, it } from "vitest";
import { createRandom } from "../../../src/base/random.ts";
import { Partition, scannedAtMost } from "../../../src/runtime/semantic/partition.ts";
import { nearestBySigns, signsOf, wordsOf } from "../../../src/runtime/semantic/signs.ts";
import { at } from "../../support/semantic-store-contract.ts";

it("a partition finds no number that was removed, wherever it stood, and all others", () => {
  const partition = new Partition(4);
  const count = 40;
  for (let id = 0; id < count; id += 1) partition.add(id, at(id));
  for (let removed = 0; removed < count; removed += 1) {
    partition.remove((removed * 7) % count);
    partition.remove((removed * 7) % count);
    const left = Array.from(
      { length: count - removed - 1 },
      (_, n) => ((n + removed + 1) * 7) % count,
    );
    const found = partition.search(at(0), count).map(({ id }) => id);
    expect(found).toEqual(left.sort((a, b) => a - b));
    expect(partition.size).toBe(left.length);
    partition.add(1_000 + removed, at(90));
    partition.remove(1_000 + removed);
  }
});

it("a partition that is filled and emptied again and again takes no more room", () => {
  const partition = new Partition(4);
  for (let id = 0; id < 20 * scannedAtMost; id += 1) {
    partition.add(id, at(id % 90));
    if (id >= 100) partition.remove(id - 100);
  }
  expect(partition.size).toBe(100);
  expect(partition.room).toBeLessThanOrEqual(1_000);
});

it("a partition takes memory a block at a time, and gives it back", () => {
  const partition = new Partition(4);
  const count = 5_000;
  for (let id = 0; id < count; id += 1) {
    partition.add(id, at(id % 90));
    expect(partition.room - partition.size).toBeLessThan(1_024);
  }
  const last = (): [number, number] => {
    const before = 1_024 * Math.floor(partition.size / 1_024);
    return [partition.room - before, partition.size - before];
  };
  for (let id = 0; id < count; id += 1) {
    partition.remove((id * 7) % count);
    expect(partition.room - partition.size).toBeLessThan(1_024);
    const [room, rows] = last();
    // A block of which little is left is made smaller.
    if (rows > 0 && 4 * rows < 1_024) expect(room).toBeLessThanOrEqual(4 * rows);
    if (partition.size === 200) break;
  }
  // One that was made smaller grows to the size of the others, and no further.
  for (let id = count; partition.size < 2_000; id += 1) {
    partition.add(id, at(id % 90));
    expect(partition.room).toBeLessThanOrEqual(1_024 * Math.ceil(partition.size / 1_024));
  }
  for (let id = 0; id < 3 * count; id += 1) partition.remove(id);
  expect(partition.room).toBe(0);
});

it("a partition of several blocks holds each vector under its number, whatever was taken out", () => {
  const partition = new Partition(4);
  const random = createRandom("blocks");
  const held = new Map<number, number>();
  for (let id = 0; id < 4_000; id += 1) {
    held.set(id, (90 * id) / 4_000);
    partition.add(id, at((90 * id) / 4_000));
    if (id % 3 !== 0) continue;
    const gone = Math.floor(random.next() * id);
    partition.remove(gone);
    held.delete(gone);
  }
  // More than are compared by all their coordinates have no signs here, so that all are.
  const found = partition.search(at(0), 4_000);
  expect(found).toHaveLength(held.size);
  for (const { id, similarity } of found)
    expect(similarity).toBeCloseTo(Math.cos(((held.get(id) ?? 90) * Math.PI) / 180), 5);
});

const random = createRandom("partition");

function anywhere(dimension: number): Float32Array {
  return unit(Float32Array.from({ length: dimension }, () => random.next() - 0.5));
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** A vector at about this cosine from another. */
function beside(vector: Float32Array, cosine: number): Float32Array {
  const noise = anywhere(vector.length);
  const sine = Math.sqrt(1 - cosine * cosine);
  return unit(vector.map((value, n) => cosine * value + sine * (noise[n] as number)));
}

it.each([128, 200, 256, 384, 1_536])(
  "a large partition of %i dimensions finds all that is near enough to matter, and nothing that was removed",
  (dimension) => {
    const partition = new Partition(dimension);
    const asked = Array.from({ length: 20 }, () => anywhere(dimension));
    const count = 2 * scannedAtMost;
    for (let id = 0; id < count; id += 1) partition.add(id, anywhere(dimension));
    for (let n = 0; n < 160; n += 1)
      partition.add(count + n, beside(asked[n % 20] as Float32Array, 0.7 + 0.001 * n));
    // The last of those that are near come into the places of others.
    for (let id = 0; id < 60; id += 1) partition.remove(id);
    for (let n = 0; n < 160; n += 4) partition.remove(count + n);
    for (const [n, vector] of asked.entries()) {
      const near = Array.from({ length: 8 }, (_, k) => count + n + 20 * k);
      const found = partition.search(vector, 16);
      const ids = found.map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining(n % 4 === 0 ? [] : near));
      expect(ids.filter((id) => id < 60 || (id >= count && id % 4 === 0))).toEqual([]);
      expect(found).toEqual(found.toSorted((a, b) => b.similarity - a.similarity));
    }
  },
);

it("a large partition finds what is wanted behind however many nearer ones that are not", () => {
  const partition = new Partition(128);
  const asked = anywhere(128);
  const count = 2 * scannedAtMost;
  for (let id = 0; id < count; id += 1) {
    const span = { storedAtMs: id % 2, expiresAtMs: id % 2 === 0 ? 100 : 10 };
    partition.add(id, beside(asked, 0.95), span);
  }
  const ids = Array.from({ length: 8 }, (_, n) => count + n);
  for (const id of ids)
    partition.add(id, beside(asked, 0.8), { storedAtMs: 5, expiresAtMs: 1_000 });
  const ended: number[] = [];
  const found = partition.search(asked, 8, { atMs: 10, sinceMs: 1, ended });
  expect(found.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids);
  expect(ended.length).toBeGreaterThan(0);
  expect(ended.every((id) => id % 2 === 1)).toBe(true);
});

it("signs: the places found are those that differ least, as many as asked for, of whatever rows", () => {
  const row = (words: number) => fc.array(fc.integer(), { minLength: words, maxLength: words });
  const words = wordsOf(128);
  fc.assert(
    fc.property(
      fc.array(row(words), { minLength: 1, maxLength: 60 }),
      row(words),
      fc.nat({ max: 70 }),
      fc.record({ left: fc.nat({ max: 5 }), each: fc.integer({ min: 1, max: 80 }) }),
      (rows, asked, most, { left, each }) => {
        const isWanted = (place: number): boolean => place % 5 !== left;
        const blocks = [];
        for (let from = 0; from < rows.length; from += each)
          blocks.push(Int32Array.from(rows.slice(from, from + each).flat()));
        const signs = { blocks, each, count: rows.length, isWanted };
        const found = nearestBySigns(signs, Int32Array.from(asked), most);
        const distances = rows.map((each) => distance(each, asked));
        const wanted = distances.filter((_, place) => isWanted(place));
        const taken = found.map((place) => distances[place] as number);
        expect(new Set(found).size).toBe(Math.min(most, wanted.length));
        expect(found.every(isWanted)).toBe(true);
        expect(taken.toSorted((a, b) => a - b)).toEqual(
          wanted.toSorted((a, b) => a - b).slice(0, most),
        );
      },
    ),
  );
});

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce(
    (sum, word, n) =>
      sum + [...((word ^ (b[n] as number)) >>> 0).toString(2)].filter((bit) => bit === "1").length,
    0,
  );
}

it("signs: vectors of one direction have the same, and opposite ones differ in all", () => {
  for (const dimension of [128, 200, 384, 3_072]) {
    const vector = anywhere(dimension);
    expect(signsOf(vector.map((value) => 7 * value))).toEqual(signsOf(vector));
    expect(signsOf(vector.map((value) => -value))).toEqual(signsOf(vector).map((word) => ~word));
    expect(signsOf(vector)).toHaveLength(wordsOf(dimension));
  }
  expect([127, 128, 200, 512, 3_072].map(wordsOf)).toEqual([0, 4, 6, 16, 16]);
});
