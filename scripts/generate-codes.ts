import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codePages } from "./code-pages.ts";

const reference = join(import.meta.dirname, "..", "grammar", "README.md");

/** The reference with the pages of the codes between its markers, as it must be committed. */
export function referenceWithCodes(text: string): string {
  const marked = /<!-- codes -->[\s\S]*<!-- \/codes -->/;
  if (!marked.test(text)) throw new Error("grammar/README.md has lost its <!-- codes --> markers");
  return text.replace(marked, () => `<!-- codes -->\n\n${codePages()}\n\n<!-- /codes -->`);
}

if (import.meta.main) {
  writeFileSync(reference, referenceWithCodes(readFileSync(reference, "utf8")));
}
