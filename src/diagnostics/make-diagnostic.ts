import { type Code, codes } from "./codes.ts";
import type { Diagnostic, Span } from "./diagnostic.ts";

/** What a diagnostic may say beyond its code, place and message. */
export type DiagnosticExtras = Pick<Diagnostic, "label" | "related" | "help" | "fix">;

/** A diagnostic with the severity that the table gives its code. */
export function makeDiagnostic(
  code: Code,
  span: Span,
  message: string,
  extras: DiagnosticExtras = {},
): Diagnostic {
  return { code, severity: codes[code].severity, message, span, ...extras };
}
