import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Admission, type AdmitTold, type Pass } from "../../../src/runtime/limits/admission.ts";
import type { BudgetTake, LimitStore, RateTake } from "../../../src/runtime/limits/limit-store.ts";
import { MemoryLimitStore } from "../../../src/runtime/limits/memory-limit-store.ts";
import type { TurnedAway, Wish } from "../../../src/runtime/limits/wish.ts";
import { createHandClock } from "../../support/hand-clock.ts";

const turnAt = (value: string) => ({ option: "p/r/concurrency-1", value });
const rate: RateTake = {
  ...{ kind: "rate", option: "p/r/limit-1", value: "", most: 3, perMs: 60_000, amount: 1 },
};
const budget = (amount: number): BudgetTake => ({
  ...{ kind: "budget", option: "p/r/budget-1", value: "", most: 100, per: "day", amount },
});

/** Lets all promises that can go on do so. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Bench {
  readonly clock: ReturnType<typeof createHandClock>;
  readonly store: LimitStore;
  readonly admission: Admission;
  /** Asks, and gives what came of it as far as it is known. */
  ask(wish: Partial<Wish>, heard?: (asked: Asked) => void): Asked;
  pass(ms: number): void;
}

/** What a request heard, and how often. */
interface Asked {
  answer: Pass | TurnedAway | null;
  failure: unknown;
  told: number;
  leave: () => void;
}

function askOf(admission: Admission, wish: Partial<Wish>, heard = (_: Asked): void => {}): Asked {
  const asked: Asked = { answer: null, failure: null, told: 0, leave: () => undefined };
  const told: AdmitTold = {
    answered(answer) {
      asked.answer = answer;
      asked.told += 1;
      heard(asked);
    },
    failed(error) {
      asked.failure = error;
      asked.told += 1;
    },
  };
  asked.leave = admission.admit({ caller: "ann", size: 1, turns: [], takes: [], ...wish }, told);
  return asked;
}

function bench(store: LimitStore = new MemoryLimitStore(), mostWaiting = 100): Bench {
  const clock = createHandClock(60_000_000);
  const admission = new Admission({ store, now: clock.now, timers: clock, mostWaiting });
  return {
    ...{ clock, store, admission },
    ask: (wish, heard) => askOf(admission, wish, heard),
    pass: (ms) => clock.pass(ms),
  };
}

/** A store that answers later; `now` once it is asked to. */
function slowStore(reached: () => Promise<void> = () => Promise.resolve()) {
  const memory = new MemoryLimitStore();
  const store: LimitStore = {
    admit: (takes, atMs) => reached().then(() => memory.admit(takes, atMs)),
    settle: (held, actual) => reached().then(() => memory.settle(held, actual)),
    standing: (take, atMs) => memory.standing(take, atMs),
    close: () => memory.close(),
  };
  return { store, memory };
}

const oneTurn = (waitMs: number | null) => [{ counter: turnAt(""), most: 1, waitMs }];
const oneTake = (waitMs: number | null) => [{ take: rate, waitMs }];
const kinds = (asked: readonly Asked[]): unknown[] => asked.map(({ answer }) => answer?.kind);

/** The leave that was given. */
function passOf(asked: Asked | undefined): Pass {
  if (asked?.answer?.kind !== "pass") throw new Error("it was let through");
  return asked.answer;
}

describe("a turn", () => {
  test("is given on when its request ends, once", () => {
    const { ask, pass, admission } = bench();
    const asked = [null, null, 1_000, 1_000].map((waitMs) => ask({ turns: oneTurn(waitMs) }));
    expect(kinds(asked)).toEqual(["pass", "turned-away", undefined, undefined]);
    const first = passOf(asked[0]);
    first.end([]);
    first.end([]);
    expect(kinds(asked)).toEqual(["pass", "turned-away", "pass", undefined]);
    pass(1_000);
    expect(asked[3]?.answer).toMatchObject({ kind: "turned-away", by: turnAt("") });
    passOf(asked[2]).end([]);
    expect(admission.size).toBe(0);
  });

  test("that was waited for by a request that is gone goes to the next", () => {
    const { ask, pass } = bench();
    const asked = [1_000, 1_000, 1_000].map((waitMs) => ask({ turns: oneTurn(waitMs) }));
    asked[1]?.gone.abort();
    passOf(asked[0]).end([]);
    expect(kinds(asked)).toEqual(["pass", "gone", "pass"]);
  });

  test("is given back when a limit, or a store that cannot be used, lets nobody through", () => {
    const { ask, pass, admission } = bench();
    const away = ask({ turns: oneTurn(null), takes: [{ take: budget(101), waitMs: null }] });
    expect(away.answer).toMatchObject({ kind: "turned-away", by: budget(101), retryAtMs: null });
    expect(admission.size).toBe(0);
    const broken = new MemoryLimitStore();
    broken.admit = () => {
      throw new Error("no disk");
    };
    const other = bench(broken).admission;
    const signal = new AbortController().signal;
    const wish = { caller: "", size: 1, turns: oneTurn(null), takes: oneTake(null), signal };
    await expect(other.admit(wish)).rejects.toThrow("no disk");
    expect(other.size).toBe(0);
  });

  test("of several is asked for in one order, so that no two wait for each other", () => {
    const { ask, pass } = bench();
    const turns = ["a", "b"].map((value) => ({ counter: turnAt(value), most: 1, waitMs: 1_000 }));
    const one = ask({ turns });
    const other = ask({ turns: turns.toReversed() });
    expect(kinds([one, other])).toEqual(["pass", undefined]);
    passOf(one).end([]);
    expect(other.answer?.kind).toBe("pass");
  });
});

describe("a limit that may be waited for", () => {
  test("lets callers through in turns as room comes, and nobody passes those who wait", () => {
    const { ask, pass, admission } = bench();
    for (let n = 0; n < 3; n += 1) ask({ takes: oneTake(null) });
    const waiting = ["ann", "ann", "bob"].map((caller) => ask({ caller, takes: oneTake(100_000) }));
    pass(60_999);
    const newcomer = ask({ caller: "cyd", takes: oneTake(null) });
    expect(newcomer.answer).toMatchObject({ kind: "turned-away", by: rate });
    expect(kinds(waiting)).toEqual([undefined, undefined, undefined]);
    pass(1);
    expect(kinds(waiting)).toEqual(["pass", "pass", "pass"]);
    expect(admission.size).toBe(0);
  });

  test("whose window was changed lets those through who ask under the new one, whoever still waits", () => {
    const { ask, pass, admission } = bench();
    const since = (amount: number) => [{ take: { ...rate, perMs: 1_000, amount }, waitMs: null }];
    for (let n = 0; n < 3; n += 1) ask({ takes: oneTake(null) });
    const waiting = ask({ takes: oneTake(100_000) });
    const [first, second] = [ask({ takes: since(3) }), ask({ takes: since(1) })];
    expect(kinds([waiting, first, second])).toEqual([undefined, "pass", "turned-away"]);
    pass(61_000);
    const [third, fourth] = [ask({ takes: since(3) }), ask({ takes: since(1) })];
    expect(kinds([waiting, third, fourth])).toEqual(["pass", "pass", "turned-away"]);
    expect(admission.size).toBe(0);
  });

  test("turns away at once who cannot wait long enough, and says when there is room", () => {
    const { ask, pass, clock } = bench();
    for (let n = 0; n < 3; n += 1) ask({ takes: oneTake(null) });
    const hasty = ask({ takes: oneTake(61_000) });
    expect(hasty.answer).toMatchObject({ kind: "turned-away", retryAtMs: clock.now() + 61_000 });
  });

  test("is no reason to wait for a budget", () => {
    const { ask, pass } = bench();
    const takes = [...oneTake(100_000), { take: budget(60), waitMs: null }];
    const asked = [ask({ takes }), ask({ takes })];
    expect(kinds(asked)).toEqual(["pass", "turned-away"]);
  });
});

describe("where there is too much of it all", () => {
  test.each([
    ["turns", { turns: oneTurn(100_000) }, 1],
    ["a limit", { takes: oneTake(100_000) }, 3],
  ])(
    "a full queue for %s takes the last place of the longest line, and tells who had it",
    (_, wish, room) => {
      // Who waits for a limit at the head of its line stands in no queue.
      const { ask, pass } = bench(new MemoryLimitStore(), 2);
      const before = room === 1 ? 1 : room + 1;
      for (let n = 0; n < before; n += 1) ask(wish);
      const anns = [ask(wish), ask(wish)];
      const bob = ask({ ...wish, caller: "bob" });
      expect(kinds([...anns, bob])).toEqual([undefined, "turned-away", undefined]);
      const another = ask({ ...wish, caller: "bob" });
      expect(another.answer?.kind).toBe("turned-away");
    },
  );

  test("timers that come late let nobody hang, and nobody pass", () => {
    const clock = { atMs: 60_000_000, now: () => clock.atMs };
    const runs: (() => void)[] = [];
    const timers = {
      start(_: number, run: () => void) {
        runs.push(run);
        return () => undefined;
      },
    };
    const store = new MemoryLimitStore();
    const admission = new Admission({ store, now: clock.now, timers });
    const told: string[] = [];
    const ask = (name: string, wish: Partial<Wish>): void => {
      const { signal } = new AbortController();
      admission.admit({ caller: name, size: 1, turns: [], takes: [], signal, ...wish }).then(
        ({ kind }) => told.push(`${name} ${kind}`),
        (error) => told.push(String(error)),
      );
    };
    for (let n = 0; n < 3; n += 1) ask("first", { takes: oneTake(null) });
    ask("head", { takes: oneTake(200_000) });
    ask("late", { takes: oneTake(70_000) });
    told.length = 0;
    clock.atMs += 100_000;
    // There is room by now, but somebody waits for it.
    ask("newcomer", { takes: oneTake(null) });
    expect(told).toEqual(["newcomer turned-away"]);
    for (const run of runs.splice(0, 2)) run();
    expect(told.slice(1)).toEqual(["late turned-away", "head pass"]);
    expect(admission.size).toBe(0);
  });

  test("a turn that comes too late is told as such, its timer being late too", () => {
    const clock = { atMs: 0, now: () => clock.atMs };
    const timers = { start: () => () => undefined };
    const admission = new Admission({ store: new MemoryLimitStore(), now: clock.now, timers });
    const { signal } = new AbortController();
    const wish = { caller: "ann", size: 1, takes: [], signal };
    const first = await admission.admit({ ...wish, turns: oneTurn(null) });
    const second = admission.admit({ ...wish, turns: oneTurn(1_000) });
    clock.atMs = 1_000;
    if (first.kind === "pass") first.end([]);
    expect((await second).kind).toBe("turned-away");
    expect(admission.size).toBe(0);
  });

  test("a request that is gone at the very moment of its turn gives it on", () => {
    const { ask, pass } = bench();
    const asked = [null, 1_000, 1_000].map((waitMs) => ask({ turns: oneTurn(waitMs) }));
    const ended = passOf(asked[0]).end([]);
    asked[1]?.gone.abort();
    await ended;
    expect(kinds(asked)).toEqual(["pass", "gone", "pass"]);
  });

  test("a request that is gone while its store answers gives back what it took", () => {
    const memory = new MemoryLimitStore();
    const { promise: reached, resolve: answer } = Promise.withResolvers<void>();
    const slow: LimitStore = {
      admit: (takes, atMs) => reached.then(() => memory.admit(takes, atMs)),
      settle: (held, actual) => memory.settle(held, actual),
      standing: (take, atMs) => memory.standing(take, atMs),
      close: () => memory.close(),
    };
    const { ask, pass, clock } = bench(slow);
    const asked = ask({ takes: [{ take: budget(50), waitMs: null }] });
    asked.gone.abort();
    answer();
    expect(asked.answer?.kind).toBe("gone");
    expect(memory.standing(budget(0), clock.now())).toEqual({ reserved: 0, settled: 0 });
  });

  test("who is held up by a second limit does not hold up those who need the first alone", () => {
    const { ask, pass, clock, admission } = bench();
    const other: RateTake = { ...rate, option: "p/r/limit-2", most: 1, perMs: 3_600_000 };
    for (let n = 0; n < 3; n += 1) ask({ takes: oneTake(null) });
    const takes = [{ take: other, waitMs: 4_000_000 }];
    const both = ask({ takes: [...oneTake(4_000_000), ...takes] });
    ask({ takes });
    const one = ask({ takes: oneTake(4_000_000) });
    pass(61_000);
    expect(kinds([both, one])).toEqual([undefined, "pass"]);
    pass(3_700_000);
    expect(both.answer?.kind).toBe("pass");
    expect(admission.size).toBe(0);
    const { wakeUps } = clock;
    pass(10_000_000);
    expect(clock.wakeUps, "no timer is left behind").toBe(wakeUps);
  });
});

interface Step {
  readonly kind: "ask" | "end" | "abort" | "pass";
  readonly caller: string;
  readonly waitMs: number | null;
  readonly which: number;
  readonly wants: "turn" | "rate" | "both";
  readonly cost: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("ask", "ask", "ask", "end", "end", "abort", "pass"),
  caller: fc.constantFrom("ann", "bob", "cyd"),
  waitMs: fc.constantFrom(null, 30_000, 70_000, 200_000),
  which: fc.nat(20),
  wants: fc.constantFrom("turn", "rate", "both"),
  cost: fc.integer({ min: 0, max: 40 }),
});

test("whoever comes, goes and waits, no bound is passed, everybody hears in time, and nothing is left behind", () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { ask, pass, clock, store, admission } = bench(new MemoryLimitStore(), 5);
      const open: { asked: Asked; wants: Step["wants"]; cost: number; untilMs: number }[] = [];
      const passedAt: number[] = [];
      const seen = new Set<Asked>();
      let spent = 0;
      const look = async (): Promise<void> => {
        await quiet();
        for (const { asked, wants } of open)
          if (asked.answer?.kind === "pass" && !seen.has(asked)) {
            seen.add(asked);
            if (wants !== "turn") passedAt.push(clock.now());
          }
        const atWork = open.filter((each) => each.asked.answer?.kind === "pass");
        expect(atWork.filter(({ wants }) => wants !== "rate").length).toBeLessThanOrEqual(2);
        for (const atMs of passedAt) {
          const together = passedAt.filter((each) => each >= atMs && each < atMs + 60_000);
          expect(together.length).toBeLessThanOrEqual(3);
        }
        const { reserved, settled } = await store.standing(budget(0), clock.now());
        expect(reserved + settled).toBeLessThanOrEqual(100);
        for (const { asked, untilMs } of open)
          if (asked.answer === null) expect(untilMs).toBeGreaterThan(clock.now());
      };
      const end = async (which: number): Promise<void> => {
        const [one] = open.splice(which, 1);
        if (one?.asked.answer?.kind !== "pass") return;
        const actual = Math.round(one.cost / 2);
        spent += actual;
        await one.asked.answer.end(one.wants === "turn" ? [actual] : [1, actual]);
      };
      for (const { kind, caller, waitMs, which, wants, cost } of steps) {
        if (kind === "ask") {
          const turns = [{ counter: turnAt(""), most: 2, waitMs }];
          const spend = { take: budget(cost), waitMs: null };
          const asked = ask({
            caller,
            turns: wants === "rate" ? [] : turns,
            takes: wants === "turn" ? [spend] : [{ take: rate, waitMs }, spend],
          });
          // A turn and a limit are waited for one after the other.
          const waits = (wants === "both" ? 2 : 1) * (waitMs ?? 0);
          open.push({ asked, wants, cost, untilMs: clock.now() + Math.max(waits, 1) });
        } else if (kind === "pass") await pass(which * 2_000);
        else {
          const done = open
            .map(({ asked }, at) => ({ asked, at }))
            .filter(({ asked }) =>
              kind === "end" ? asked.answer !== null : asked.answer === null,
            );
          const one = done[which % Math.max(done.length, 1)];
          if (kind === "abort") one?.asked.gone.abort();
          else if (one !== undefined) await end(one.at);
        }
        await look();
      }
      while (open.length > 0) {
        await pass(10_000);
        const at = open.findIndex(({ asked }) => asked.answer !== null);
        if (at >= 0) await end(at);
        await look();
      }
      expect(admission.size).toBe(0);
      expect(await store.standing(budget(0), clock.now())).toEqual({ reserved: 0, settled: spent });
    }),
    { numRuns: process.env["SIGNALBOX_LONG"] === "1" ? 2_000 : 100 },
  ));
