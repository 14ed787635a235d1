import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";

/** Errors that are reported of one file, and as many warnings and notes. */
const most = 100;

/**
 * The first 100 errors and the first 100 other findings of each file, in their order; behind the last of a kind that goes on
 * stands how many more there are.
 */
export function capFindings(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const counts = new Map<string, number>();
  const keyOf = ({ severity, span }: Diagnostic): string =>
    `${severity === "error" ? "error" : "other"} ${span.file}`;
  const shown: Diagnostic[] = [];
  for (const diagnostic of diagnostics) {
    const count = (counts.get(keyOf(diagnostic)) ?? 0) + 1;
    counts.set(keyOf(diagnostic), count);
    if (count <= most) shown.push(diagnostic);
  }
  if (shown.length === diagnostics.length) return diagnostics;
  const reached = new Map<string, number>();
  return shown.flatMap((diagnostic) => {
    const key = keyOf(diagnostic);
    const at = (reached.get(key) ?? 0) + 1;
    reached.set(key, at);
    const more = (counts.get(key) ?? 0) - most;
    return at === most && more > 0 ? [diagnostic, andMore(diagnostic, more)] : [diagnostic];
  });
}

function andMore({ severity, span }: Diagnostic, more: number): Diagnostic {
  const [code, what] = severity === "error" ? ["P0129", "error"] : ["P0416", "warning or note"];
  const plural = severity === "error" ? "errors" : "warnings and notes";
  const message =
    more === 1 ? `1 more ${what} is not reported` : `${more} more ${plural} are not reported`;
  return makeDiagnostic(code, span, message, { help: "correct the first ones and check again" });
}
