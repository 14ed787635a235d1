type Schema = Readonly<Record<string, unknown>>;

const maxDepth = 12;
const maxItems = 100;

/**
 * An instance that fits a JSON Schema: required and declared properties, enums, constants, references into the schema, bounds of
 * numbers, lengths and item counts. Patterns are not solved. Deterministic.
 */
export function instanceOf(schema: unknown): unknown {
  return build(schema, asSchema(schema), "value", 0);
}

function asSchema(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Schema)
    : {};
}

function build(node: unknown, root: Schema, name: string, depth: number): unknown {
  const schema = resolve(asSchema(node), root);
  if ("const" in schema) return schema["const"];
  if (Array.isArray(schema["enum"]) && schema["enum"].length > 0) return schema["enum"][0];
  if ("default" in schema) return schema["default"];
  for (const key of ["anyOf", "oneOf"]) {
    const options = schema[key];
    if (Array.isArray(options) && options.length > 0)
      return build(options[0], root, name, depth + 1);
  }
  switch (typeOf(schema)) {
    case "object":
      return objectOf(schema, root, depth);
    case "array":
      return arrayOf(schema, root, name, depth);
    case "integer":
      return numberOf(schema, true);
    case "number":
      return numberOf(schema, false);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return textOf(schema, name);
  }
}

/** Follows a local reference and folds `allOf` into one schema. */
function resolve(schema: Schema, root: Schema): Schema {
  let seen = schema;
  for (let hops = 0; typeof seen["$ref"] === "string" && hops < maxDepth; hops++) {
    let target: unknown = root;
    for (const step of seen["$ref"].replace(/^#\/?/, "").split("/"))
      if (step !== "") target = asSchema(target)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
    seen = asSchema(target);
  }
  if (!Array.isArray(seen["allOf"])) return seen;
  const { allOf, ...own } = seen;
  const parts = [own, ...allOf.map((part) => resolve(asSchema(part), root))];
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map((part) => part["properties"])),
    required: parts.flatMap((part) => namesOf(part["required"])),
  };
}

function typeOf(schema: Schema): string {
  const type = schema["type"];
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return String(type.find((one) => one !== "null") ?? "null");
  if ("properties" in schema) return "object";
  return "items" in schema ? "array" : "string";
}

function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}

function objectOf(schema: Schema, root: Schema, depth: number): unknown {
  const properties = asSchema(schema["properties"]);
  const required = namesOf(schema["required"]);
  const names = depth < maxDepth / 2 ? [...Object.keys(properties), ...required] : required;
  if (depth >= maxDepth) return {};
  return Object.fromEntries(
    [...new Set(names)].map((name) => [name, build(properties[name], root, name, depth + 1)]),
  );
}

function arrayOf(schema: Schema, root: Schema, name: string, depth: number): unknown {
  const least = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
  const most = typeof schema["maxItems"] === "number" ? schema["maxItems"] : maxItems;
  const count = depth >= maxDepth / 2 ? least : Math.max(least, Math.min(1, most));
  return Array.from({ length: Math.min(count, maxItems) }, () =>
    build(schema["items"], root, name, depth + 1),
  );
}

function numberOf(schema: Schema, whole: boolean): number {
  const bound = (key: string): number | null =>
    typeof schema[key] === "number" ? (schema[key] as number) : null;
  const above = bound("exclusiveMinimum");
  const below = bound("exclusiveMaximum");
  const least = bound("minimum") ?? (above === null ? null : above + (whole ? 1 : 1e-3));
  const most = bound("maximum") ?? (below === null ? null : below - (whole ? 1 : 1e-3));
  const step = bound("multipleOf") ?? (whole ? 1 : null);
  const wanted = Math.min(most ?? Number.POSITIVE_INFINITY, Math.max(least ?? 1, 1));
  if (step === null || step <= 0) return wanted;
  const up = Math.ceil(wanted / step) * step;
  return most !== null && up > most ? Math.floor(most / step) * step : up;
}

const formats: Readonly<Record<string, string>> = {
  date: "2026-01-01",
  "date-time": "2026-01-01T00:00:00Z",
  time: "12:00:00Z",
  email: "stand-in@example.com",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
  ipv4: "192.0.2.1",
  hostname: "example.com",
};

function textOf(schema: Schema, name: string): string {
  const known = formats[String(schema["format"])];
  if (known !== undefined) return known;
  const least = typeof schema["minLength"] === "number" ? Math.min(schema["minLength"], 10_000) : 0;
  const most = typeof schema["maxLength"] === "number" ? schema["maxLength"] : 10_000;
  return `stand-in ${name}`.padEnd(least, ".").slice(0, most);
}
