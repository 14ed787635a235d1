import { codeRow } from "./codes.ts";
import type { Diagnostic, Span } from "./diagnostic.ts";

/** What a diagnostic may say beyond its code, place and message. */
export type DiagnosticExtras = Pick<Diagnostic, "label" | "related" | "help" | "fix">;

/** Longest word, and longest text, that a message shows in full. */
const longestWord = 120;
const longestText = 800;

/** A diagnostic whose severity is the table's; throws a BugError for a code that is not in the table. Very long names are cut. */
export function makeDiagnostic(
  code: string,
  span: Span,
  message: string,
  extras: DiagnosticExtras = {},
): Diagnostic {
  const { label, related, help, fix } = extras;
  return {
    code,
    severity: codeRow(code).severity,
    message: cut(message),
    span,
    ...(label === undefined ? {} : { label: cut(label) }),
    ...(related === undefined
      ? {}
      : { related: related.map((each) => ({ ...each, text: cut(each.text) })) }),
    ...(help === undefined ? {} : { help: cut(help) }),
    ...(fix === undefined ? {} : { fix: { ...fix, title: cut(fix.title) } }),
  };
}

function cut(text: string): string {
  if (text.length <= longestWord) return text;
  const short = text.replaceAll(/[^\s`]{121,}/g, (word) => shorten(word, longestWord));
  if (short.length <= longestText) return short;
  const start = shorten(short, longestText);
  // What stood in backticks still does.
  return start.split("`").length % 2 === 0 ? `${start}\`` : start;
}

/** A beginning that ends in no half of a character. */
function shorten(text: string, length: number): string {
  return `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
