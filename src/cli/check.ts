import type { Command } from "commander";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { lineAndColumn } from "../diagnostics/position.ts";
import { renderLine } from "../diagnostics/render.ts";
import { toJson, toRange } from "../diagnostics/to-json.ts";
import type { GuardVerdict } from "../language/analysis/guards-verdict.ts";
import { reviewSource } from "../language/service/review-source.ts";
import { exitCode, FindingsError, printError, printJson, printLine, wantsColor } from "./output.ts";
import { loadBeside, openWorkspace, readSource, renderAll, type Workspace } from "./workspace.ts";

interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `check FILE…`: every diagnostic of every file at once; exit 1 when there is an error. */
export function addCheck(program: Command): void {
  program
    .command("check")
    .description("check policies: every error at once, with its place, cause and fix")
    .argument("<file...>", "policy files")
    .option(
      "--config <file>",
      "the configuration; else signalbox.yaml beside the policy or in policies/",
    )
    .option("--json", "print one JSON document")
    .action((files: string[], options: CheckOptions) => check(files, options));
}

function check(files: readonly string[], options: CheckOptions): void {
  const sources = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const guards: GuardVerdict[] = [];
  const configured = new Set<Diagnostic>();
  for (const file of files) {
    const workspace = configurationOf(options.config, file);
    for (const [name, text] of workspace.sources) sources.set(name, text);
    for (const diagnostic of workspace.diagnostics) configured.add(diagnostic);
    if (!("configuration" in workspace)) continue;
    const result = reviewSource(readSource(file), workspace.configuration, loadBeside);
    guards.push(...result.guards);
    for (const [name, text] of result.sources) sources.set(name, text);
    diagnostics.push(...result.diagnostics);
  }
  const all = unique([...configured, ...diagnostics]);
  const errors = all.filter((diagnostic) => diagnostic.severity === "error").length;
  if (options.json === true) {
    printJson({
      ok: errors === 0,
      diagnostics: all.map((each) => toJson(each, sources)),
      guards: guards.map((verdict) => guardToJson(verdict, sources)),
    });
  } else {
    report(all, sources, files.length);
    for (const verdict of guards) printGuard(verdict, sources);
  }
  process.exitCode = errors === 0 ? exitCode.fine : exitCode.findings;
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

function report(
  all: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  files: number,
): void {
  const [notes, findings] = [
    all.filter(({ severity }) => severity === "info"),
    all.filter(({ severity }) => severity !== "info"),
  ];
  if (findings.length > 0) printError(`${renderAll(findings, sources, process.stderr)}\n`);
  // A note is no finding: one line, behind what has to be mended.
  const color = wantsColor(process.stderr);
  for (const note of notes) printError(renderLine(note, sources, { color }));
  const count = (severity: Diagnostic["severity"]): number =>
    all.filter((diagnostic) => diagnostic.severity === severity).length;
  const parts = [
    plural(files, "file"),
    plural(count("error"), "error"),
    plural(count("warning"), "warning"),
  ];
  printLine(parts.join(", "));
}

function guardToJson(
  { guard, verdict, why, witness }: GuardVerdict,
  sources: ReadonlyMap<string, string>,
): object {
  const { text, span } = guard;
  const range = toRange(span, sources);
  return { text, file: span.file, range, verdict, why, ...(witness ? { witness } : {}) };
}

const marks = { proved: "✓ proved", enforced: "○ enforced", refused: "✗ refused" } as const;

/** One line for each guard: what holds it, and why. */
function printGuard(
  { guard, verdict, why }: GuardVerdict,
  sources: ReadonlyMap<string, string>,
): void {
  const { text, span } = guard;
  const { line } = lineAndColumn(sources.get(span.file) ?? "", span.start);
  printLine(`${marks[verdict].padEnd(10)}  ${span.file}:${line}  ${text}`);
  printLine(`            ${why}`);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
