import { lex } from "../../../grammar/lexer.ts";
import * as t from "../../../grammar/tokens.ts";
import type { Span, TextEdit } from "../../diagnostics/diagnostic.ts";
import { shippedIntents } from "../../facts/built-in.ts";
import { lookUpFact } from "../../facts/look-up.ts";
import { idOfName } from "../checker/rule-ids.ts";
import { writeText } from "../syntax/escapes.ts";
import { meaningKey } from "./hover.ts";
import type { NameIndex, Occurrence } from "./name-index.ts";
import type { Meaning } from "./name-meaning.ts";

/** A name that can be changed everywhere at once, or why it cannot. */
export type Renameable =
  | { readonly ok: true; readonly span: Span; readonly text: string; readonly of: Renamed }
  | { readonly ok: false; readonly why: string };

type Renamed = Extract<Meaning, { readonly kind: "let" | "pool" | "intent" | "rule" }>;

/** What is asked before a new name is typed. The span is what the name covers, without quotes. */
export function renameable(found: Occurrence | null): Renameable {
  const meaning = found?.meaning ?? null;
  if (found === null || meaning === null)
    return refuse("there is no name here that can be changed");
  const { span, quoted } = found.name;
  const inner = quoted ? { ...span, start: span.start + 1, end: span.end - 1 } : span;
  const text = found.name.text;
  switch (meaning.kind) {
    case "let":
    case "pool":
    case "rule":
      return { ok: true, span: inner, text, of: meaning };
    case "intent":
      return meaning.declared === null || isShipped(text)
        ? refuse(`\`${text}\` is a shipped intent, which every policy has`)
        : { ok: true, span: inner, text, of: meaning };
    case "target":
    case "target-fact":
      return refuse("targets are named in signalbox.yaml: change the name there");
    case "fact":
      return refuse(
        meaning.fact.from.length > 0
          ? `\`${text}\` is named in signalbox.yaml: change the name there`
          : `\`${text}\` is a fact of the language`,
      );
    case "test":
      return refuse("nothing refers to the name of a test: edit it where it stands");
    default:
      return refuse(`\`${text}\` is a word of the language`);
  }
}

function refuse(why: string): Renameable {
  return { ok: false, why };
}

function isShipped(name: string): boolean {
  return shippedIntents.some((each) => each === name);
}

/** Why a name cannot become this one in any of the files; null when it can. */
export function nameProblem(
  of: Renamed,
  newName: string,
  indexes: readonly NameIndex[],
): string | null {
  if (of.kind === "rule") return ruleNameProblem(of.name, newName, indexes);
  const { tokens } = lex(newName);
  const [only, second] = tokens;
  if (t.reservedWords.has(newName)) return `\`${newName}\` is a reserved word`;
  if (only?.tokenType !== t.Name || second !== undefined || only.image !== newName) {
    return `\`${newName}\` is no name: a letter, then letters, digits and \`_\`, with single hyphens and dots between`;
  }
  for (const index of indexes) {
    const clash = of.kind === "intent" ? intentClash(index, newName) : nameClash(index, newName);
    if (clash !== null) return clash;
  }
  return null;
}

function intentClash({ declarations }: NameIndex, name: string): string | null {
  const isTaken = declarations.intents.has(name) || isShipped(name);
  return isTaken ? `there is an intent \`${name}\` already` : null;
}

function nameClash({ declarations, vocabulary }: NameIndex, name: string): string | null {
  if (declarations.lets.has(name)) return `there is a let \`${name}\` already`;
  if (declarations.pools.has(name)) return `there is a pool \`${name}\` already`;
  if (vocabulary.targets.has(name)) return `there is a target \`${name}\``;
  return lookUpFact(vocabulary.facts, name) === null ? null : `\`${name}\` is a fact`;
}

function ruleNameProblem(
  name: string,
  newName: string,
  indexes: readonly NameIndex[],
): string | null {
  if (newName.trim() === "") return "a rule's name cannot be empty";
  const id = idOfName(newName);
  if (id === "otherwise") return "`otherwise` is the last rule";
  const taken = indexes
    .flatMap(({ declarations }) => [...declarations.rules.keys()])
    .find((each) => each !== name && idOfName(each) === id);
  return taken === undefined ? null : `rule ${writeText(taken)} would have the same id, \`${id}\``;
}

/** The edits that give a name everywhere another; the name is known to fit. */
export function renameEdits(
  of: Renamed,
  newName: string,
  indexes: readonly NameIndex[],
): readonly TextEdit[] {
  const key = meaningKey(of);
  return indexes.flatMap(({ occurrences }) =>
    occurrences.flatMap(({ name, meaning }): readonly TextEdit[] => {
      if (meaningKey(meaning) !== key) return [];
      if (name.quoted) return [{ span: name.span, text: writeText(newName) }];
      const isId = of.kind === "rule" && name.text !== of.name;
      return [{ span: name.span, text: isId ? idOfName(newName) : newName }];
    }),
  );
}

/** Where a name is mentioned in the files, its definition apart or included. */
export function mentionsOf(
  meaning: Meaning,
  indexes: readonly NameIndex[],
  withDefinition: boolean,
): readonly Span[] {
  const key = meaningKey(meaning);
  if (key === null) return [];
  return indexes.flatMap(({ occurrences }) =>
    occurrences.flatMap(({ name, place, meaning: other }) => {
      const counts = withDefinition || place.kind !== "definition";
      return counts && meaningKey(other) === key ? [name.span] : [];
    }),
  );
}
