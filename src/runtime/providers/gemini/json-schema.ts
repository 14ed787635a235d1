import type { Fields } from "../../../protocol/conversation.ts";
import { isFields } from "../error-signal.ts";

/** Deeper schemas than this are not looked into. */
const maxDepth = 64;

/** Keywords whose value is one schema, a list of schemas, or schemas by name. */
const single: ReadonlySet<string> = new Set(["items", "additionalProperties", "not", "contains"]);
const several: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const byName: ReadonlySet<string> = new Set(["properties", "$defs", "patternProperties"]);

/**
 * A JSON Schema in the words that this wire reads (wire-formats §3.2): it takes any schema and understands a part of it, so that
 * only what it would misread is said otherwise: `const`, `definitions`, exclusive bounds of integers, neighbours of a `$ref`.
 */
export function readableSchema(schema: Fields, depth = 0): Fields {
  if (depth > maxDepth) return schema;
  const out: Record<string, unknown> = {};
  const isReference = typeof schema["$ref"] === "string";
  for (const [name, value] of Object.entries(schema)) {
    if (name === "$schema" || (isReference && !name.startsWith("$") && name !== "definitions"))
      continue;
    if (name === "$ref" && typeof value === "string")
      out[name] = value.replace(/^#\/definitions\//, "#/$defs/");
    else if (name === "definitions") out["$defs"] = named(value, depth);
    else if (single.has(name)) out[name] = inner(value, depth);
    else if (several.has(name) && Array.isArray(value))
      out[name] = value.map((one: unknown) => inner(one, depth));
    else if (byName.has(name)) out[name] = named(value, depth);
    else out[name] = value;
  }
  return withPlainBounds(withoutConst(out));
}

function inner(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => inner(one, depth));
  return isFields(value) ? readableSchema(value, depth + 1) : value;
}

function named(value: unknown, depth: number): unknown {
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one, depth)]));
}

function withoutConst(schema: Record<string, unknown>): Record<string, unknown> {
  const { const: value, ...rest } = schema;
  return typeof value === "string" || typeof value === "number"
    ? { ...rest, enum: [value] }
    : schema;
}

/** Integers above 0 are integers from 1 on; of other numbers no bound says the same, so theirs stay as they are. */
function withPlainBounds(schema: Record<string, unknown>): Record<string, unknown> {
  const { exclusiveMinimum: above, exclusiveMaximum: below, ...rest } = schema;
  if (schema["type"] !== "integer") return schema;
  if (typeof above === "number") {
    const { minimum } = rest;
    rest["minimum"] = Math.max(above + 1, typeof minimum === "number" ? minimum : above + 1);
  }
  if (typeof below === "number") {
    const { maximum } = rest;
    rest["maximum"] = Math.min(below - 1, typeof maximum === "number" ? maximum : below - 1);
  }
  return rest;
}
