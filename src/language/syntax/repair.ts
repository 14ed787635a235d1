import type { IToken } from "chevrotain";
import type { Code } from "../../diagnostics/codes.ts";
import type { TokenEdit } from "./token-edits.ts";

/** A guess at what was meant. It counts only when the parser gets further with it. */
export interface Repair {
  readonly code: Code;
  readonly message: string;
  /** Tokens under the carets: from the first up to, not including, the second. */
  readonly at: readonly [number, number];
  readonly label?: string;
  readonly help?: string;
  readonly edits: readonly TokenEdit[];
  /** For what is missing without a doubt, although not what it is: where. Then the message is made from what is expected. */
  readonly missing?: string;
  /** Null when the edits only let the parser go on, and are no advice. */
  readonly title: string | null;
}

/** The tokens of one statement and the index of the first that cannot stand where it does. */
export interface Trouble {
  /** The whole file. */
  readonly text: string;
  readonly tokens: readonly IToken[];
  readonly index: number;
  /** Words that mean something to the policy: those of its vocabulary, and those that stand elsewhere in the file. */
  readonly known: ReadonlySet<string>;
}
