import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { windowAt } from "../../../src/runtime/limits/calendar.ts";
import { sharedValue } from "../../../src/runtime/limits/counter-value.ts";
import { idleAt, LimitBook } from "../../../src/runtime/limits/limit-book.ts";
import {
  type BudgetTake,
  type CounterKey,
  type Held,
  type RateTake,
  type Take,
  windowOf,
} from "../../../src/runtime/limits/limit-store.ts";

const hourMs = 3_600_000;
const budget = (value: string, amount: number): BudgetTake => ({
  ...{ kind: "budget", option: "p/r/budget-1", value, most: 100, per: "hour", amount },
});
const rate = (value: string, amount: number): RateTake => ({
  ...{ kind: "rate", option: "p/r/limit-1", value, most: 10, perMs: 60_000, amount },
});

/** What a plain list of all that happened says of a book. */
interface Model {
  atMs: number;
  readonly open: { readonly held: Held; readonly atMs: number }[];
  /** Every settled or open amount, by counter, with the time of its admission. */
  readonly spent: { readonly take: Take; readonly atMs: number; amount: number; open: boolean }[];
}

const usedOf = (
  model: Model,
  take: Take,
): { readonly reserved: number; readonly settled: number } => {
  const mine = model.spent.filter(
    ({ take: other }) => other.option === take.option && other.value === take.value,
  );
  const inWindow = mine.filter(({ atMs }) =>
    take.kind === "budget"
      ? windowAt(take.per, atMs).startMs === windowAt(take.per, model.atMs).startMs
      : true,
  );
  const total = (open: boolean): number =>
    inWindow.filter((each) => each.open === open).reduce((sum, { amount }) => sum + amount, 0);
  return { reserved: total(true), settled: total(false) };
};

class Admit implements fc.Command<Model, LimitBook> {
  readonly takes: readonly Take[];
  constructor(takes: readonly Take[]) {
    this.takes = takes;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, book: LimitBook): void {
    const answer = book.admit(this.takes, model.atMs);
    const wanted = new Map<string, number>();
    const fits = this.takes.every((take) => {
      if (take.kind !== "budget") return true;
      const amount = (wanted.get(take.value) ?? 0) + take.amount;
      wanted.set(take.value, amount);
      const { reserved, settled } = usedOf(model, take);
      return (
        amount <= take.most &&
        settled + reserved < take.most &&
        settled + reserved + amount <= take.most
      );
    });
    if (answer.kind === "refused") {
      const refusing = this.takes[answer.index];
      if (answer.retryAtMs !== null) expect(answer.retryAtMs).toBeGreaterThan(model.atMs);
      if (refusing?.kind === "budget") expect(fits).toBe(false);
      return;
    }
    expect(fits).toBe(true);
    const { atMs } = model;
    model.open.push({ held: answer, atMs });
    for (const take of this.takes)
      model.spent.push({ take, atMs, amount: take.amount, open: true });
  }
  toString(): string {
    return `admit(${this.takes.map(({ kind, value, amount }) => `${kind} ${value} ${amount}`).join(", ")})`;
  }
}

class Settle implements fc.Command<Model, LimitBook> {
  readonly which: number;
  readonly factor: number;
  constructor(which: number, factor: number) {
    this.which = which;
    this.factor = factor;
  }
  check(model: Readonly<Model>): boolean {
    return model.open.length > 0;
  }
  run(model: Model, book: LimitBook): void {
    const [one] = model.open.splice(this.which % model.open.length, 1);
    if (one === undefined) return;
    const actual = one.held.takes.map(({ take }) => Math.round(take.amount * this.factor));
    expect(book.settle(one.held, actual)).toBe(true);
    // A second word about it changes nothing.
    expect(book.settle(one.held, [99, 99, 99])).toBe(false);
    for (const [index, { take }] of one.held.takes.entries()) {
      const entry = model.spent.find(
        (each) => each.open && each.take === take && each.atMs === one.atMs,
      );
      if (entry !== undefined) Object.assign(entry, { amount: actual[index] ?? 0, open: false });
    }
  }
  toString(): string {
    return `settle(${this.which}, ${this.factor})`;
  }
}

class Pass implements fc.Command<Model, LimitBook> {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check(): boolean {
    return true;
  }
  run(model: Model): void {
    model.atMs += this.ms;
  }
  toString(): string {
    return `pass(${this.ms})`;
  }
}

/** After each step the budgets' standings are those of the list, whatever came before. */
class Look implements fc.Command<Model, LimitBook> {
  check(): boolean {
    return true;
  }
  run(model: Model, book: LimitBook): void {
    for (const value of ["ann", "bob"])
      expect(book.standing(budget(value, 0), model.atMs)).toEqual(usedOf(model, budget(value, 0)));
  }
  toString(): string {
    return "look";
  }
}

const take = fc
  .record({
    isBudget: fc.boolean(),
    value: fc.constantFrom("ann", "bob"),
    amount: fc.integer({ min: 0, max: 60 }),
  })
  .map(({ isBudget, value, amount }) =>
    isBudget ? budget(value, amount) : rate(value, amount % 5),
  );

const commands = fc.commands<Model, LimitBook>(
  [
    fc.array(take, { minLength: 1, maxLength: 3 }).map((takes) => new Admit(takes)),
    fc
      .record({ which: fc.nat(20), factor: fc.constantFrom(0, 0.5, 1, 1.5) })
      .map(({ which, factor }) => new Settle(which, factor)),
    fc.integer({ min: 1, max: hourMs / 2 }).map((ms) => new Pass(ms)),
    fc.constant(new Look()),
  ],
  { maxCommands: 60 },
);

test("a book says what a list of all that happened says", () => {
  fc.assert(
    fc.property(commands, (steps) => {
      const setup = (): { model: Model; real: LimitBook } => ({
        model: { atMs: 10 * hourMs, open: [], spent: [] },
        real: new LimitBook({ prefix: "" }),
      });
      let last: ReturnType<typeof setup> | null = null;
      fc.modelRun(() => {
        last = setup();
        return last;
      }, steps);
      // At rest nothing is reserved.
      const { model, real } = last ?? setup();
      for (const { held } of model.open)
        real.settle(
          held,
          held.takes.map(() => 0),
        );
      expect(real.open).toBe(0);
      for (const value of ["ann", "bob"])
        expect(real.standing(budget(value, 0), model.atMs).reserved).toBe(0);
    }),
  );
});

describe("a request with several counters", () => {
  test("takes none of them when one has no room, and is told which", () => {
    const book = new LimitBook({ prefix: "" });
    book.admit([budget("ann", 90)], 0);
    const answer = book.admit([rate("ann", 1), budget("ann", 20)], 0);
    expect(answer).toEqual({ kind: "refused", index: 1, retryAtMs: hourMs });
    expect(book.standing(rate("ann", 0), 0).settled).toBe(0);
  });

  test("fits them together where two are of one counter", () => {
    const book = new LimitBook({ prefix: "" });
    expect(book.admit([budget("ann", 60), budget("ann", 60)], 0)).toMatchObject({ index: 1 });
    expect(book.admit([budget("ann", 60), budget("ann", 40)], 0).kind).toBe("held");
  });
});

test.each([
  ["more than the budget is never admitted", budget("ann", 101), null],
  ["more than the limit is never admitted", rate("ann", 11), null],
  ["a budget of nothing admits nothing", { ...budget("ann", 0), most: 0 }, null],
])("%s", (_, asked, retryAtMs) => {
  expect(new LimitBook({ prefix: "" }).admit([asked], 0)).toEqual({
    ...{ kind: "refused", index: 0, retryAtMs },
  });
});

test("a budget that is spent up admits nothing more, not even what costs nothing, until its next window", () => {
  const book = new LimitBook({ prefix: "" });
  const held = book.admit([budget("ann", 100)], 0) as Held;
  book.settle(held, [100]);
  expect(book.admit([budget("ann", 0)], 1)).toMatchObject({ retryAtMs: hourMs });
  expect(book.admit([budget("ann", 100)], hourMs).kind).toBe("held");
});

test("what began in one window and ends in the next is no part of the next", () => {
  const book = new LimitBook({ prefix: "" });
  const held = book.admit([budget("ann", 100)], hourMs - 1) as Held;
  book.admit([budget("ann", 30)], hourMs);
  book.settle(held, [100]);
  expect(book.standing(budget("ann", 0), hourMs)).toEqual({ reserved: 30, settled: 0 });
});

test("a clock that goes back opens no window twice", () => {
  const book = new LimitBook({ prefix: "" });
  book.admit([budget("ann", 80)], hourMs);
  expect(book.admit([budget("ann", 80)], hourMs - 1).kind).toBe("refused");
});

describe("a full book", () => {
  const full = (forgotten?: (key: CounterKey) => void): LimitBook => {
    const book = new LimitBook({ prefix: "", mostCounters: 3, ...(forgotten && { forgotten }) });
    for (const value of ["a", "b", "c"]) book.admit([budget(value, 50)], 0);
    return book;
  };

  test("keeps those who have a counter, and counts all others together", () => {
    const book = full();
    expect(book.admit([budget("d", 60)], 1).kind).toBe("held");
    expect(book.admit([budget("e", 60)], 1).kind).toBe("refused");
    expect(book.admit([budget("a", 50)], 1).kind).toBe("held");
    expect(book.standing(budget(sharedValue, 0), 1).reserved).toBe(60);
    expect(book.size).toBe(4);
  });

  test("tells those who share a counter what that one holds", () => {
    const book = full();
    const before = book.standing(budget("d", 0), 1);
    book.admit([budget("d", 60)], 1);
    expect([before.reserved, book.standing(budget("e", 0), 1).reserved]).toEqual([0, 60]);
  });

  test("forgets counters that are idle to make room, and tells of it", () => {
    const gone: CounterKey[] = [];
    const book = full((key) => gone.push(key));
    expect(book.admit([budget("d", 60)], hourMs).kind).toBe("held");
    expect(book.admit([budget("e", 60)], hourMs).kind).toBe("held");
    expect(gone.map(({ value }) => value)).toEqual(["a", "b", "c"]);
    expect(book.size).toBe(2);
  });

  test("never grows beyond its bound and one for each option, whoever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 200 }), (values) => {
        const book = new LimitBook({ prefix: "", mostCounters: 10 });
        for (const [index, value] of values.entries())
          book.admit([budget(`${value}`, 1), rate(`${value}`, 1)], index * 30_000);
        expect(book.size).toBeLessThanOrEqual(10 + 1 + 2);
      }),
    );
  });
});

test("a counter is kept and taken up again as it was", () => {
  const before = new LimitBook({ prefix: "" });
  before.admit([budget("ann", 60), rate("ann", 7)], 5_000);
  const after = new LimitBook({ prefix: "" });
  for (const take of [budget("ann", 0), rate("ann", 0)]) {
    const key = windowOf(take);
    const state = before.state(key);
    if (state === null) throw new Error("the counter is there");
    const read = JSON.parse(JSON.stringify(state));
    after.restore(key, read);
    expect(idleAt(read)).toBe(idleAt(state));
    expect(after.standing(take, 6_000)).toEqual(before.standing(take, 6_000));
  }
  expect(after.admit([rate("ann", 4)], 6_000)).toMatchObject({ retryAtMs: 66_000 });
});

test("a limit whose window was changed begins anew", () => {
  const book = new LimitBook({ prefix: "" });
  book.admit([rate("ann", 10)], 0);
  expect(book.admit([rate("ann", 1)], 0).kind).toBe("refused");
  expect(book.admit([{ ...rate("ann", 1), perMs: 1_000 }], 0).kind).toBe("held");
});

test("what was asked under the window before takes nothing away from what counts since", () => {
  const book = new LimitBook({ prefix: "" });
  const since = (amount: number) => ({ ...rate("ann", amount), perMs: 1_000 });
  const before = book.admit([rate("ann", 4)], 0) as Held;
  book.admit([since(10)], 0);
  expect(book.admit([rate("ann", 1)], 0).kind).toBe("held");
  expect(book.admit([since(1)], 0).kind).toBe("refused");
  book.settle(before, [2]);
  expect(book.standing(rate("ann", 0), 0).settled).toBe(3);
  expect(book.standing(since(0), 0).settled).toBe(10);
});
