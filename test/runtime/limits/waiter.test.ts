import { expect, test } from "vitest";
import { OneByOne } from "../../../src/runtime/limits/one-by-one.ts";
import { Waiter, type WaitOutcome } from "../../../src/runtime/limits/waiter.ts";
import { createHandClock } from "../../support/hand-clock.ts";

function wait(withdraw = () => true) {
  const clock = createHandClock(0);
  const calls = new OneByOne();
  const waiter = new Waiter(calls);
  const heard: WaitOutcome[] = [];
  waiter.wait({ timers: clock, forMs: 1_000, withdraw, ended: (outcome) => heard.push(outcome) });
  return { clock, calls, waiter, heard };
}

test("who waits hears once how it ended, and no timer is left behind", () => {
  const { clock, waiter, heard } = wait();
  waiter.end("turn");
  waiter.end("out");
  waiter.giveUp();
  clock.pass(2_000);
  expect(heard).toEqual(["turn"]);
  expect(clock.wakeUps).toBe(0);
});

test("who waits too long, or gives up, leaves the queue and goes without a turn", () => {
  const late = wait();
  late.clock.pass(1_000);
  expect(late.heard).toEqual(["out"]);
  const leaving = wait();
  leaving.waiter.giveUp();
  expect(leaving.heard).toEqual(["out"]);
});

test("who gives up while its turn is on its way gets the turn", () => {
  const { calls, waiter, heard } = wait(() => expect.unreachable("it is in no queue any more"));
  calls.run(() => {
    waiter.end("turn");
    waiter.giveUp();
    expect(heard).toEqual([]);
  });
  expect(heard).toEqual(["turn"]);
});
