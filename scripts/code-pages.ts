import { defaultConfiguration } from "../src/configuration/default-configuration.ts";
import { readConfiguration } from "../src/configuration/read.ts";
import { applyFix } from "../src/diagnostics/apply-fix.ts";
import type { CodeRow } from "../src/diagnostics/code-row.ts";
import { codes } from "../src/diagnostics/codes.ts";
import type { Diagnostic, Severity } from "../src/diagnostics/diagnostic.ts";
import { render } from "../src/diagnostics/render.ts";
import type { SourceLoader } from "../src/language/checker/vocabulary.ts";
import { fixSource } from "../src/language/service/fix-source.ts";
import { type ReviewSetting, reviewSource } from "../src/language/service/review-source.ts";
import { filesOf, vocabulary } from "../test/support/checking.ts";

/** The names that the examples use: those of the tests. */
const setting: ReviewSetting = { ...vocabulary, dispatch: defaultConfiguration().dispatch };

/** What the checks make of a row's example. */
export interface CheckedExample {
  readonly code: string;
  readonly row: CodeRow;
  /** Empty for an example that is only described. */
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
  /** The example after its fixes; null when there is none. */
  readonly fixed: string | null;
  /** Errors that are left after the fixes. */
  readonly left: readonly string[];
}

/** An example in parentheses describes a text that is too long to show. */
export function isDescribed({ example }: CodeRow): boolean {
  return example.startsWith("(") && example.endsWith(")");
}

/** Every row of the table with what the checks say of its example. */
export function checkedExamples(): readonly CheckedExample[] {
  return Object.entries<CodeRow>(codes).map(([code, row]) => {
    if (isDescribed(row)) {
      return { code, row, diagnostics: [], sources: new Map(), fixed: null, left: [] };
    }
    return code.startsWith("C") ? checkedConfiguration(code, row) : checkedPolicy(code, row);
  });
}

function checkedPolicy(code: string, row: CodeRow): CheckedExample {
  const source = { file: "example.policy", text: row.example };
  const load: SourceLoader = filesOf(row.files ?? {});
  const { diagnostics, sources } = reviewSource(source, setting, load);
  const { text, checked } = fixSource(source, setting, load);
  return {
    code,
    row,
    diagnostics,
    sources,
    fixed: text === row.example ? null : text,
    left: errorsOf(checked.diagnostics),
  };
}

const nothing = { variable: () => undefined, file: () => undefined };

function checkedConfiguration(code: string, row: CodeRow): CheckedExample {
  const read = (text: string) => readConfiguration({ file: "signalbox.yaml", text }, nothing);
  const { diagnostics, source } = read(row.example);
  const fix = diagnostics.find((each) => each.code === code)?.fix;
  const fixed = fix === undefined ? null : applyFix(row.example, fix);
  return {
    code,
    row,
    diagnostics,
    sources: new Map([[source.file, source.text]]),
    fixed,
    left: fixed === null ? [] : errorsOf(read(fixed).diagnostics),
  };
}

function errorsOf(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
}

const severityNames: Readonly<Record<Severity, string>> = {
  error: "Error",
  warning: "Warning",
  info: "Note",
};

/** A page for each code, policies before the configuration, as Markdown. */
export function codePages(): string {
  const isConfiguration = ({ code }: CheckedExample): number => (code.startsWith("C") ? 1 : 0);
  const examples = checkedExamples().toSorted(
    (a, b) => isConfiguration(a) - isConfiguration(b) || (a.code < b.code ? -1 : 1),
  );
  return examples.map(page).join("\n\n");
}

function page({ code, row, diagnostics, sources, fixed, left }: CheckedExample): string {
  const { severity, title, cause, example, remedy } = row;
  const found = diagnostics.find((each) => each.code === code);
  const parts = [`### ${code}`, `**${severityNames[severity]}: ${title}.** ${cause}`];
  if (isDescribed(row)) parts.push(`Example: ${example.slice(1, -1)}.`);
  else parts.push(fenced(code.startsWith("C") ? "yaml" : "", example));
  for (const [file, text] of Object.entries(row.files ?? {})) {
    parts.push(`where \`${file}\` is`, fenced("policy", text));
  }
  if (found !== undefined) parts.push(fenced("text", render(found, sources, { color: false })));
  if (fixed !== null && left.length === 0) {
    parts.push("With its fix:", fenced(code.startsWith("C") ? "yaml" : "policy", fixed));
  }
  parts.push(remedy);
  return parts.join("\n\n");
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.replace(/\s+$/, "")}\n\`\`\``;
}
