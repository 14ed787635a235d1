/** Half-open range of UTF-16 offsets in one source file. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export type Severity = "error" | "warning" | "info";

/** One replacement; a fix is a list of them, all in one file, applied together. */
export interface TextEdit {
  readonly span: Span;
  readonly text: string;
}

export interface Fix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

export interface Label {
  readonly span: Span;
  readonly text: string;
}

/** A user's mistake (LANGUAGE §8): a value, collected and never thrown. `code` is a row of codes.ts, e.g. `P0203`. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  /** One lower-case line without a full stop; user text stands in backticks. */
  readonly message: string;
  readonly span: Span;
  /** Text under the carets of the primary span. */
  readonly label?: string;
  readonly related?: readonly Label[];
  readonly help?: string;
  readonly fix?: Fix;
}

/** A source text with its name, as diagnostics render it. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
}
