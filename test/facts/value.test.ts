import fc from "fast-check";
import { expect, test } from "vitest";
import type { FactType, FactValue } from "../../src/facts/fact.ts";
import { readFactValue, showFactValue } from "../../src/facts/value.ts";

const noon = Date.parse("2026-11-23T12:00:00Z");

const read: readonly (readonly [kind: FactType["kind"], json: unknown, value: unknown])[] = [
  ["whole", 200, 200],
  ["whole", "8k", 8000],
  ["whole", "128Ki", 131_072],
  ["whole", "1.5M", 1_500_000],
  ["whole", 0.5, undefined],
  ["whole", 0, 0],
  ["whole", -1, undefined],
  ["whole", "-8k", undefined],
  ["whole", "abc", undefined],
  ["whole", "2s", undefined],
  ["whole", null, undefined],
  ["whole", Number.NaN, undefined],
  ["decimal", 0.5, 0.5],
  ["decimal", "10%", 0.1],
  ["decimal", "7", 7],
  ["money", "$0.02", 20_000_000_000],
  ["money", 0.02, 20_000_000_000],
  ["money", 1e-9, 1000],
  ["money", "free", undefined],
  ["price", "$3/M", 3_000_000],
  ["duration", "200ms", 200],
  ["duration", "1.5s", 1500],
  ["duration", 250, 250],
  ["duration", "200", undefined],
  ["time", "2026-11-23T13:00:00+01:00", noon],
  ["time", "2026-11-23T12:00:00.000Z", noon],
  ["time", "09:30", 34_200_000],
  ["time", "yesterday", undefined],
  ["time", "2026-13-45T00:00:00Z", undefined],
  ["date", "2026-11-23", 20_780],
  ["date", "2026-02-30", undefined],
  ["boolean", true, true],
  ["boolean", "false", false],
  ["boolean", "yes", undefined],
  ["boolean", 1, undefined],
  ["text", "a", "a"],
  ["text", 5, "5"],
  ["text", {}, undefined],
];

test.each(read)("as %s, %j is read as %j", (kind, json, value) => {
  expect(readFactValue({ kind }, json)).toBe(value);
});

test("text outside the declared values is no value", () => {
  const type: FactType = { kind: "text", values: ["free", "pro"] };
  expect(readFactValue(type, "pro")).toBe("pro");
  expect(readFactValue(type, "gold")).toBeUndefined();
});

const shown: readonly (readonly [kind: FactType["kind"], value: FactValue, text: string])[] = [
  ["whole", 8000, "8000"],
  ["money", 20_000_000_000, "$0.02"],
  ["money", 1, "$0.000000000001"],
  ["price", 3_000_000, "$3/M"],
  ["duration", 1500, "1500ms"],
  ["duration", 7_200_000, "2h"],
  ["duration", 0, "0s"],
  ["time", 34_200_000, "09:30"],
  ["time", noon, "2026-11-23T12:00:00.000Z"],
  ["date", 20_780, "2026-11-23"],
  ["boolean", true, "true"],
  ["money", 0.5, "0.5"],
  ["time", 1e300, "1e+300"],
];

test.each(shown)("as %s, %j is shown as %s", (kind, value, text) => {
  expect(showFactValue({ kind }, value)).toBe(text);
});

test("what is shown is read back", () => {
  const kinds = ["whole", "money", "price", "duration", "date"] as const;
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.nat(2_000_000), (kind, value) => {
      expect(readFactValue({ kind }, showFactValue({ kind }, value))).toBe(value);
    }),
  );
});
