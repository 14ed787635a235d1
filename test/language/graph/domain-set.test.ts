import fc from "fast-check";
import { expect, test } from "vitest";
import {
  complement,
  type DomainSet,
  hasNumber,
  hasText,
  intersect,
  knownComplement,
  nextAbove,
  numberSet,
  textSet,
  triviality,
  unite,
} from "../../../src/language/graph/domain-set.ts";

type State = number | "unknown";
const has = (set: DomainSet, state: State): boolean => {
  if (state === "unknown") return set.unknown;
  return set.kind === "number" ? hasNumber(set, state) : hasText(set, state);
};
const states: readonly State[] = [-1, 0, 1, 2, 3, 4, 5, "unknown"];

const end = fc.constantFrom(Number.NEGATIVE_INFINITY, 0, 1, 2, 3, 4, Number.POSITIVE_INFINITY);
const numbers = fc
  .tuple(fc.array(fc.record({ from: end, to: end }), { maxLength: 3 }), fc.boolean())
  .map(([ranges, unknown]): DomainSet => ({ ...numberSet(ranges), unknown }));
const texts = fc
  .tuple(fc.array(fc.nat(4)), fc.boolean(), fc.boolean())
  .map(([ids, listed, unknown]) => textSet(ids, listed, unknown));

test.each([
  ["numbers", "number", numbers],
  ["texts", "text", texts],
] as const)("sets of %s obey the laws of sets at every state", (_, kind, arbitrary) => {
  fc.assert(
    fc.property(fc.array(arbitrary, { maxLength: 4 }), (sets) => {
      const union = unite(sets, kind);
      const section = intersect(sets, kind);
      for (const state of states) {
        expect(has(union, state)).toBe(sets.some((set) => has(set, state)));
        expect(has(section, state)).toBe(sets.every((set) => has(set, state)));
        expect(has(complement(union), state)).toBe(!has(union, state));
        expect(has(knownComplement(union), state)).toBe(state !== "unknown" && !has(union, state));
      }
      const every = states.map((state) => has(union, state));
      if (triviality(union) === "full") expect(every).not.toContain(false);
      if (triviality(union) === "empty") expect(every).not.toContain(true);
      expect(triviality(unite([union, complement(union)], kind))).toBe("full");
      expect(triviality(intersect([union, complement(union)], kind))).toBe("empty");
    }),
  );
});

test.each([0, -0, 1, -1, 0.1, -0.1, 2 ** 53, Number.MIN_VALUE, -Number.MIN_VALUE])(
  "nothing lies between %d and the next double above it",
  (value) => {
    const above = nextAbove(value);
    expect(above).toBeGreaterThan(value);
    const middle = value + (above - value) / 2;
    expect([value, above]).toContain(middle === 0 ? middle + 0 : middle);
  },
);

test("nothing is above the infinities but they themselves", () => {
  expect(nextAbove(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  expect(nextAbove(Number.MAX_VALUE)).toBe(Number.POSITIVE_INFINITY);
});
