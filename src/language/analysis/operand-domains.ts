import type { Target } from "../../catalog/target.ts";
import { noLiveTargets, readTargetFact } from "../../catalog/target-fact.ts";
import type { FactType, Operand, OperandShape } from "../../facts/fact.ts";
import { lookUpFact } from "../../facts/look-up.ts";
import { lookUpTargetFact } from "../../facts/target-facts.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { nextAbove } from "../graph/domain-set.ts";
import { type Domain, everyNumber, numbers, type Range, texts } from "./domain.ts";
import { shapeInterval } from "./interval.ts";

export const dayMs = 86_400_000;

/** Days that the clock may show: from the 3rd of January 1970, as a smaller number is read as a time of day, to the year 9999. */
export const clockDays: Range = { from: 2, to: 2_932_897 };

/** Built-in facts that are shares of one. */
const sharesOfOne: ReadonlySet<string> = new Set([
  "difficulty",
  "confidence",
  "quality",
  "error_rate",
  "kv",
]);

const neverNegative: ReadonlySet<FactType["kind"]> = new Set(["whole", "money", "price"]);
const wholeKinds: ReadonlySet<FactType["kind"]> = new Set([
  "whole",
  "money",
  "price",
  "time",
  "date",
  "boolean",
]);

/**
 * The states that an operand can have at all: what its type, its declaration and the configuration tell. Operands count as
 * independent here; how a sum hangs together with its parts is another matter.
 */
export function domainOf(operand: Operand, vocabulary: Vocabulary): Domain {
  const { shape, type, mayBeUnknown } = operand;
  switch (shape.kind) {
    case "constant":
      return point(shape.value, false);
    case "arithmetic": {
      const { interval, whole } = shapeInterval(shape, (leaf) => leafDomain(leaf, vocabulary));
      return numbers([interval], { whole, unknown: mayBeUnknown });
    }
    case "local":
      if (shape.fact === "time") return numbers([{ from: 0, to: dayMs }], known);
      return ofType(type, false);
    case "target":
      return targetDomain(shape, type, vocabulary);
    case "fact":
      return factDomain(shape.name, type, { vocabulary, mayBeUnknown });
    case "text-test":
      return ofType(type, mayBeUnknown);
  }
}

/** The states of a fact that stands inside of a sum or product. */
export function leafDomain(shape: OperandShape, vocabulary: Vocabulary): Domain {
  if (shape.kind === "constant") return point(shape.value, false);
  if (shape.kind === "target") {
    const type = lookUpTargetFact(shape.fact)?.type ?? { kind: "decimal" };
    return targetDomain(shape, type, vocabulary);
  }
  const name = shape.kind === "fact" ? shape.name : "time";
  const fact = lookUpFact(vocabulary.facts, name);
  const { type = { kind: "decimal" as const }, mayBeUnknown = true } = fact ?? {};
  return factDomain(name, type, { vocabulary, mayBeUnknown });
}

/** Whether a name is the built-in fact, and not one that the configuration put in its place. */
export function isBuiltIn(name: string, { facts }: Vocabulary): boolean {
  return (lookUpFact(facts, name)?.from.length ?? 0) === 0;
}

const known = { whole: true, unknown: false } as const;

function factDomain(
  name: string,
  type: FactType,
  { vocabulary, mayBeUnknown }: { readonly vocabulary: Vocabulary; readonly mayBeUnknown: boolean },
): Domain {
  if (isBuiltIn(name, vocabulary)) {
    if (name === "date") return numbers([clockDays], known);
    if (name === "time") {
      return numbers([{ from: clockDays.from * dayMs, to: clockDays.to * dayMs }], known);
    }
    if (name === "weekday") return ofType(type, false);
    if (sharesOfOne.has(name)) return shareOfOne(mayBeUnknown);
  }
  return ofType(type, mayBeUnknown);
}

function ofType(type: FactType, unknown: boolean): Domain {
  if (type.kind === "text") {
    return texts(type.values ?? [], { listed: type.values !== undefined, unknown });
  }
  const whole = wholeKinds.has(type.kind);
  if (type.kind === "boolean") return numbers([{ from: 0, to: 2 }], { whole, unknown });
  const from = neverNegative.has(type.kind) ? 0 : everyNumber.from;
  return numbers([{ from, to: everyNumber.to }], { whole, unknown });
}

/** 0 to 1, both included. */
function shareOfOne(unknown: boolean): Domain {
  return numbers([{ from: 0, to: 1 + Number.EPSILON }], { whole: false, unknown });
}

function point(value: number, unknown: boolean): Domain {
  const whole = Number.isInteger(value);
  return numbers([{ from: value, to: whole ? value + 1 : nextAbove(value) }], { whole, unknown });
}

/** What stands in the configuration is a constant; what is measured, or depends on clock and prompt, is not. */
function targetDomain(
  { target: name, fact }: Extract<OperandShape, { readonly kind: "target" }>,
  type: FactType,
  { targets }: Vocabulary,
): Domain {
  const target = targets.get(name);
  const listed = lookUpTargetFact(fact);
  if (target === undefined) return ofType(type, true);
  if (listed?.kind === "live") {
    return sharesOfOne.has(fact)
      ? shareOfOne(listed.mayBeUnknown)
      : ofType(type, listed.mayBeUnknown);
  }
  if (fact.startsWith("price.")) return priceDomain(target, fact);
  const moment = { live: noLiveTargets, atMs: 0, promptTokens: 0 };
  const value = readTargetFact(target, fact, moment);
  if (value === undefined) {
    return type.kind === "text"
      ? texts([], { listed: true, unknown: true })
      : numbers([], { whole: true, unknown: true });
  }
  return typeof value === "string"
    ? texts([value], { listed: true, unknown: false })
    : point(Number(value), false);
}

/** The prices of every band, hour and date that the catalog or the configuration lists. */
function priceDomain({ prices }: Target, fact: string): Domain {
  const bands = prices.flatMap(({ bands: plain, peak }) => [...plain, ...(peak?.bands ?? [])]);
  const values = new Set(bands.map((band) => (fact === "price.input" ? band.input : band.output)));
  const points = [...values].sort((a, b) => a - b).map((from) => ({ from, to: from + 1 }));
  const unknown = !prices.some(({ effectiveFrom }) => effectiveFrom === Number.NEGATIVE_INFINITY);
  return numbers(points, { whole: true, unknown });
}

/** Whether a fact of a target is settled by the configuration, whatever the request and the moment. */
export function isSettled(shape: OperandShape): boolean {
  if (shape.kind !== "target") return shape.kind === "constant";
  return lookUpTargetFact(shape.fact)?.kind !== "live" && !shape.fact.startsWith("price.");
}
