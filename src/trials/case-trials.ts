import type { Configuration } from "../configuration/configuration.ts";
import type { Diagnostic, SourceFile } from "../diagnostics/diagnostic.ts";
import { type PolicySource, readPieces } from "./case-expectations.ts";
import type { Piece } from "./case-pieces.ts";
import { readCases } from "./read-cases.ts";
import type { Trial } from "./trial.ts";

/** The file of cases beside a policy. */
export function casesFileOf(policyFile: string): string {
  return policyFile.replace(/(?:\.policy)?$/, ".cases.yaml");
}

/** The trials of the cases beside a policy, or what is wrong with their file. */
export function caseTrials(
  cases: SourceFile,
  policySource: Omit<PolicySource, "vocabulary">,
  configuration: Configuration,
): { readonly trials: readonly Trial[]; readonly diagnostics: readonly Diagnostic[] } {
  const read = readCases(cases, policySource.policy, configuration);
  const pieces = new Map<string, Piece>();
  for (const piece of read.cases.flatMap((each) => each.pieces)) {
    const key = keyOf(piece);
    if (!pieces.has(key)) pieces.set(key, piece);
  }
  const distinct = [...pieces.values()];
  const { expected, operands, diagnostics } = readPieces(
    distinct,
    { ...policySource, vocabulary: configuration },
    cases.text,
  );
  const all = [...read.diagnostics, ...diagnostics].sort((a, b) => a.span.start - b.span.start);
  if (all.some(({ severity }) => severity === "error")) return { trials: [], diagnostics: all };
  const trials = read.cases.map(
    ({ pieces: own, ...rest }): Trial => ({
      ...rest,
      file: cases.file,
      expect: own.flatMap((piece) => expected.get(pieces.get(keyOf(piece)) ?? piece) ?? []),
      operands,
    }),
  );
  return { trials, diagnostics: all };
}

/** Equal words may be meant as a beginning or as the whole. */
function keyOf({ kind, text }: Piece): string {
  return `${kind ?? ""} ${text}`;
}
