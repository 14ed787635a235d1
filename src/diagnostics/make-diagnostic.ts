import { codeRow } from "./codes.ts";
import type { Diagnostic, Span } from "./diagnostic.ts";

/** What a diagnostic may say beyond its code, place and message. */
export type DiagnosticExtras = Pick<Diagnostic, "label" | "related" | "help" | "fix">;

/** A diagnostic whose severity is the table's; throws a BugError for a code that is not in the table. */
export function makeDiagnostic(
  code: string,
  span: Span,
  message: string,
  extras: DiagnosticExtras = {},
): Diagnostic {
  return { code, severity: codeRow(code).severity, message, span, ...extras };
}
