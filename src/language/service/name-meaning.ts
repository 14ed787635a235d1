import type { Target } from "../../catalog/target.ts";
import type { Fact, FactType } from "../../facts/fact.ts";
import { lookUpFact } from "../../facts/look-up.ts";
import { lookUpResponseFact } from "../../facts/response-facts.ts";
import { lookUpTargetFact, type TargetFact } from "../../facts/target-facts.ts";
import type { PlanFact } from "../checker/checked-policy.ts";
import { planFacts } from "../checker/measured-facts.ts";
import { isPerTarget, type Mode } from "../checker/typed.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import type { Expression, Name } from "../syntax/ast.ts";
import type { Declarations } from "./declarations.ts";
import type { NamePlace } from "./walk-names.ts";

/** What a name stands for. */
export type Meaning =
  /** Declared by a policy; `declared` is the name where that is. */
  | { readonly kind: "let" | "pool" | "rule"; readonly name: string; readonly declared: Name }
  /** Null for a shipped one. */
  | { readonly kind: "intent"; readonly name: string; readonly declared: Name | null }
  | { readonly kind: "test"; readonly name: string }
  | { readonly kind: "fact"; readonly fact: Fact }
  | { readonly kind: "target"; readonly target: Target }
  /** Of the candidate where `target` is null. */
  | {
      readonly kind: "target-fact";
      readonly fact: TargetFact;
      readonly target: Target | null;
    }
  /** Of an answer or a plan, with its family: `response.tokens`, `plan.cost`, in a test also `cost`. */
  | { readonly kind: "measured"; readonly name: string; readonly type: FactType }
  | { readonly kind: "value"; readonly text: string; readonly of: string }
  | {
      readonly kind:
        | "candidate"
        | "requested"
        | "strategy"
        | "cause"
        | "option"
        | "ability"
        | "argument"
        | "plan-word"
        | "path";
      readonly name: string;
    };

/** All that names are resolved in. */
export interface Names {
  readonly vocabulary: Vocabulary;
  readonly declarations: Declarations;
}

/** What a name means where it stands, as the checker reads it; null when nothing explains it. */
export function meaningOf(names: Names, name: Name, place: NamePlace): Meaning | null {
  const { text } = name;
  switch (place.kind) {
    case "definition":
      return definition(names, name, place.of);
    case "operand":
      return name.quoted ? null : operand(names, text, place.mode);
    case "value":
      return valueMeaning(names, name, typeOf(names, place.of, place.mode), place.mode);
    case "given":
      return valueMeaning(names, name, typeOfName(names, place.fact.text, "rule"), "rule");
    case "target":
      return targetOf(names, name);
    case "fact":
      return factOf(names, text) ?? targetFactOf(names, text);
    case "rule":
      return ruleOf(names, text);
    case "argument":
      return argument(names, name, place);
    default:
      return { kind: place.kind, name: text };
  }
}

/** A rule by its name or its id. */
function ruleOf({ declarations }: Names, text: string): Meaning | null {
  const declared = declarations.rules.get(text) ?? declarations.rulesById.get(text);
  return declared === undefined ? null : { kind: "rule", name: declared.text, declared };
}

function definition(
  { declarations }: Names,
  name: Name,
  of: Extract<NamePlace, { readonly kind: "definition" }>["of"],
): Meaning {
  const { text } = name;
  if (of === "test") return { kind: "test", name: text };
  if (of === "intent")
    return { kind: "intent", name: text, declared: declarations.intents.get(text)?.name ?? name };
  const declared = {
    let: declarations.lets.get(text)?.name,
    pool: declarations.pools.get(text)?.name,
    rule: declarations.rules.get(text),
  }[of];
  return { kind: of, name: text, declared: declared ?? name };
}

function operand(names: Names, text: string, mode: Mode): Meaning | null {
  const { lets, pools } = names.declarations;
  const candidate = isPerTarget(mode) ? candidateFact(text) : null;
  if (candidate !== null) return candidate;
  const declared = lets.get(text)?.name;
  if (declared !== undefined) return { kind: "let", name: text, declared };
  const known = measured(text, mode) ?? factOf(names, text) ?? targetFactOf(names, text);
  if (known !== null) return known;
  const pool = pools.get(text)?.name;
  if (pool !== undefined) return { kind: "pool", name: text, declared: pool };
  const target = names.vocabulary.targets.get(text);
  if (target !== undefined) return { kind: "target", target };
  // A let may be meant for a `where`.
  return mode === "rule" ? candidateFact(text) : null;
}

function measured(text: string, mode: Mode): Meaning | null {
  const response = text.startsWith("response.") ? lookUpResponseFact(text.slice(9)) : null;
  if (response !== null) return { kind: "measured", name: text, type: response.type };
  const plain = text.startsWith("plan.") ? text.slice(5) : text;
  const type = mode === "plan" || plain !== text ? planFacts.get(plain as PlanFact) : undefined;
  return type === undefined ? null : { kind: "measured", name: `plan.${plain}`, type };
}

/** `target`, `target.region` or plain `region`. */
function candidateFact(text: string): Meaning | null {
  if (text === "target") return { kind: "candidate", name: text };
  const plain = text.startsWith("target.") ? text.slice("target.".length) : text;
  if (plain === "supports") return { kind: "ability", name: text };
  const fact = lookUpTargetFact(plain);
  return fact === null ? null : { kind: "target-fact", fact, target: null };
}

function factOf({ vocabulary }: Names, text: string): Meaning | null {
  const plain = text.startsWith("request.") ? text.slice("request.".length) : text;
  const fact = lookUpFact(vocabulary.facts, plain);
  return fact === null ? null : { kind: "fact", fact };
}

/** `claude.region`: the longest target's name that is followed by a fact. */
function targetFactOf({ vocabulary }: Names, text: string): Meaning | null {
  for (let dot = text.lastIndexOf("."); dot > 0; dot = text.lastIndexOf(".", dot - 1)) {
    const target = vocabulary.targets.get(text.slice(0, dot));
    if (target === undefined) continue;
    const rest = text.slice(dot + 1);
    if (rest === "supports") return { kind: "ability", name: text };
    const fact = lookUpTargetFact(rest);
    return fact === null ? null : { kind: "target-fact", fact, target };
  }
  return null;
}

function targetOf({ vocabulary, declarations }: Names, { text, quoted }: Name): Meaning | null {
  const target = vocabulary.targets.get(text);
  if (target !== undefined) return { kind: "target", target };
  const pool = declarations.pools.get(text)?.name;
  if (pool !== undefined) return { kind: "pool", name: text, declared: pool };
  return text === "requested" && !quoted ? { kind: "requested", name: text } : null;
}

function argument(
  names: Names,
  name: Name,
  { option, index }: Extract<NamePlace, { readonly kind: "argument" }>,
): Meaning | null {
  // `shadow 5% to claude`.
  const before = option.arguments[index - 1];
  const isTo = before !== undefined && !("kind" in before) && before.text === "to";
  if (isTo) return targetOf(names, name);
  return name.quoted ? null : { kind: "argument", name: name.text };
}

/** What a comparison's left side is called and can be. */
export interface LeftSide {
  readonly name: string;
  readonly type: FactType;
}

/** Whether targets and pools fit on the right: the candidate itself, or the model that a client names. */
export function takesPools({ name }: LeftSide): boolean {
  return name === "target" || name === "model";
}

/** The type that an expression has as the left side of a comparison; null when it is not known. */
export function typeOf(names: Names, expression: Expression, mode: Mode): LeftSide | null {
  if (expression.kind === "name") return typeOfName(names, expression.name.text, mode);
  if (expression.kind === "call") return { name: "supports", type: { kind: "boolean" } };
  if (expression.kind === "arithmetic") {
    return typeOf(names, expression.left, mode) ?? typeOf(names, expression.right, mode);
  }
  return null;
}

/** The type of what a name stands for on the left side of a comparison. */
export function typeOfName(names: Names, text: string, mode: Mode): LeftSide | null {
  const meaning = operand(names, text, mode);
  switch (meaning?.kind) {
    case "fact":
    case "target-fact":
      return { name: text, type: typeOfFact(names, meaning) };
    case "measured":
      return { name: text, type: meaning.type };
    case "candidate":
      return { name: text, type: { kind: "text", values: [...names.vocabulary.targets.keys()] } };
    case "let":
      return typeOfLet(names, meaning.name, mode);
    default:
      return null;
  }
}

/** Lets of lets beyond this are no use to look through. */
const deepestLet = 20;

function typeOfLet(names: Names, name: string, mode: Mode): LeftSide | null {
  let next = name;
  for (let depth = 0; depth < deepestLet; depth += 1) {
    const value = names.declarations.lets.get(next)?.value;
    if (value?.kind !== "name") return null;
    next = value.name.text;
    if (!names.declarations.lets.has(next)) return typeOfName(names, next, mode);
  }
  return null;
}

function typeOfFact(
  { declarations }: Names,
  { fact }: { readonly fact: Fact | TargetFact },
): FactType {
  const values = fact.type.kind === "text" ? fact.type.values : undefined;
  if (fact.name !== "intent" || values === undefined) return fact.type;
  return {
    kind: "text",
    values: [...new Set([...declarations.intents.keys(), ...values])],
  };
}

function valueMeaning(names: Names, name: Name, left: LeftSide | null, mode: Mode): Meaning | null {
  const { text, quoted } = name;
  const { lets, intents } = names.declarations;
  const declared = lets.get(text)?.name;
  if (declared !== undefined && !quoted) return { kind: "let", name: text, declared };
  if (left === null || left.type.kind !== "text") return quoted ? null : operand(names, text, mode);
  if (left.name === "intent" && left.type.values?.includes(text) === true) {
    return { kind: "intent", name: text, declared: intents.get(text)?.name ?? null };
  }
  if (takesPools(left)) {
    const target = targetOf(names, name);
    if (target !== null) return target;
  }
  const values = left.type.values;
  return values === undefined || values.includes(text)
    ? { kind: "value", text, of: left.name }
    : null;
}
