import type { Drawing, DrawnRow, DrawnTest } from "./drawing.ts";
import { besideLines, conditionLine, rowLines, rowTitle } from "./row-lines.ts";

/** Most rows of a table: Mermaid refuses texts of more than 50,000 characters and 500 edges. */
const mostRows = 120;
/** Longest line of a box. */
const longestLine = 160;
/** Most lines of one box. */
const mostLines = 12;

/** Mermaid flowchart text (mermaid.js.org/syntax/flowchart). */
export function toMermaid(drawing: Drawing): string {
  const lines = ["flowchart LR"];
  for (const note of drawing.notes) lines.push(`  %% ${note.replaceAll(/\s+/g, " ")}`);
  lines.push(...(drawing.form === "table" ? tableLines(drawing) : diagramLines(drawing)));
  for (const [at, { heading, lines: beside }] of besideLines(drawing).entries()) {
    lines.push(`  beside${at + 1}[["${boxText([heading, ...beside])}"]]`);
  }
  return `${lines.join("\n")}\n`;
}

function diagramLines({ tests, rows, edges, blocks }: Drawing): string[] {
  const lines: string[] = [];
  const drawn = (test: DrawnTest): string => `  ${test.id}{"${boxText(testLines(test))}"}`;
  for (const test of tests) if (test.block === null) lines.push(drawn(test));
  for (const { id, title } of blocks) {
    const own = tests.filter(({ block }) => block === id);
    if (own.length === 0) continue;
    lines.push(`  subgraph ${id} ["${mermaidText(title)}"]`);
    for (const test of own) lines.push(`  ${drawn(test)}`);
    lines.push("  end");
  }
  for (const row of rows) lines.push(rowBox(row, [rowTitle(row), ...rowLines(row)]));
  for (const { from, to, label, unknown } of edges) {
    lines.push(`  ${from} ${unknown ? "-.->" : "-->"}|"${mermaidText(label)}"| ${to}`);
  }
  const dear = tests.filter((test) => test.dear).map(({ id }) => id);
  if (dear.length > 0) {
    lines.push("  classDef dear fill:#fff8c5,stroke:#9a6700,color:#1f2328");
    lines.push(`  class ${dear.join(",")} dear`);
  }
  return lines;
}

/** A dear test says what it takes. */
function testLines({ operand, dear, cost }: DrawnTest): string[] {
  return dear ? [operand, `(${cost})`] : [operand];
}

function tableLines({ rows }: Drawing): string[] {
  const lines: string[] = [];
  const shown = rows.slice(0, mostRows);
  for (const [at, row] of shown.entries()) {
    const condition = conditionLine(row);
    const text = condition === "" ? [rowTitle(row)] : [rowTitle(row), condition];
    lines.push(rowBox(row, [...text, ...rowLines(row)]));
    const next = shown[at + 1];
    if (next !== undefined) lines.push(`  ${row.id} -->|"else"| ${next.id}`);
  }
  const more = rows.length - shown.length;
  if (more > 0) {
    lines.push(`  more["${more} further rules"]`, `  ${shown.at(-1)?.id} -->|"else"| more`);
  }
  return lines;
}

function rowBox({ id, kind }: DrawnRow, lines: readonly string[]): string {
  const text = boxText(lines);
  return kind === "plan" ? `  ${id}["${text}"]` : `  ${id}(["${text}"])`;
}

function boxText(lines: readonly string[]): string {
  const shown = lines.slice(0, mostLines);
  const more = lines.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].map(mermaidText).join("<br/>");
}

/**
 * Mermaid reads HTML entities inside quotes, and takes what looks like Markdown for it; everything it could take for
 * markup is written as an entity.
 */
function mermaidText(text: string): string {
  const characters = [...text];
  const short =
    characters.length > longestLine ? `${characters.slice(0, longestLine - 1).join("")}…` : text;
  return short
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, " ")
    .replaceAll(
      /[&<>"#`\\*~]|(?<!\w)_|_(?!\w)|^[-+]|(?<=^\d+)[.)]/g,
      (char) => `#${char.charCodeAt(0)};`,
    );
}
