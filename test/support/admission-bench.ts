import { Admission, type Pass } from "../../src/runtime/limits/admission.ts";
import type { BudgetTake, LimitStore, RateTake } from "../../src/runtime/limits/limit-store.ts";
import { MemoryLimitStore } from "../../src/runtime/limits/memory-limit-store.ts";
import type { TurnedAway, Wish } from "../../src/runtime/limits/wish.ts";
import { createHandClock, type HandClock } from "./hand-clock.ts";

export const turnAt = (value: string) => ({ option: "p/r/concurrency-1", value });

export const rate: RateTake = {
  ...{ kind: "rate", option: "p/r/limit-1", value: "", most: 3, perMs: 60_000, amount: 1 },
};

export const budget = (amount: number): BudgetTake => ({
  ...{ kind: "budget", option: "p/r/budget-1", value: "", most: 100, per: "day", amount },
});

export const oneTurn = (waitMs: number | null) => [{ counter: turnAt(""), most: 1, waitMs }];

export const oneTake = (waitMs: number | null) => [{ take: rate, waitMs }];

/** Lets all promises that can go on do so. */
export const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a request heard, and how often. */
export interface Asked {
  answer: Pass | TurnedAway | null;
  failure: unknown;
  told: number;
  leave: () => void;
}

/** Asks, and gives what came of it as far as it is known. */
export function askAt(
  admission: Admission,
  wish: Partial<Wish>,
  heard = (_: Asked): void => undefined,
): Asked {
  const asked: Asked = { answer: null, failure: null, told: 0, leave: () => undefined };
  const all = { caller: "ann", size: 1, turns: [], takes: [], ...wish };
  asked.leave = admission.admit(all, {
    answered(answer) {
      asked.answer = answer;
      asked.told += 1;
      heard(asked);
    },
    failed(error) {
      asked.failure = error;
      asked.told += 1;
    },
  });
  return asked;
}

export interface AdmissionBench {
  readonly clock: HandClock;
  readonly store: LimitStore;
  readonly admission: Admission;
  ask(wish: Partial<Wish>, heard?: (asked: Asked) => void): Asked;
}

export function admissionBench(
  store: LimitStore = new MemoryLimitStore(),
  mostWaiting = 100,
): AdmissionBench {
  const clock = createHandClock(60_000_000);
  const admission = new Admission({ store, now: clock.now, timers: clock, mostWaiting });
  const ask = (wish: Partial<Wish>, heard?: (asked: Asked) => void): Asked =>
    askAt(admission, wish, heard);
  return { clock, store, admission, ask };
}

/** A store that answers by promises, each once `reached` lets it. */
export function slowStore(
  reached: () => Promise<void>,
  memory = new MemoryLimitStore(),
): LimitStore {
  return {
    admit: (takes, atMs) => reached().then(() => memory.admit(takes, atMs)),
    settle: (held, actual) => reached().then(() => memory.settle(held, actual)),
    standing: (take, atMs) => memory.standing(take, atMs),
    close: () => memory.close(),
  };
}

export const kinds = (asked: readonly Asked[]): unknown[] =>
  asked.map(({ answer }) => answer?.kind);

/** The leave that was given. */
export function passOf(asked: Asked | undefined): Pass {
  if (asked?.answer?.kind !== "pass") throw new Error("it was not let through");
  return asked.answer;
}
