import type { Diagnostic, Span } from "./diagnostic.ts";
import { lineAndColumn, type Position } from "./position.ts";

/** A half-open range of a file; lines and columns count from 1, columns in UTF-16 units. */
export interface JsonRange {
  readonly start: Position;
  readonly end: Position;
}

/** One diagnostic as `check --json` prints it. */
export interface JsonDiagnostic {
  readonly code: string;
  readonly severity: Diagnostic["severity"];
  readonly message: string;
  readonly file: string;
  readonly range: JsonRange;
  readonly label?: string;
  readonly related?: readonly {
    readonly file: string;
    readonly range: JsonRange;
    readonly text: string;
  }[];
  readonly help?: string;
  readonly fix?: {
    readonly title: string;
    readonly edits: readonly {
      readonly file: string;
      readonly range: JsonRange;
      readonly text: string;
    }[];
  };
}

/** A span as lines and columns; line 1, column 1 when its source is not among `sources`. */
export function toRange(span: Span, sources: ReadonlyMap<string, string>): JsonRange {
  const text = sources.get(span.file) ?? "";
  return { start: lineAndColumn(text, span.start), end: lineAndColumn(text, span.end) };
}

/** A diagnostic in the shape of `check --json` (ARCHITECTURE §4). */
export function toJson(
  diagnostic: Diagnostic,
  sources: ReadonlyMap<string, string>,
): JsonDiagnostic {
  const { code, severity, message, span, label, related, help, fix } = diagnostic;
  const place = (at: Span): { file: string; range: JsonRange } => ({
    file: at.file,
    range: toRange(at, sources),
  });
  return {
    code,
    severity,
    message,
    ...place(span),
    ...(label === undefined ? {} : { label }),
    ...(related === undefined
      ? {}
      : { related: related.map((each) => ({ ...place(each.span), text: each.text })) }),
    ...(help === undefined ? {} : { help }),
    ...(fix === undefined
      ? {}
      : {
          fix: {
            title: fix.title,
            edits: fix.edits.map((edit) => ({ ...place(edit.span), text: edit.text })),
          },
        }),
  };
}
