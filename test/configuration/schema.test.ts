// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables look like that
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readConfiguration } from "../../src/configuration/read.ts";
import { configurationSchema } from "../../src/configuration/schema.ts";
import { example } from "./support.ts";

interface Schema {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
}

function typeOf(value: unknown): string[] {
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array"];
  if (typeof value === "number")
    return Number.isInteger(value) ? ["integer", "number"] : ["number"];
  return [typeof value];
}

/** The part of JSON Schema that the generated schema uses. */
function accepts(schema: Schema, value: unknown): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some((each) => accepts(each, value));
  const types = [schema.type ?? typeOf(value)].flat();
  if (!typeOf(value).some((type) => types.includes(type))) return false;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  if (typeof value === "string") return new RegExp(schema.pattern ?? "").test(value);
  if (typeof value === "number") {
    return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity);
  }
  if (Array.isArray(value)) return value.every((item) => accepts(schema.items ?? {}, item));
  if (value === null || typeof value !== "object") return true;
  return (
    (schema.required ?? []).every((name) => name in value) &&
    Object.entries(value).every(([name, each]) => {
      const further = schema.additionalProperties ?? true;
      const field = schema.properties?.[name] ?? further;
      const named = schema.propertyNames === undefined || accepts(schema.propertyNames, name);
      return named && (typeof field === "boolean" ? field : accepts(field, each));
    })
  );
}

const schema = configurationSchema() as Schema;

test("the schema in schemas/ is the one the reader's description gives (npm run generate makes it)", () => {
  const written = readFileSync("schemas/signalbox.schema.json", "utf8");
  expect(JSON.parse(written)).toEqual(configurationSchema());
});

test("the schema accepts the example configuration", () => {
  expect(accepts(schema, parse(example))).toBe(true);
});

test.each([
  "server: { port: 8787, drain: 30s, body-limit: 20Mi }",
  "server: { port: 99999 }",
  "server: { prot: 1 }",
  "server: { drain: 30 }",
  "server: []",
  "server:",
  "limits: {}",
  'redis: { url: "${REDIS_URL}", prefix: team-a }',
  "redis: { url: redis://localhost }",
  "ledger: { keep: 30d, survives: power }",
  "ledger: { survives: fire }",
  "providers: { p: { kind: openai } }",
  "providers: { p: { kind: opnai } }",
  "providers: { p: {} }",
  'providers: { p: { kind: openai, key: "${A}" } }',
  "providers: { p: { kind: openai, key: sk-1 } }",
  "providers: { p: { kind: openai, key: { file: k } } }",
  "providers: { p: { kind: openai, key: { fil: k } } }",
  "providers: { p: { kind: openai, connections: 0 } }",
  "facts: { x: { from: key.x, values: [a, 1, true] } }",
  "facts: { x: { from: [key.x, header.y], type: whole, default: 8k } }",
  "facts: { x: { from: nowhere.x } }",
  "facts: { 'x y': { from: key.x } }",
  "dispatch: { timeout: 10s, retry: 2 }",
  "dispatch: { retry: 99 }",
  "telemetry: { log-level: loud }",
])("the schema and the reader agree on %j", (text) => {
  const { configuration } = readConfiguration(
    { file: "signalbox.yaml", text },
    { variable: () => undefined, file: () => undefined },
  );
  expect(accepts(schema, parse(text))).toBe(configuration !== null);
});
