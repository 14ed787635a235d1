import { expect, test } from "vitest";
import { nowOrLater, type Told } from "../../src/base/now-or-later.ts";

test("what is told at once is returned, or thrown, and what is told again is ignored", () => {
  const value = nowOrLater<number>(({ resolve, reject }) => {
    resolve(1);
    resolve(2);
    reject(new Error("late"));
  });
  expect(value).toBe(1);
  expect(() => nowOrLater(({ reject }) => reject(new Error("no disk")))).toThrow("no disk");
  expect(nowOrLater<undefined>(({ resolve }) => resolve(undefined))).toBeUndefined();
});

test("what is told later comes by promise", async () => {
  const open: Told<number>[] = [];
  const one = nowOrLater<number>((told) => open.push(told));
  const other = nowOrLater<number>((told) => open.push(told));
  open[0]?.resolve(1);
  open[1]?.reject(new Error("no server"));
  expect(one).toBeInstanceOf(Promise);
  expect(await one).toBe(1);
  await expect(other).rejects.toThrow("no server");
});
