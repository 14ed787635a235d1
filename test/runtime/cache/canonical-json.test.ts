import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../../src/runtime/cache/canonical-json.ts";

test.each([
  [{ b: 1, a: [2, { d: 3, c: null }] }, '{"a":[2,{"c":null,"d":3}],"b":1}'],
  [{ a: undefined, b: 'ä\u2028"' }, JSON.stringify({ b: 'ä\u2028"' })],
  [[undefined, -0, 1e21, true], "[null,0,1e+21,true]"],
  ["x", '"x"'],
  [undefined, "null"],
])("%j is written as %s", (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test("it says what the value says", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("two values of one text are the same, and two that are the same have one text", () => {
  const some = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(some, some, (one, other) => {
      const isSame = canonicalJson(one) === canonicalJson(other);
      expect(isSame).toBe(canonicalJson(JSON.parse(canonicalJson(one))) === canonicalJson(other));
      if (isSame)
        expect(JSON.parse(JSON.stringify(one))).toEqual(JSON.parse(JSON.stringify(other)));
    }),
  );
});
