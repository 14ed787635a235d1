import { expect, test } from "vitest";
import { defaultHealth } from "../../src/configuration/default-configuration.ts";
import { type Came, Impatience } from "../../src/gateway/impatience.ts";

/** Questions to one target, each sent and ended at a moment. */
function staged() {
  const settings = { ...defaultHealth, consecutive: 3, openMs: 1_000, openJitter: 0 };
  const impatience = new Impatience(
    () => settings,
    () => 0.5,
  );
  const ask = (atMs: number, came: Came): void => impatience.sent("slow", atMs)(came, atMs);
  return { impatience, ask, spares: (atMs: number) => impatience.spares("slow", atMs) };
}

test("a target that is late so often in a row is left alone for a while", () => {
  const { ask, spares, impatience } = staged();
  for (const came of ["late", "late", "in-time", "late", "late"] as const) ask(0, came);
  expect(spares(0)).toBe(false);
  ask(0, "late");
  expect([spares(999), spares(1_000)]).toEqual([true, false]);
  expect(impatience.spares("another", 0)).toBe(false);
});

test("what tells nothing of its time neither counts nor makes anything up", () => {
  const { ask, spares } = staged();
  for (const came of ["late", "untold", "late", "untold", "late"] as const) ask(0, came);
  expect(spares(0)).toBe(true);
});

test("then one question is sent to see, and the others wait for what comes of it", () => {
  const { ask, impatience, spares } = staged();
  for (let n = 0; n < 3; n += 1) ask(0, "late");
  const probe = impatience.sent("slow", 1_000);
  expect(spares(1_000)).toBe(true);
  probe("late", 1_500);
  // Twice as long as the first time.
  expect([spares(3_499), spares(3_500)]).toEqual([true, false]);
  impatience.sent("slow", 3_500)("untold", 3_600);
  expect(spares(3_600)).toBe(false);
  impatience.sent("slow", 3_600)("in-time", 3_700);
  ask(3_700, "late");
  expect(spares(3_700)).toBe(false);
});
