import { showMoney, showPrice } from "../../base/money.ts";
import { bandAt } from "../../catalog/cost.ts";
import { runningCostOf } from "../../catalog/running-cost.ts";
import type { Target } from "../../catalog/target.ts";
import { costClassDocs } from "../../facts/cost-class.ts";
import type { Fact, FactType } from "../../facts/fact.ts";
import type { TargetFact } from "../../facts/target-facts.ts";
import { showFactValue } from "../../facts/value.ts";
import { typeName } from "../checker/typed.ts";
import { trustDocs } from "./word-docs.ts";

/** Values of a fact that a text lists; more than these end in an ellipsis. */
const mostValues = 12;

/** A type in words, with its values: `text: free, pro`. */
export function typeWords(type: FactType): string {
  if (type.kind !== "text" || type.values === undefined) return typeName(type);
  const shown = type.values.slice(0, mostValues).join(", ");
  return `text: ${shown}${type.values.length > mostValues ? ", …" : ""}`;
}

/** A fact in a few words: `a whole number, at hand`. */
export function describeFactBriefly({ type, costClass }: Fact): string {
  return `${typeWords(type)} (${costClassDocs[costClass]})`;
}

/** A target in a few words: `anthropic claude-sonnet-5-5, us`. */
export function describeTargetBriefly({ provider, model, region }: Target): string {
  return `${provider} ${model}${region === null ? "" : `, ${region}`}`;
}

/** A fact in Markdown: its type, where it comes from, what reading it costs, whose word it is. */
export function describeFact(fact: Fact): string {
  const { name, type, doc, from, costClass, trust, mayBeUnknown } = fact;
  const standard = fact.default === undefined ? null : showFactValue(type, fact.default);
  return joined([
    heading("fact", name, typeWords(type)),
    doc,
    list([
      from.length === 0 ? null : `source: ${from.map((each) => `\`${each}\``).join(", then ")}`,
      `cost class ${costClass}: ${costClassDocs[costClass]}`,
      `trust: ${trustDocs[trust]}`,
      standard === null ? null : `default: \`${standard}\``,
      mayBeUnknown ? "may be unknown" : "never unknown",
    ]),
  ]);
}

/** A fact of targets in Markdown, with its value where the configuration tells it. */
export function describeTargetFact(
  { name, type, kind, mayBeUnknown, doc }: TargetFact,
  owner: Target | null,
): string {
  return joined([
    heading("fact of a target", owner === null ? name : `${owner.name}.${name}`, typeWords(type)),
    doc,
    list([
      kind === "static" ? "stands in the configuration" : "measured, read once per request",
      mayBeUnknown ? "may be unknown" : "never unknown",
    ]),
    owner === null ? null : describeTarget(owner),
  ]);
}

/** A target in Markdown: provider, model, region, price, context and abilities. */
export function describeTarget(target: Target): string {
  const { name, provider, model, region, local, contextTokens, maxOutputTokens, abilities } =
    target;
  const tokens = (count: number | null): string => count?.toLocaleString("en-US") ?? "unknown";
  return joined([
    heading("target", name, `${provider} \`${model}\``),
    list([
      `region: ${region ?? "unknown"}${local ? ", at home" : ""}`,
      `price: ${priceWords(target)}`,
      `context: ${tokens(contextTokens)} tokens, answers up to ${tokens(maxOutputTokens)}`,
      `supports: ${[...abilities].join(", ") || "nothing beyond text"}`,
      quality(target),
    ]),
  ]);
}

const hourMs = 3_600_000;

function priceWords(target: Target): string {
  if (target.runningCost !== undefined) {
    return `${showMoney(runningCostOf(target.runningCost, hourMs))} for an hour's work`;
  }
  const band = bandAt(target, 0, Date.now());
  return band === null ? "unknown" : `${showPrice(band.input)} in, ${showPrice(band.output)} out`;
}

function quality({ quality: scores }: Target): string | null {
  const shown = Object.entries(scores).map(([intent, score]) => `${intent} ${score}`);
  return shown.length === 0 ? null : `quality: ${shown.join(", ")}`;
}

/** `**let** \`short\` – a condition`. */
export function heading(kind: string, name: string, what: string): string {
  return `**${kind}** \`${name}\`${what === "" ? "" : ` — ${what}`}`;
}

/** Paragraphs of Markdown; what is null is left out. */
export function joined(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== "").join("\n\n");
}

/** A list of Markdown; what is null is left out. */
export function list(parts: readonly (string | null)[]): string {
  return parts.flatMap((part) => (part === null ? [] : [`- ${part}`])).join("\n");
}
