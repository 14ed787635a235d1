import type { Fields } from "../../protocol/conversation.ts";
import { isFields } from "../fields.ts";
import { camelCase } from "./canonical-body.ts";

/** Keywords whose number the wire may write as text, as protocol buffers do with long ones. */
const numbers: ReadonlySet<string> = new Set([
  "maxItems",
  "maxLength",
  "maxProperties",
  "minItems",
  "minLength",
  "minProperties",
]);
const types: ReadonlySet<string> = new Set([
  "array",
  "boolean",
  "integer",
  "null",
  "number",
  "object",
  "string",
]);

/**
 * The JSON Schema that a schema in the wire's own words is: a subset of OpenAPI's, with upper-case types, `nullable`, and an order
 * of properties, which the properties themselves take here. What is in JSON Schema's words already stays.
 */
export function jsonSchemaOf(schema: Fields): Fields {
  const out: Record<string, unknown> = {};
  let nullable = false;
  let order: readonly unknown[] = [];
  for (const [written, value] of Object.entries(schema)) {
    const name = camelCase(written);
    if (value === null) continue;
    if (name === "nullable") nullable = value === true;
    else if (name === "propertyOrdering") order = Array.isArray(value) ? value : [];
    else if (name === "example") out["examples"] = [value];
    else if (name === "format" && value === "enum") continue;
    else keep(out, name, value);
  }
  const { properties } = out;
  if (isFields(properties) && order.length > 0) out["properties"] = ordered(properties, order);
  return nullable ? withNull(out) : out;
}

function keep(out: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "type") {
    const type = typeOf(value);
    if (type !== null) out[name] = type;
  } else if (name === "properties" || name === "$defs" || name === "defs") {
    out[name === "defs" ? "$defs" : name] = byName(value);
  } else if (name === "ref") out["$ref"] = value;
  else if (numbers.has(name) && typeof value === "string") out[name] = Number(value);
  else if (name === "default" || name === "enum" || name === "examples") out[name] = value;
  else out[name] = inner(value);
}

/** Types in small letters; null for the word for none. */
function typeOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const type = value.toLowerCase();
  return types.has(type) ? type : null;
}

function byName(value: unknown): unknown {
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one)]));
}

function inner(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => inner(one));
  return isFields(value) ? jsonSchemaOf(value) : value;
}

function ordered(properties: Fields, order: readonly unknown[]): Fields {
  const first = order.filter((name) => typeof name === "string" && Object.hasOwn(properties, name));
  const names = new Set([...(first as readonly string[]), ...Object.keys(properties)]);
  return Object.fromEntries([...names].map((name) => [name, properties[name]]));
}

function withNull(schema: Record<string, unknown>): Fields {
  const { type, enum: values } = schema;
  const listed = Array.isArray(values) ? { enum: [...values, null] } : {};
  if (typeof type === "string") return { ...schema, ...listed, type: [type, "null"] };
  if (Array.isArray(schema["anyOf"]))
    return { ...schema, anyOf: [...schema["anyOf"], { type: "null" }] };
  return { ...schema, ...listed };
}
