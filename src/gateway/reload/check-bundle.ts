import { dirname, resolve } from "node:path";
import type { Configuration } from "../../configuration/configuration.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { render } from "../../diagnostics/render.ts";
import { displayPath, readTextFile } from "../../files/read-files.ts";
import type { SourceLoader } from "../../language/checker/vocabulary.ts";
import { lower } from "../../language/graph/lower.ts";
import { compile } from "../../language/program/compile.ts";
import { type PackedProgram, pack } from "../../language/program/transfer.ts";
import { isProved, reviewSource } from "../../language/service/review-source.ts";
import type { Bundle, LoadProblem } from "./load.ts";

/** Reads a file by its path as a bundle names it; null when it cannot be read. */
export type ReadText = (file: string) => string | null;

export type Checked =
  | {
      readonly kind: "policy";
      readonly bundle: Bundle;
      readonly program: PackedProgram;
      readonly warnings: readonly LoadProblem[];
    }
  | { readonly kind: "library" }
  | {
      readonly kind: "errors";
      readonly bundle: Bundle;
      readonly problems: readonly LoadProblem[];
    };

/** A policy's name: its file's without the ending. */
export function policyName(file: string): string {
  return file.replace(/^.*[\\/]/, "").replace(/\.policy$/, "");
}

/** Texts from the disk. */
export const readFromDisk: ReadText = (file) => {
  const read = readTextFile(file);
  return read.ok ? read.text : null;
};

/** Parses, checks and compiles one policy with what it uses. Reads through `read` only, each file once. */
export function checkBundle(
  source: { readonly file: string; readonly text: string },
  configuration: Configuration,
  read: ReadText,
): Checked {
  const texts = new Map([[source.file, source.text]]);
  const load: SourceLoader = (fromFile, path) => {
    const file = displayPath(resolve(dirname(fromFile), path));
    const text = texts.get(file) ?? read(file);
    if (text === null) return null;
    texts.set(file, text);
    return { file, text };
  };
  const name = policyName(source.file);
  const { kind, policy, diagnostics, sources, guards } = reviewSource(
    source,
    configuration,
    load,
    "judge",
  );
  const problems = diagnostics.map((diagnostic) => problemOf(name, diagnostic, sources));
  const bundle = { name, file: source.file, texts };
  if (policy === null && kind === "library" && !hasError(problems)) return { kind: "library" };
  if (policy === null || hasError(problems)) return { kind: "errors", bundle, problems };
  if (configuration.targets.has(name)) {
    const summary = `${source.file}: a policy and a target are both called \`${name}\`; rename one`;
    return {
      kind: "errors",
      bundle,
      problems: [{ policy: name, severity: "error", summary, text: summary }],
    };
  }
  const proved = new Set(guards.filter(isProved).map(({ guard }) => guard.id));
  const program = pack(compile(policy, lower(policy), proved));
  return { kind: "policy", bundle, program, warnings: problems };
}

function hasError(problems: readonly LoadProblem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

/** A diagnostic as a problem of a policy, or of the configuration (null). */
export function problemOf(
  policy: string | null,
  diagnostic: Diagnostic,
  sources: ReadonlyMap<string, string>,
): LoadProblem {
  const { span, code, message } = diagnostic;
  const source = sources.get(span.file) ?? "";
  const line = source.slice(0, span.start).split("\n").length;
  return {
    policy,
    severity: diagnostic.severity,
    summary: `${span.file}:${line}: ${code} ${message}`,
    text: render(diagnostic, sources, { color: false }),
  };
}
