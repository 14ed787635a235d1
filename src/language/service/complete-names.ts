import type { IToken } from "chevrotain";
import type { Target } from "../../catalog/target.ts";
import type { Fact } from "../../facts/fact.ts";
import { responseFacts } from "../../facts/response-facts.ts";
import { abilities, targetFacts } from "../../facts/target-facts.ts";
import { planFacts } from "../checker/measured-facts.ts";
import { isPerTarget, type Mode } from "../checker/typed.ts";
import { asWritten } from "../checker/written.ts";
import { writeText } from "../syntax/escapes.ts";
import { type CompletionItem, plainItem, snippetItem } from "./completion-item.ts";
import { describeFactBriefly, describeTargetBriefly, typeWords } from "./describe.ts";
import type { Names } from "./name-meaning.ts";
import { candidateDoc, planFactDocs, requestedDoc } from "./word-docs.ts";

/** What a route, a pool, a selection, a share or a test's chain names. */
export type TargetRole = "route" | "targets" | "selection" | "share" | "chain";

/** Targets, and pools where they fit; `except` is a pool that must not contain itself. */
export function targetItems(
  { vocabulary, declarations }: Names,
  role: TargetRole,
  { except, quoted = false }: { readonly except?: string; readonly quoted?: boolean } = {},
): readonly CompletionItem[] {
  const written = quoted ? writeText : asWritten;
  const items = [...vocabulary.targets.values()].map((target) => targetItem(target, written));
  if (role === "targets" || role === "selection") {
    for (const [name, { members }] of declarations.pools) {
      if (name === except) continue;
      const detail = members.map(({ text }) => text).join(", ");
      items.push(plainItem("pool", quoted ? writeText(name) : name, { detail }));
    }
  }
  if (role === "route" && !quoted)
    items.push(plainItem("target", "requested", { doc: requestedDoc }));
  return items;
}

function targetItem(target: Target, written: (text: string) => string): CompletionItem {
  return plainItem("target", written(target.name), { detail: describeTargetBriefly(target) });
}

/** Facts of the request; as a key that tells requests apart, or given in a test. */
export function factItems({ vocabulary }: Names, role: "key" | "given"): readonly CompletionItem[] {
  const families = role === "given" ? familyItems() : [];
  return [...[...vocabulary.facts.values()].map(factItem), ...families];
}

function factItem(fact: Fact): CompletionItem {
  return plainItem("fact", fact.name, { detail: describeFactBriefly(fact), doc: fact.doc });
}

/** Facts of which any name may follow the dot. */
function familyItems(): readonly CompletionItem[] {
  const family = (name: string, doc: string): CompletionItem =>
    snippetItem("fact", `${name}.`, `${name}.«name»`, { detail: "text", doc });
  return [
    family("header", "A header of the request."),
    family("metadata", "A field of the request's metadata."),
  ];
}

/** Facts of targets are written out up to so many; beyond, only those of the target that is being typed. */
const mostTargetFacts = 400;

/** What can stand on the left of a comparison, or alone as a condition. */
export function operandItems(names: Names, mode: Mode, typed: string): readonly CompletionItem[] {
  const { vocabulary, declarations } = names;
  if (mode === "plan") return planItems();
  const lets = [...declarations.lets.keys()].map((name) => plainItem("let", name));
  const facts = [...vocabulary.facts.values()].map(factItem);
  const measured = mode === "accept" ? responseItems() : [];
  const candidate = isPerTarget(mode) ? candidateItems() : targetFactItems(names, typed);
  const named = mode === "never" ? targetItems(names, "selection") : [];
  return [...measured, ...candidate, ...named, ...lets, ...facts, ...familyItems()];
}

function planItems(): readonly CompletionItem[] {
  return [...planFacts].map(([name, type]) =>
    plainItem("fact", `plan.${name}`, { detail: typeWords(type), doc: planFactDocs[name] }),
  );
}

function responseItems(): readonly CompletionItem[] {
  return responseFacts.map(({ name, type, doc }) =>
    plainItem("fact", `response.${name}`, { detail: typeWords(type), doc }),
  );
}

function candidateItems(): readonly CompletionItem[] {
  const target = plainItem("word", "target", { doc: candidateDoc });
  return [...factsOfTarget(""), target];
}

/** The facts of a target behind a prefix: `claude.region`, `target.region`, plain `region`. */
export function factsOfTarget(prefix: string): readonly CompletionItem[] {
  const facts = targetFacts.map(({ name, type, doc }) =>
    plainItem("fact", `${prefix}${name}`, { detail: typeWords(type), doc }),
  );
  return [...facts, supportsItem(prefix)];
}

function supportsItem(prefix: string): CompletionItem {
  const form = `${prefix}supports(«tools»)`;
  return snippetItem("fact", `${prefix}supports(…)`, form, { detail: "true or false" });
}

function targetFactItems({ vocabulary }: Names, typed: string): readonly CompletionItem[] {
  const all = [...vocabulary.targets.keys()];
  const owners =
    all.length * targetFacts.length <= mostTargetFacts
      ? all
      : all.filter((name) => typed.startsWith(`${name}.`));
  return owners.flatMap((owner) => factsOfTarget(`${owner}.`));
}

export function abilityItems(): readonly CompletionItem[] {
  return abilities.map((name) => plainItem("ability", name));
}

/** The name that a `pool` statement defines. */
export function poolBeingDefined(tokens: readonly IToken[]): string | undefined {
  return tokens[0]?.image === "pool" ? tokens[1]?.image : undefined;
}
