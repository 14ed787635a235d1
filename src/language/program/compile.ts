import { invariant } from "../../base/assert.ts";
import type {
  CheckedGuard,
  CheckedPolicy,
  Condition,
  RuleInfo,
} from "../checker/checked-policy.ts";
import { operandsOf } from "../checker/condition-atoms.ts";
import {
  type Cut,
  type DecisionGraph,
  type GraphNode,
  noOutcome,
} from "../graph/decision-graph.ts";
import { nextAbove } from "../graph/domain-set.ts";
import { lower } from "../graph/lower.ts";
import {
  type DecisionTable,
  kindBits,
  nodeKind,
  type Program,
  type ProgramGuard,
  type Side,
} from "./program.ts";

/** Up to so many texts a node compares one by one; more are looked up. */
const fewTexts = 4;
/** From one text in so many on, a node holds an edge for every text of its operand. */
const denseFrom = 3;

/**
 * Emits the flat table of a policy from its graph, and the program that runs it. Guards named in `proved` hold for every
 * request, so no plan is held against them.
 */
export function compile(
  policy: CheckedPolicy,
  graph: DecisionGraph,
  proved: ReadonlySet<string> = new Set(),
): Program {
  const { table, root } = tableOf(graph);
  const sideOf = (condition: Condition, counts: Side["counts"]): Side =>
    compileSide(policy.operands, condition, counts);
  const guardsOf = (counts: (guard: CheckedGuard) => boolean): readonly ProgramGuard[] =>
    policy.guards.filter(counts).map(({ when, ...guard }) => {
      return { guard, side: when === null ? null : sideOf(when, "not-false") };
    });
  return {
    name: policy.name,
    hash: policy.hash,
    operands: policy.operands,
    intents: policy.intents,
    targets: policy.targets,
    files: policy.files,
    branchCount: policy.branches.length,
    firstTested: firstTested(policy),
    table,
    root,
    alsos: policy.alsos.map(({ id, options, condition }) => {
      return { id, options, side: sideOf(condition, "true") };
    }),
    guards: guardsOf(({ id }) => !proved.has(id)),
    proved: guardsOf(({ id }) => proved.has(id)),
    branch(index) {
      const branch = policy.branches[index];
      invariant(branch !== undefined, `there is no branch ${index}`);
      return { rule: policy.rules[branch.rule] as RuleInfo, action: branch.action };
    },
  };
}

function firstTested({ operands, branches }: CheckedPolicy): readonly number[] {
  const first = operands.map(() => branches.length);
  for (const [index, { condition }] of branches.entries())
    for (const operand of operandsOf(condition))
      first[operand] = Math.min(first[operand] ?? index, index);
  return first;
}

/** The table of one condition by itself. Equal to asking the interpreter, with dear facts read late. */
function compileSide(
  operands: CheckedPolicy["operands"],
  condition: Condition,
  counts: Side["counts"],
): Side {
  // What makes it count, or what keeps it from counting, is the first branch; the second is everything else.
  const first: Condition =
    counts === "true" ? condition : { kind: "not", of: condition, span: noSpan };
  const graph = lower({ operands, branches: [{ condition: first }, { condition: null }] });
  return { counts, ...tableOf(graph) };
}

const noSpan = { file: "", start: 0, end: 0 };

function tableOf(graph: DecisionGraph): { readonly table: DecisionTable; readonly root: number } {
  const texts = collectTexts(graph);
  const layout = layOut(graph, texts);
  const placed = (edge: number): number => {
    invariant(edge !== noOutcome, "a request of the policy has no outcome");
    return edge < 0 ? edge : (layout.offsets[edge] as number);
  };
  return { table: emit(graph, texts, { ...layout, placed }), root: placed(graph.root) };
}

/** The texts that conditions name, an operand's together and sorted, and where each operand's begin. */
interface TextIds {
  readonly texts: readonly string[];
  readonly byOperand: readonly (ReadonlyMap<string, number> | null)[];
}

function collectTexts(graph: DecisionGraph): TextIds {
  const named = graph.operands.map(() => new Set<string>());
  for (const node of graph.nodes) {
    if (node.kind === "text") for (const value of node.values) named[node.operand]?.add(value);
  }
  const texts: string[] = [];
  const byOperand = named.map((values) => {
    if (values.size === 0) return null;
    const ids = new Map<string, number>();
    for (const value of [...values].sort()) {
      ids.set(value, texts.length);
      texts.push(value);
    }
    return ids;
  });
  return { texts, byOperand };
}

interface Layout {
  /** Offset of each node's first word; parents come before their children. */
  readonly offsets: Int32Array;
  readonly kinds: Uint8Array;
  readonly codeLength: number;
  readonly cutCount: number;
}

function layOut(graph: DecisionGraph, { byOperand }: TextIds): Layout {
  const offsets = new Int32Array(graph.nodes.length);
  const kinds = new Uint8Array(graph.nodes.length);
  let codeLength = 0;
  let cutCount = 0;
  for (let at = graph.nodes.length - 1; at >= 0; at -= 1) {
    const node = graph.nodes[at] as GraphNode;
    const ofOperand = byOperand[node.operand]?.size ?? 0;
    const kind = kindFor(node, ofOperand);
    offsets[at] = codeLength;
    kinds[at] = kind;
    codeLength += sizeOf(node, kind, ofOperand);
    cutCount += node.kind === "number" ? node.cuts.length : 0;
  }
  return { offsets, kinds, codeLength, cutCount };
}

function kindFor(node: GraphNode, textsOfOperand: number): number {
  if (node.kind === "number") return node.cuts.length === 1 ? nodeKind.oneCut : nodeKind.cuts;
  if (node.values.length <= fewTexts) return nodeKind.fewTexts;
  return node.values.length * denseFrom >= textsOfOperand
    ? nodeKind.denseTexts
    : nodeKind.sortedTexts;
}

function sizeOf(node: GraphNode, kind: number, textsOfOperand: number): number {
  if (node.kind === "number") return (kind === nodeKind.oneCut ? 3 : 4) + node.edges.length;
  return kind === nodeKind.denseTexts ? 5 + textsOfOperand : 4 + 2 * node.values.length;
}

type Placed = Layout & { readonly placed: (edge: number) => number };

function emit(graph: DecisionGraph, ids: TextIds, layout: Placed): DecisionTable {
  const code = new Int32Array(layout.codeLength);
  const cuts = new Float64Array(layout.cutCount);
  const lookedUp = new Set<number>();
  let cutCount = 0;
  for (const [at, node] of graph.nodes.entries()) {
    const offset = layout.offsets[at] as number;
    const kind = layout.kinds[at] as number;
    code[offset] = (node.operand << kindBits) | kind;
    code[offset + 1] = layout.placed(node.unknown);
    if (node.kind === "text") {
      code.set(wordsOfText(node, kind, ids, layout.placed), offset + 2);
      if (kind !== nodeKind.fewTexts) lookedUp.add(node.operand);
      continue;
    }
    code[offset + 2] = cutCount;
    if (kind === nodeKind.cuts) code[offset + 3] = node.cuts.length;
    code.set(node.edges.map(layout.placed), offset + (kind === nodeKind.cuts ? 4 : 3));
    cuts.set(node.cuts.map(thresholdOf), cutCount);
    cutCount += node.cuts.length;
  }
  const starts = graph.blocks.map(({ root }) => root).filter((root) => root >= 0);
  return {
    code,
    cuts,
    texts: ids.texts,
    textIds: ids.byOperand.map((own, operand) => (lookedUp.has(operand) ? own : null)),
    order: Int32Array.from(graph.order),
    blockStarts: new Set(starts.map(layout.placed)),
  };
}

type TextNode = Extract<GraphNode, { readonly kind: "text" }>;

function wordsOfText(
  node: TextNode,
  kind: number,
  { byOperand }: TextIds,
  placed: (edge: number) => number,
): number[] {
  const ids = byOperand[node.operand] ?? new Map<string, number>();
  const pairs = node.values
    .map((value, at) => [ids.get(value) as number, placed(node.edges[at] as number)] as const)
    .sort(([a], [b]) => a - b);
  const other = placed(node.other);
  if (kind !== nodeKind.denseTexts) return [other, pairs.length, ...pairs.flat()];
  const [firstId = 0] = ids.values();
  const edges = new Array<number>(ids.size).fill(other);
  for (const [id, edge] of pairs) edges[id - firstId] = edge;
  return [other, ids.size, firstId, ...edges];
}

/** The number from which on the cut holds. */
function thresholdOf({ value, after }: Cut): number {
  return after ? nextAbove(value) : value;
}
