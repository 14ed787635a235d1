import type { Edge } from "./decision-graph.ts";
import type { Formula } from "./formula.ts";

/** A list of rules by its number in RuleLists. */
export type RuleList = number;

export const emptyList: RuleList = 0;

const firstCapacity = 1024;

/** Interned first-match lists of (formula, edge taken when it holds): equal lists have one number. */
export class RuleLists {
  readonly #formulas: Formula[] = [0];
  readonly #edges: Edge[] = [0];
  readonly #tails: RuleList[] = [emptyList];
  #slots = new Int32Array(firstCapacity);

  formulaOf(list: RuleList): Formula {
    return this.#formulas[list] ?? 0;
  }

  edgeOf(list: RuleList): Edge {
    return this.#edges[list] ?? 0;
  }

  tailOf(list: RuleList): RuleList {
    return this.#tails[list] ?? emptyList;
  }

  /** The list that begins with this rule. */
  prepend(formula: Formula, edge: Edge, tail: RuleList): RuleList {
    const mask = this.#slots.length - 1;
    let slot = hash(formula, edge, tail) & mask;
    for (;;) {
      const list = this.#slots[slot] ?? 0;
      if (list === 0) break;
      const same =
        this.#formulas[list] === formula &&
        this.#edges[list] === edge &&
        this.#tails[list] === tail;
      if (same) return list;
      slot = (slot + 1) & mask;
    }
    const list = this.#formulas.length;
    this.#formulas.push(formula);
    this.#edges.push(edge);
    this.#tails.push(tail);
    this.#slots[slot] = list;
    if (list * 2 > this.#slots.length) this.#grow();
    return list;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let list = 1; list < this.#formulas.length; list += 1) {
      let slot = hash(this.formulaOf(list), this.edgeOf(list), this.tailOf(list)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = list;
    }
    this.#slots = slots;
  }
}

function hash(formula: number, edge: number, tail: number): number {
  let mixed = Math.imul(formula, 0x9e3779b1) ^ Math.imul(edge, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ tail, 0xc2b2ae35);
  return mixed ^ (mixed >>> 13);
}
