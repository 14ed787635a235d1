import { describe, expect, test } from "vitest";
import type { Fields } from "../../../src/protocol/conversation.ts";
import { jsonSchemaOf } from "../../../src/surface/generate/json-schema.ts";

describe("a schema in the wire's words becomes JSON Schema", () => {
  test.each<[Fields, Fields]>([
    [
      { type: "STRING", format: "enum", enum: ["a"] },
      { type: "string", enum: ["a"] },
    ],
    [{ type: "TYPE_UNSPECIFIED" }, {}],
    [{ type: "INTEGER", nullable: true }, { type: ["integer", "null"] }],
    [
      { type: "STRING", nullable: true, enum: ["a"] },
      { type: ["string", "null"], enum: ["a", null] },
    ],
    [
      { any_of: [{ type: "STRING" }], nullable: true },
      { anyOf: [{ type: "string" }, { type: "null" }] },
    ],
    [
      { type: "ARRAY", items: { type: "NUMBER" }, min_items: "2" },
      { type: "array", items: { type: "number" }, minItems: 2 },
    ],
    [
      { type: "OBJECT", properties: { type: { type: "STRING" } } },
      { type: "object", properties: { type: { type: "string" } } },
    ],
    [
      { type: "STRING", example: "a", default: "TYPE" },
      { type: "string", examples: ["a"], default: "TYPE" },
    ],
    [
      { type: "OBJECT", default: { type: "A_B" } },
      { type: "object", default: { type: "A_B" } },
    ],
  ])("%j", (schema, expected) => {
    expect(jsonSchemaOf(schema)).toEqual(expected);
  });

  test("puts properties in the order it names", () => {
    const properties = { a: { type: "STRING" }, b: { type: "STRING" }, c: { type: "STRING" } };
    const schema = jsonSchemaOf({ type: "OBJECT", properties, propertyOrdering: ["c", "b"] });
    expect(Object.keys(schema["properties"] as Fields)).toEqual(["c", "b", "a"]);
  });
});
