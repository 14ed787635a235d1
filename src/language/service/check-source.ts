import type { Diagnostic, SourceFile } from "../../diagnostics/diagnostic.ts";
import { checkTotality } from "../analysis/totality.ts";
import { check } from "../checker/check.ts";
import { type CheckedPolicy, type CheckedTests, noTests } from "../checker/checked-policy.ts";
import type { SourceLoader, Vocabulary } from "../checker/vocabulary.ts";
import { parse } from "../syntax/parse.ts";
import { capFindings } from "./cap-findings.ts";
import { knownWords } from "./known-words.ts";
import { loadLibraries } from "./load-libraries.ts";
import { soundPart } from "./sound-part.ts";

/** What became of a policy text. */
export interface CheckedSource {
  /** A file with rules is a router; one without is a library. A text that does not parse counts as a router. */
  readonly kind: "router" | "library";
  /** Null for a library, and where anything was an error. */
  readonly policy: CheckedPolicy | null;
  /** The file's own tests; empty where the policy is null. */
  readonly tests: CheckedTests;
  /** In the order of their places: the file's own first, then those of its libraries; of each file the first 100 errors. */
  readonly diagnostics: readonly Diagnostic[];
  /** Texts by file name, for rendering: the file's own and its libraries'. */
  readonly sources: Map<string, string>;
}

/**
 * Parses and checks one policy with the libraries it uses: the one entry of the command line, the gateway and the tests.
 * Every mistake of every file is a diagnostic; nothing is thrown for any text.
 */
export function checkSource(
  source: SourceFile,
  vocabulary: Vocabulary,
  load: SourceLoader,
): CheckedSource {
  const words = knownWords(vocabulary);
  const { ast, diagnostics } = parse(source, words);
  const sources = new Map([[source.file, source.text]]);
  if (ast === null) {
    const all = [...diagnostics, ...besideErrors(source, diagnostics, vocabulary, load)];
    return {
      kind: "router",
      policy: null,
      tests: noTests,
      diagnostics: arranged(all, sources),
      sources,
    };
  }
  const loaded = loadLibraries(ast, load);
  for (const { file, text } of loaded.read) sources.set(file, text);
  const { libraries, incomplete } = loaded;
  const checked = check(ast, { vocabulary, libraries, incomplete });
  const totality = checked.draft === null ? null : checkTotality(checked.draft, vocabulary);
  const all = [
    ...diagnostics,
    ...loaded.diagnostics,
    ...checked.diagnostics,
    ...(totality?.diagnostics ?? []),
  ];
  const failed = all.some(({ severity }) => severity === "error");
  return {
    kind: checked.kind,
    policy: failed ? null : (totality?.policy ?? null),
    tests: failed ? noTests : checked.tests,
    diagnostics: arranged(all, sources),
    sources,
  };
}

/** What is wrong with the statements of a text beside those that do not parse. */
function besideErrors(
  source: SourceFile,
  errors: readonly Diagnostic[],
  vocabulary: Vocabulary,
  load: SourceLoader,
): readonly Diagnostic[] {
  // A file beyond the size limit is not read at all, and one with too many errors only so far.
  if (errors.some(({ code }) => code === "P0109" || code === "P0129")) return [];
  const { source: rest, brokenWords, lacksLibrary } = soundPart(source, errors);
  const { ast } = parse(rest);
  if (ast === null) return [];
  const { libraries, incomplete } = loadLibraries(ast, load);
  const checked = check(ast, { vocabulary, libraries, incomplete: incomplete || lacksLibrary });
  return checked.diagnostics.filter(({ code, span }) => {
    // The missing statements may have defined the name, or been the rule that a test expects.
    if (code === "P0224" || span.file !== source.file) return false;
    return !brokenWords.has(source.text.slice(span.start, span.end));
  });
}

/** Findings in the order of their places, file by file, and no more of each file than anybody reads. */
export function arranged(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): readonly Diagnostic[] {
  const files = [...sources.keys()];
  const sorted = diagnostics.toSorted(
    (a, b) =>
      files.indexOf(a.span.file) - files.indexOf(b.span.file) ||
      a.span.start - b.span.start ||
      a.span.end - b.span.end,
  );
  return capFindings(sorted);
}
