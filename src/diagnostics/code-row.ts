import type { Severity } from "./diagnostic.ts";

/** One row of the table of codes: what a code means, whatever file it is met in. A page per code is made from it. */
export interface CodeRow {
  readonly severity: Severity;
  /** Short title, lower case, without a full stop. */
  readonly title: string;
  /** Why it is reported: one sentence. */
  readonly cause: string;
  /** A text that is reported with this code; in parentheses, a description of one that is too long to show. */
  readonly example: string;
  /** Further files that the example uses, by their names. */
  readonly files?: Readonly<Record<string, string>>;
  /** What to write instead: one sentence. */
  readonly remedy: string;
}
