import type { FactType, FactValue } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import type { RuleInfo } from "../checker/checked-policy.ts";
import { nextAbove } from "../graph/domain-set.ts";
import type { Domain } from "./domain.ts";
import type { Witness } from "./space.ts";

const mostShown = 6;

/** The facts of a witness that matter, as a sentence has them: `tokens 200, intent chat`; the empty text when none does. */
export function inWords({ facts, decisive }: Witness): string {
  const shown = decisive
    .slice(0, mostShown)
    .map((name) => `${name} ${factInWords(facts[name] ?? null)}`);
  return decisive.length > mostShown ? `${shown.join(", ")}, …` : shown.join(", ");
}

function factInWords(value: FactValue | null): string {
  if (value === null) return "unknown";
  return value === "" ? '""' : String(value);
}

/** A request with these facts: "a request with `tokens 200`". */
export function aRequest(witness: Witness): string {
  const words = inWords(witness);
  return words === "" ? "every request" : `a request with \`${words}\``;
}

/** A witness as `--request` takes it, its parts apart so that a line can break. */
export function asJson({ facts }: Pick<Witness, "facts">): string {
  const fields = Object.entries(facts).map(
    ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  return `{${fields.join(", ")}}`;
}

const mostParts = 4;

/** States of an operand as a sentence has them: `200..500`, `at least 8k or unknown`, `not ads`. */
export function statesInWords(domain: Domain, type: FactType): string {
  const known = domain.kind === "text" ? textsInWords(domain) : numbersInWords(domain, type);
  const unknown = domain.unknown ? ["unknown"] : [];
  const parts = [
    ...known.slice(0, mostParts),
    ...(known.length > mostParts ? ["…"] : []),
    ...unknown,
  ];
  return parts.join(" or ");
}

/** Where an operand's known values lie at most, as a predicate: `is never below 0`, `lies between 0 and 1`. */
export function boundsInWords(domain: Domain, type: FactType): string {
  const first = domain.kind === "number" ? domain.ranges[0] : undefined;
  if (domain.kind === "text" || first === undefined || type.kind === "boolean") {
    return `is ${statesInWords(domain, type)}`;
  }
  const { whole } = domain;
  const to = domain.ranges.at(-1)?.to ?? first.to;
  const low = shown(first.from, { type, whole });
  if (to === Number.POSITIVE_INFINITY) return `is never below ${low}`;
  const high = whole ? showFactValue(type, to - 1) : shown(to, { type, whole });
  return low === high ? `is ${low}` : `lies between ${low} and ${high}`;
}

function textsInWords({ texts, listed }: Extract<Domain, { readonly kind: "text" }>): string[] {
  const shown = [...texts].map((text) => (text === "" ? '""' : text));
  if (listed) return shown;
  if (shown.length === 0) return ["any text"];
  const named = shown.slice(0, mostParts).join(", ");
  return [`anything but ${named}${shown.length > mostParts ? ", …" : ""}`];
}

function numbersInWords(
  { ranges, whole }: Extract<Domain, { readonly kind: "number" }>,
  type: FactType,
): string[] {
  if (type.kind === "boolean") {
    return ranges.flatMap(({ from, to }) => [
      ...(from <= 0 ? ["false"] : []),
      ...(to > 1 ? ["true"] : []),
    ]);
  }
  const open = neverNegative(type) ? 0 : Number.NEGATIVE_INFINITY;
  return ranges.map(({ from, to }) => {
    const isPoint = whole ? to === from + 1 : to === nextAbove(from);
    if (isPoint) return showFactValue(type, from);
    if (from <= open && to === Number.POSITIVE_INFINITY) return "anything";
    if (from <= open)
      return `${isAfter(to, whole) ? "at most" : "below"} ${shown(to, { type, whole })}`;
    if (to !== Number.POSITIVE_INFINITY) {
      return `${shown(from, { type, whole })}..${shown(to, { type, whole })}`;
    }
    return `${isAfter(from, whole) ? "above" : "at least"} ${shown(from, { type, whole })}`;
  });
}

function neverNegative(type: FactType): boolean {
  return type.kind === "whole" || type.kind === "money" || type.kind === "price";
}

/** Whether a boundary lies just above a number that is shorter to write: `x > 0.1` begins at the next double. */
function isAfter(boundary: number, whole: boolean): boolean {
  return !whole && String(-nextAbove(-boundary)).length < String(boundary).length;
}

function shown(
  boundary: number,
  { type, whole }: { readonly type: FactType; readonly whole: boolean },
): string {
  return showFactValue(type, isAfter(boundary, whole) ? -nextAbove(-boundary) : boundary);
}

/** How a message names a rule: by its name, else by its id. */
export function ruleInWords({ name, id }: Pick<RuleInfo, "name" | "id">): string {
  return `\`${name ?? id}\``;
}
