import fc from "fast-check";
import { expect, test } from "vitest";
import { EventQueue } from "../../src/simulator/event-queue.ts";

const anyEvents = fc.array(fc.record({ atMs: fc.nat({ max: 30 }), dropped: fc.boolean() }), {
  maxLength: 80,
  size: "max",
});

test("events of one moment run in the order they were added, whatever was removed between", () => {
  fc.assert(
    fc.property(anyEvents, (list) => {
      const queue = new EventQueue<() => void>();
      const out: number[] = [];
      const callOffs = list.map(({ atMs }, index) => queue.add(atMs, () => out.push(index)));
      list.forEach(({ dropped }, index) => {
        if (dropped) callOffs[index]?.();
      });
      while (queue.size > 0) queue.take()?.item();
      const expected = list
        .map(({ atMs, dropped }, index) => ({ atMs, dropped, index }))
        .filter(({ dropped }) => !dropped)
        .sort((one, other) => one.atMs - other.atMs || one.index - other.index)
        .map(({ index }) => index);
      expect(out).toEqual(expected);
    }),
  );
});

test("taking back an event that has already run takes no other one out", () => {
  const queue = new EventQueue<() => void>();
  const callOff = queue.add(1, () => undefined);
  queue.add(2, () => undefined);
  queue.take();
  callOff();
  expect(queue.size).toBe(1);
  expect(queue.nextAtMs()).toBe(2);
});
