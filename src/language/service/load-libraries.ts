import type { Diagnostic, SourceFile, Span } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import { isRule } from "../checker/check.ts";
import type { SourceLoader } from "../checker/vocabulary.ts";
import type { Ast, Literal } from "../syntax/ast.ts";
import { type Parsed, parse } from "../syntax/parse.ts";

/** The libraries of a policy. */
export interface Libraries {
  /** Each once, before the files that use it. */
  readonly libraries: readonly Ast[];
  /** Every file that was read, also those that did not parse. */
  readonly read: readonly SourceFile[];
  readonly diagnostics: readonly Diagnostic[];
  /** True when a library could not be read, or holds what it must not. */
  readonly incomplete: boolean;
}

interface Loading {
  readonly load: SourceLoader;
  readonly parse: (source: SourceFile) => Parsed;
  readonly libraries: Ast[];
  readonly read: SourceFile[];
  readonly diagnostics: Diagnostic[];
  readonly done: Set<string>;
  /** Files whose `use` statements are being followed, outermost first. */
  readonly path: string[];
  incomplete: boolean;
}

/** Libraries that use libraries beyond this are a mistake, or an attack on the stack. */
const deepest = 32;
const mostFiles = 200;

/**
 * Follows `use` from a file on. What is wrong with a library is reported in it, what is wrong with a `use` at the `use`. An
 * editor hands in a `parse` that remembers.
 */
export function loadLibraries(
  ast: Ast,
  load: SourceLoader,
  parseFile: (source: SourceFile) => Parsed = parse,
): Libraries {
  const loading: Loading = {
    load,
    parse: parseFile,
    libraries: [],
    read: [],
    diagnostics: [],
    done: new Set([ast.file]),
    path: [ast.file],
    incomplete: false,
  };
  follow(loading, ast);
  return loading;
}

function follow(loading: Loading, ast: Ast): void {
  for (const statement of ast.statements) {
    if (statement.kind === "use") use(loading, ast.file, statement.path);
  }
}

function use(loading: Loading, fromFile: string, path: Literal): void {
  const text = path.kind === "string" ? path.text : "";
  const found = text === "" ? null : loading.load(fromFile, text);
  if (found === null) {
    refuse(
      loading,
      makeDiagnostic("P0212", path.span, `there is no file \`${text}\``, {
        label: "not found",
        help: `the path is relative to ${fromFile}`,
      }),
    );
    return;
  }
  if (loading.path.includes(found.file)) {
    const circle = [...loading.path.slice(loading.path.indexOf(found.file)), found.file];
    refuse(
      loading,
      makeDiagnostic("P0213", path.span, `\`${text}\` leads back to itself`, {
        label: circle.join(" → "),
        help: "move what both need into a third file",
      }),
    );
    return;
  }
  if (loading.done.has(found.file)) return;
  loading.done.add(found.file);
  loading.read.push(found);
  if (loading.path.length > deepest || loading.read.length > mostFiles) {
    refuse(
      loading,
      makeDiagnostic("P0213", path.span, "the libraries of this file are too many or too deep", {
        label: `at most ${mostFiles} files, ${deepest} deep`,
        help: "join some of them",
      }),
    );
    return;
  }
  readLibrary(loading, found, path.span);
}

function readLibrary(loading: Loading, source: SourceFile, usedAt: Span): void {
  const { ast, diagnostics } = loading.parse(source);
  loading.diagnostics.push(...diagnostics);
  if (ast === null) {
    loading.incomplete = true;
    return;
  }
  const rule = ast.statements.find(isRule);
  if (rule !== undefined) {
    refuse(
      loading,
      makeDiagnostic("P0214", usedAt, `\`${source.file}\` has rules`, {
        label: "only a file without rules can be used",
        related: [{ span: rule.span, text: "its first rule" }],
        help: "move what is shared into a file of its own",
      }),
    );
    return;
  }
  loading.path.push(source.file);
  follow(loading, ast);
  loading.path.pop();
  loading.libraries.push(ast);
}

function refuse(loading: Loading, diagnostic: Diagnostic): void {
  loading.incomplete = true;
  loading.diagnostics.push(diagnostic);
}
