import { isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from "yaml";
import type { Span } from "../diagnostics/diagnostic.ts";
import { readNumber, readText, secretReference, writtenText } from "./read-scalar.ts";
import type { Entry, YamlReader } from "./read-yaml.ts";
import {
  type Field,
  type Located,
  needed,
  policyName,
  type RecordShape,
  record,
  type SecretReference,
  type Shape,
  text,
  type ValueOf,
} from "./shape.ts";

/** Shapes of a single value. */
type PlainShape = Extract<Shape, { kind: "text" | "quantity" | "boolean" | "scalar" }>;

const environmentName = /[^A-Za-z0-9]+/g;

/** Where a value stands, for messages. */
export interface Place {
  /** The keys that lead to it, with dots; empty for the whole file. */
  readonly path: string;
  /** What to underline when the value is missing. */
  readonly keySpan: Span;
}

function named(place: Place): string {
  return place.path === "" ? "the configuration" : `\`${place.path}\``;
}

/**
 * Reads a node as a shape says. Everything that does not fit is reported, all of it at once, and left out of what comes
 * back; undefined when nothing of it can be used.
 */
export function readShape<S extends Shape>(
  reader: YamlReader,
  shape: S,
  node: Node | null,
  place: Place,
): Located<ValueOf<S>> | undefined {
  return readAny(reader, shape, node, place) as Located<ValueOf<S>> | undefined;
}

function readAny(
  reader: YamlReader,
  shape: Shape,
  node: Node | null,
  place: Place,
): Located<unknown> | undefined {
  const resolved = reader.resolve(node);
  if (resolved === undefined) return undefined;
  if (resolved === null || isEmpty(resolved)) {
    reportEmpty(reader, shape, place);
    return undefined;
  }
  const value = readValue(reader, shape, resolved, place);
  if (value === undefined) return undefined;
  return { value, span: reader.spanOf(resolved), keySpan: place.keySpan };
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

/** A section whose every line is commented out is fine; a value that is not there is not. */
function reportEmpty(reader: YamlReader, shape: Shape, place: Place): void {
  if (shape.kind === "map") return;
  if (shape.kind === "record" && Object.values(shape.fields).every((each) => !each.required))
    return;
  reader.report("C0106", place.keySpan, `${named(place)} has no value`);
}

function readValue(reader: YamlReader, shape: Shape, node: Node, place: Place): unknown {
  switch (shape.kind) {
    case "record":
      return isMap(node)
        ? readRecord(reader, shape, node, place)
        : wrongMap(reader, shape, node, place);
    case "map":
      return isMap(node)
        ? readMap(reader, shape, node, place)
        : wrongMap(reader, shape, node, place);
    case "list":
      return readList(reader, shape, node, place);
    case "either":
      return readValue(reader, isMap(node) ? shape.map : shape.plain, node, place);
    case "secret":
      return readSecret(reader, node, place);
    default:
      if (!isScalar(node)) return wrong(reader, node, place, "a single value");
      return readPlain(reader, shape, node, place);
  }
}

function readPlain(reader: YamlReader, shape: PlainShape, node: Scalar, place: Place): unknown {
  if (shape.kind === "text") return readText(reader, shape, node);
  if (shape.kind === "quantity") return readNumber(reader, shape, node);
  const { value } = node;
  if (shape.kind === "boolean") {
    return typeof value === "boolean" ? value : wrong(reader, node, place, "true or false");
  }
  return typeof value === "boolean" || typeof value === "number" ? value : writtenText(node);
}

function wrong(reader: YamlReader, node: Node, place: Place, expected: string): undefined {
  reader.report("C0102", reader.spanOf(node), `${named(place)} takes ${expected}`);
  return undefined;
}

/** Where a map with a secret in it belongs, a value may well be that secret. */
function wrongMap(reader: YamlReader, shape: Shape, node: Node, place: Place): undefined {
  if (place.path !== "" && holdsSecret(shape)) reader.hide(reader.spanOf(node));
  return wrong(reader, node, place, "a map");
}

function holdsSecret(shape: Shape): boolean {
  if (shape.kind === "record") return Object.values(shape.fields).some(isSecretField);
  return shape.kind === "secret" || (shape.kind === "map" && holdsSecret(shape.of));
}

const isSecretField = ({ shape }: Field): boolean => shape.kind === "secret";

function readRecord(
  reader: YamlReader,
  shape: RecordShape<Readonly<Record<string, Field>>>,
  node: YAMLMap,
  place: Place,
): Record<string, Located<unknown>> {
  const { fields } = shape;
  const values: Record<string, Located<unknown>> = {};
  const given = new Set<string>();
  for (const entry of reader.entries(node)) {
    const field = Object.hasOwn(fields, entry.name) ? fields[entry.name] : undefined;
    given.add(entry.name);
    if (field === undefined) {
      if (shape.later.includes(entry.name)) reportLater(reader, entry);
      else {
        // A misspelt `key` has the secret beside it.
        if (holdsSecret(shape) && entry.node !== null) reader.hide(reader.spanOf(entry.node));
        reader.reportUnknownKey(entry, Object.keys(fields), named(place));
      }
      continue;
    }
    const value = readAny(reader, field.shape, entry.node, below(place, entry));
    if (value !== undefined) values[entry.name] = value;
  }
  for (const [name, field] of Object.entries(fields)) {
    if (!field.required || given.has(name)) continue;
    reader.report("C0105", place.keySpan, `${named(place)} has no \`${name}\``, {
      help: `add \`${name}\`: ${field.doc.slice(0, 1).toLowerCase()}${field.doc.slice(1)}`,
    });
  }
  if (shape.either !== undefined) checkEither(reader, shape.either, given, place);
  return values;
}

function checkEither(
  reader: YamlReader,
  [one, other]: readonly [string, string],
  given: ReadonlySet<string>,
  place: Place,
): void {
  const both = given.has(one) && given.has(other);
  if (both)
    reader.report("C0104", place.keySpan, `${named(place)} has a \`${one}\` and a \`${other}\``, {
      help: `leave one of them out`,
    });
  if (both || given.has(one) || given.has(other)) return;
  reader.report("C0105", place.keySpan, `${named(place)} has no \`${one}\` and no \`${other}\``, {
    help: "add one of them",
  });
}

function reportLater(reader: YamlReader, entry: Entry): void {
  reader.report("C0107", entry.keySpan, `this version has no \`${entry.name}\` section yet`, {
    help: "remove the section: nothing would act on it",
  });
}

function below(place: Place, entry: Entry): Place {
  const path = place.path === "" ? entry.name : `${place.path}.${entry.name}`;
  return { path, keySpan: entry.keySpan };
}

function readMap(
  reader: YamlReader,
  shape: Extract<Shape, { kind: "map" }>,
  node: YAMLMap,
  place: Place,
): Map<string, Located<unknown>> {
  const values = new Map<string, Located<unknown>>();
  for (const entry of reader.entries(node)) {
    if (shape.names === "policy" && !policyName.test(entry.name)) {
      reader.report("C0109", entry.keySpan, `a policy cannot name \`${entry.name}\``, {
        help: "a name starts with a letter and holds letters, digits, `-`, `_`, and dots before digits",
      });
      continue;
    }
    const value = readAny(reader, shape.of, entry.node, below(place, entry));
    if (value !== undefined) values.set(entry.name, value);
  }
  return values;
}

function readList(
  reader: YamlReader,
  shape: Extract<Shape, { kind: "list" }>,
  node: Node,
  place: Place,
): Located<unknown>[] | undefined {
  if (!isSeq(node)) {
    if (!shape.orOne || isMap(node)) return wrong(reader, node, place, "a list");
    const only = readAny(reader, shape.of, node, place);
    return only === undefined ? undefined : [only];
  }
  const values: Located<unknown>[] = [];
  for (const [index, item] of (node.items as (Node | null)[]).entries()) {
    const keySpan = item === null ? place.keySpan : reader.spanOf(item);
    const at = { path: `${place.path}[${index}]`, keySpan };
    const value = readAny(reader, shape.of, item, at);
    if (value !== undefined) values.push(value);
  }
  return values;
}

const secretFile = record({ file: needed(text, "The file that holds it.") });

function readSecret(reader: YamlReader, node: Node, place: Place): SecretReference | undefined {
  if (isMap(node)) {
    const name = readRecord(reader, secretFile, node, place)["file"]?.value;
    return typeof name === "string" ? { from: "file", name } : undefined;
  }
  if (!isScalar(node)) return wrong(reader, node, place, "a reference to a variable or a file");
  const reference = secretReference(writtenText(node).trim());
  if (reference !== null) return reference;
  reportLiteral(reader, node, place);
  return undefined;
}

/** The message and the masked source keep the secret out of every log. */
function reportLiteral(reader: YamlReader, node: Scalar, place: Place): void {
  const span = reader.spanOf(node);
  reader.hide(span);
  const [section, owner] = place.path.split(".");
  const variable = `${(owner === "key" ? `signalbox_${section}` : (owner ?? "")).replaceAll(environmentName, "_").toUpperCase()}_KEY`;
  const reference = `"\${${variable}}"`;
  reader.report("C0201", span, `${named(place)} holds the secret itself`, {
    label: "move it out of the file",
    help: `put it into the environment and write ${reference}, or into a file of its own and write { file: path }`,
    fix: { title: `write ${reference} and set ${variable}`, edits: [{ span, text: reference }] },
  });
}
