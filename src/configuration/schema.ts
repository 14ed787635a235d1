import type { Json } from "../base/json.ts";
import { configurationKeys } from "./keys.ts";
import {
  type Field,
  policyName,
  type QuantityShape,
  type RecordShape,
  type Shape,
  type TextShape,
  type Unit,
} from "./shape.ts";

const patterns: Readonly<Record<Unit, string>> = {
  whole: "^\\d+(\\.\\d+)?(k|M|G|Ki|Mi|Gi)?$",
  duration: "^\\d+(\\.\\d+)?(ms|s|m|h|d)$",
  price: "^\\$?\\d+(\\.\\d+)?\\s*/\\s*M$",
  share: "^\\d+(\\.\\d+)?%?$",
  money: "^\\$?\\d+(\\.\\d+)?$",
  spend: "^\\$?\\d+(\\.\\d+)?$",
  rate: "^\\d+(\\.\\d+)?(/s)?$",
};

/** The JSON Schema of `signalbox.yaml`, made from the description that the reader follows. */
export function configurationSchema(): Json {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Signalbox configuration",
    ...schemaOf(configurationKeys),
  };
}

function schemaOf(shape: Shape): { readonly [key: string]: Json } {
  switch (shape.kind) {
    case "text":
      return textSchema(shape);
    case "quantity":
      return quantitySchema(shape);
    case "boolean":
      return { type: "boolean" };
    case "scalar":
      return { type: ["string", "number", "boolean"] };
    case "secret":
      return secretSchema;
    case "list": {
      const list = { type: "array", items: schemaOf(shape.of) };
      return shape.orOne ? { anyOf: [schemaOf(shape.of), list] } : list;
    }
    case "map":
      return {
        type: ["object", "null"],
        additionalProperties: schemaOf(shape.of),
        ...(shape.names === "policy" ? { propertyNames: { pattern: policyName.source } } : {}),
      };
    case "record":
      return recordSchema(shape);
    case "either":
      return { anyOf: [schemaOf(shape.plain), schemaOf(shape.map)] };
  }
}

function recordSchema({ fields, either }: RecordShape<Readonly<Record<string, Field>>>): {
  readonly [key: string]: Json;
} {
  const entries = Object.entries(fields);
  const required = entries.filter(([, field]) => field.required).map(([name]) => name);
  const properties = entries.map(([name, field]): [string, Json] => [
    name,
    { description: field.doc, ...schemaOf(field.shape) },
  ]);
  return {
    type: required.length === 0 && either === undefined ? ["object", "null"] : "object",
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    ...(either === undefined ? {} : { oneOf: either.map((name) => ({ required: [name] })) }),
    additionalProperties: false,
  };
}

/** YAML reads `region: 1` as a number; the reader takes it as the text it is written as, and so does the schema. */
function textSchema(shape: TextShape<string>): { readonly [key: string]: Json } {
  if (shape.values !== null) return { type: "string", enum: shape.values };
  if (shape.like === null) return { type: ["string", "number", "boolean"] };
  return { type: "string", pattern: shape.like.pattern.source, examples: [shape.like.example] };
}

function quantitySchema(shape: QuantityShape): { readonly [key: string]: Json } {
  const asText = { type: "string", pattern: patterns[shape.unit] };
  if (shape.unit === "duration" || shape.unit === "price") return asText;
  if (shape.unit === "money" || shape.unit === "spend") {
    return { anyOf: [{ type: "number", minimum: 0 }, asText] };
  }
  const type = shape.unit === "whole" ? "integer" : "number";
  return { anyOf: [{ type, minimum: shape.min, maximum: shape.max }, asText] };
}

const secretSchema: { readonly [key: string]: Json } = {
  anyOf: [
    { type: "string", pattern: "^(\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}|file:\\s*\\S.*)$" },
    {
      type: "object",
      properties: { file: { description: "The file that holds it.", type: "string" } },
      required: ["file"],
      additionalProperties: false,
    },
  ],
};
