import { dirname, resolve } from "node:path";
import type { Configuration } from "../../configuration/configuration.ts";
import type { SourceFile } from "../../diagnostics/diagnostic.ts";
import { displayPath, readTextFile } from "../../files/read-files.ts";
import type { GuardVerdict } from "../../language/analysis/guards-verdict.ts";
import { policyNameOf } from "../../language/checker/check.ts";
import type { CheckedPolicy } from "../../language/checker/checked-policy.ts";
import type { SourceLoader } from "../../language/checker/vocabulary.ts";
import { lower } from "../../language/graph/lower.ts";
import { compile } from "../../language/program/compile.ts";
import type { Program } from "../../language/program/program.ts";
import { type PackedProgram, pack } from "../../language/program/transfer.ts";
import { isProved, reviewSource } from "../../language/service/review-source.ts";
import { failingTests } from "./failing-tests.ts";
import type { Bundle, LoadProblem } from "./load.ts";
import { problemOf } from "./problem-of.ts";

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

/** Texts from the disk. */
export const readFromDisk: ReadText = (file) => {
  const read = readTextFile(file);
  return read.ok ? read.text : null;
};

/**
 * Parses, checks and compiles one policy with what it uses, and runs its tests and the cases beside it. Reads through `read`
 * only, each file once.
 */
export async function checkBundle(
  source: SourceFile,
  cases: SourceFile | null,
  configuration: Configuration,
  read: ReadText,
): Promise<Checked> {
  const texts = new Map([[source.file, source.text]]);
  const load = loaderFrom((file) => {
    const text = texts.get(file) ?? read(file);
    if (text !== null) texts.set(file, text);
    return text;
  });
  const name = policyNameOf(source.file);
  const reviewed = reviewSource(source, configuration, load, "judge");
  const { kind, policy, tests, diagnostics, sources, guards } = reviewed;
  const problems = diagnostics.map((diagnostic) => problemOf(name, diagnostic, sources));
  const bundle = { name, file: source.file, texts, cases };
  if (policy === null && kind === "library" && !hasError(problems)) return { kind: "library" };
  if (policy === null || hasError(problems)) return { kind: "errors", bundle, problems };
  const tested = { source, policy, tests, load };
  const failures = await failingTests(name, tested, cases, configuration);
  if (failures.length > 0) {
    return { kind: "errors", bundle, problems: [...problems, ...failures] };
  }
  return { kind: "policy", bundle, program: pack(programOf(policy, guards)), warnings: problems };
}

/** The program that runs a policy; guards that are proved are left to their proof. */
export function programOf(policy: CheckedPolicy, guards: readonly GuardVerdict[]): Program {
  const proved = guards.filter(isProved).map(({ guard }) => guard.id);
  return compile(policy, lower(policy), new Set(proved));
}

/** Loads what a policy uses by the paths that a bundle names its texts by. */
function loaderFrom(read: ReadText): SourceLoader {
  return (fromFile, path) => {
    const file = displayPath(resolve(dirname(fromFile), path));
    const text = read(file);
    return text === null ? null : { file, text };
  };
}

/** A bundle in force made again from its texts; null only where it was never checked under this configuration. */
export function remake(
  { file, texts }: Pick<Bundle, "file" | "texts">,
  configuration: Configuration,
): { readonly policy: CheckedPolicy; readonly program: Program } | null {
  const read: ReadText = (name) => texts.get(name) ?? null;
  const source = { file, text: read(file) ?? "" };
  const { policy, guards } = reviewSource(source, configuration, loaderFrom(read), "judge");
  return policy === null ? null : { policy, program: programOf(policy, guards) };
}

function hasError(problems: readonly LoadProblem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}
