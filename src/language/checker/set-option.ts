import { didYouMean } from "../../diagnostics/suggest.ts";
import { readQuantity } from "../../facts/quantity.ts";
import type { AstOption, Literal, Name } from "../syntax/ast.ts";
import { type Report, replacement } from "./report.ts";

/** What a field of the upstream body can be set to. */
type Field =
  | { readonly kind: "number"; readonly least: number; readonly most: number }
  | { readonly kind: "whole" }
  | { readonly kind: "boolean" }
  | { readonly kind: "text"; readonly values?: readonly string[] };

/** The fields `set` may write (LANGUAGE §4): sampling and effort, never what decides the route, the bill or the format. */
const fields: Readonly<Record<string, Field>> = {
  temperature: { kind: "number", least: 0, most: 2 },
  top_p: { kind: "number", least: 0, most: 1 },
  presence_penalty: { kind: "number", least: -2, most: 2 },
  frequency_penalty: { kind: "number", least: -2, most: 2 },
  seed: { kind: "whole" },
  stop: { kind: "text" },
  user: { kind: "text" },
  reasoning_effort: {
    kind: "text",
    values: ["none", "minimal", "low", "medium", "high", "xhigh"],
  },
  verbosity: { kind: "text", values: ["low", "medium", "high"] },
  parallel_tool_calls: { kind: "boolean" },
};

/** A field that `set` writes. */
export interface SettableField {
  readonly name: string;
  /** What it takes, in words. */
  readonly takes: string;
  /** The values that a text may have; empty where any will do, or it is no text. */
  readonly values: readonly string[];
}

/** The fields that `set` writes. */
export function settableFields(): readonly SettableField[] {
  return Object.entries(fields).map(([name, field]) => ({
    name,
    takes: describe(field),
    values: field.kind === "text" ? (field.values ?? []) : [],
  }));
}

/** Whether `set` writes a field of this name, spelt with `-` or `_`. */
export function isSettable(name: string): boolean {
  return Object.hasOwn(fields, name.replaceAll("-", "_"));
}

const elsewhere: Readonly<Record<string, string>> = {
  model: "the route chooses the model",
  max_tokens: "`max_tokens 1k` is an option of its own, and only ever lowers the client's",
  max_completion_tokens:
    "`max_tokens 1k` is an option of its own, and only ever lowers the client's",
};

type SetValue = number | string | boolean;

/** `set temperature 0`: one field of the upstream body, checked against the fixed list. */
export function readSetting(report: Report, option: AstOption, set: Map<string, SetValue>): void {
  const [key, value, extra] = option.arguments;
  if (key === undefined || value === undefined || extra !== undefined || "kind" in key) {
    const place = key !== undefined && "kind" in key ? key.span : (extra?.span ?? option.span);
    report.add("P0308", place, "`set` takes a field and a value", {
      help: "write `set temperature 0`",
    });
    return;
  }
  const name = key.text.replaceAll("-", "_");
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) {
    reportField(report, key, name);
    return;
  }
  const read = readFieldValue(field, value);
  if (read === null) {
    report.add("P0308", value.span, `\`${name}\` takes ${describe(field)}`, {
      label: "not this value",
    });
  } else if (set.has(name)) {
    report.add("P0409", option.span, `\`${name}\` is set twice`, { help: "keep one of the two" });
  } else set.set(name, read);
}

function reportField(report: Report, key: Name, name: string): void {
  const reason = elsewhere[name];
  const names = Object.keys(fields);
  const near = reason === undefined ? didYouMean(name, names) : null;
  report.add("P0217", key.span, `\`set\` does not set \`${key.text}\``, {
    label: `it sets: ${names.join(", ")}`,
    help: reason ?? (near === null ? "other fields are the client's" : `did you mean \`${near}\`?`),
    fix: near === null ? null : replacement(`replace with \`${near}\``, key.span, near),
  });
}

function readFieldValue(field: Field, value: Name | Literal): SetValue | null {
  const text = "text" in value ? value.text : null;
  if (field.kind === "text") {
    return text !== null && (field.values?.includes(text) ?? true) ? text : null;
  }
  if (!("kind" in value)) return null;
  if (field.kind === "boolean") return value.kind === "boolean" ? value.value : null;
  const read = value.kind === "number" ? readQuantity(value.raw) : null;
  if (read === null || !read.ok) return null;
  if (read.type.kind !== "whole" && (read.type.kind !== "decimal" || field.kind === "whole")) {
    return null;
  }
  const inRange = field.kind === "whole" || (read.value >= field.least && read.value <= field.most);
  return inRange ? read.value : null;
}

function describe(field: Field): string {
  switch (field.kind) {
    case "number":
      return `a number from ${field.least} to ${field.most}`;
    case "whole":
      return "a whole number";
    case "boolean":
      return "`true` or `false`";
    case "text":
      return field.values === undefined ? "a text" : `one of ${field.values.join(", ")}`;
  }
}
