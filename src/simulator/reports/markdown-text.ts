import { printable } from "../../diagnostics/excerpt.ts";
import { cutTo } from "../print-table.ts";

const longestName = 80;

/**
 * A name of a log or a policy as Markdown that shows it as it is and does nothing else: no mark-up, no link, no mention of a
 * person, no break of a table's cell.
 */
export function named(text: string, longest = longestName): string {
  const shown = cutTo(printable(text), longest);
  if (shown.trim() !== "" && !/[\\`|]/.test(shown)) return `\`${shown}\``;
  const escaped = shown.replaceAll(/[^\p{L}\p{N} -]/gu, (char) => `&#${char.codePointAt(0)};`);
  return `<code>${escaped}</code>`;
}

/** A table of GitHub's Markdown; cells are Markdown already. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  leftColumns = 1,
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const marks = head.map((_, column) => (column < leftColumns ? "---" : "--:"));
  return [line(head), line(marks), ...rows.map(line)].join("\n");
}

export function folded(title: string, body: string): string {
  return body === "" ? "" : `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

/** Text in a fenced block that it cannot leave. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}json\n${text}\n${fence}`;
}
