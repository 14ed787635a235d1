import type { Operand } from "../../facts/fact.ts";
import type { DecisionGraph, Edge, GraphNode } from "../graph/decision-graph.ts";
import { edgesOf } from "../graph/node-table.ts";

/** Edges reached from a graph's root, or from another edge, that one first and each once; nearest first. */
export function reachableFrom(graph: DecisionGraph, from: Edge = graph.root): Edge[] {
  const seen = new Set<Edge>([from]);
  // A set is walked in the order of its additions, those made on the way included.
  for (const edge of seen) {
    if (edge < 0) continue;
    const node = graph.nodes[edge] as GraphNode;
    const { mayBeUnknown } = graph.operands[node.operand] as Operand;
    // The edge of an unknown fact comes last.
    const ways = edgesOf(node);
    for (const to of mayBeUnknown ? ways : ways.slice(0, -1)) seen.add(to);
  }
  return [...seen];
}
