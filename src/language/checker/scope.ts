import type { Span } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { lookUpFact } from "../../facts/look-up.ts";
import type { Ast, Expression, Name, Statement } from "../syntax/ast.ts";
import { type Report, replacement } from "./report.ts";

import type { Vocabulary } from "./vocabulary.ts";
import { asWritten } from "./written.ts";

type Of<Kind extends Statement["kind"]> = Extract<Statement, { readonly kind: Kind }>;

export interface LetDeclaration {
  readonly name: Name;
  readonly value: Expression;
}

export interface PoolDeclaration {
  readonly name: Name;
  readonly members: readonly Name[];
}

/** Everything a policy and its libraries name, in source order. */
export interface Scope {
  readonly vocabulary: Vocabulary;
  readonly lets: ReadonlyMap<string, LetDeclaration>;
  /** Target names of each pool, flattened, without repeats. */
  readonly pools: ReadonlyMap<string, readonly string[]>;
  readonly intents: ReadonlyMap<string, Of<"intent">>;
  /** Every value of `intent`: the declared ones, then the shipped ones or those of a trained model. */
  readonly intentValues: readonly string[];
  /** True when a library could not be read: a name that nothing explains may stand there, and is no finding. */
  readonly incomplete: boolean;
}

/** What `collect` needs besides the files. */
export interface ScopeOptions {
  readonly vocabulary: Vocabulary;
  readonly policyName: string;
  readonly incomplete: boolean;
}

/** Gathers the declarations of the files, libraries first, and reports names with two meanings and pools in circles. */
export function collect(files: readonly Ast[], options: ScopeOptions, report: Report): Scope {
  const { vocabulary } = options;
  const lets = new Map<string, LetDeclaration>();
  const poolDeclarations = new Map<string, PoolDeclaration>();
  const intents = new Map<string, Of<"intent">>();
  const declared = new Map<string, Span>();
  const claim = (name: Name): void => {
    const first = declared.get(name.text);
    if (first === undefined) declared.set(name.text, name.span);
    else reportTwice(report, name, first);
  };
  for (const statement of files.flatMap((file) => file.statements)) {
    if (statement.kind === "let") {
      claim(statement.name);
      if (!lets.has(statement.name.text)) lets.set(statement.name.text, statement);
      refuseFactName(report, vocabulary, statement.name);
      refuseTargetName(report, vocabulary, { name: statement.name, what: "let" });
    } else if (statement.kind === "pool") {
      claim(statement.name);
      if (!poolDeclarations.has(statement.name.text)) {
        poolDeclarations.set(statement.name.text, statement);
      }
      refuseTargetName(report, vocabulary, { name: statement.name, what: "pool" });
    } else if (statement.kind === "intent") {
      const first = intents.get(statement.name.text);
      if (first === undefined) intents.set(statement.name.text, statement);
      else reportTwice(report, statement.name, first.name.span);
    }
  }
  refusePolicyName(report, files, options);
  const pools = flattenPools(poolDeclarations, options, report);
  const intentValues = [...new Set([...intents.keys(), ...valuesOf(vocabulary)])];
  return { vocabulary, lets, pools, intents, intentValues, incomplete: options.incomplete };
}

function valuesOf({ facts }: Vocabulary): readonly string[] {
  const type = facts.get("intent")?.type;
  return type?.kind === "text" ? (type.values ?? []) : [];
}

function reportTwice(report: Report, name: Name, first: Span): void {
  const elsewhere = first.file === name.span.file ? "" : ` in ${first.file}`;
  report.add("P0204", name.span, `\`${name.text}\` is already defined${elsewhere}`, {
    label: "second definition",
    related: [{ span: first, text: "first definition" }],
    help: "give one of the two another name",
  });
}

function refuseFactName(report: Report, vocabulary: Vocabulary, name: Name): void {
  if (lookUpFact(vocabulary.facts, name.text) === null) return;
  report.add("P0205", name.span, `\`${name.text}\` is a fact, and cannot be a let as well`, {
    label: "name of a fact",
    help: "give the let another name",
  });
}

function refuseTargetName(
  report: Report,
  vocabulary: Vocabulary,
  { name, what }: { readonly name: Name; readonly what: "let" | "pool" },
): void {
  if (!vocabulary.targets.has(name.text)) return;
  report.add("P0205", name.span, `\`${name.text}\` is a target, and cannot be a ${what} as well`, {
    label: "name of a target",
    help: `give the ${what} another name`,
  });
}

function refusePolicyName(
  report: Report,
  files: readonly Ast[],
  { vocabulary, policyName }: ScopeOptions,
): void {
  const first = files.at(-1)?.statements[0];
  if (first === undefined || !vocabulary.targets.has(policyName)) return;
  report.add("P0205", first.span, `\`${policyName}\` is both this policy and a target`, {
    help: `a request for model \`${policyName}\` could mean either: rename the file or the target`,
  });
}

/** Pools within pools beyond this are a mistake, or an attack on the stack. */
const deepest = 64;

function flattenPools(
  declarations: ReadonlyMap<string, PoolDeclaration>,
  { vocabulary, incomplete }: ScopeOptions,
  report: Report,
): ReadonlyMap<string, readonly string[]> {
  const flat = new Map<string, readonly string[]>();
  const path: string[] = [];
  const candidates = [...vocabulary.targets.keys(), ...declarations.keys()];
  const membersOf = (member: Name): readonly string[] => {
    if (vocabulary.targets.has(member.text)) return [member.text];
    const inner = declarations.get(member.text);
    if (inner !== undefined && !path.includes(member.text) && path.length < deepest) {
      return flatten(inner);
    }
    if (inner === undefined) {
      if (!incomplete) reportUnknownTarget(report, member, candidates);
    } else if (path.includes(member.text)) reportPoolCycle(report, member, path);
    else report.add("P0316", member.span, `pool \`${member.text}\` is nested too deeply`);
    return [];
  };
  const flatten = ({ name, members }: PoolDeclaration): readonly string[] => {
    const done = flat.get(name.text);
    if (done !== undefined) return done;
    path.push(name.text);
    const list = [...new Set(members.flatMap(membersOf))];
    path.pop();
    flat.set(name.text, list);
    return list;
  };
  for (const pool of declarations.values()) flatten(pool);
  return flat;
}

function reportPoolCycle(report: Report, member: Name, path: readonly string[]): void {
  const circle = [...path.slice(path.indexOf(member.text)), member.text];
  report.add("P0207", member.span, `pool \`${member.text}\` contains itself`, {
    label: circle.join(" → "),
    help: "take one of the pools out of the circle",
  });
}

/** Reports a name that is neither a target nor a pool, with the nearest one that is. */
export function reportUnknownTarget(
  report: Report,
  name: Name,
  candidates: readonly string[],
): void {
  const { text, span } = name;
  const owner = text.slice(0, -"else".length);
  if (text.endsWith("else") && candidates.includes(owner)) {
    report.add("P0130", span, `\`${text}\` is two words`, {
      help: `write \`${owner} else\``,
      fix: replacement(`write \`${owner} else\``, span, `${owner} else`),
    });
    return;
  }
  const near = didYouMean(text, candidates);
  const known = candidates.slice(0, 12).join(", ");
  report.add("P0202", name.span, `\`${name.text}\` is not a known target`, {
    label: known === "" ? "no target is configured" : `not one of: ${known}`,
    help:
      near === null
        ? "targets are named under `targets` in signalbox.yaml"
        : `did you mean \`${near}\`?`,
    fix: near === null ? null : replacement(`replace with \`${near}\``, name.span, asWritten(near)),
  });
}
