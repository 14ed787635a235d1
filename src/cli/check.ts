import { type Command, Option } from "commander";
import type { Configuration } from "../configuration/configuration.ts";
import type { Diagnostic, SourceFile } from "../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../diagnostics/make-diagnostic.ts";
import type { GuardVerdict } from "../language/analysis/guards-verdict.ts";
import { reviewSource } from "../language/service/review-source.ts";
import { type FixedFile, fixFile } from "./fix-files.ts";
import { exitCode, FindingsError, UsageError } from "./output.ts";
import { policyFiles } from "./policy-files.ts";
import { wrongConditions } from "./reload-conditions.ts";
import { type CheckFormat, type CheckReport, checkFormats, reportCheck } from "./report-check.ts";
import { loadBeside, openWorkspace, readSource, type Workspace } from "./workspace.ts";

interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly format: CheckFormat;
  readonly fix?: boolean;
  readonly dryRun?: boolean;
}

/** `check FILE…`: every diagnostic of every file at once; exit 1 when there is an error. */
export function addCheck(program: Command): void {
  program
    .command("check")
    .description("check policies: every error at once, with its place, cause and fix")
    .argument("<file...>", "policy files, or folders of them")
    .option(
      "--config <file>",
      "the configuration; else signalbox.yaml beside the policy or in policies/",
    )
    .addOption(new Option("--json", "print one JSON document").conflicts("format"))
    .addOption(
      new Option("--format <format>", "how to print what was found")
        .choices([...checkFormats])
        .default("text"),
    )
    .option("--fix", "apply every fix that needs no decision, and write the files")
    .option("--dry-run", "with --fix: show what would change, and write nothing")
    .action((files: string[], options: CheckOptions) => check(files, options));
}

function check(paths: readonly string[], options: CheckOptions): void {
  if (options.dryRun === true && options.fix !== true) {
    throw new UsageError("--dry-run is for --fix: without it nothing is written anyway");
  }
  const report = lookAt(policyFiles(paths), options);
  reportCheck(report, options.json === true ? "json" : options.format);
  // What a dry run would mend is still wrong in the files.
  const isPending = report.dryRun && report.fixed?.some(({ fixes }) => fixes.length > 0) === true;
  const failed = isPending || report.diagnostics.some(({ severity }) => severity === "error");
  process.exitCode = failed ? exitCode.findings : exitCode.fine;
}

function lookAt(files: readonly string[], options: CheckOptions): CheckReport {
  const sources = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const guards: GuardVerdict[] = [];
  const configured = new Set<Diagnostic>();
  const fixed: FixedFile[] = [];
  const notes = new Set<string>();
  const dryRun = options.dryRun === true;
  // Every file is read before the first is written: one that cannot be read leaves all as they were.
  const read = new Map(files.map((file) => [file, readSource(file)]));
  for (const [file, text] of read) {
    const workspace = configurationOf(options.config, file);
    for (const [name, each] of workspace.sources) sources.set(name, each);
    for (const diagnostic of workspace.diagnostics) configured.add(diagnostic);
    if (!("configuration" in workspace)) continue;
    const { configuration, note } = workspace;
    diagnostics.push(...conditionDiagnostics(configuration));
    let source: SourceFile = text;
    if (options.fix === true) {
      const done = fixFile(file, source, { configuration, dryRun });
      fixed.push(done);
      source = done.source;
    }
    const result = reviewSource(source, configuration, loadBeside);
    guards.push(...result.guards);
    for (const [name, each] of result.sources) sources.set(name, each);
    diagnostics.push(...result.diagnostics);
    const hasError = result.diagnostics.some(({ severity }) => severity === "error");
    if (hasError && note !== null) notes.add(note);
  }
  return {
    diagnostics: unique([...configured, ...diagnostics]),
    guards,
    sources,
    files: files.length,
    notes: [...notes],
    fixed: options.fix === true ? fixed : null,
    dryRun,
  };
}

/** Conditions before a reload that a gateway would refuse: only here are they known to be figures of a report. */
function conditionDiagnostics(configuration: Configuration): readonly Diagnostic[] {
  return wrongConditions(configuration).map(({ span, message }) =>
    makeDiagnostic("C0106", span, message),
  );
}

/** The configuration a file is checked against; only its findings when it has errors, and then the file is not looked at. */
function configurationOf(named: string | undefined, file: string): Workspace | FindingsError {
  try {
    return openWorkspace(named, file);
  } catch (error) {
    if (error instanceof FindingsError) return error;
    throw error;
  }
}

/** A library that several files use is checked with each, but its findings are told once. */
function unique(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { file, start, end } = diagnostic.span;
    seen.set(`${file}:${start}:${end}:${diagnostic.code}:${diagnostic.message}`, diagnostic);
  }
  return [...seen.values()];
}
