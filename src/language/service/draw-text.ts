import type { Drawing, DrawnNode } from "./drawing.ts";

/** Mermaid flowchart text (mermaid.js.org/syntax/flowchart). */
export function toMermaid(drawing: Drawing): string {
  const lines = ["flowchart TD"];
  for (const node of drawing.nodes) lines.push(`  ${node.id}${mermaidShape(node)}`);
  for (const { from, to, label } of drawing.edges) {
    lines.push(`  ${from} -->|"${mermaidText(label)}"| ${to}`);
  }
  return `${lines.join("\n")}\n`;
}

function mermaidShape(node: DrawnNode): string {
  const text = node.label.map(mermaidText).join("<br/>");
  if (node.kind === "test") return `{"${text}"}`;
  return node.kind === "reject" ? `(["${text}"])` : `["${text}"]`;
}

/** Mermaid reads HTML entities inside quotes; everything it could take for markup is written as one. */
function mermaidText(text: string): string {
  return text.replaceAll(/[&<>"#`]/g, (char) => `#${char.charCodeAt(0)};`);
}

/** Graphviz DOT text. */
export function toDot(drawing: Drawing): string {
  const lines = [
    `digraph ${dotText(drawing.title)} {`,
    '  node [fontname="sans-serif" fontsize=11];',
    '  edge [fontname="sans-serif" fontsize=10];',
  ];
  for (const node of drawing.nodes) {
    lines.push(
      `  ${node.id} [shape=${dotShape[node.kind]} label=${dotText(node.label.join("\n"))}];`,
    );
  }
  for (const { from, to, label } of drawing.edges) {
    lines.push(`  ${from} -> ${to} [label=${dotText(label)}];`);
  }
  return `${lines.join("\n")}\n}\n`;
}

const dotShape = { test: "diamond", plan: "box", reject: "octagon" } as const;

function dotText(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
