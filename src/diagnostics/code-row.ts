import type { Severity } from "./diagnostic.ts";

/** One row of the table of codes: what a code means, whatever file it is met in. A page per code is made from it. */
export interface CodeRow {
  readonly severity: Severity;
  /** Short title, lower case, without a full stop. */
  readonly title: string;
  /** Why it is reported: one sentence. */
  readonly cause: string;
  /** A piece of text that is reported with this code. */
  readonly example: string;
  /** What to write instead: one sentence. */
  readonly remedy: string;
}
