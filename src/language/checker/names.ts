import { didYouMean } from "../../diagnostics/suggest.ts";
import type { Fact } from "../../facts/fact.ts";
import { lookUpFact } from "../../facts/look-up.ts";
import {
  abilities,
  lookUpTargetFact,
  type TargetFact,
  targetFacts,
} from "../../facts/target-facts.ts";
import type { Name } from "../syntax/ast.ts";
import type { Context } from "./context.ts";
import { measuredFact } from "./measured-facts.ts";
import { quoted, replacement } from "./report.ts";
import { isPerTarget, type Mode, type Side, type Term } from "./typed.ts";

/** What a name that is no let stands for; a bare word when nothing explains it, null when it was reported. */
export function resolveName(context: Context, name: Name, mode: Mode): Side | null {
  if (isPerTarget(mode)) {
    const candidate = candidateFact(context, name);
    if (candidate !== undefined) return candidate;
  }
  const measured = measuredFact(context, name, mode);
  if (measured !== undefined) return measured;
  const escaped = name.text.startsWith("request.");
  const fact = lookUpFact(
    context.scope.vocabulary.facts,
    escaped ? name.text.slice("request.".length) : name.text,
  );
  if (fact !== null) return factTerm(context, fact, name);
  if (escaped) {
    reportUnknownName(context, name, mode);
    return null;
  }
  const ofTarget = targetAndRest(context, name.text);
  if (ofTarget !== null) return targetOfTerm(context, name, ofTarget);
  if (!isPerTarget(mode) && (name.text === "target" || name.text.startsWith("target."))) {
    reportOutsideWhere(context, name);
    return null;
  }
  if (context.scope.pools.has(name.text)) return { kind: "pool", name: name.text, span: name.span };
  return { kind: "word", name, span: name.span };
}

/** A fact as a term; `intent` has the policy's own intents among its values. */
function factTerm(context: Context, fact: Fact, { span }: Pick<Name, "span">): Term {
  const hasValues = fact.type.kind === "text" && fact.type.values !== undefined;
  const isIntent = fact.name === "intent" && hasValues;
  const type = isIntent ? { kind: "text" as const, values: context.scope.intentValues } : fact.type;
  return { kind: "fact", fact, type, span, size: 1 };
}

/** `target`, `target.region` or plain `region`; undefined when the name is none of the candidate's. */
function candidateFact(context: Context, name: Name): Term | null | undefined {
  const { text, span } = name;
  if (text === "target") {
    const values = [...context.scope.vocabulary.targets.keys()];
    return { kind: "target-name", type: { kind: "text", values }, span, size: 1 };
  }
  const prefixed = text.startsWith("target.");
  const fact = lookUpTargetFact(prefixed ? text.slice("target.".length) : text);
  if (fact !== null) return { kind: "target-fact", fact, type: fact.type, span, size: 1 };
  if (!prefixed) return undefined;
  reportUnknownTargetFact(context, name, { prefix: "target.", rest: text.slice(7) });
  return null;
}

/** Whether a word means the candidate, or a fact of it, inside `where`. */
export function isTargetWord(text: string): boolean {
  return text === "target" || lookUpTargetFact(text) !== null;
}

/** Splits `gpt-4.1.region` at the dot that ends a target's name: the longest such name wins. */
function targetAndRest(
  context: Context,
  text: string,
): { readonly target: string; readonly rest: string } | null {
  for (let dot = text.lastIndexOf("."); dot > 0; dot = text.lastIndexOf(".", dot - 1)) {
    const target = text.slice(0, dot);
    if (context.scope.vocabulary.targets.has(target)) return { target, rest: text.slice(dot + 1) };
  }
  return null;
}

function targetOfTerm(
  context: Context,
  name: Name,
  { target, rest }: { readonly target: string; readonly rest: string },
): Term | null {
  const fact = lookUpTargetFact(rest);
  if (fact === null) {
    reportUnknownTargetFact(context, name, { prefix: `${target}.`, rest });
    return null;
  }
  return {
    kind: "target-of",
    target,
    fact: fact.name,
    mayBeUnknown: fact.mayBeUnknown,
    type: fact.type,
    span: name.span,
    size: 1,
  };
}

/** `supports(tools)` in `where`, `claude.supports(tools)` anywhere. */
export function resolveCall(
  context: Context,
  { callee, argument }: { readonly callee: Name; readonly argument: Name },
  mode: Mode,
): Term | null {
  const span = { ...callee.span, end: Math.max(callee.span.end, argument.span.end) };
  const owner = /^(?:(.+)\.)?supports$/.exec(callee.text);
  if (owner === null) {
    const near = didYouMean(callee.text, ["supports"]);
    context.report.add("P0201", callee.span, `\`${callee.text}\` is not a test of a target`, {
      label: "only `supports(…)` takes an argument",
      fix: near === null ? null : replacement("replace with `supports`", callee.span, near),
    });
    return null;
  }
  const ability = argument.text.replaceAll("-", "_");
  const known = abilities.find((each) => each === ability);
  if (known === undefined) {
    reportUnknownAbility(context, argument);
    return null;
  }
  const target = owner[1];
  const type = { kind: "boolean" as const };
  if (target === undefined || target === "target") {
    if (isPerTarget(mode)) return { kind: "supports", ability: known, type, span, size: 1 };
    reportOutsideWhere(context, callee);
    return null;
  }
  if (!context.scope.vocabulary.targets.has(target)) {
    reportUnknownName(context, callee, mode);
    return null;
  }
  const fact = `supports(${known})`;
  return { kind: "target-of", target, fact, mayBeUnknown: false, type, span, size: 1 };
}

function reportUnknownAbility(context: Context, argument: Name): void {
  const near = didYouMean(argument.text, abilities);
  context.report.add("P0215", argument.span, `\`${argument.text}\` is not a known ability`, {
    label: `not one of: ${abilities.join(", ")}`,
    ...(near === null ? {} : { help: `did you mean \`${near}\`?` }),
    fix: near === null ? null : replacement(`replace with \`${near}\``, argument.span, near),
  });
}

function reportUnknownTargetFact(
  context: Context,
  name: Name,
  { prefix, rest }: { readonly prefix: string; readonly rest: string },
): void {
  const names = targetFacts.map((fact) => fact.name);
  const near = didYouMean(rest, names);
  context.report.add("P0201", name.span, `\`${rest}\` is not a fact of a target`, {
    label: `not one of: ${names.join(", ")}, supports(…)`,
    ...(near === null ? {} : { help: `did you mean \`${prefix}${near}\`?` }),
    fix:
      near === null
        ? null
        : replacement(`replace with \`${prefix}${near}\``, name.span, prefix + near),
  });
}

function reportOutsideWhere(context: Context, name: Name): void {
  const [first = "claude"] = context.scope.vocabulary.targets.keys();
  const plain = name.text.replace(/^target\./, "");
  const fact: TargetFact | null = lookUpTargetFact(plain);
  const example = fact === null ? `${first}.region` : `${first}.${plain}`;
  context.report.add("P0221", name.span, `\`${name.text}\` means a target only inside \`where\``, {
    label: "no target is chosen yet",
    help: `name the target, as in \`${example}\`, or select with \`cheapest of … where …\``,
  });
}

/** `claude.region` for `claud.region`: a fact of a target whose name is nearly known; null when it is none. */
function nearTargetFact({ scope }: Context, text: string): string | null {
  const lower = text.toLowerCase();
  const fact = targetFacts.find(({ name }) => lower.endsWith(`.${name}`));
  if (fact === undefined) return null;
  const owner = didYouMean(text.slice(0, -fact.name.length - 1), scope.vocabulary.targets.keys());
  return owner === null ? null : `${owner}.${fact.name}`;
}

/** Reports `True` and its like; false for any other word. */
function isCapitalised({ report }: Context, name: Name): boolean {
  const lower = name.text.toLowerCase();
  if (lower !== "true" && lower !== "false") return false;
  report.add("P0106", name.span, "keywords are written in lower case", {
    help: `write \`${lower}\``,
    fix: replacement(`write \`${lower}\``, name.span, lower),
  });
  return true;
}

/** Reports `notstream` and `weekdaynot in`: the nearest name alone would turn the meaning round. */
function reportNot(context: Context, name: Name, candidates: readonly string[]): boolean {
  const { text, span } = name;
  const isKnown = (word: string): boolean =>
    word === "true" ||
    word === "false" ||
    candidates.includes(word) ||
    isFactOfTarget(context, word);
  const [first, rest] = [text.slice(3), text.slice(0, -3)];
  let meant: string | null = null;
  if (text.startsWith("not") && isKnown(first)) meant = `not ${first}`;
  else if (text.endsWith("not") && isKnown(rest)) meant = `${rest} not`;
  if (meant === null) return false;
  context.report.add("P0130", span, `\`${text}\` is two words`, {
    help: `write \`${meant}\``,
    fix: replacement(`write \`${meant}\``, span, meant),
  });
  return true;
}

function isFactOfTarget(context: Context, word: string): boolean {
  const split = targetAndRest(context, word);
  return split !== null && lookUpTargetFact(split.rest) !== null;
}

/** Reports a word that nothing explains, with the nearest name that would do here. */
export function reportUnknownName(context: Context, name: Name, mode: Mode): void {
  const { scope, report } = context;
  if (scope.incomplete) return;
  if (!isPerTarget(mode) && lookUpTargetFact(name.text) !== null) {
    reportOutsideWhere(context, name);
    return;
  }
  if (isCapitalised(context, name)) return;
  const facts = [...scope.vocabulary.facts.keys()];
  const candidates = [...facts, ...scope.lets.keys()];
  if (isPerTarget(mode)) candidates.push(...targetFacts.map((fact) => fact.name), "target");
  if (mode === "never") candidates.push(...scope.vocabulary.targets.keys(), ...scope.pools.keys());
  if (reportNot(context, name, candidates)) return;
  const near = didYouMean(name.text, candidates) ?? nearTargetFact(context, name.text);
  const lets = [...scope.lets.keys()];
  const declared = near === null ? undefined : scope.lets.get(near);
  report.add("P0201", name.span, `\`${name.text}\` is not a known fact or let`, {
    label: "unknown name",
    ...(declared === undefined
      ? {}
      : { related: [{ span: declared.name.span, text: `\`${near}\` is defined here` }] }),
    help:
      near === null
        ? `facts are ${quoted(facts, 8)}${lets.length > 0 ? `; lets are ${quoted(lets, 8)}` : ""}`
        : `did you mean \`${near}\`?`,
    fix: near === null ? null : replacement(`replace with \`${near}\``, name.span, near),
  });
}
