import fc from "fast-check";
import { expect, test } from "vitest";
import { createTimerWheel } from "../../../src/runtime/transport/timer-wheel.ts";
import { createHandClock } from "../../support/hand-clock.ts";

const slackMs = 16;

type Move =
  | { readonly kind: "set"; readonly alarm: number; readonly inMs: number }
  | { readonly kind: "clear"; readonly alarm: number }
  | { readonly kind: "pass"; readonly ms: number };

const alarm = fc.nat({ max: 5 });
const delay = fc.oneof(
  // Often the same tick, or the same slot a revolution later.
  fc.constantFrom(8, 16, 8 + 4_096, 16 + 8_192),
  fc.nat({ max: 100 }),
  fc.nat({ max: 5_000 }),
  fc.nat({ max: 700_000 }),
);
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), alarm, inMs: delay }),
  fc.record({ kind: fc.constant("clear" as const), alarm }),
  fc.record({ kind: fc.constant("pass" as const), ms: delay }),
);

test("an alarm rings once per set, never early, at most two ticks late, and not when cleared", () => {
  fc.assert(
    fc.property(fc.nat({ max: 10_000 }), fc.array(anyMove, { maxLength: 40 }), (startMs, moves) => {
      const clock = createHandClock(startMs + 0.4);
      const wheel = createTimerWheel(clock, clock);
      const expected = new Map<number, number>();
      const alarms = [0, 1, 2, 3, 4, 5].map((index) =>
        wheel.createAlarm(() => {
          const atMs = expected.get(index);
          expect(atMs).toBeDefined();
          expect(clock.monotonic()).toBeGreaterThanOrEqual(atMs!);
          expect(clock.monotonic()).toBeLessThanOrEqual(atMs! + slackMs);
          expected.delete(index);
        }),
      );
      for (const move of moves) {
        if (move.kind === "set") {
          expected.set(move.alarm, clock.monotonic() + move.inMs);
          alarms[move.alarm]!.set(clock.monotonic() + move.inMs);
        } else if (move.kind === "clear") {
          expected.delete(move.alarm);
          alarms[move.alarm]!.clear();
        } else clock.pass(move.ms);
        expect(wheel.pending).toBe(expected.size);
      }
      clock.pass(701_000);
      expect([...expected]).toEqual([]);
      expect(wheel.pending).toBe(0);
    }),
  );
});

test("an alarm may set itself and others anew while it rings", () => {
  const clock = createHandClock();
  const wheel = createTimerWheel(clock, clock);
  const rung: string[] = [];
  const other = wheel.createAlarm(() => rung.push("other"));
  const moved = wheel.createAlarm(() => rung.push(`moved ${clock.monotonic()}`));
  const late = wheel.createAlarm(() => rung.push("late"));
  const self = wheel.createAlarm(() => {
    rung.push("self");
    if (rung.length < 3) self.set(clock.monotonic() + 8);
    other.clear();
    if (rung.length === 1) moved.set(500);
    late.set(clock.monotonic() + 100);
  });
  other.set(8);
  moved.set(8);
  self.set(8);
  clock.pass(1_000);
  expect(rung).toEqual(["self", "self", "self", "late", "moved 504"]);
});

test("limits that are cleared in time cost no wake-up each", () => {
  const clock = createHandClock();
  const wheel = createTimerWheel(clock, clock);
  for (let request = 0; request < 10_000; request += 1) {
    const limit = wheel.createAlarm(() => expect.unreachable());
    limit.set(clock.monotonic() + 30_000);
    clock.pass(1);
    limit.clear();
  }
  expect(clock.wakeUps).toBeLessThan(10);
});

test("alarms of one tick can be cleared and set again in any order", () => {
  const clock = createHandClock();
  const wheel = createTimerWheel(clock, clock);
  const rung: number[] = [];
  const alarms = [0, 1, 2].map((index) => wheel.createAlarm(() => rung.push(index)));
  for (const alarm of alarms) alarm.set(8);
  alarms[1]!.clear();
  alarms[0]!.clear();
  alarms[0]!.set(8);
  clock.pass(100);
  expect(rung.sort()).toEqual([0, 2]);
});
