import fc from "fast-check";
import { expect, test } from "vitest";
import { Turns } from "../../../src/runtime/resilience/turns.ts";

type Move =
  | { readonly kind: "ask"; readonly caller: string; readonly forMs: number; readonly use: boolean }
  | { readonly kind: "end" }
  | { readonly kind: "leave"; readonly which: number }
  | { readonly kind: "cap"; readonly most: number | null }
  | { readonly kind: "pass"; readonly ms: number };

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("ask" as const),
      caller: fc.constantFrom("x", "y", "z"),
      forMs: fc.nat({ max: 1_000 }),
      use: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: "end" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("cap" as const),
      most: fc.option(fc.integer({ min: 1, max: 5 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(300) }) },
);

interface Waiter {
  readonly caller: string;
  readonly untilMs: number;
  ended: "turn" | "away" | "left" | null;
  leave(): void;
}

/** Plays requests as a gate does: sent where there is room, else in the queue; looks after each move. */
function play(moves: readonly Move[], look: Look): void {
  const state = openBench();
  for (const move of moves) {
    state.make(move);
    look(state);
  }
}

type Look = (bench: ReturnType<typeof openBench>) => void;

function openBench() {
  let most: number | null = 2;
  let atMs = 0;
  const turns = new Turns(() => most);
  const waiters: Waiter[] = [];
  const self = {
    atWork: 0,
    /** Most at work at once beyond what was allowed when they were sent. */
    tooMany: false,
    turns,
    waiters,
    room: () => most === null || self.atWork < most,
    make(move: Move): void {
      if (move.kind === "pass") atMs += move.ms;
      else if (move.kind === "cap") most = move.most;
      else if (move.kind === "leave") {
        const here = waiters.filter(({ ended }) => ended === null);
        const one = here[move.which % Math.max(1, here.length)];
        if (one !== undefined) one.ended = "left";
        one?.leave();
      } else if (move.kind === "end") {
        if (self.atWork === 0) return;
        self.atWork -= 1;
        turns.next(() => self.atWork, atMs);
      } else self.ask(move);
    },
    send(): void {
      self.atWork += 1;
      if (most !== null && self.atWork > most) self.tooMany = true;
    },
    ask({ caller, forMs, use }: Extract<Move, { kind: "ask" }>): void {
      if (!turns.isFull(self.atWork)) {
        self.send();
        return;
      }
      const waiter: Waiter = { caller, untilMs: atMs + forMs, ended: null, leave() {} };
      waiters.push(waiter);
      waiter.leave = turns.wait(
        { target: "a", size: 1, caller, untilMs: waiter.untilMs },
        {
          turn() {
            expect(waiter.ended).toBeNull();
            expect(atMs).toBeLessThan(waiter.untilMs);
            expect(turns.isFull(self.atWork)).toBe(false);
            waiter.ended = "turn";
            if (use) self.send();
          },
          away() {
            expect(waiter.ended).toBeNull();
            waiter.ended = "away";
          },
        },
      );
    },
  };
  return self;
}

const plays = (look: Look): void =>
  fc.assert(
    fc.property(fc.array(anyMove, { maxLength: 200, size: "max" }), (moves) => play(moves, look)),
    { numRuns: 200 },
  );

test("never more than the ceiling are sent, whoever leaves, comes too late or does not use a turn", () => {
  plays(({ tooMany }) => expect(tooMany).toBe(false));
});

test("whoever waits hears one end at most, and never after its time", () => {
  let turnsSeen = 0;
  plays(({ waiters }) => {
    turnsSeen += waiters.filter(({ ended }) => ended === "turn").length;
  });
  expect(turnsSeen).toBeGreaterThan(100);
});

test("what waits is bounded, and the longest line gives up its last place", () => {
  plays(({ turns }) => expect(turns.waiting).toBeLessThanOrEqual(20));
  const turns = new Turns(() => 1);
  const told: string[] = [];
  const wait = (caller: string, name: string): void =>
    void turns.wait(
      { target: "a", size: 1, caller, untilMs: 1 },
      { turn: () => told.push(`turn ${name}`), away: () => told.push(`away ${name}`) },
    );
  for (let each = 0; each < 16; each += 1) wait("greedy", String(each));
  wait("shy", "shy");
  expect(told).toEqual(["away 15"]);
  turns.next(() => told.length - 1, 0);
  turns.next(() => 0, 0);
  expect(told.slice(1, 3)).toEqual(["turn 0", "turn shy"]);
});

test("turns that are not used go to the next without end of the stack", () => {
  const turns = new Turns(() => 2_000);
  let given = 0;
  for (let each = 0; each < 8_000; each += 1)
    turns.wait(
      { target: "a", size: 1, caller: "", untilMs: 1 },
      {
        turn() {
          given += 1;
          // It ended as soon as it began.
          turns.next(() => 0, 0);
        },
        away() {},
      },
    );
  turns.next(() => 0, 0);
  expect(given).toBe(8_000);
});
