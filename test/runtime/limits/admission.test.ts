import { describe, expect, test } from "vitest";
import { Admission } from "../../../src/runtime/limits/admission.ts";
import type { RateTake } from "../../../src/runtime/limits/limit-store.ts";
import { MemoryLimitStore } from "../../../src/runtime/limits/memory-limit-store.ts";
import type { Wish } from "../../../src/runtime/limits/wish.ts";
import { EventQueue } from "../../../src/simulator/event-queue.ts";
import {
  type Asked,
  admissionBench,
  askAt,
  budget,
  kinds,
  oneTake,
  oneTurn,
  passOf,
  quiet,
  rate,
  slowStore,
  turnAt,
} from "../../support/admission-bench.ts";

describe("a turn", () => {
  test("is given on when its request ends, once", () => {
    const { ask, clock, admission } = admissionBench();
    const asked = [null, null, 1_000, 1_000].map((waitMs) => ask({ turns: oneTurn(waitMs) }));
    expect(kinds(asked)).toEqual(["pass", "turned-away", undefined, undefined]);
    const first = passOf(asked[0]);
    void first.end([]);
    void first.end([]);
    expect(kinds(asked)).toEqual(["pass", "turned-away", "pass", undefined]);
    clock.pass(1_000);
    expect(asked[3]?.answer).toMatchObject({ kind: "turned-away", by: turnAt("") });
    void passOf(asked[2]).end([]);
    expect(admission.size).toBe(0);
  });

  test("that was waited for by a request that is gone goes to the next", () => {
    const { ask } = admissionBench();
    const asked = [1_000, 1_000, 1_000].map((waitMs) => ask({ turns: oneTurn(waitMs) }));
    asked[1]?.leave();
    void passOf(asked[0]).end([]);
    expect(kinds(asked)).toEqual(["pass", "gone", "pass"]);
  });

  test("is given back when a limit, or a store that cannot be used, lets nobody through", () => {
    const { ask, admission } = admissionBench();
    const away = ask({ turns: oneTurn(null), takes: [{ take: budget(101), waitMs: null }] });
    expect(away.answer).toMatchObject({ kind: "turned-away", by: budget(101), retryAtMs: null });
    expect(admission.size).toBe(0);
    const broken = new MemoryLimitStore();
    broken.admit = () => {
      throw new Error("no disk");
    };
    const other = admissionBench(broken).admission;
    const wish = { turns: oneTurn(null), takes: oneTake(null) };
    const failed = askAt(other, wish, () => expect.unreachable("it is told of the failure alone"));
    expect(failed).toMatchObject({ failure: new Error("no disk"), told: 1 });
    expect(other.size).toBe(0);
  });

  test("of several is asked for in one order, so that no two wait for each other", () => {
    const { ask } = admissionBench();
    const turns = ["a", "b"].map((value) => ({ counter: turnAt(value), most: 1, waitMs: 1_000 }));
    const alone = turns.map((turn) => ask({ turns: [turn] }));
    const one = ask({ turns });
    const other = ask({ turns: turns.toReversed() });
    // In the order in which they were wished for, each would have what the other one needs by now.
    for (const asked of alone) void passOf(asked).end([]);
    expect(kinds([one, other])).toEqual(["pass", undefined]);
    void passOf(one).end([]);
    expect(other.answer?.kind).toBe("pass");
  });
});

describe("a limit that may be waited for", () => {
  test("lets callers through in turns as room comes, and nobody passes those who wait", () => {
    const { ask, clock, admission } = admissionBench();
    for (let n = 0; n < 3; n += 1) ask({ takes: oneTake(null) });
    const waiting = ["ann", "ann", "bob"].map((caller) => ask({ caller, takes: oneTake(100_000) }));
    clock.pass(60_999);
    const newcomer = ask({ caller: "cyd", takes: oneTake(null) });
    expect(newcomer.answer).toMatchObject({ kind: "turned-away", by: rate });
    expect(kinds(waiting)).toEqual([undefined, undefined, undefined]);
    clock.pass(1);
    expect(kinds(waiting)).toEqual(["pass", "pass", "pass"]);
    expect(admission.size).toBe(0);
  });

  test("whose window was changed lets those through who ask under the new one, whoever still waits", () => {
    const { ask, clock, admission } = admissionBench();
    const since = (amount: number) => [{ take: { ...rate, perMs: 1_000, amount }, waitMs: null }];
    for (let n = 0; n < 3; n += 1) ask({ takes: oneTake(null) });
    const waiting = ask({ takes: oneTake(100_000) });
    const [first, second] = [ask({ takes: since(3) }), ask({ takes: since(1) })];
    expect(kinds([waiting, first, second])).toEqual([undefined, "pass", "turned-away"]);
    clock.pass(61_000);
    const [third, fourth] = [ask({ takes: since(3) }), ask({ takes: since(1) })];
    expect(kinds([waiting, third, fourth])).toEqual(["pass", "pass", "turned-away"]);
    expect(admission.size).toBe(0);
  });

  test("turns away at once who cannot wait long enough, and says when there is room", () => {
    const { ask, clock } = admissionBench();
    for (let n = 0; n < 3; n += 1) ask({ takes: oneTake(null) });
    const hasty = ask({ takes: oneTake(61_000) });
    expect(hasty.answer).toMatchObject({ kind: "turned-away", retryAtMs: clock.now() + 61_000 });
  });

  test("is no reason to wait for a budget", () => {
    const { ask } = admissionBench();
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
      const { ask } = admissionBench(new MemoryLimitStore(), 2);
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
      askAt(admission, { caller: name, ...wish }, ({ answer }) =>
        told.push(`${name} ${answer?.kind}`),
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
    expect(told.slice(1)).toEqual(["head pass", "late turned-away"]);
    expect(admission.size).toBe(0);
  });

  test("a turn that comes too late is told as such, its timer being late too", () => {
    const clock = { atMs: 0, now: () => clock.atMs };
    const timers = { start: () => () => undefined };
    const admission = new Admission({ store: new MemoryLimitStore(), now: clock.now, timers });
    const first = askAt(admission, { turns: oneTurn(null) });
    const second = askAt(admission, { turns: oneTurn(1_000) });
    clock.atMs = 1_000;
    void passOf(first).end([]);
    expect(second.answer?.kind).toBe("turned-away");
    expect(admission.size).toBe(0);
  });

  test("a request that leaves while others are told of their turns gives its own on", () => {
    const { ask, admission } = admissionBench();
    const at = (value: string) => ({ counter: turnAt(value), most: 1, waitMs: 1_000 });
    const first = ask({ turns: [at("a"), at("b")] });
    const left: { asked: Asked | null } = { asked: null };
    const second = ask({ turns: [at("a")] }, () => left.asked?.leave());
    left.asked = ask({ turns: [at("b")] });
    const last = ask({ turns: [at("b")] });
    void passOf(first).end([]);
    expect(kinds([second, left.asked, last])).toEqual(["pass", "gone", "pass"]);
    for (const asked of [second, last]) void passOf(asked).end([]);
    expect(admission.size).toBe(0);
  });

  test("who leaves once it was answered changes nothing", () => {
    const { ask, admission, clock } = admissionBench();
    const asked = [null, 1_000, 1_000].map((waitMs) => ask({ turns: oneTurn(waitMs) }));
    void passOf(asked[0]).end([]);
    asked[1]?.leave();
    expect(kinds(asked)).toEqual(["pass", "pass", undefined]);
    clock.pass(1_000);
    asked[2]?.leave();
    expect(asked.map(({ told }) => told)).toEqual([1, 1, 1]);
    expect(kinds(asked)).toEqual(["pass", "pass", "turned-away"]);
    void passOf(asked[1]).end([]);
    expect(admission.size).toBe(0);
  });

  test("who is held up by a second limit does not hold up those who need the first alone", () => {
    const { ask, clock, admission } = admissionBench();
    const other: RateTake = { ...rate, option: "p/r/limit-2", most: 1, perMs: 3_600_000 };
    for (let n = 0; n < 3; n += 1) ask({ takes: oneTake(null) });
    const takes = [{ take: other, waitMs: 4_000_000 }];
    const both = ask({ takes: [...oneTake(4_000_000), ...takes] });
    ask({ takes });
    const one = ask({ takes: oneTake(4_000_000) });
    clock.pass(61_000);
    expect(kinds([both, one])).toEqual([undefined, "pass"]);
    clock.pass(3_700_000);
    expect(both.answer?.kind).toBe("pass");
    expect(admission.size).toBe(0);
    const { wakeUps } = clock;
    clock.pass(10_000_000);
    expect(clock.wakeUps, "no timer is left behind").toBe(wakeUps);
  });
});

describe("a store that answers later", () => {
  const wish = { turns: oneTurn(null), takes: [{ take: budget(50), waitMs: null }] };

  function slowBench() {
    const gate = Promise.withResolvers<void>();
    const memory = new MemoryLimitStore();
    return { gate, memory, ...admissionBench(slowStore(() => gate.promise, memory)) };
  }

  test("keeps its request waiting for no longer than it does, and the turn is held meanwhile", async () => {
    const { ask, gate, admission, memory, clock } = slowBench();
    const asked = ask(wish);
    const beside = ask({ turns: oneTurn(null) });
    expect(kinds([asked, beside])).toEqual([undefined, "turned-away"]);
    gate.resolve();
    await quiet();
    const settled = passOf(asked).end([20]);
    expect(admission.size, "turns are given on at once").toBe(0);
    await settled;
    expect(memory.standing(budget(0), clock.now())).toEqual({ reserved: 0, settled: 20 });
  });

  test("leaves nothing with a request that is gone meanwhile, who hears of it when that is so", async () => {
    const { ask, gate, admission, memory, clock } = slowBench();
    const asked = ask(wish);
    asked.leave();
    expect(asked.told).toBe(0);
    gate.resolve();
    await quiet();
    expect(asked.answer?.kind).toBe("gone");
    expect(memory.standing(budget(0), clock.now())).toEqual({ reserved: 0, settled: 0 });
    expect(admission.size).toBe(0);
  });

  test("and fails gives the turns back, and lets the next of the line try", async () => {
    let isDown = false;
    const down = (): Promise<void> =>
      isDown ? Promise.reject(new Error("no server")) : Promise.resolve();
    const { ask, admission, clock } = admissionBench(slowStore(down));
    for (let n = 0; n < 3; n += 1) ask({ takes: oneTake(null) });
    const head = ask({ turns: oneTurn(null), takes: oneTake(100_000) });
    await quiet();
    const next = ask({ takes: oneTake(100_000) });
    isDown = true;
    clock.pass(61_000);
    await quiet();
    for (const asked of [head, next])
      expect(asked).toMatchObject({ answer: null, failure: new Error("no server"), told: 1 });
    expect(admission.size).toBe(0);
  });
});

describe("without a promise", () => {
  test("a request hears before it is through with asking, and an end is kept before it returns", () => {
    const { ask, store, clock } = admissionBench();
    const takes = [...oneTake(null), { take: budget(60), waitMs: null }];
    const asked = [ask({ turns: oneTurn(null), takes }), ask({ turns: oneTurn(null), takes })];
    expect(kinds(asked)).toEqual(["pass", "turned-away"]);
    expect(passOf(asked[0]).end([1, 30])).toBeUndefined();
    expect(store.standing(budget(0), clock.now())).toEqual({ reserved: 0, settled: 30 });
    const next = ask({ turns: oneTurn(null), takes: [{ take: budget(71), waitMs: null }] });
    expect(next.answer).toMatchObject({ kind: "turned-away", by: budget(71) });
  });

  test("events of a queue drive all waiting, each at its moment", () => {
    const queue = new EventQueue<() => void>();
    const clock = { atMs: 60_000_000, now: () => clock.atMs };
    const timers = { start: (ms: number, run: () => void) => queue.add(clock.atMs + ms, run) };
    const admission = new Admission({ store: new MemoryLimitStore(), now: clock.now, timers });
    const heard: string[] = [];
    const ask = (name: string, waitMs: number): void => {
      const wish = { caller: name, turns: oneTurn(waitMs), takes: oneTake(200_000) };
      askAt(admission, wish, (asked) => {
        heard.push(`${name} ${asked.answer?.kind} ${clock.atMs - 60_000_000}`);
        if (asked.answer?.kind === "pass")
          queue.add(clock.atMs + 500, () => passOf(asked).end([1]));
      });
    };
    for (const name of ["a", "b", "c", "d"]) ask(name, 5_000);
    ask("e", 60_000);
    for (let next = queue.take(); next !== undefined; next = queue.take()) {
      clock.atMs = next.atMs;
      next.item();
    }
    // `d` holds its turn while it waits for the limit, from 1500 on; `e` waits for that turn in vain.
    expect(heard).toEqual([
      "a pass 0",
      "b pass 500",
      "c pass 1000",
      "e turned-away 60000",
      "d pass 61000",
    ]);
    expect(admission.size).toBe(0);
  });

  test("those who are let through one after the other are told in a loop, and not one within the other", () => {
    const { ask, admission } = admissionBench(undefined, 1_000);
    let [depth, deepest, ended] = [0, 0, 0];
    const endAtOnce = (asked: Asked): void => {
      depth += 1;
      deepest = Math.max(deepest, depth);
      void passOf(asked).end([]);
      ended += 1;
      depth -= 1;
    };
    const first = ask({ turns: oneTurn(null) });
    for (let n = 0; n < 1_000; n += 1) ask({ turns: oneTurn(1_000) }, endAtOnce);
    void passOf(first).end([]);
    expect({ deepest, ended }).toEqual({ deepest: 1, ended: 1_000 });
    expect(admission.size).toBe(0);
  });

  test("a fault in who is told keeps nobody else from hearing, and is not hidden", () => {
    const { ask, admission } = admissionBench();
    const at = (value: string) => ({ counter: turnAt(value), most: 1, waitMs: 1_000 });
    const first = ask({ turns: [at("a"), at("b")] });
    const faulty = ask({ turns: [at("a")] }, () => {
      throw new Error("a fault of its own");
    });
    const other = ask({ turns: [at("b")] });
    expect(() => passOf(first).end([])).toThrow("a fault of its own");
    expect(kinds([faulty, other])).toEqual(["pass", "pass"]);
    for (const asked of [faulty, other]) void passOf(asked).end([]);
    expect(admission.size).toBe(0);
  });
});
