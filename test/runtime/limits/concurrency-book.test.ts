import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConcurrencyBook, type Entry } from "../../../src/runtime/limits/concurrency-book.ts";

interface Waiter {
  readonly caller: string;
  readonly n: number;
  readonly untilMs: number;
}

const counter = { option: "p/r/concurrency-1", value: "" };
const entry = (item: Waiter, most = 2): Entry<Waiter> => ({
  ...{ counter, most, caller: item.caller, size: 1, item, untilMs: item.untilMs },
});
let count = 0;
const waiter = (caller: string, untilMs = 1_000): Waiter => ({ caller, n: count++, untilMs });

type Step =
  | { readonly kind: "enter"; readonly caller: string; readonly forMs: number }
  | { readonly kind: "leave" }
  | { readonly kind: "withdraw"; readonly which: number }
  | { readonly kind: "pass"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("enter" as const),
      caller: fc.constantFrom("ann", "bob", "cyd", "dee"),
      forMs: fc.constantFrom(0, 5, 50, 1_000_000),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "leave" as const }) },
  fc.record({ kind: fc.constant("withdraw" as const), which: fc.nat(10) }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 20 }) }),
);

/** Carries steps out and holds the book to its promises after each. */
function walk(steps: readonly Step[], most: number, mostWaiting: number): void {
  const book = new ConcurrencyBook<Waiter>(mostWaiting);
  let atMs = 0;
  let inside = 0;
  const waiting: Waiter[] = [];
  /** Turns of others since somebody became the first of his caller's line. */
  const passed = new Map<Waiter, number>();
  const drop = (item: Waiter): void => {
    const at = waiting.indexOf(item);
    expect(at).toBeGreaterThanOrEqual(0);
    waiting.splice(at, 1);
    passed.delete(item);
  };
  const heads = (): Waiter[] =>
    waiting.filter((each) => waiting.find(({ caller }) => caller === each.caller) === each);
  for (const each of steps) {
    if (each.kind === "pass") atMs += each.ms;
    else if (each.kind === "enter") {
      const item = waiter(each.caller, atMs + each.forMs);
      const met = book.enter(entry(item, most), atMs);
      if (met.kind === "in") {
        expect(waiting).toEqual([]);
        inside += 1;
      } else if (met.kind === "waits") waiting.push(item);
      if (met.displaced !== null) {
        // Nobody of a line as short as the newcomer's is pushed out.
        const line = (caller: string): number => waiting.filter((w) => w.caller === caller).length;
        expect(line(met.displaced.caller)).toBeGreaterThanOrEqual(line(item.caller));
        drop(met.displaced);
      }
    } else if (each.kind === "withdraw") {
      const item = waiting[each.which % Math.max(waiting.length, 1)];
      if (item !== undefined) {
        expect(book.withdraw(item)).toBe(true);
        expect(book.withdraw(item)).toBe(false);
        drop(item);
      }
    } else if (inside > 0) {
      inside -= 1;
      const { admitted, expired } = book.leave(counter, atMs);
      for (const item of expired) {
        expect(item.untilMs).toBeLessThanOrEqual(atMs);
        drop(item);
      }
      for (const item of admitted) {
        expect(item.untilMs).toBeGreaterThan(atMs);
        // First in, first out within a caller.
        const mine = waiting.filter(({ caller }) => caller === item.caller);
        expect(mine[0]).toBe(item);
        inside += 1;
        drop(item);
        for (const head of heads()) {
          passed.set(head, (passed.get(head) ?? 0) + 1);
          // Four callers: the first of a line waits for the others once, and once more where one of them came anew.
          expect(passed.get(head)).toBeLessThanOrEqual(4);
        }
      }
    }
    expect(inside).toBeLessThanOrEqual(most);
    expect(book.inside(counter)).toBe(inside);
    expect(book.waiting(counter)).toBe(waiting.length);
    expect(waiting.length).toBeLessThanOrEqual(mostWaiting);
    expect(book.size).toBe(inside + waiting.length > 0 ? 1 : 0);
  }
}

test("never more than are allowed are inside, no caller starves, and nobody gets a turn too late", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 8 }),
      walk,
    ),
  );
});

describe("where no place is free", () => {
  const full = (mostWaiting?: number): ConcurrencyBook<Waiter> => {
    const book = new ConcurrencyBook<Waiter>(mostWaiting);
    for (let n = 0; n < 2; n += 1) book.enter(entry(waiter("ann")), 0);
    return book;
  };

  test("a request that may not wait is turned away", () => {
    expect(full().enter({ ...entry(waiter("bob")), untilMs: null }, 0).kind).toBe("full");
  });

  test("one that may wait gets the next place, before a newcomer", () => {
    const book = full();
    const bob = waiter("bob");
    expect(book.enter(entry(bob), 0).kind).toBe("waits");
    expect(book.leave(counter, 1)).toEqual({ admitted: [bob], expired: [] });
    expect(book.enter({ ...entry(waiter("cyd")), untilMs: null }, 1).kind).toBe("full");
  });

  test("one whose time ends this very moment gets no turn", () => {
    const book = full();
    const bob = waiter("bob", 5);
    book.enter(entry(bob), 0);
    expect(book.leave(counter, 5)).toEqual({ admitted: [], expired: [bob] });
  });

  test("callers take turns however many requests one of them has", () => {
    const book = full();
    const many = Array.from({ length: 5 }, () => waiter("ann"));
    for (const item of many) book.enter(entry(item), 0);
    const bob = waiter("bob");
    book.enter(entry(bob), 0);
    const order = Array.from({ length: 3 }, () => book.leave(counter, 1).admitted[0]?.caller);
    expect(order).toEqual(["ann", "bob", "ann"]);
  });

  test("a full queue makes room for a caller with fewer requests in it", () => {
    const book = full(3);
    const many = Array.from({ length: 3 }, () => waiter("ann"));
    for (const item of many) book.enter(entry(item), 0);
    expect(book.enter(entry(waiter("ann")), 0)).toEqual({ kind: "full", displaced: null });
    expect(book.enter(entry(waiter("bob")), 0)).toEqual({ kind: "waits", displaced: many[2] });
  });

  test("values of what it counts by have places of their own", () => {
    const book = full();
    const other = { ...entry(waiter("ann")), counter: { ...counter, value: "other" } };
    expect(book.enter(other, 0).kind).toBe("in");
  });

  test("a raised number lets in as many with the next that ends", () => {
    const book = full();
    const items = [waiter("bob"), waiter("cyd"), waiter("dee")];
    for (const item of items) book.enter(entry(item), 0);
    book.enter(entry(waiter("eve"), 4), 0);
    expect(book.leave(counter, 1).admitted).toEqual(items);
  });
});
