import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { lineAndColumn } from "../diagnostics/position.ts";
import { renderLine } from "../diagnostics/render.ts";
import { toGithub } from "../diagnostics/to-github.ts";
import { toJson, toRange } from "../diagnostics/to-json.ts";
import { toSarif } from "../diagnostics/to-sarif.ts";
import type { GuardVerdict } from "../language/analysis/guards-verdict.ts";
import type { FixedFile } from "./fix-files.ts";
import { printError, printJson, printLine, wantsColor } from "./output.ts";
import { packageVersion } from "./package-version.ts";
import { renderAll } from "./workspace.ts";

export const checkFormats = ["text", "json", "sarif", "github"] as const;

export type CheckFormat = (typeof checkFormats)[number];

/** What `check` found, and what `--fix` did before it looked. */
export interface CheckReport {
  readonly diagnostics: readonly Diagnostic[];
  readonly guards: readonly GuardVerdict[];
  readonly sources: ReadonlyMap<string, string>;
  readonly files: number;
  /** What a person should know beside the diagnostics. */
  readonly notes: readonly string[];
  /** Null without `--fix`. */
  readonly fixed: readonly FixedFile[] | null;
  readonly dryRun: boolean;
}

/** Prints what was found in one of the formats. */
export function reportCheck(report: CheckReport, format: CheckFormat): void {
  const { diagnostics, sources, fixed } = report;
  switch (format) {
    case "json":
      printJson({
        ok: diagnostics.every(({ severity }) => severity !== "error"),
        diagnostics: diagnostics.map((each) => toJson(each, sources)),
        guards: report.guards.map((verdict) => guardToJson(verdict, sources)),
        ...(fixed === null ? {} : { fixed: fixed.flatMap(({ fixes }) => fixes) }),
      });
      return;
    case "sarif":
      printJson(toSarif(diagnostics, sources, { version: packageVersion(), pages: null }));
      return;
    case "github":
      for (const each of diagnostics) printLine(toGithub(each, sources));
      return;
    case "text":
      if (fixed !== null) printFixes(fixed, report.dryRun);
      printText(report);
      for (const verdict of report.guards) printGuard(verdict, sources);
  }
}

function printFixes(fixed: readonly FixedFile[], dryRun: boolean): void {
  for (const { source, fixes, diff } of fixed) {
    for (const { line, column, code, title } of fixes) {
      printLine(
        `${dryRun ? "would fix" : "fixed"} ${source.file}:${line}:${column}: ${code}: ${title}`,
      );
    }
    if (dryRun) for (const line of diff) printLine(line);
  }
}

/** Remarks that a person is told; a long policy has one for each rule that overlaps another. */
const mostRemarks = 12;

function printText({ diagnostics, sources, files, notes, fixed, dryRun }: CheckReport): void {
  const [remarks, findings] = [
    diagnostics.filter(({ severity }) => severity === "info"),
    diagnostics.filter(({ severity }) => severity !== "info"),
  ];
  if (findings.length > 0) printError(`${renderAll(findings, sources, process.stderr)}\n`);
  // A remark is no finding: one line, behind what has to be mended.
  const color = wantsColor(process.stderr);
  const shown = remarks.slice(0, mostRemarks);
  for (const remark of shown) printError(renderLine(remark, sources, { color }));
  const more = remarks.length - shown.length;
  if (more > 0) printError(`and ${plural(more, "further remark")}: --json tells all`);
  for (const note of notes) printError(note);
  const count = (severity: Diagnostic["severity"]): number =>
    diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  const parts = [
    plural(files, "file"),
    ...(fixed === null ? [] : [fixedPart(fixed, dryRun)]),
    plural(count("error"), "error"),
    plural(count("warning"), "warning"),
  ];
  printLine(parts.join(", "));
}

function fixedPart(fixed: readonly FixedFile[], dryRun: boolean): string {
  const count = fixed.reduce((sum, { fixes }) => sum + fixes.length, 0);
  return `${plural(count, "fix", "fixes")}${dryRun ? " not written" : ""}`;
}

function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
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
