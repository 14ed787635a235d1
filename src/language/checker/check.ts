import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Ast, Statement } from "../syntax/ast.ts";
import { readAlsos } from "./alsos.ts";
import { warnOfIdleBatches } from "./batch-notes.ts";
import {
  type Branch,
  type CheckedAlso,
  type CheckedIntent,
  type CheckedOptions,
  type CheckedPolicy,
  type CheckedTests,
  type Clue,
  noTests,
  type Route,
} from "./checked-policy.ts";
import { createContext } from "./context.ts";
import { readGuards } from "./guards.ts";
import { identityOf } from "./identity.ts";
import { atMisspeltDeclarations } from "./misspelt-declarations.ts";
import { Operands } from "./operands.ts";
import { Report, replacement } from "./report.ts";
import { readRules } from "./rules.ts";
import { collect, type Scope } from "./scope.ts";
import { readTests } from "./tests.ts";
import { checkPattern } from "./text-tests.ts";
import { checkUnusedLets } from "./unused-lets.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What `check` reads beside the file itself. */
export interface CheckInput {
  readonly vocabulary: Vocabulary;
  /** The files it uses, each once, before the files that use them. */
  readonly libraries: readonly Ast[];
  /** True when one of them could not be read: names that nothing explains are then no findings. */
  readonly incomplete: boolean;
  /** False leaves the policy's hash empty: it takes a third of the time, and an editor checks with each key. */
  readonly identify?: boolean;
}

export interface CheckResult {
  readonly kind: "router" | "library";
  /** Null for a library, and where anything was an error. */
  readonly policy: CheckedPolicy | null;
  /** The policy so far as every rule could be read, whatever else is wrong; null where one could not, and for a library. */
  readonly draft: CheckedPolicy | null;
  /** The file's own tests; empty where the policy is null. */
  readonly tests: CheckedTests;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Resolves a parsed file to the ordered branches that are its meaning (LANGUAGE §7.2). Every mistake is a diagnostic, all of
 * them at once; it never throws for an Ast, whoever made it. Whether every request has an outcome is for the analysis to say.
 */
export function check(
  ast: Ast,
  { vocabulary, libraries, incomplete, identify = true }: CheckInput,
): CheckResult {
  const report = new Report();
  const files = [...libraries, ast];
  const policyName = policyNameOf(ast.file);
  const scope = collect(files, { vocabulary, policyName, incomplete }, report);
  const texts = new Map(files.map((file) => [file.file, file.text]));
  const context = createContext(report, scope, texts);
  for (const file of files) checkVersions(report, file.statements);
  const operands = new Operands();
  const rules = readRules(ast, policyName, context, operands);
  const alsos = readAlsos(ast, policyName, context, operands);
  warnOfIdleBatches(ast, rules.branches, context);
  const guards = readGuards(files, context, operands);
  const tests = readTests(ast, {
    context,
    operands: operands.copy(),
    rules: rules.rules,
    guards,
  });
  refuseInLibraries(report, libraries);
  checkUnusedLets(context);
  const intents = readIntents(report, scope);
  const isRouter = ast.statements.some(isRule);
  if (!isRouter) {
    return {
      kind: "library",
      policy: null,
      draft: null,
      tests: noTests,
      diagnostics: atMisspeltDeclarations(ast, report.diagnostics),
    };
  }
  const targets = targetsOf(rules.branches, alsos);
  const body = {
    operands: operands.list,
    rules: rules.rules,
    branches: rules.branches,
    alsos,
    guards,
  };
  const isSound = !report.hasErrors;
  const draft = {
    name: policyName,
    hash: isSound && identify ? identityOf({ ...body, intents, targets }, vocabulary) : "",
    ...body,
    intents,
    targets,
    files: [ast.file, ...libraries.map((library) => library.file)],
  };
  return {
    kind: "router",
    policy: isSound ? draft : null,
    draft: rules.isWhole ? draft : null,
    tests,
    diagnostics: atMisspeltDeclarations(ast, report.diagnostics),
  };
}

/** Options and tests belong to a router: a library has no plan to add to, and no rule to test. */
function refuseInLibraries(report: Report, libraries: readonly Ast[]): void {
  for (const statement of libraries.flatMap((library) => library.statements)) {
    if (statement.kind !== "also" && statement.kind !== "test") continue;
    report.add("P0222", statement.span, `a library holds no \`${statement.kind}\``, {
      label: "belongs to a file with rules",
      help: "libraries hold lets, intents, pools and guards; move it to the files that use this one",
    });
  }
}

/** Whether a statement routes: what a library must not hold. */
export function isRule(statement: Statement): boolean {
  return statement.kind === "rule" || statement.kind === "otherwise";
}

/** A policy's name: its file's without the ending. */
export function policyNameOf(file: string): string {
  return file.replace(/^.*[/\\]/, "").replace(/\.policy$/, "");
}

const knownVersions: readonly string[] = ["1"];

function checkVersions(report: Report, statements: readonly Statement[]): void {
  for (const statement of statements) {
    if (statement.kind !== "policy") continue;
    const { version } = statement;
    const raw = version.kind === "number" ? version.raw : "";
    if (knownVersions.includes(raw)) continue;
    report.add("P0220", version.span, `language version \`${raw}\` is not known`, {
      label: `known: ${knownVersions.join(", ")}`,
      help: "a newer Signalbox may know it",
      fix: replacement("write `policy 1`", version.span, "1"),
    });
  }
}

function readIntents(report: Report, scope: Scope): readonly CheckedIntent[] {
  return [...scope.intents.values()].map(({ name, clues }) => ({
    name: name.text,
    clues: clues.flatMap((clue): readonly Clue[] => {
      const { value, span } = clue;
      if (clue.kind === "matches" && value.kind === "regex") {
        return checkPattern(report, value.pattern, value.span)
          ? [{ kind: "matches", pattern: value.pattern }]
          : [];
      }
      if (clue.kind !== "matches" && value.kind === "string" && value.text !== "") {
        return [{ kind: clue.kind, text: value.text }];
      }
      report.add("P0306", span, `\`${clue.kind}\` does not take this`, {
        help:
          value.kind === "string" && value.text === ""
            ? "every text contains the empty one"
            : 'clues are `matches /…/` and `contains "…"`',
      });
      return [];
    }),
  }));
}

function targetsOf(branches: readonly Branch[], alsos: readonly CheckedAlso[]): readonly string[] {
  const targets = branches.flatMap(({ action }) => {
    if (action.kind !== "plan") return [];
    const routed = action.steps.flatMap(({ route }) => targetsOfRoute(route));
    return [...routed, ...shadowOf(action.options)];
  });
  return [...new Set([...targets, ...alsos.flatMap(({ options }) => shadowOf(options))])];
}

function shadowOf({ shadow }: CheckedOptions): readonly string[] {
  return shadow === undefined ? [] : [shadow.target];
}

function targetsOfRoute(route: Route): readonly string[] {
  switch (route.kind) {
    case "target":
      return [route.target];
    case "requested":
      return [];
    case "select":
      return route.from;
    case "split":
      return route.shares.map(({ target }) => target);
  }
}
