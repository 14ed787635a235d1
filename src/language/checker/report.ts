import type { Diagnostic, Fix, Label, Span } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";

/** What a diagnostic may say beyond its cause. */
export interface Details {
  readonly label?: string;
  readonly related?: readonly Label[];
  readonly help?: string;
  readonly fix?: Fix | null;
}

/** Collects the diagnostics of one check; a finding made twice at one place (a let used twice) is kept once. */
export class Report {
  readonly diagnostics: Diagnostic[] = [];
  readonly #seen = new Set<string>();
  #errors = 0;

  add(code: string, span: Span, message: string, { fix, ...rest }: Details = {}): void {
    const key = `${code} ${span.file} ${span.start} ${span.end}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const extras = fix === undefined || fix === null ? rest : { ...rest, fix };
    const diagnostic = makeDiagnostic(code, span, message, extras);
    if (diagnostic.severity === "error") this.#errors += 1;
    this.diagnostics.push(diagnostic);
  }

  get hasErrors(): boolean {
    return this.#errors > 0;
  }
}

/** A fix that puts `text` in place of a span. */
export function replacement(title: string, span: Span, text: string): Fix {
  return { title, edits: [{ span, text }] };
}

/** A list as a sentence has it, at most `most` of it: "`a`, `b`, `c`, …". */
export function quoted(words: readonly string[], most = 12): string {
  const shown = words.slice(0, most).map((word) => `\`${word}\``);
  return words.length > most ? `${shown.join(", ")}, …` : shown.join(", ");
}
