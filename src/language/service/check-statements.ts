import * as t from "../../../grammar/tokens.ts";
import type { Diagnostic, SourceFile } from "../../diagnostics/diagnostic.ts";
import { check } from "../checker/check.ts";
import type { SourceLoader, Vocabulary } from "../checker/vocabulary.ts";
import type { Ast } from "../syntax/ast.ts";
import type { Parsed } from "../syntax/parse.ts";
import { arranged } from "./check-source.ts";
import { loadLibraries } from "./load-libraries.ts";
import type { BrokenStatement, ParsedStatements } from "./parse-statements.ts";
import type { Draft } from "./review-draft.ts";

/** What the file is checked against. */
export interface Surroundings {
  readonly vocabulary: Vocabulary;
  readonly load: SourceLoader;
  readonly parseLibrary: (source: SourceFile) => Parsed;
  /** False when the configuration could not be read: names that nothing explains are then no findings. */
  readonly isComplete: boolean;
}

/** A text as parsed, with what checking its sound statements says. */
export interface CheckedStatements {
  readonly parsed: ParsedStatements;
  readonly vocabulary: Vocabulary;
  /** Each once, before the files that use them. */
  readonly libraries: readonly Ast[];
  /** What the analysis can go by; null for a library, and where a rule could not be read. */
  readonly draft: Draft | null;
  /** Of the file and its libraries, as `checkSource` has them but for what the analysis says. */
  readonly diagnostics: readonly Diagnostic[];
  /** Texts by file name: the file's own and its libraries'. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Checks a text of which some statements may be broken, for an editor: the sound ones are checked as if the others were not there. */
export function checkStatements(
  parsed: ParsedStatements,
  { vocabulary, load, parseLibrary, isComplete }: Surroundings,
): CheckedStatements {
  const { source, ast, broken } = parsed;
  const loaded = loadLibraries(ast, load, parseLibrary);
  const { libraries } = loaded;
  const incomplete = loaded.incomplete || !isComplete || broken.some(mayUse);
  const checked = check(ast, { vocabulary, libraries, incomplete, identify: false });
  const words = new Set(broken.flatMap(({ tokens }) => tokens.map(({ image }) => image)));
  // The broken statements may have defined the name.
  const isSure = ({ span }: Diagnostic): boolean => {
    return span.file !== source.file || !words.has(source.text.slice(span.start, span.end));
  };
  const findings = broken.length === 0 ? checked.diagnostics : checked.diagnostics.filter(isSure);
  const all = [...parsed.diagnostics, ...loaded.diagnostics, ...findings];
  const sources = new Map([[source.file, source.text]]);
  for (const { file, text } of loaded.read) sources.set(file, text);
  const isSound = all.every(({ severity }) => severity !== "error");
  const { draft } = checked;
  return {
    parsed,
    vocabulary,
    libraries,
    draft: draft === null || broken.length > 0 ? null : { policy: draft, isSound },
    diagnostics: arranged(all, sources),
    sources,
  };
}

/** Whether a broken statement may have brought in a library. */
function mayUse({ tokens }: BrokenStatement): boolean {
  return tokens.some(({ tokenType }) => tokenType === t.Use);
}
