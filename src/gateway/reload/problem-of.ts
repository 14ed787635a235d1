import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { render } from "../../diagnostics/render.ts";
import type { LoadProblem } from "./load.ts";

/** A diagnostic as a problem of a policy, or of the configuration (null). */
export function problemOf(
  policy: string | null,
  diagnostic: Diagnostic,
  sources: ReadonlyMap<string, string>,
): LoadProblem {
  const { span, code, message } = diagnostic;
  const source = sources.get(span.file) ?? "";
  const line = source.slice(0, span.start).split("\n").length;
  return {
    policy,
    severity: diagnostic.severity,
    summary: `${span.file}:${line}: ${code} ${message}`,
    text: render(diagnostic, sources, { color: false }),
  };
}
