import type { Cut, Edge, GraphNode } from "./decision-graph.ts";

/** Reduced nodes, interned: a node whose edges are all equal is that edge, and equal nodes are one. */
export class NodeTable {
  readonly nodes: GraphNode[] = [];
  readonly #known = new Map<string, Edge>();

  /** The node that cuts a number; `edges[i]` holds from cut i-1 up to cut i. */
  number(operand: number, cuts: readonly Cut[], edges: readonly Edge[], unknown: Edge): Edge {
    const keptCuts: Cut[] = [];
    const keptEdges: Edge[] = edges.slice(0, 1);
    for (const [at, cut] of cuts.entries()) {
      const edge = edges[at + 1] ?? unknown;
      if (edge === keptEdges.at(-1)) continue;
      keptCuts.push(cut);
      keptEdges.push(edge);
    }
    if (keptCuts.length === 0 && keptEdges[0] === unknown) return unknown;
    const cutKey = keptCuts.map(({ value, after }) => (after ? `${value}+` : value)).join();
    return this.#intern(`${operand}#${unknown}#${cutKey}#${keptEdges.join()}`, {
      kind: "number",
      operand,
      unknown,
      cuts: keptCuts,
      edges: keptEdges,
    });
  }

  /** The node that dispatches on a text. */
  text(
    operand: number,
    edgeByValue: readonly (readonly [value: string, edge: Edge])[],
    { other, unknown }: { readonly other: Edge; readonly unknown: Edge },
  ): Edge {
    const kept = edgeByValue.filter(([, edge]) => edge !== other);
    if (kept.length === 0 && other === unknown) return unknown;
    kept.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    const values = kept.map(([value]) => value);
    const edges = kept.map(([, edge]) => edge);
    return this.#intern(
      `${operand}@${unknown}@${other}@${edges.join()}@${JSON.stringify(values)}`,
      {
        kind: "text",
        operand,
        unknown,
        values,
        edges,
        other,
      },
    );
  }

  #intern(key: string, node: GraphNode): Edge {
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    const edge = this.nodes.length;
    this.nodes.push(node);
    this.#known.set(key, edge);
    return edge;
  }
}

/**
 * The nodes that `root` reaches, and how an edge of the old numbering reads in theirs (undefined for a node that was
 * left out); every node still stands after those it leads to.
 */
export function keepReachable(
  nodes: readonly GraphNode[],
  root: Edge,
): { readonly nodes: readonly GraphNode[]; readonly move: (edge: Edge) => Edge | undefined } {
  const reached = new Uint8Array(nodes.length);
  if (root >= 0) reached[root] = 1;
  for (let at = nodes.length - 1; at >= 0; at -= 1) {
    const node = nodes[at];
    if (node === undefined || reached[at] !== 1) continue;
    for (const edge of edgesOf(node)) if (edge >= 0) reached[edge] = 1;
  }
  const places = new Int32Array(nodes.length);
  const kept: GraphNode[] = [];
  const place = (edge: Edge): Edge => (edge >= 0 ? (places[edge] ?? edge) : edge);
  for (const [at, node] of nodes.entries()) {
    if (reached[at] !== 1) continue;
    places[at] = kept.length;
    const edges = node.edges.map(place);
    kept.push(
      node.kind === "text"
        ? { ...node, edges, unknown: place(node.unknown), other: place(node.other) }
        : { ...node, edges, unknown: place(node.unknown) },
    );
  }
  return {
    nodes: kept,
    move: (edge) => (edge < 0 || reached[edge] === 1 ? place(edge) : undefined),
  };
}

/** Every edge that leaves a node, in the order of its values; `other` and then `unknown` last. */
export function edgesOf(node: GraphNode): readonly Edge[] {
  return node.kind === "text"
    ? [...node.edges, node.other, node.unknown]
    : [...node.edges, node.unknown];
}
