import type { Span } from "../diagnostics/diagnostic.ts";
import type { DiagnosticExtras } from "../diagnostics/make-diagnostic.ts";

/** Extras for a word that is none of those known: the likeliest meant as a fix, or else the whole list. */
export function wrongWord(
  span: Span,
  meant: string | null,
  known: readonly string[],
  what: string,
): DiagnosticExtras {
  if (meant === null) {
    return known.length === 0 ? {} : { help: `${what}: ${known.join(", ")}` };
  }
  return {
    help: `did you mean \`${meant}\`?`,
    fix: { title: `write \`${meant}\``, edits: [{ span, text: meant }] },
  };
}
