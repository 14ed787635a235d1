import type { Drawing, DrawnRow, DrawnTest } from "./drawing.ts";
import { besideLines, conditionLine, rowLines, rowTitle } from "./row-lines.ts";

/** Longest line of a box. */
const longestLine = 160;

/** Graphviz DOT text: tests from left to right, rows below each other in source order. */
export function toDot(drawing: Drawing): string {
  const { policy, notes, form } = drawing;
  const lines = [
    `digraph ${dotText(`${policy.name}@${policy.hash}`)} {`,
    "  rankdir=LR;",
    '  node [fontname="Helvetica" fontsize=11];',
    '  edge [fontname="Helvetica" fontsize=10];',
    ...(notes.length === 0 ? [] : [`  label=${linesText(notes)}; labelloc=t;`]),
    ...(form === "table" ? [] : diagramLines(drawing)),
    ...rowsLines(drawing),
  ];
  for (const [at, { heading, lines: beside }] of besideLines(drawing).entries()) {
    lines.push(`  beside${at + 1} [shape=note label=${linesText([heading, ...beside])}];`);
  }
  return `${lines.join("\n")}\n}\n`;
}

function diagramLines({ tests, edges, blocks }: Drawing): string[] {
  const lines = tests.filter(({ block }) => block === null).map((test) => `  ${testBox(test)}`);
  for (const { id, title } of blocks) {
    const own = tests.filter(({ block }) => block === id);
    if (own.length === 0) continue;
    lines.push(`  subgraph ${dotText(`cluster-${id}`)} {`, `    label=${dotText(title)};`);
    lines.push(...own.map((test) => `    ${testBox(test)}`), "  }");
  }
  for (const { from, to, label, unknown } of edges) {
    const style = unknown ? " style=dashed" : "";
    lines.push(`  ${from} -> ${to} [label=${dotText(label)}${style}];`);
  }
  return lines;
}

function testBox({ id, operand, dear, cost }: DrawnTest): string {
  return dear
    ? `${id} [shape=diamond style=filled fillcolor="#fff8c5" label="${escaped(operand)}\\n(${escaped(cost)})"];`
    : `${id} [shape=diamond label=${dotText(operand)}];`;
}

/** In a diagram the rows share a rank, and invisible edges keep them in order; in a table the edges are shown. */
function rowsLines({ rows, form }: Drawing): string[] {
  const lines = rows.map((row) => `  ${rowBox(row, form)}`);
  const chain = rows.map(({ id }) => id).join(" -> ");
  if (rows.length < 2) return lines;
  const edges = form === "table" ? `${chain} [label="else"];` : `${chain} [style=invis];`;
  return [...lines, `  { rank=same; ${edges} }`];
}

const shapes: Readonly<Record<DrawnRow["kind"], string>> = {
  plan: "box",
  reject: "octagon",
  elsewhere: "plaintext",
  none: "plaintext",
};

function rowBox(row: DrawnRow, form: Drawing["form"]): string {
  const condition = form === "table" ? conditionLine(row) : "";
  const text = [rowTitle(row), ...(condition === "" ? [] : [condition]), ...rowLines(row)];
  return `${row.id} [shape=${shapes[row.kind]} label=${linesText(text)}];`;
}

/** Lines of one label, each flush left. */
function linesText(lines: readonly string[]): string {
  return `"${lines.map((line) => `${escaped(line)}\\l`).join("")}"`;
}

function dotText(text: string): string {
  return `"${escaped(text)}"`;
}

function escaped(text: string): string {
  const characters = [...text];
  const short =
    characters.length > longestLine ? `${characters.slice(0, longestLine - 1).join("")}…` : text;
  // Graphviz reads HTML entities in labels, so an ampersand is written as one.
  return short
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"');
}
