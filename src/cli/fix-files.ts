import type { Configuration } from "../configuration/configuration.ts";
import type { SourceFile } from "../diagnostics/diagnostic.ts";
import { lineAndColumn } from "../diagnostics/position.ts";
import { type FixedSource, fixSource } from "../language/service/fix-source.ts";
import { patchLines } from "./line-diff.ts";
import { replaceFile } from "./replace-file.ts";
import { loadBeside } from "./workspace.ts";

/** One fix as `check --fix --json` lists it. */
export interface ListedFix {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly title: string;
}

/** A file as `check --fix` left it. */
export interface FixedFile {
  readonly source: SourceFile;
  readonly fixes: readonly ListedFix[];
  /** What changed, line by line, for a preview; empty when nothing did. */
  readonly diff: readonly string[];
}

/** Fixes one file; writes it in place unless this is a dry run or nothing changed. A UsageError when it cannot be written. */
export function fixFile(
  path: string,
  source: SourceFile,
  { configuration, dryRun }: { readonly configuration: Configuration; readonly dryRun: boolean },
): FixedFile {
  const fixed = fixSource(source, configuration, loadBeside);
  const isChanged = fixed.text !== source.text;
  if (isChanged && !dryRun) replaceFile(path, fixed.text);
  return {
    source: { file: source.file, text: fixed.text },
    fixes: fixed.applied.map(listed),
    diff: isChanged ? patchLines(source.text, fixed.text) : [],
  };
}

function listed({ diagnostic, fix, source }: FixedSource["applied"][number]): ListedFix {
  const { line, column } = lineAndColumn(source.text, diagnostic.span.start);
  return { file: source.file, line, column, code: diagnostic.code, title: fix.title };
}
