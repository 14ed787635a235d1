import type { Budget } from "./budget.ts";
import type { ConditionReader } from "./condition-formula.ts";
import type { Edge } from "./decision-graph.ts";
import { always, type Formula, type FormulaTable, never, type Pieces } from "./formula.ts";
import type { NodeTable } from "./node-table.ts";
import { emptyList, type RuleList, RuleLists } from "./rule-lists.ts";

/** A rule of a first-match list: the edge is taken when the formula holds and no earlier one does. */
export interface GuardedEdge {
  readonly formula: Formula;
  readonly edge: Edge;
}

/** The rules of a list as they stand to the operand that is tested next, rule by rule. */
interface Split {
  readonly rank: number;
  readonly kind: Pieces["kind"];
  readonly formulas: readonly Formula[];
  readonly edges: readonly Edge[];
  /** Null for a rule that does not test the operand. */
  readonly pieces: readonly (Pieces | null)[];
}

type NumberPieces = Extract<Pieces, { readonly kind: "number" }>;
type TextPieces = Extract<Pieces, { readonly kind: "text" }>;

interface Parts {
  readonly formulas: FormulaTable;
  readonly reader: ConditionReader;
  readonly nodes: NodeTable;
  /** Operand indices by rank. */
  readonly order: readonly number[];
}

/**
 * Builds one reduced diagram from a first-match list: the list is split by the states of the operand of least rank,
 * each remainder is a list again, and equal lists are built once.
 */
export class Diagram {
  readonly #parts: Parts;
  readonly #lists: RuleLists;
  readonly #fallThrough: Edge;
  readonly #budget: Budget;
  readonly #done = new Map<RuleList, Edge>();
  readonly #draft: ListDraft;
  #states = 0;

  constructor(parts: Parts, fallThrough: Edge, budget: Budget) {
    this.#parts = parts;
    this.#lists = new RuleLists();
    this.#fallThrough = fallThrough;
    this.#budget = budget;
    this.#draft = new ListDraft(this.#lists, budget);
  }

  /** Diagram states made so far: a bound on the nodes that this diagram added. */
  get states(): number {
    return this.#states;
  }

  /** The edge that decides the list; throws OverBudget when the budget does not suffice. */
  build(rules: readonly GuardedEdge[]): Edge {
    for (const { formula, edge } of rules) if (this.#draft.add(formula, edge)) break;
    return this.#edgeOf(this.#draft.finish());
  }

  #edgeOf(list: RuleList): Edge {
    if (list === emptyList) return this.#fallThrough;
    if (this.#lists.formulaOf(list) === always) return this.#lists.edgeOf(list);
    const done = this.#done.get(list);
    if (done !== undefined) return done;
    this.#budget.takeState();
    this.#states += 1;
    const split = this.#split(list);
    const edge = split.kind === "text" ? this.#byText(split) : this.#byNumber(split);
    this.#done.set(list, edge);
    return edge;
  }

  #split(list: RuleList): Split {
    const table = this.#parts.formulas;
    let rank = Number.MAX_SAFE_INTEGER;
    for (let at = list; at !== emptyList; at = this.#lists.tailOf(at)) {
      rank = Math.min(rank, table.rankOf(this.#lists.formulaOf(at)));
    }
    let kind: Pieces["kind"] = "number";
    const formulas: Formula[] = [];
    const edges: Edge[] = [];
    const pieces: (Pieces | null)[] = [];
    for (let at = list; at !== emptyList; at = this.#lists.tailOf(at)) {
      const formula = this.#lists.formulaOf(at);
      const own = table.rankOf(formula) === rank ? table.piecesOf(formula) : null;
      if (own !== null) kind = own.kind;
      formulas.push(formula);
      edges.push(this.#lists.edgeOf(at));
      pieces.push(own);
    }
    return { rank, kind, formulas, edges, pieces };
  }

  #byNumber(split: Split): Edge {
    const pieces = split.pieces as readonly (NumberPieces | null)[];
    const every = new Set<number>();
    for (const own of pieces) if (own !== null) for (const cut of own.cuts) every.add(cut);
    const cuts = [...every].sort((a, b) => a - b);
    const positions = new Int32Array(pieces.length);
    const lists = [this.#listFrom(split, positions, Number.NEGATIVE_INFINITY)];
    for (const cut of cuts) lists.push(this.#listFrom(split, positions, cut));
    const unknown = this.#edgeOf(this.#listOfUnknown(split));
    const { nodes, reader, order } = this.#parts;
    return nodes.number(
      order[split.rank] ?? 0,
      cuts.map((cut) => reader.cutOf(cut)),
      lists.map((list) => this.#edgeOf(list)),
      unknown,
    );
  }

  /** The list of the segment that begins at a number; `positions` holds each rule's own segment of the call before. */
  #listFrom({ formulas, edges, pieces }: Split, positions: Int32Array, from: number): RuleList {
    for (let at = 0; at < formulas.length; at += 1) {
      const own = pieces[at] as NumberPieces | null;
      let formula = formulas[at] as Formula;
      if (own !== null) {
        let position = positions[at] as number;
        while (position < own.cuts.length && (own.cuts[position] as number) <= from) position += 1;
        positions[at] = position;
        formula = own.formulas[position] as Formula;
      }
      if (this.#draft.add(formula, edges[at] as Edge)) break;
    }
    return this.#draft.finish();
  }

  #listOfUnknown({ formulas, edges, pieces }: Split): RuleList {
    for (let at = 0; at < formulas.length; at += 1) {
      const formula = pieces[at]?.unknown ?? (formulas[at] as Formula);
      if (this.#draft.add(formula, edges[at] as Edge)) break;
    }
    return this.#draft.finish();
  }

  #byText(split: Split): Edge {
    const { base, named } = spreadTexts(split);
    const { nodes, reader, order } = this.#parts;
    const lists: (readonly [value: string, list: RuleList])[] = [];
    for (const [id, own] of named) lists.push([reader.textOf(id), this.#listOver(base, own)]);
    const other = this.#edgeOf(this.#listOver(base, []));
    const unknown = this.#edgeOf(this.#listOfUnknown(split));
    return nodes.text(
      order[split.rank] ?? 0,
      lists.map(([value, list]) => [value, this.#edgeOf(list)]),
      { other, unknown },
    );
  }

  /** The list of `base` rules with `own` ones in the place of those at the same position. */
  #listOver(base: readonly PlacedRule[], own: readonly PlacedRule[]): RuleList {
    let next = 0;
    let closed = false;
    const addBase = (before: number): void => {
      for (; !closed && next < base.length; next += 1) {
        const { position, formula, edge } = base[next] as PlacedRule;
        if (position > before) return;
        if (position < before) closed = this.#draft.add(formula, edge);
      }
    };
    for (const { position, formula, edge } of own) {
      addBase(position);
      if (closed) break;
      closed = this.#draft.add(formula, edge);
    }
    addBase(Number.POSITIVE_INFINITY);
    return this.#draft.finish();
  }
}

interface PlacedRule extends GuardedEdge {
  /** Place in the list that is split. */
  readonly position: number;
}

/** The rules for texts that no rule names, and for each text named those that differ. */
function spreadTexts({ formulas, edges, pieces }: Split): {
  readonly base: readonly PlacedRule[];
  readonly named: ReadonlyMap<number, readonly PlacedRule[]>;
} {
  const named = new Map<number, PlacedRule[]>();
  const base: PlacedRule[] = [];
  let open = true;
  for (const [position, own] of (pieces as readonly (TextPieces | null)[]).entries()) {
    const edge = edges[position] as Edge;
    for (const [id, formula] of own?.byId ?? []) {
      const rules = named.get(id);
      if (rules === undefined) named.set(id, [{ position, formula, edge }]);
      else rules.push({ position, formula, edge });
    }
    const formula = own?.other ?? (formulas[position] as Formula);
    if (!open || formula === never) continue;
    base.push({ position, formula, edge });
    // Past an always that names exceptions the list goes on, for these.
    open = formula !== always || own !== null;
  }
  return { base, named };
}

/** A list in the making; rules that can never be reached in it are left out. */
class ListDraft {
  readonly #lists: RuleLists;
  readonly #budget: Budget;
  readonly #formulas: Formula[] = [];
  readonly #edges: Edge[] = [];
  /** By formula: the draft that holds it. */
  readonly #heldBy: number[] = [];
  #draft = 1;
  #steps = 0;

  constructor(lists: RuleLists, budget: Budget) {
    this.#lists = lists;
    this.#budget = budget;
  }

  /** Adds a rule at the end; true when nothing after it can be reached. */
  add(formula: Formula, edge: Edge): boolean {
    this.#steps += 1;
    if (formula === never || this.#heldBy[formula] === this.#draft) return false;
    this.#heldBy[formula] = this.#draft;
    this.#formulas.push(formula);
    this.#edges.push(edge);
    return formula === always;
  }

  /** The list of what was added; the next draft begins. */
  finish(): RuleList {
    this.#budget.takeSteps(this.#steps + 1);
    let list = emptyList;
    for (let at = this.#formulas.length - 1; at >= 0; at -= 1) {
      list = this.#lists.prepend(this.#formulas[at] as Formula, this.#edges[at] as Edge, list);
    }
    this.#formulas.length = 0;
    this.#edges.length = 0;
    this.#steps = 0;
    this.#draft += 1;
    return list;
  }
}
