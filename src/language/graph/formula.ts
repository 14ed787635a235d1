import { invariant } from "../../base/assert.ts";
import type { DomainSet } from "./domain-set.ts";
import { complement, hasNumber, hasText, intersect, triviality, unite } from "./domain-set.ts";

/** A two-valued formula by its number in a FormulaTable. */
export type Formula = number;

export const never: Formula = 0;
export const always: Formula = 1;

/** What a formula becomes for each state of the first operand it tests. */
export type Pieces =
  | {
      readonly kind: "number";
      /** `formulas[i]` holds from cut i-1 up to cut i. */
      readonly cuts: readonly number[];
      readonly formulas: readonly Formula[];
      readonly unknown: Formula;
    }
  | {
      readonly kind: "text";
      readonly byId: ReadonlyMap<number, Formula>;
      readonly other: Formula;
      readonly unknown: Formula;
    };

type Shape =
  | { readonly kind: "constant" }
  | { readonly kind: "leaf"; readonly set: DomainSet }
  | { readonly kind: "and" | "or"; readonly of: readonly Formula[] };

type State = { readonly number: number } | { readonly text: number } | "unknown";

/**
 * Formulas over "operand r is in set s", interned: equal formulas have one number. Operands are named by their rank
 * in the order of tests, so the least rank of a formula is the operand that is tested first.
 */
export class FormulaTable {
  /** Told of each step of work, so that a budget can stop it; set by whoever keeps one. */
  spend: (steps: number) => void = () => {};
  readonly #shapes: Shape[] = [{ kind: "constant" }, { kind: "constant" }];
  readonly #ranks: number[] = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  readonly #pieces: (Pieces | null)[] = [null, null];
  readonly #known = new Map<string, Formula>();
  readonly #negations = new Map<Formula, Formula>();

  /** The least rank the formula tests; MAX_SAFE_INTEGER for a constant. */
  rankOf(formula: Formula): number {
    return this.#ranks[formula] ?? Number.MAX_SAFE_INTEGER;
  }

  /** The operand of that rank is in the set. */
  leaf(rank: number, set: DomainSet): Formula {
    const trivial = triviality(set);
    if (trivial !== null) return trivial === "full" ? always : never;
    return this.#intern(`${rank}${keyOf(set)}`, { kind: "leaf", set }, rank);
  }

  /** The conjunction or disjunction of parts; tests of one operand become one test. */
  join(kind: "and" | "or", parts: readonly Formula[]): Formula {
    const neutral = kind === "and" ? always : never;
    const settling = kind === "and" ? never : always;
    const flat = new Set<Formula>();
    for (const part of parts) {
      const shape = this.#shapeOf(part);
      if (part === settling) return settling;
      if (part === neutral) continue;
      if (shape.kind === kind) for (const inner of shape.of) flat.add(inner);
      else flat.add(part);
    }
    this.spend(flat.size);
    const joined = this.#mergeLeaves(kind, [...flat]);
    if (joined.includes(settling)) return settling;
    const kept = joined.filter((part) => part !== neutral).sort((a, b) => a - b);
    const [first, second] = kept;
    if (first === undefined) return neutral;
    if (second === undefined) return first;
    let rank = Number.MAX_SAFE_INTEGER;
    for (const part of kept) rank = Math.min(rank, this.rankOf(part));
    return this.#intern(`${kind}${kept.join()}`, { kind, of: kept }, rank);
  }

  /** The formula that holds exactly where this one does not; what is unknown to an operand is one of its states. */
  negate(formula: Formula): Formula {
    if (formula === never || formula === always) return formula === never ? always : never;
    const done = this.#negations.get(formula);
    if (done !== undefined) return done;
    this.spend(1);
    const shape = this.#shapeOf(formula);
    invariant(shape.kind !== "constant", "the two constants were seen to");
    const negation =
      shape.kind === "leaf"
        ? this.leaf(this.rankOf(formula), complement(shape.set))
        : this.join(
            shape.kind === "and" ? "or" : "and",
            shape.of.map((part) => this.negate(part)),
          );
    this.#negations.set(formula, negation);
    this.#negations.set(negation, formula);
    return negation;
  }

  /** The formula split by the states of the operand it tests first; the formula is no constant. */
  piecesOf(formula: Formula): Pieces {
    const done = this.#pieces[formula];
    if (done !== null && done !== undefined) return done;
    const rank = this.rankOf(formula);
    const sets: DomainSet[] = [];
    this.#collect(formula, rank, sets);
    const pieces =
      sets[0]?.kind === "text"
        ? this.#splitTexts(formula, rank, sets)
        : this.#splitNumbers(formula, rank, sets);
    this.#pieces[formula] = pieces;
    return pieces;
  }

  /** The parts of a conjunction or disjunction; null for any other formula. */
  partsOf(
    formula: Formula,
  ): { readonly kind: "and" | "or"; readonly of: readonly Formula[] } | null {
    const shape = this.#shapeOf(formula);
    return shape.kind === "and" || shape.kind === "or" ? shape : null;
  }

  #shapeOf(formula: Formula): Shape {
    const shape = this.#shapes[formula];
    invariant(shape !== undefined, `there is no formula ${formula}`);
    return shape;
  }

  #intern(key: string, shape: Shape, rank: number): Formula {
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    const formula = this.#shapes.length;
    this.#shapes.push(shape);
    this.#ranks.push(rank);
    this.#pieces.push(null);
    this.#known.set(key, formula);
    return formula;
  }

  #mergeLeaves(kind: "and" | "or", parts: readonly Formula[]): Formula[] {
    if (parts.length < 2) return [...parts];
    const merged: Formula[] = [];
    const setsByRank = new Map<number, DomainSet[]>();
    for (const part of parts) {
      const shape = this.#shapeOf(part);
      if (shape.kind !== "leaf") {
        merged.push(part);
        continue;
      }
      const rank = this.rankOf(part);
      const sets = setsByRank.get(rank);
      if (sets === undefined) setsByRank.set(rank, [shape.set]);
      else sets.push(shape.set);
    }
    const combine = kind === "and" ? intersect : unite;
    for (const [rank, sets] of setsByRank) {
      merged.push(this.leaf(rank, combine(sets, sets[0]?.kind ?? "number")));
    }
    return merged;
  }

  #collect(formula: Formula, rank: number, into: DomainSet[]): void {
    if (this.rankOf(formula) !== rank) return;
    this.spend(1);
    const shape = this.#shapeOf(formula);
    if (shape.kind === "leaf") into.push(shape.set);
    else if (shape.kind !== "constant") {
      for (const part of shape.of) this.#collect(part, rank, into);
    }
  }

  #splitTexts(formula: Formula, rank: number, sets: readonly DomainSet[]): Pieces {
    const byId = new Map<number, Formula>();
    for (const set of sets) {
      if (set.kind !== "text") continue;
      for (const id of set.ids) {
        if (!byId.has(id)) byId.set(id, this.#restrict(formula, rank, { text: id }));
      }
    }
    return {
      kind: "text",
      byId,
      other: this.#restrict(formula, rank, { text: -1 }),
      unknown: this.#restrict(formula, rank, "unknown"),
    };
  }

  #splitNumbers(formula: Formula, rank: number, sets: readonly DomainSet[]): Pieces {
    const every = new Set(sets.flatMap((set) => (set.kind === "number" ? set.cuts : [])));
    const cuts = [...every].sort((a, b) => a - b);
    const formulas = [Number.NEGATIVE_INFINITY, ...cuts].map((number) =>
      this.#restrict(formula, rank, { number }),
    );
    return { kind: "number", cuts, formulas, unknown: this.#restrict(formula, rank, "unknown") };
  }

  #restrict(formula: Formula, rank: number, state: State): Formula {
    if (this.rankOf(formula) !== rank) return formula;
    this.spend(1);
    const shape = this.#shapeOf(formula);
    if (shape.kind === "leaf") return holds(shape.set, state) ? always : never;
    if (shape.kind === "constant") return formula;
    const settling = shape.kind === "and" ? never : always;
    const parts: Formula[] = [];
    for (const part of shape.of) {
      const restricted = this.#restrict(part, rank, state);
      if (restricted === settling) return settling;
      parts.push(restricted);
    }
    return this.join(shape.kind, parts);
  }
}

function holds(set: DomainSet, state: State): boolean {
  if (state === "unknown") return set.unknown;
  if (set.kind === "number") return "number" in state && hasNumber(set, state.number);
  return "text" in state && hasText(set, state.text);
}

function keyOf(set: DomainSet): string {
  const unknown = set.unknown ? "?" : "";
  if (set.kind === "number") return `${set.below ? "<" : ">"}${unknown}${set.cuts.join()}`;
  return `${set.listed ? "=" : "!"}${unknown}${[...set.ids].sort((a, b) => a - b).join()}`;
}
