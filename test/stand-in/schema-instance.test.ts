import { expect, test } from "vitest";
import { instanceOf } from "../../src/stand-in/schema-instance.ts";

test.each<[string, unknown, unknown]>([
  [
    "properties",
    {
      type: "object",
      properties: { a: { type: "string" }, b: { type: "boolean" } },
      required: ["a"],
    },
    { a: "stand-in a", b: true },
  ],
  ["a required name without a schema", { type: "object", required: ["x"] }, { x: "stand-in x" }],
  ["an enum", { enum: ["red", "green"] }, "red"],
  ["a constant", { const: 7 }, 7],
  ["a default", { type: "string", default: "d" }, "d"],
  ["a nullable type", { type: ["null", "integer"] }, 1],
  ["bounds", { type: "integer", minimum: 5, maximum: 9 }, 5],
  ["bounds below one", { type: "number", minimum: 0, maximum: 0.5 }, 0.5],
  ["exclusive bounds", { type: "integer", exclusiveMinimum: 3 }, 4],
  ["a step", { type: "integer", minimum: 7, multipleOf: 5 }, 10],
  ["lengths", { type: "string", minLength: 20, maxLength: 22 }, "stand-in value......"],
  ["a short text", { type: "string", maxLength: 3 }, "sta"],
  ["a format", { type: "string", format: "date" }, "2026-01-01"],
  ["items", { type: "array", items: { type: "integer" }, minItems: 2 }, [1, 1]],
  ["no items", { type: "array", maxItems: 0 }, []],
  ["a choice", { anyOf: [{ type: "null" }, { type: "string" }] }, null],
  [
    "parts that all hold",
    {
      allOf: [
        { properties: { a: { const: 1 } } },
        { properties: { b: { const: 2 } }, required: ["b"] },
      ],
    },
    { a: 1, b: 2 },
  ],
  [
    "a reference",
    {
      $ref: "#/$defs/p",
      $defs: { p: { type: "object", properties: { x: { $ref: "#/$defs/q" } } }, q: { const: 3 } },
    },
    { x: 3 },
  ],
  ["anything", {}, "stand-in value"],
  ["no schema", null, "stand-in value"],
])("an instance fits %s", (_name, schema, expected) => {
  expect(instanceOf(schema)).toEqual(expected);
});

test("a schema that contains itself ends", () => {
  const tree = {
    $ref: "#/$defs/t",
    $defs: {
      t: { type: "object", properties: { v: { type: "integer" }, next: { $ref: "#/$defs/t" } } },
    },
  };
  const loop = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } };
  expect(JSON.stringify(instanceOf(tree)).length).toBeLessThan(500);
  expect(instanceOf(loop)).toBe("stand-in value");
});
