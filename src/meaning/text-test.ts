import { RE2JS } from "re2js";

/** A test of a text: true or false. Takes time linear in the text, whatever it holds. */
export type TextTest = (text: string) => boolean;

/**
 * Compiles `matches` (RE2 syntax, anywhere in the text, case as written; `(?i)` ignores it) or `contains` (plain text,
 * case ignored). The message is the engine's own when the pattern is not one it takes.
 */
export function compileTextTest(
  test: "matches" | "contains",
  pattern: string,
):
  | { readonly ok: true; readonly test: TextTest }
  | { readonly ok: false; readonly message: string } {
  if (test === "contains") {
    const wanted = pattern.toLowerCase();
    return { ok: true, test: (text) => text.toLowerCase().includes(wanted) };
  }
  try {
    const compiled = RE2JS.compile(pattern);
    return { ok: true, test: (text) => compiled.test(text) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
