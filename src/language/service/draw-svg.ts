import { Graph, layout } from "@dagrejs/dagre";
import type { Drawing, DrawnNode } from "./drawing.ts";

const charWidth = 6.6;
const lineHeight = 16;
const margin = 12;

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** A self-contained SVG picture, laid out in layers from top to bottom. */
export function toSvg(drawing: Drawing): string {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 28, ranksep: 44, marginx: margin, marginy: margin });
  for (const node of drawing.nodes) graph.setNode(node.id, sizeOf(node));
  drawing.edges.forEach(({ from, to, label }, index) => {
    graph.setEdge(
      from,
      to,
      { width: label.length * charWidth + 8, height: lineHeight, labelpos: "c" },
      String(index),
    );
  });
  layout(graph);
  const parts = drawing.nodes.map((node) => drawNode(node, graph.node(node.id) as Box));
  drawing.edges.forEach(({ from, to, label }, index) => {
    const edge = graph.edge({ v: from, w: to, name: String(index) }) as { points: Point[] } & Point;
    parts.unshift(drawEdge(edge.points, label, edge));
  });
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return svgDocument({
    title: drawing.title,
    width: Math.ceil(width),
    height: Math.ceil(height),
    body: parts,
  });
}

function sizeOf(node: DrawnNode): { width: number; height: number } {
  const longest = Math.max(...node.label.map((line) => line.length));
  const pad = node.kind === "test" ? 40 : 20;
  return { width: longest * charWidth + pad, height: node.label.length * lineHeight + 16 };
}

function drawNode(node: DrawnNode, { x, y, width, height }: Box): string {
  const left = x - width / 2;
  const top = y - height / 2;
  const shape =
    node.kind === "test"
      ? `<polygon points="${left},${y} ${left + 16},${top} ${left + width - 16},${top} ${left + width},${y} ${left + width - 16},${top + height} ${left + 16},${top + height}"/>`
      : `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="${node.kind === "reject" ? 12 : 3}"/>`;
  const start = y - ((node.label.length - 1) * lineHeight) / 2 + 4;
  const lines = node.label.map(
    (line, index) => `<text x="${x}" y="${start + index * lineHeight}">${escapeXml(line)}</text>`,
  );
  return `<g class="${node.kind}">${shape}${lines.join("")}</g>`;
}

function drawEdge(points: readonly Point[], label: string, at: Point): string {
  const path = points
    .map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${round(x)},${round(y)}`)
    .join("");
  return `<g class="edge"><path d="${path}" marker-end="url(#arrow)"/><text x="${round(at.x)}" y="${round(at.y + 4)}">${escapeXml(label)}</text></g>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function svgDocument(picture: {
  title: string;
  width: number;
  height: number;
  body: readonly string[];
}): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${picture.width} ${picture.height}" width="${picture.width}" height="${picture.height}" role="img">
<title>${escapeXml(picture.title)}</title>
<style>text{font:11px ui-monospace,monospace;text-anchor:middle;fill:#1b1f24}.edge path{fill:none;stroke:#6e7781}.edge text{font-size:10px;fill:#57606a;paint-order:stroke;stroke:#fff;stroke-width:4px}.test polygon{fill:#ddf4ff;stroke:#0969da}.plan rect{fill:#dafbe1;stroke:#1a7f37}.reject rect{fill:#ffebe9;stroke:#cf222e}</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0L8,4L0,8z" fill="#6e7781"/></marker></defs>
${picture.body.join("\n")}
</svg>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
