import type { FactValue } from "../../facts/fact.ts";
import type { DecisionGraph, Edge, GraphNode } from "./decision-graph.ts";
import { keepReachable, NodeTable } from "./node-table.ts";

/** What a part of a graph leaves out. */
export interface GraphPart {
  /** Operands whose state is settled, undefined for unknown: their tests fall away. */
  readonly settled?: ReadonlyMap<number, FactValue | undefined>;
  /** Where a branch is drawn instead of where it stands; branches drawn as one make the tests between them fall away. */
  readonly branchAt?: (branch: number) => Edge;
}

/** A graph under known facts, or with branches taken together: a cofactor, reduced like the graph it comes from. */
export function partOf(graph: DecisionGraph, { settled, branchAt }: GraphPart): DecisionGraph {
  const table = new NodeTable();
  const moved: Edge[] = [];
  const move = (edge: Edge): Edge => {
    if (edge >= 0) return moved[edge] as Edge;
    const branch = ~edge;
    return branchAt === undefined || branch >= graph.branchCount ? edge : branchAt(branch);
  };
  // Nodes stand after the nodes they lead to, so each edge is moved before it is met.
  for (const node of graph.nodes) {
    const isSettled = settled?.has(node.operand) === true;
    moved.push(
      isSettled ? move(edgeFor(node, settled?.get(node.operand))) : rebuilt(node, { table, move }),
    );
  }
  const root = move(graph.root);
  const { nodes, move: keep } = keepReachable(table.nodes, root);
  return {
    ...graph,
    nodes,
    root: keep(root) ?? root,
    blocks: graph.blocks.flatMap((block) => {
      const kept = keep(move(block.root));
      return kept === undefined ? [] : [{ ...block, root: kept }];
    }),
  };
}

function rebuilt(
  node: GraphNode,
  { table, move }: { readonly table: NodeTable; readonly move: (edge: Edge) => Edge },
): Edge {
  const edges = node.edges.map(move);
  if (node.kind === "number") {
    return table.number(node.operand, node.cuts, edges, move(node.unknown));
  }
  const byValue = node.values.map((value, at) => [value, edges[at] as Edge] as const);
  return table.text(node.operand, byValue, {
    other: move(node.other),
    unknown: move(node.unknown),
  });
}

/** The way out of a node for a value of its operand; undefined and NaN are unknown. */
function edgeFor(node: GraphNode, value: FactValue | undefined): Edge {
  if (value === undefined || Number.isNaN(value)) return node.unknown;
  if (node.kind === "text") {
    return node.edges[node.values.indexOf(String(value))] ?? node.other;
  }
  const number = Number(value);
  const below = node.cuts.filter((cut) => (cut.after ? number > cut.value : number >= cut.value));
  return node.edges[below.length] ?? node.unknown;
}
