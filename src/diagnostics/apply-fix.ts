import { invariant } from "../base/assert.ts";
import type { Fix } from "./diagnostic.ts";

/** The text after a fix. Edits may stand in any order; a BugError when two overlap or one lies outside the text. */
export function applyFix(text: string, fix: Fix): string {
  const edits = fix.edits.toSorted(
    (a, b) => a.span.start - b.span.start || a.span.end - b.span.end,
  );
  let result = "";
  let at = 0;
  for (const { span, text: replacement } of edits) {
    invariant(span.start >= at && span.end >= span.start, "the edits of a fix do not overlap");
    invariant(span.end <= text.length, "an edit lies inside its text");
    result += text.slice(at, span.start) + replacement;
    at = span.end;
  }
  return result + text.slice(at);
}
