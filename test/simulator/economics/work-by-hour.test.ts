import { expect, test } from "vitest";
import { WorkByHour } from "../../../src/simulator/economics/work-by-hour.ts";

const hourMs = 3_600_000;

test("work that lies in two hours counts in each, and the busiest tells", () => {
  const work = new WorkByHour();
  // Half an hour before the hour, and three quarters behind it, in which another works all the time.
  work.add(hourMs / 2, hourMs * 1.75);
  work.add(hourMs, hourMs * 2);
  expect(work.busiest({ fromMs: 0, toMs: 24 * hourMs })).toBe(1.75);
});

test("of a log that is shorter than an hour all of it is the busiest, wherever the hour turns", () => {
  const work = new WorkByHour();
  work.add(hourMs - 60_000, hourMs + 60_000);
  work.add(hourMs - 60_000, hourMs);
  expect(work.busiest({ fromMs: hourMs - 60_000, toMs: hourMs + 60_000 })).toBe(1.5);
});

test("nothing at work is none", () => {
  expect(new WorkByHour().busiest({ fromMs: 0, toMs: hourMs })).toBe(0);
});
