import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, type Json } from "../../src/base/canonical-json.ts";

test("canonicalJson parses back to the value it was made of, whatever the value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("the order in which keys were written does not show", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(turned)).toBe(canonicalJson(value));
    }),
  );
  expect(canonicalJson({ b: [1, { d: null, c: "x" }], a: undefined, B: true })).toBe(
    '{"B":true,"b":[1,{"c":"x","d":null}]}',
  );
});
