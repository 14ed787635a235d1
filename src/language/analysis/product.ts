import type { Budget } from "../graph/budget.ts";
import type { ConditionReader } from "../graph/condition-formula.ts";
import {
  type DecisionGraph,
  type Edge,
  type GraphNode,
  noOutcome,
} from "../graph/decision-graph.ts";
import { nextAbove } from "../graph/domain-set.ts";
import { type Formula, type FormulaTable, never, type Pieces } from "../graph/formula.ts";
import { type Domain, type Segment, touches } from "./domain.ts";

/** Diagrams over the same operands, tested in one order, and formulas over them. */
export interface ProductParts {
  readonly graphs: readonly DecisionGraph[];
  readonly formulas: FormulaTable;
  readonly reader: ConditionReader;
  /** By operand: the states it can have at all. */
  readonly domains: readonly Domain[];
  /** Operand indices by rank, and back. */
  readonly order: readonly number[];
  readonly rankOf: readonly number[];
  /** True leaves out where the first two diagrams decide alike; they share their nodes then. */
  readonly differing: boolean;
}

/** A state by its number in its region. */
export type State = number;

/** One way on from a state. */
export interface Step {
  readonly segment: Segment;
  readonly to: State;
}

/** How far a request is told apart: where it stands in every diagram, and what of the formula it has still to meet. */
export interface RegionState {
  /** The operand tested here; -1 at an end. */
  readonly operand: number;
  readonly steps: readonly Step[];
  /** At an end: the branch that each diagram takes, -1 for none. */
  readonly branches: readonly number[];
  /** The state and the step that first led here; null at the start. */
  readonly cameFrom: { readonly state: State; readonly step: number } | null;
}

/** The requests that meet one formula, as ways through the diagrams from state 0 on; empty when there is none. */
export type Region = readonly RegionState[];

interface Open {
  readonly edges: readonly Edge[];
  readonly formula: Formula;
  readonly cameFrom: RegionState["cameFrom"];
}

/** A state on its way to being split: what each diagram and the formula say of the operand tested, null where nothing. */
interface Split extends Open {
  readonly heads: readonly (GraphNode | null)[];
  readonly pieces: Pieces | null;
}

type NumberNode = Extract<GraphNode, { readonly kind: "number" }>;
type TextNode = Extract<GraphNode, { readonly kind: "text" }>;
type NumberPieces = Extract<Pieces, { readonly kind: "number" }>;
type TextPieces = Extract<Pieces, { readonly kind: "text" }>;
type Go = (segment: Segment, edges: readonly Edge[], formula: Formula) => void;

/**
 * Walks diagrams and a formula side by side, shortest ways first. Each state splits on its operand of least rank; what an
 * operand's domain rules out is left out, so a branch that no end names is impossible.
 */
export class Product {
  readonly #parts: ProductParts;
  readonly #edgesByText = new Map<TextNode, ReadonlyMap<string, Edge>>();
  readonly #cutsOf = new Map<NumberNode, readonly number[]>();

  constructor(parts: ProductParts) {
    this.#parts = parts;
  }

  /** The region of a formula; throws OverBudget when the budget does not suffice. */
  region(formula: Formula, budget: Budget): Region {
    if (formula === never) return [];
    const queue = new Queue(budget);
    const roots = this.#parts.graphs.map(({ root }) => root);
    if (this.#isAlike(roots)) return [];
    queue.enter({ edges: roots, formula, cameFrom: null });
    const states: RegionState[] = [];
    for (let open = queue.next(); open !== null; open = queue.next()) {
      states.push(this.#expand(open, states.length, queue));
    }
    return states;
  }

  #expand(open: Open, state: State, queue: Queue): RegionState {
    const { edges, formula, cameFrom } = open;
    const { formulas, order, domains } = this.#parts;
    const rank = this.#leastRank(edges, formula);
    if (rank === Number.MAX_SAFE_INTEGER) {
      const branches = edges.map((edge) => (edge === noOutcome ? -1 : ~edge));
      return { operand: -1, steps: [], branches, cameFrom };
    }
    const operand = order[rank] as number;
    const heads = edges.map((edge, graph) => this.#headAt(edge, graph, operand));
    const pieces = formulas.rankOf(formula) === rank ? formulas.piecesOf(formula) : null;
    const steps: Step[] = [];
    const domain = domains[operand] as Domain;
    const go: Go = (segment, next, rest) => {
      queue.budget.takeSteps(1);
      if (rest === never || this.#isAlike(next) || !touches(domain, segment)) return;
      const cause = { state, step: steps.length };
      addStep(steps, segment, queue.enter({ edges: next, formula: rest, cameFrom: cause }));
    };
    const split = { ...open, heads, pieces };
    if (domain.kind === "text") this.#byText(split, go);
    else this.#byNumber(split, go);
    const unknown = edges.map((edge, graph) => heads[graph]?.unknown ?? edge);
    go({ kind: "unknown" }, unknown, pieces?.unknown ?? formula);
    return { operand, steps, branches: [], cameFrom };
  }

  #isAlike(edges: readonly Edge[]): boolean {
    return this.#parts.differing && edges[0] === edges[1];
  }

  #leastRank(edges: readonly Edge[], formula: Formula): number {
    const { formulas, graphs, rankOf } = this.#parts;
    let rank = formulas.rankOf(formula);
    for (const [graph, edge] of edges.entries()) {
      const node = edge < 0 ? undefined : graphs[graph]?.nodes[edge];
      if (node !== undefined) rank = Math.min(rank, rankOf[node.operand] as number);
    }
    return rank;
  }

  #headAt(edge: Edge, graph: number, operand: number): GraphNode | null {
    const node = edge < 0 ? undefined : this.#parts.graphs[graph]?.nodes[edge];
    return node?.operand === operand ? node : null;
  }

  #byNumber({ edges, formula, heads, pieces }: Split, go: Go): void {
    const own = pieces as NumberPieces | null;
    const nodes = heads as readonly (NumberNode | null)[];
    const cursors = nodes.map((node) => (node === null ? null : this.#cursorOf(node)));
    const ownCursor = own === null ? null : { cuts: own.cuts, at: 0 };
    const cuts = mergeCuts([...cursors, ownCursor]);
    for (let segment = 0; segment <= cuts.length; segment += 1) {
      const from = cuts[segment - 1] ?? Number.NEGATIVE_INFINITY;
      const next = cursors.map((cursor, graph) =>
        cursor === null
          ? (edges[graph] as Edge)
          : (nodes[graph]?.edges[advance(cursor, from)] as Edge),
      );
      const rest =
        ownCursor === null ? formula : (own?.formulas[advance(ownCursor, from)] as Formula);
      go({ kind: "range", from, to: cuts[segment] ?? Number.POSITIVE_INFINITY }, next, rest);
    }
  }

  #cursorOf(node: NumberNode): Cursor {
    let cuts = this.#cutsOf.get(node);
    if (cuts === undefined) {
      cuts = node.cuts.map(({ value, after }) => (after ? nextAbove(value) : value));
      this.#cutsOf.set(node, cuts);
    }
    return { cuts, at: 0 };
  }

  #byText({ edges, formula, heads, pieces }: Split, go: Go): void {
    const nodes = heads as readonly (TextNode | null)[];
    const own = pieces as TextPieces | null;
    const ownByText = new Map(
      [...(own?.byId ?? [])].map(([id, rest]) => [this.#parts.reader.textOf(id), rest]),
    );
    const elsewhere = own?.other ?? formula;
    const named = new Set(ownByText.keys());
    // Where the formula rules out every text that it does not name, the others need no look.
    if (elsewhere !== never) {
      for (const node of nodes) for (const text of node?.values ?? []) named.add(text);
    }
    for (const text of named) {
      const next = nodes.map((node, graph) =>
        node === null ? (edges[graph] as Edge) : (this.#edges(node).get(text) ?? node.other),
      );
      go({ kind: "text", text }, next, ownByText.get(text) ?? elsewhere);
    }
    const other = edges.map((edge, graph) => nodes[graph]?.other ?? edge);
    go({ kind: "other", texts: [...named] }, other, elsewhere);
  }

  #edges(node: TextNode): ReadonlyMap<string, Edge> {
    const known = this.#edgesByText.get(node);
    if (known !== undefined) return known;
    const edges = new Map(node.values.map((value, at) => [value, node.edges[at] as Edge]));
    this.#edgesByText.set(node, edges);
    return edges;
  }
}

/** The states met so far, each once, in the order in which they are split. */
class Queue {
  readonly budget: Budget;
  readonly #open: Open[] = [];
  readonly #known = new Map<string, State>();
  #next = 0;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  /** The number of a state, which is queued when it is new. */
  enter(open: Open): State {
    const key = `${open.edges.join()}|${open.formula}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.budget.takeState();
    const state = this.#open.length;
    this.#open.push(open);
    this.#known.set(key, state);
    return state;
  }

  next(): Open | null {
    const open = this.#open[this.#next] ?? null;
    this.#next += 1;
    return open;
  }
}

/** Neighbouring segments that lead to one state are one step. */
function addStep(steps: Step[], segment: Segment, to: State): void {
  const last = steps.at(-1);
  const { segment: before } = last ?? {};
  if (last?.to === to && before?.kind === "range" && segment.kind === "range") {
    if (before.to === segment.from) {
      steps[steps.length - 1] = { segment: { ...before, to: segment.to }, to };
      return;
    }
  }
  steps.push({ segment, to });
}

interface Cursor {
  readonly cuts: readonly number[];
  at: number;
}

/** Every cut of some lists, each once, in order. */
function mergeCuts(cursors: readonly (Cursor | null)[]): readonly number[] {
  const lists = cursors.flatMap((cursor) => (cursor === null ? [] : [cursor.cuts]));
  const [only] = lists;
  if (only !== undefined && lists.length === 1) return only;
  return [...new Set(lists.flat())].sort((a, b) => a - b);
}

/** The segment that begins at or before `from`; called with rising numbers. */
function advance(cursor: Cursor, from: number): number {
  while ((cursor.cuts[cursor.at] ?? Number.POSITIVE_INFINITY) <= from) cursor.at += 1;
  return cursor.at;
}
