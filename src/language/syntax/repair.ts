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
  readonly words: Words;
}

/** Words that mean something to the policy. */
export interface Words {
  /** Targets, facts, values, options: what is known without the file. */
  readonly vocabulary: ReadonlySet<string>;
  /** How often each name stands in the file. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Whether a word stands in the vocabulary or anywhere in the file. */
export function isKnown({ vocabulary, counts }: Words, word: string): boolean {
  return vocabulary.has(word) || counts.has(word);
}

/** Whether a name of the file stands in no vocabulary, and nowhere else in the file. */
export function isStranger({ words }: Trouble, word: string): boolean {
  return !words.vocabulary.has(word) && (words.counts.get(word) ?? 0) <= 1;
}
