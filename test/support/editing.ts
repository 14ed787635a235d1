import type { Vocabulary } from "../../src/language/checker/vocabulary.ts";
import {
  type CheckedStatements,
  checkStatements,
} from "../../src/language/service/check-statements.ts";
import { indexNames, type NameIndex } from "../../src/language/service/name-index.ts";
import { StatementParser } from "../../src/language/service/parse-statements.ts";
import { parse } from "../../src/language/syntax/parse.ts";
import { filesOf, vocabulary } from "./checking.ts";

/** A text as an editor holds it. */
export interface Edited {
  readonly checked: CheckedStatements;
  readonly index: NameIndex;
}

/** Checks a text as `test.policy`, whatever of it is broken. */
export function editText(
  text: string,
  files: Readonly<Record<string, string>> = {},
  words: Vocabulary = vocabulary,
): Edited {
  const parsed = new StatementParser().parse({ file: "test.policy", text });
  const checked = checkStatements(parsed, {
    vocabulary: words,
    load: filesOf(files),
    parseLibrary: parse,
    isComplete: true,
  });
  return { checked, index: indexNames(checked) };
}

/** A text without its `|`, and the offset at which that stood. */
export function cursorIn(marked: string): { readonly text: string; readonly offset: number } {
  const offset = marked.indexOf("|");
  return { text: marked.slice(0, offset) + marked.slice(offset + 1), offset };
}
