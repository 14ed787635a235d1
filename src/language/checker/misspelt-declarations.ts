import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { Ast, Name } from "../syntax/ast.ts";

/**
 * Where a let or a pool is used several times under a name that is nearly its own, and never under its own, the definition is
 * what is misspelt: one finding there takes the place of one at each use.
 */
export function atMisspeltDeclarations(
  { file, text, statements }: Ast,
  diagnostics: readonly Diagnostic[],
): readonly Diagnostic[] {
  const declared = statements.flatMap((statement) =>
    statement.kind === "let" || statement.kind === "pool" ? [statement.name] : [],
  );
  let result = diagnostics;
  for (const name of declared) {
    const uses = result.filter(
      (each) => each.span.file === file && meantBy(each) === name.text && isUnknownName(each),
    );
    const written = new Set(uses.map(({ span }) => text.slice(span.start, span.end)));
    const [used] = written;
    if (uses.length < 2 || written.size !== 1 || used === undefined) continue;
    if (countOf(text, name.text) > 1) continue;
    const rest = result.filter((each) => !uses.includes(each));
    result = [...rest, atDeclaration(name, used, uses)];
  }
  return result;
}

function isUnknownName({ code }: Diagnostic): boolean {
  return code === "P0201" || code === "P0202";
}

/** The name that a finding's fix would write; null for a fix of another kind. */
function meantBy({ fix, span }: Diagnostic): string | null {
  const [edit, second] = fix?.edits ?? [];
  if (edit === undefined || second !== undefined) return null;
  return edit.span.start === span.start && edit.span.end === span.end ? edit.text : null;
}

function atDeclaration(name: Name, used: string, uses: readonly Diagnostic[]): Diagnostic {
  const code = uses[0]?.code ?? "P0201";
  return makeDiagnostic(code, name.span, `\`${name.text}\` is defined, and \`${used}\` is used`, {
    label: "nothing uses this name",
    related: uses.slice(0, 2).map(({ span }) => ({ span, text: "not known" })),
    help: `did you mean \`${used}\`?`,
    fix: { title: `replace with \`${used}\``, edits: [{ span: name.span, text: used }] },
  });
}

/** How often a name stands in a text as a whole word. */
function countOf(text: string, name: string): number {
  const isPart = (character: string): boolean => /[\w.-]/.test(character);
  let count = 0;
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!isPart(text.charAt(at - 1)) && !isPart(text.charAt(at + name.length))) count += 1;
  }
  return count;
}
