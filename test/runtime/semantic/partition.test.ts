import { expect, it } from "vitest";
import { Partition, scannedAtMost } from "../../../src/runtime/semantic/partition.ts";
import { at } from "../../support/semantic-store-contract.ts";

it("a partition finds no number that was removed, wherever it stood, and all others", () => {
  const partition = new Partition(4, null);
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
  const partition = new Partition(4, null);
  for (let id = 0; id < 20 * scannedAtMost; id += 1) {
    partition.add(id, at(id % 90));
    if (id >= 100) partition.remove(id - 100);
  }
  expect(partition.size).toBe(100);
  expect(partition.room).toBeLessThanOrEqual(1_000);
});
