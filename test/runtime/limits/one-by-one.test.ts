import { expect, test } from "vitest";
import { OneByOne } from "../../../src/runtime/limits/one-by-one.ts";

test("what a step adds runs behind those that are due, and before the first run is over", () => {
  const calls = new OneByOne();
  const told: string[] = [];
  calls.run(() => {
    calls.run(() => {
      told.push("second");
      calls.run(() => told.push("fourth"));
    });
    calls.run(() => told.push("third"));
    told.push("first");
  });
  expect(told).toEqual(["first", "second", "third", "fourth"]);
  calls.run(() => told.push("fifth"));
  expect(told.at(-1)).toBe("fifth");
});

test("the first fault is thrown once all have run, and the next run is as any other", () => {
  const calls = new OneByOne();
  const told: string[] = [];
  const fail = (name: string) => (): void => {
    throw new Error(name);
  };
  const run = (): void =>
    calls.run(() => {
      calls.run(fail("first"));
      calls.run(fail("second"));
      calls.run(() => told.push("last"));
    });
  expect(run).toThrow("first");
  expect(told).toEqual(["last"]);
  calls.run(() => told.push("later"));
  expect(told).toEqual(["last", "later"]);
});
