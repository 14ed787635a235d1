import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LimitBook } from "../../src/runtime/limits/limit-book.ts";
import type {
  BudgetTake,
  Held,
  LimitStore,
  RateTake,
  Refused,
  Take,
} from "../../src/runtime/limits/limit-store.ts";

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 10, 27, 12);

const budget = (amount: number, value = "ann", most = 100): BudgetTake => ({
  ...{ kind: "budget", option: "p/r/budget-1", value, most, per: "hour", amount },
});
const rate = (amount: number, value = "ann"): RateTake => ({
  ...{ kind: "rate", option: "p/r/limit-1", value, most: 10, perMs: 60_000, amount },
});

export interface StoreUnderTest {
  readonly store: LimitStore;
  readonly end: () => Promise<void>;
}

const isHeld = (answer: Held | Refused): answer is Held => answer.kind === "held";

/** What every store promises, whatever it is made of. `runs`: how often each property is tried in the ordinary run. */
export function limitStoreContract(
  name: string,
  open: () => Promise<StoreUnderTest>,
  runs: number,
): void {
  const using = async (run: (store: LimitStore) => Promise<void>): Promise<void> => {
    const { store, end } = await open();
    try {
      await run(store);
    } finally {
      await end();
    }
  };
  const take = async (store: LimitStore, takes: readonly Take[], atMs = startMs): Promise<Held> => {
    const answer = await store.admit(takes, atMs);
    if (!isHeld(answer)) throw new Error("there is room");
    return answer;
  };
  const numRuns = process.env["SIGNALBOX_LONG"] === "1" ? runs * 25 : runs;

  describe(`limits kept in ${name}`, () => {
    test("a budget is held by what is reserved, and tells when it begins anew", () =>
      using(async (store) => {
        await take(store, [budget(60)]);
        expect(await store.admit([budget(41)], startMs + 5)).toEqual({
          ...{ kind: "refused", index: 0, retryAtMs: startMs + hourMs },
        });
        await take(store, [budget(40)]);
        await take(store, [budget(100, "bob")]);
        expect(await store.standing(budget(0), startMs)).toEqual({ reserved: 100, settled: 0 });
        await take(store, [budget(100)], startMs + hourMs);
      }));

    test.each([
      ["costs less than was reserved gives the rest back", 10, { reserved: 0, settled: 10 }, 90],
      ["costs more counts in full", 130, { reserved: 0, settled: 130 }, null],
      ["is called off costs nothing", 0, { reserved: 0, settled: 0 }, 100],
    ])("what %s", (_, actual, standing, left) =>
      using(async (store) => {
        const held = await take(store, [budget(60)]);
        await store.settle(held, [actual], startMs + 1);
        expect(await store.standing(budget(0), startMs + 2)).toEqual(standing);
        if (left !== null) await take(store, [budget(left)], startMs + 2);
        expect((await store.admit([budget(1)], startMs + 2)).kind).toBe("refused");
      }),
    );

    test("a second settlement of the same changes nothing", () =>
      using(async (store) => {
        const held = await take(store, [budget(60), rate(4)]);
        await Promise.all([
          store.settle(held, [30, 6], startMs),
          store.settle(held, [30, 6], startMs),
        ]);
        await store.settle(held, [50, 9], startMs);
        expect(await store.standing(budget(0), startMs)).toEqual({ reserved: 0, settled: 30 });
        expect(await store.standing(rate(0), startMs)).toEqual({ reserved: 0, settled: 6 });
      }));

    test("all that is asked is taken, or nothing", () =>
      using(async (store) => {
        await take(store, [budget(90)]);
        expect(await store.admit([rate(5), budget(20)], startMs)).toMatchObject({ index: 1 });
        expect(await store.standing(rate(0), startMs)).toEqual({ reserved: 0, settled: 0 });
        await take(store, [rate(10), budget(10)]);
      }));

    test("two takes of one counter must fit together", () =>
      using(async (store) => {
        expect(await store.admit([budget(60), budget(60)], startMs)).toMatchObject({ index: 1 });
        await take(store, [budget(60), budget(40)]);
        expect(await store.standing(budget(0), startMs)).toEqual({ reserved: 100, settled: 0 });
      }));

    test("a limit tells when there is room again, and there is", () =>
      using(async (store) => {
        await take(store, [rate(6)], startMs);
        await take(store, [rate(4)], startMs + 10_000);
        const answer = await store.admit([rate(7)], startMs + 20_000);
        expect(answer).toEqual({ kind: "refused", index: 0, retryAtMs: startMs + 71_000 });
        expect((await store.admit([rate(7)], startMs + 70_999)).kind).toBe("refused");
        await take(store, [rate(7)], startMs + 71_000);
      }));

    test.each<[string, Take]>([
      ["more than a budget has", budget(101)],
      ["more than a limit allows", rate(11)],
      ["anything of a budget of nothing", budget(0, "ann", 0)],
    ])("%s is never admitted", (_, asked) =>
      using(async (store) => {
        expect(await store.admit([asked], startMs)).toMatchObject({ retryAtMs: null });
      }),
    );

    test("a budget that is spent up admits nothing more, not even what is free", () =>
      using(async (store) => {
        await store.settle(await take(store, [budget(100)]), [100], startMs);
        expect((await store.admit([budget(0)], startMs)).kind).toBe("refused");
      }));

    test("a clock that goes back counts in the latest part", () =>
      using(async (store) => {
        const { takes: first } = await take(store, [rate(1)], startMs + 10_000);
        const { takes: second } = await take(store, [rate(1)], startMs);
        expect(second[0]?.place).toBe(first[0]?.place);
      }));

    test("what is settled in a later window is no part of it", () =>
      using(async (store) => {
        const held = await take(store, [budget(100)], startMs + hourMs - 1);
        await take(store, [budget(30)], startMs + hourMs);
        await store.settle(held, [130], startMs + hourMs + 1);
        expect(await store.standing(budget(0), startMs + hourMs + 1)).toEqual({
          ...{ reserved: 30, settled: 0 },
        });
      }));

    test("any value counts for itself, however long or odd", () =>
      using(async (store) => {
        const values = ["", " ", "a:b", "ä\u{1F600}", "x".repeat(5_000), `${"x".repeat(4_999)}y`];
        for (const value of values) await take(store, [budget(70, value)]);
        for (const value of values)
          expect((await store.admit([budget(70, value)], startMs)).kind).toBe("refused");
      }));

    test("large amounts are exact", () =>
      using(async (store) => {
        const most = Number.MAX_SAFE_INTEGER - 1;
        const held = await take(store, [budget(most - 3, "ann", most)]);
        expect((await store.admit([budget(4, "ann", most)], startMs)).kind).toBe("refused");
        await take(store, [budget(3, "ann", most)]);
        await store.settle(held, [most - 5], startMs);
        expect(await store.standing(budget(0, "ann", most), startMs)).toEqual({
          ...{ reserved: 3, settled: most - 5 },
        });
      }));

    test("what may be as much as can be is only counted: nobody is refused", () =>
      using(async (store) => {
        const most = Number.MAX_SAFE_INTEGER;
        for (const amount of [most - 1, 5, most]) await take(store, [budget(amount, "ann", most)]);
        expect((await store.standing(budget(0, "ann", most), startMs)).reserved).toBe(most);
        expect((await store.admit([budget(0, "ann", 10)], startMs)).kind).toBe("refused");
      }));

    const anyTake = fc
      .record({
        isBudget: fc.boolean(),
        value: fc.constantFrom("ann", "bob"),
        amount: fc.integer({ min: 0, max: 60 }),
      })
      .map(({ isBudget, value, amount }) =>
        isBudget ? budget(amount, value) : rate(amount % 6, value),
      );
    const step = fc.record({
      afterMs: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 1, max: 30_000 }),
        fc.integer({ min: 1, max: hourMs / 4 }),
      ),
      takes: fc.array(anyTake, { minLength: 1, maxLength: 3 }),
      /** Which of the open ones is settled behind it, and at what part of what was reserved; null for none. */
      settles: fc.option(fc.record({ which: fc.nat(10), share: fc.constantFrom(0, 0.5, 1, 1.5) })),
    });

    test("whatever happens, it says what the book in memory says", () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), (steps) =>
          using(async (store) => {
            const book = new LimitBook({ prefix: "" });
            const open: { readonly here: Held; readonly there: Held }[] = [];
            let atMs = startMs;
            for (const { afterMs, takes, settles } of steps) {
              atMs += afterMs;
              const here = await store.admit(takes, atMs);
              const there = book.admit(takes, atMs);
              if (isHeld(here) && isHeld(there)) {
                expect(here.takes).toEqual(there.takes);
                open.push({ here, there });
              } else expect(here).toEqual(there);
              if (settles !== null && open.length > 0) {
                const [one] = open.splice(settles.which % open.length, 1);
                if (one === undefined) continue;
                const actual = one.here.takes.map(({ take: { amount } }) =>
                  Math.round(amount * settles.share),
                );
                await store.settle(one.here, actual, atMs);
                book.settle(one.there, actual);
              }
              for (const each of [budget(0), budget(0, "bob"), rate(0), rate(0, "bob")])
                expect(await store.standing(each, atMs)).toEqual(book.standing(each, atMs));
            }
          }),
        ),
        { numRuns },
      ));

    test("however requests interleave, no budget is passed, and at rest all that is spent is settled", () =>
      fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.array(
            fc.record({
              reserve: fc.integer({ min: 1, max: 50 }),
              share: fc.constantFrom(0, 0.5, 1),
            }),
            {
              minLength: 2,
              maxLength: 12,
            },
          ),
          (scheduler, requests) =>
            using(async (store) => {
              let spent = 0;
              let admitted = 0;
              const request = async ({
                reserve,
                share,
              }: (typeof requests)[number]): Promise<void> => {
                const answer = await scheduler.schedule(
                  Promise.resolve().then(() => store.admit([budget(reserve)], startMs)),
                );
                const { reserved, settled } = await store.standing(budget(0), startMs);
                expect(reserved + settled).toBeLessThanOrEqual(100);
                if (!isHeld(answer)) return;
                admitted += 1;
                await scheduler.schedule(Promise.resolve());
                const actual = Math.round(reserve * share);
                await scheduler.schedule(Promise.resolve(store.settle(answer, [actual], startMs)));
                spent += actual;
              };
              const all = Promise.all(requests.map(request));
              await scheduler.waitFor(all);
              // Nobody starves: with an untouched budget the first to come has room.
              expect(admitted).toBeGreaterThan(0);
              expect(await store.standing(budget(0), startMs)).toEqual({
                ...{ reserved: 0, settled: spent },
              });
            }),
        ),
        { numRuns },
      ));
  });
}
