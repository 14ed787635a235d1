import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { FairQueue, type Place } from "../../../src/runtime/limits/fair-queue.ts";

const place = (key: string, size: number, untilMs = 1_000): Place<string> => ({
  ...{ key, item: `${key}${size}`, untilMs, size },
});

function turns(queue: FairQueue<string>, count: number): string[] {
  return Array.from({ length: count }, () => queue.shift(0, [])?.key ?? "");
}

const keys = ["ann", "bob", "cyd"] as const;

describe("a fair queue", () => {
  it("while keys wait, what any two of them are given differs by no more than the largest of each", () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 100_000 }));
    fc.assert(
      fc.property(
        fc.tuple(...keys.map(() => fc.array(size, { minLength: 40, maxLength: 40 }))),
        (sizes) => {
          const queue = new FairQueue<string>(1_000);
          const given = new Map<string, number>(keys.map((key) => [key, 0]));
          const left = new Map<string, number>(keys.map((key) => [key, 40]));
          for (const [n, key] of keys.entries())
            for (const each of sizes[n] ?? []) queue.push(place(key, each));
          while ([...left.values()].every((count) => count > 0)) {
            const next = queue.shift(0, []);
            if (next === null) throw new Error("somebody waits");
            given.set(next.key, (given.get(next.key) ?? 0) + next.size);
            left.set(next.key, (left.get(next.key) ?? 0) - 1);
            for (const [a, one] of keys.entries())
              for (const [b, other] of keys.entries()) {
                const apart = Math.abs((given.get(one) ?? 0) - (given.get(other) ?? 0));
                const bound = Math.max(...(sizes[a] ?? [])) + Math.max(...(sizes[b] ?? []));
                expect(apart).toBeLessThanOrEqual(bound);
              }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("tiny requests go before the next huge one of somebody else", () => {
    const queue = new FairQueue<string>(100);
    for (let n = 0; n < 3; n += 1) queue.push(place("huge", 100_000));
    for (let n = 0; n < 6; n += 1) queue.push(place("tiny", 100));
    expect(turns(queue, 9)).toEqual(["huge", ...Array(6).fill("tiny"), "huge", "huge"]);
  });

  test("who comes again at once after a huge turn has not forgotten it while others wait", () => {
    const queue = new FairQueue<string>(100);
    queue.push(place("huge", 1_000));
    for (let n = 0; n < 4; n += 1) queue.push(place("tiny", 100));
    expect(turns(queue, 1)).toEqual(["huge"]);
    queue.push(place("huge", 1_000));
    expect(turns(queue, 5)).toEqual(["tiny", "tiny", "tiny", "tiny", "huge"]);
  });

  test("who comes late is owed nothing for the time before", () => {
    const queue = new FairQueue<string>(100);
    for (let n = 0; n < 5; n += 1) queue.push(place("ann", 10));
    turns(queue, 3);
    for (let n = 0; n < 4; n += 1) queue.push(place("bob", 10));
    expect(turns(queue, 4)).toEqual(["bob", "ann", "bob", "ann"]);
  });

  test("an empty queue holds nothing against anybody", () => {
    const queue = new FairQueue<string>(100);
    queue.push(place("ann", 1_000_000));
    turns(queue, 1);
    queue.push(place("ann", 10));
    queue.push(place("bob", 10));
    expect(turns(queue, 2)).toEqual(["ann", "bob"]);
  });

  test("what has expired is told, and counts for nobody", () => {
    const queue = new FairQueue<string>(100);
    const old = place("ann", 1_000_000, 5);
    queue.push(old);
    queue.push(place("ann", 10));
    queue.push(place("bob", 10));
    const expired: Place<string>[] = [];
    expect(queue.shift(5, expired)?.key).toBe("ann");
    expect(expired).toEqual([old]);
    expect(turns(queue, 2)).toEqual(["bob", ""]);
  });
});
