import type { Fact, FactValue } from "../facts/fact.ts";
import { readFactValue } from "../facts/value.ts";
import type { RequestContext } from "./context.ts";

/** Called with the fact's name when a source holds something that is no value of the fact. */
export type StrangeValue = (fact: string) => void;

/** Headers that hold secrets: no fact reads them, so that none can reach a log. */
export const secretHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "x-api-key",
  "x-goog-api-key",
  "api-key",
  "x-signalbox-admin-key",
]);

/** A header's first value, or a field of the request's metadata; undefined when it is not there, or holds a secret. */
export function readClientWord(context: RequestContext, source: string): unknown {
  const dot = source.indexOf(".");
  const name = source.slice(dot + 1);
  if (source.startsWith("header.")) {
    if (secretHeaders.has(name) || !Object.hasOwn(context.headers, name)) return undefined;
    const value = context.headers[name];
    return typeof value === "object" ? value[0] : value;
  }
  const { metadata } = context.chat.body;
  if (metadata === null || metadata === undefined || !Object.hasOwn(metadata, name)) {
    return undefined;
  }
  return metadata[name];
}

/** What the caller's key says of itself; undefined without a key. */
export function readKeyAttribute({ caller }: RequestContext, name: string): unknown {
  if (caller === null) return undefined;
  if (name === "name") return caller.name;
  if (name === "user" || name === "team") return caller[name] ?? undefined;
  return Object.hasOwn(caller.attributes, name) ? caller.attributes[name] : undefined;
}

function readSource(context: RequestContext, source: string): unknown {
  return source.startsWith("key.")
    ? readKeyAttribute(context, source.slice(4))
    : readClientWord(context, source);
}

const detectorPrefix = "detector.";

/**
 * Reads a configured fact from all its sources but detectors: the first that tells, or for a boolean true as soon as one
 * says so. Undefined when none tells; its default is not applied yet.
 */
export function readConfigured(
  fact: Fact,
  context: RequestContext,
  strange: StrangeValue,
): FactValue | undefined {
  let found: FactValue | undefined;
  for (const source of fact.from) {
    if (source.startsWith(detectorPrefix)) continue;
    const said = readSource(context, source);
    if (said === undefined || said === null) continue;
    const value = readFactValue(fact.type, said);
    if (value === undefined) strange(fact.name);
    else if (value === true || fact.type.kind !== "boolean") return value;
    else found = value;
  }
  return found;
}

/** Whether a fact is also read from the detector of personal data. */
export function asksDetector(fact: Fact): boolean {
  return fact.type.kind === "boolean" && fact.from.includes(`${detectorPrefix}pii`);
}
