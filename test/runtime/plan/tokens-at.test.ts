import { expect, test } from "vitest";
import { mostTokensAt, ratiosIn, tokensAt } from "../../../src/runtime/plan/tokens-at.ts";

const counts = {
  tokenRatio: ratiosIn({ "a.token_ratio": 1.25, "b.token_ratio": 0.8, "c.token_ratio": "x" }),
};

test.each([
  ["a", 125, 125],
  ["b", 80, 100],
  ["c", 100, 100],
  ["d", 100, 100],
])(
  "a hundred tokens are at %s expected to be %d, and for ceilings at most %d",
  (target, expected, most) => {
    expect(tokensAt(target, 100, counts)).toBe(expected);
    expect(mostTokensAt(target, 100, counts)).toBe(most);
  },
);

test("a size that nobody knows stays unknown", () => {
  expect(mostTokensAt("a", null, counts)).toBeNull();
});
