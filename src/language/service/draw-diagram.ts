import { costClassDocs, firstDearClass } from "../../facts/cost-class.ts";
import type { FactType, Operand } from "../../facts/fact.ts";
import type { CheckedPolicy } from "../checker/checked-policy.ts";
import {
  type DecisionGraph,
  type Edge,
  type GraphNode,
  noOutcome,
} from "../graph/decision-graph.ts";
import type { Drawing, DrawnBlock, DrawnEdge, DrawnRow, DrawnTest } from "./drawing.ts";
import { armsOf } from "./edge-labels.ts";
import { reachableFrom } from "./reachable.ts";

/** Most that a drawing may hold. */
export interface DrawingLimits {
  readonly tests: number;
  readonly edges: number;
  readonly rows: number;
}

/** The part of a drawing that is made from a graph. */
export interface Diagram extends Pick<Drawing, "root" | "tests" | "edges" | "blocks" | "notes"> {
  /** Rows that stand for no branch. */
  readonly ends: readonly DrawnRow[];
}

/** The edge that stands for every rule that is not drawn. */
export function elsewhereIn(graph: DecisionGraph): Edge {
  return ~graph.branchCount;
}

/** The class from which on a fact is dear: it is read late, and only for requests that reach its test. */

const typeWords: Readonly<Record<FactType["kind"], string>> = {
  whole: "whole number",
  decimal: "number",
  money: "money",
  price: "price",
  duration: "duration",
  time: "time",
  date: "date",
  boolean: "yes or no",
  text: "text",
};

/** A graph as tests and edges; null where it has more of them than the limits take. */
export function diagramOf(
  policy: CheckedPolicy,
  graph: DecisionGraph,
  limits: DrawingLimits,
): Diagram | null {
  const reached = reachableFrom(graph);
  const nodes = reached.filter((edge) => edge >= 0);
  if (nodes.length > limits.tests) return null;
  const blockOf = blocksOfNodes(graph);
  const elsewhere = elsewhereIn(graph);
  const idOf = (edge: Edge): string => {
    if (edge >= 0) return `n${edge}`;
    if (edge === elsewhere) return "elsewhere";
    return edge === noOutcome ? "none" : `b${~edge}`;
  };
  const tests: DrawnTest[] = [];
  const edges: DrawnEdge[] = [];
  for (const at of nodes) {
    const node = graph.nodes[at] as GraphNode;
    const operand = graph.operands[node.operand] as Operand;
    tests.push(drawTest(idOf(at), operand, blockOf.get(at) ?? null));
    for (const { to, label, unknown } of armsOf(node, operand)) {
      edges.push({ from: idOf(at), to: idOf(to), label, unknown });
    }
    if (edges.length > limits.edges) return null;
  }
  const ends: DrawnRow[] = [];
  if (reached.includes(elsewhere)) ends.push(endRow("elsewhere", "another rule"));
  if (reached.includes(noOutcome)) ends.push(endRow("none", "no rule"));
  const blocks = blockOf.size === 0 ? [] : drawBlocks(policy, graph);
  const notes =
    blocks.length === 0
      ? []
      : [`The policy is too large for one diagram: it is ${blocks.length} blocks in a row.`];
  return { root: idOf(graph.root), tests, edges, ends, blocks, notes };
}

function drawTest(id: string, operand: Operand, block: string | null): DrawnTest {
  const { key, type, costClass } = operand;
  return {
    id,
    operand: key,
    type: typeWords[type.kind],
    costClass,
    cost: costClassDocs[costClass],
    dear: costClass >= firstDearClass,
    block,
  };
}

function endRow(kind: "elsewhere" | "none", words: string): DrawnRow {
  return {
    id: kind,
    kind,
    rules: [],
    condition: null,
    steps: [words],
    options: [],
    alsos: [],
    reached: true,
  };
}

const idOfBlock = (at: number): string => `block-${at + 1}`;

/** The block of each node, told from the last: what a later one reaches belongs to it. Empty where there is one block. */
function blocksOfNodes(graph: DecisionGraph): ReadonlyMap<Edge, string> {
  const blockOf = new Map<Edge, string>();
  if (graph.blocks.length < 2) return blockOf;
  for (const [at, { root }] of [...graph.blocks.entries()].reverse()) {
    for (const edge of reachableFrom(graph, root)) {
      if (edge >= 0 && !blockOf.has(edge)) blockOf.set(edge, idOfBlock(at));
    }
  }
  return blockOf;
}

function drawBlocks({ branches, rules }: CheckedPolicy, { blocks }: DecisionGraph): DrawnBlock[] {
  const lineOf = (branch: number): number => rules[branches[branch]?.rule ?? -1]?.line ?? 0;
  return blocks.map(({ firstBranch, lastBranch }, at) => {
    const rows = Array.from({ length: lastBranch - firstBranch + 1 }, (_, by) => firstBranch + by);
    return {
      id: idOfBlock(at),
      title: `block ${at + 1} of ${blocks.length}: ${linesOf(lineOf(firstBranch), lineOf(lastBranch))}`,
      rows: rows.map((branch) => `b${branch}`),
    };
  });
}

function linesOf(first: number, last: number): string {
  return first === last ? `line ${first}` : `lines ${first} to ${last}`;
}
