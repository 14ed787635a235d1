import { builtInFactTable } from "../facts/built-in.ts";
import type { Fact, FactTable, FactType, FactValue, Trust } from "../facts/fact.ts";
import { readFactValue } from "../facts/value.ts";
import type { BuildContext, Section } from "./build.ts";
import type { Located } from "./shape.ts";

type FactSection = Section<"facts"> extends ReadonlyMap<string, infer F> ? F : never;

const weakestFirst: readonly Trust[] = ["client", "key", "gateway"];

function trustOf(source: string): Trust {
  if (source.startsWith("key.")) return "key";
  return source.startsWith("detector.") ? "gateway" : "client";
}

/**
 * How far a fact of several sources can be trusted. A boolean is true as soon as one says so, so a client can raise but
 * not clear it: the strongest source counts. Of any other the first source that tells wins: the weakest counts.
 */
function combinedTrust(sources: readonly string[], type: FactType): Trust {
  const trusts = new Set(sources.map(trustOf));
  const order = type.kind === "boolean" ? weakestFirst.toReversed() : weakestFirst;
  return order.find((trust) => trusts.has(trust)) ?? "client";
}

/** Built-in facts with those of the configuration, which replace what bears their name. */
export function buildFacts(section: Section<"facts">, context: BuildContext): FactTable {
  const builtIn = builtInFactTable();
  const table = new Map(builtIn);
  for (const [name, entry] of section) {
    if (builtIn.has(name) && !narrows(name, entry)) {
      context.reader.report("C0207", entry.keySpan, `\`${name}\` replaces the built-in fact`);
    }
    const fact = buildFact(name, entry, context);
    if (fact !== null) table.set(name, fact);
  }
  return table;
}

const keyFacts: ReadonlySet<string> = new Set(["user", "team", "tier"]);

/** Whether a fact is the built-in one as it is, read from the client's key, but for its values or its default. */
function narrows(name: string, { value }: FactSection): boolean {
  const [source, ...others] = value.from?.value ?? [];
  return (
    keyFacts.has(name) &&
    others.length === 0 &&
    source?.value === `key.${name}` &&
    (value.type === undefined || value.type.value === "text")
  );
}

function buildFact(name: string, { value }: FactSection, context: BuildContext): Fact | null {
  const sources = value.from?.value.map((each) => canonicalSource(each.value)) ?? [];
  if (sources.length === 0) return null;
  const type = typeOf(value, context);
  const standard =
    value.default === undefined ? undefined : defaultOf(value.default, type, context);
  return {
    name,
    type,
    costClass: sources.includes("detector.pii") ? 2 : 0,
    trust: combinedTrust(sources, type),
    mayBeUnknown: standard === undefined,
    ...(standard === undefined ? {} : { default: standard }),
    from: sources,
    doc: value.doc?.value ?? "Declared in the configuration.",
  };
}

/** HTTP ignores the case of header names. */
function canonicalSource(source: string): string {
  return source.startsWith("header.") ? source.toLowerCase() : source;
}

function typeOf(value: FactSection["value"], { reader }: BuildContext): FactType {
  const kind = value.type?.value ?? "text";
  if (value.values === undefined) return { kind };
  if (kind !== "text") {
    reader.report("C0106", value.values.keySpan, `only a fact of type text has \`values\``, {
      help: "leave out `values` or `type`",
    });
    return { kind };
  }
  const values = value.values.value.map((each) => String(each.value));
  if (values.length === 0) {
    reader.report(
      "C0106",
      value.values.span,
      "`values` is empty, so the fact could only be unknown",
    );
  }
  return { kind: "text", values: [...new Set(values)] };
}

function defaultOf(
  given: Located<string | number | boolean>,
  type: FactType,
  { reader }: BuildContext,
): FactValue | undefined {
  const read = readFactValue(type, given.value);
  if (read !== undefined) return read;
  const isListed = type.kind === "text" && type.values !== undefined;
  reader.report("C0106", given.span, `the default \`${given.value}\` is not of the fact's type`, {
    help: isListed
      ? `it has to be one of: ${type.values.join(", ")}`
      : `write a value of type ${type.kind}`,
  });
  return undefined;
}
