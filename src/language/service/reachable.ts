import type { Operand } from "../../facts/fact.ts";
import type { Cut, DecisionGraph, Edge, GraphNode } from "../graph/decision-graph.ts";

const dayMs = 86_400_000;

/** A way out of a node: for the segment or the value at an index, for every other text, or for an unknown fact. */
export interface Way {
  readonly to: Edge;
  readonly taken: { readonly at: number } | "other" | "unknown";
}

/** The ways out of a node that some value of its operand takes; that of an unknown fact last. */
export function waysOf(node: GraphNode, operand: Operand): Way[] {
  const ways: Way[] = [];
  for (const [at, to] of node.edges.entries()) {
    const isPossible = node.kind === "text" || hasValues(operand, node.cuts[at - 1], node.cuts[at]);
    if (isPossible) ways.push({ to, taken: { at } });
  }
  if (node.kind === "text" && !isExhausted(node.values, operand)) {
    ways.push({ to: node.other, taken: "other" });
  }
  if (operand.mayBeUnknown) ways.push({ to: node.unknown, taken: "unknown" });
  return ways;
}

/** Whether the values of a node are all that the fact can have: what is not declared counts as unknown. */
function isExhausted(values: readonly string[], { type }: Operand): boolean {
  const declared = type.kind === "text" ? type.values : undefined;
  if (declared === undefined || values.length < declared.length) return false;
  const named = new Set(values);
  return declared.every((value) => named.has(value));
}

/** Values that an operand can have: a count is never below zero, though a difference of two can be. */
export function boundsOf({ type, shape }: Operand): {
  readonly least: number;
  readonly most: number;
} {
  if (type.kind === "whole" && shape.kind === "fact") return { least: 0, most: Infinity };
  if (type.kind === "time" && shape.kind === "local") return { least: 0, most: dayMs };
  return { least: -Infinity, most: Infinity };
}

function hasValues(operand: Operand, lower: Cut | undefined, upper: Cut | undefined): boolean {
  const { least, most } = boundsOf(operand);
  if (upper !== undefined && upper.value <= least && !upper.after) return false;
  return lower === undefined || lower.value < most;
}

/** Edges that some request reaches from a graph's root, or from another edge: that one first, each once, nearest first. */
export function reachableFrom(graph: DecisionGraph, from: Edge = graph.root): Edge[] {
  const seen = new Set<Edge>([from]);
  // A set is walked in the order of its additions, those made on the way included.
  for (const edge of seen) {
    if (edge < 0) continue;
    const node = graph.nodes[edge] as GraphNode;
    for (const { to } of waysOf(node, graph.operands[node.operand] as Operand)) seen.add(to);
  }
  return [...seen];
}
