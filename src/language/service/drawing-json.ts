import type { Drawing } from "./drawing.ts";

/** A drawing as one JSON document: tests and rows are its `nodes`, tests first and rows in source order. */
export function toDrawingJson(drawing: Drawing): string {
  const { policy, form, notes, root, tests, rows, edges, blocks, guards, alsos } = drawing;
  const nodes = [...tests.map(({ id, ...test }) => ({ id, kind: "test", ...test })), ...rows];
  const document = { v: 1, policy, form, notes, root, nodes, edges, blocks, guards, alsos };
  return `${JSON.stringify(document, null, 2)}\n`;
}
