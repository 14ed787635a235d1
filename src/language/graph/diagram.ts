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

interface Split extends GuardedEdge {
  /** Null for a rule that does not test the operand at hand. */
  readonly pieces: Pieces | null;
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
  #states = 0;

  constructor(parts: Parts, fallThrough: Edge, budget: Budget) {
    this.#parts = parts;
    this.#lists = new RuleLists();
    this.#fallThrough = fallThrough;
    this.#budget = budget;
  }

  /** Diagram states made so far: a bound on the nodes that this diagram added. */
  get states(): number {
    return this.#states;
  }

  /** The edge that decides the list; throws OverBudget when the budget does not suffice. */
  build(rules: readonly GuardedEdge[]): Edge {
    return this.#edgeOf(this.#listOf(rules));
  }

  #edgeOf(list: RuleList): Edge {
    if (list === emptyList) return this.#fallThrough;
    if (this.#lists.formulaOf(list) === always) return this.#lists.edgeOf(list);
    const done = this.#done.get(list);
    if (done !== undefined) return done;
    this.#budget.takeState();
    this.#states += 1;
    const { rank, kind, splits } = this.#split(list);
    const operand = this.#parts.order[rank] ?? 0;
    const edge = kind === "text" ? this.#byText(operand, splits) : this.#byNumber(operand, splits);
    this.#done.set(list, edge);
    return edge;
  }

  #split(list: RuleList): {
    readonly rank: number;
    readonly kind: Pieces["kind"];
    readonly splits: readonly Split[];
  } {
    const { formulas } = this.#parts;
    let rank = Number.MAX_SAFE_INTEGER;
    for (let at = list; at !== emptyList; at = this.#lists.tailOf(at)) {
      rank = Math.min(rank, formulas.rankOf(this.#lists.formulaOf(at)));
    }
    let kind: Pieces["kind"] = "number";
    const splits: Split[] = [];
    for (let at = list; at !== emptyList; at = this.#lists.tailOf(at)) {
      const formula = this.#lists.formulaOf(at);
      const pieces = formulas.rankOf(formula) === rank ? formulas.piecesOf(formula) : null;
      if (pieces !== null) kind = pieces.kind;
      splits.push({ formula, edge: this.#lists.edgeOf(at), pieces });
    }
    return { rank, kind, splits };
  }

  #byNumber(operand: number, splits: readonly Split[]): Edge {
    const every = new Set<number>();
    for (const { pieces } of splits) {
      if (pieces !== null) for (const cut of (pieces as NumberPieces).cuts) every.add(cut);
    }
    const cuts = [...every].sort((a, b) => a - b);
    const positions = new Int32Array(splits.length);
    const lists = [Number.NEGATIVE_INFINITY, ...cuts].map((from) =>
      this.#listOf(
        splits.map(({ formula, edge, pieces }, at) => {
          if (pieces === null) return { formula, edge };
          const { cuts: own, formulas } = pieces as NumberPieces;
          let position = positions[at] ?? 0;
          while (position < own.length && (own[position] ?? 0) <= from) position += 1;
          positions[at] = position;
          return { formula: formulas[position] ?? never, edge };
        }),
      ),
    );
    const unknown = this.#edgeOf(this.#listOf(splits.map(whenUnknown)));
    const edges = lists.map((list) => this.#edgeOf(list));
    const { nodes, reader } = this.#parts;
    return nodes.number(
      operand,
      cuts.map((cut) => reader.cutOf(cut)),
      edges,
      unknown,
    );
  }

  #byText(operand: number, splits: readonly Split[]): Edge {
    const named = new Map<number, { readonly at: number; readonly rule: GuardedEdge }[]>();
    const base: { readonly at: number; readonly rule: GuardedEdge }[] = [];
    let open = true;
    for (const [at, { formula, edge, pieces }] of splits.entries()) {
      const { byId, other } = (pieces as TextPieces | null) ?? { byId: null, other: formula };
      if (byId !== null) {
        for (const [id, own] of byId) {
          const rules = named.get(id);
          if (rules === undefined) named.set(id, [{ at, rule: { formula: own, edge } }]);
          else rules.push({ at, rule: { formula: own, edge } });
        }
      }
      if (!open || other === never) continue;
      base.push({ at, rule: { formula: other, edge } });
      // Past an always that names exceptions the list goes on, for these.
      open = other !== always || byId !== null;
    }
    const { nodes, reader } = this.#parts;
    const lists = [...named].map(
      ([id, own]) => [reader.textOf(id), this.#listOf(overlay(base, own))] as const,
    );
    const other = this.#edgeOf(this.#listOf(base.map(({ rule }) => rule)));
    const unknown = this.#edgeOf(this.#listOf(splits.map(whenUnknown)));
    return nodes.text(
      operand,
      lists.map(([value, list]) => [value, this.#edgeOf(list)]),
      { other, unknown },
    );
  }

  /** Interns a list without the rules that can never be reached in it. */
  #listOf(rules: readonly GuardedEdge[]): RuleList {
    const reachable: GuardedEdge[] = [];
    const seen = new Set<Formula>();
    let steps = 0;
    for (const rule of rules) {
      steps += 1;
      if (rule.formula === never || seen.has(rule.formula)) continue;
      reachable.push(rule);
      if (rule.formula === always) break;
      seen.add(rule.formula);
    }
    this.#budget.takeSteps(steps + 1);
    let list = emptyList;
    for (let at = reachable.length - 1; at >= 0; at -= 1) {
      const { formula = never, edge = this.#fallThrough } = reachable[at] ?? {};
      list = this.#lists.prepend(formula, edge, list);
    }
    return list;
  }
}

function whenUnknown({ formula, edge, pieces }: Split): GuardedEdge {
  return { formula: pieces?.unknown ?? formula, edge };
}

/** Rules in source order: `own` ones stand for the `base` ones at the same place. */
function overlay(
  base: readonly { readonly at: number; readonly rule: GuardedEdge }[],
  own: readonly { readonly at: number; readonly rule: GuardedEdge }[],
): GuardedEdge[] {
  const rules: GuardedEdge[] = [];
  let next = 0;
  for (const { at, rule } of own) {
    for (; next < base.length && (base[next]?.at ?? at) < at; next += 1) {
      const before = base[next]?.rule;
      if (before !== undefined) rules.push(before);
    }
    if (base[next]?.at === at) next += 1;
    rules.push(rule);
  }
  for (const { rule } of base.slice(next)) rules.push(rule);
  return rules;
}
