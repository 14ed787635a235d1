import { assertNever, invariant } from "../../base/assert.ts";
import type { FactValue, Operand } from "../../facts/fact.ts";
import type { Condition } from "../checker/checked-policy.ts";
import type { Cut } from "./decision-graph.ts";
import {
  type DomainSet,
  knownComplement,
  nextAbove,
  numberSet,
  textSet,
  unite,
} from "./domain-set.ts";
import { always, type Formula, type FormulaTable, never } from "./formula.ts";

type Comparison = Extract<Condition, { readonly kind: "compare" }>;
type Membership = Extract<Condition, { readonly kind: "in" }>;

const trueFrom = 1;

/**
 * Turns conditions into two-valued formulas. "C is true" and "C is false" are each a monotone formula over sets of
 * operand states, "unknown" being one state more, so three-valued logic ends here.
 */
export class ConditionReader {
  readonly #formulas: FormulaTable;
  readonly #operands: readonly Operand[];
  readonly #rankOf: readonly number[];
  readonly #textIds = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #afterCuts = new Map<number, number>();

  /** `rankOf` gives each operand's place in the order of tests. */
  constructor(formulas: FormulaTable, operands: readonly Operand[], rankOf: readonly number[]) {
    this.#formulas = formulas;
    this.#operands = operands;
    this.#rankOf = rankOf;
  }

  /** The formula that holds exactly where the condition's verdict is "true". */
  whenTrue(condition: Condition): Formula {
    return this.#read(condition, true);
  }

  /** The formula that holds exactly where the condition's verdict is "false". */
  whenFalse(condition: Condition): Formula {
    return this.#read(condition, false);
  }

  /** The text of an id in the formulas' text sets. */
  textOf(id: number): string {
    return this.#texts[id] ?? "";
  }

  /** A cut of the formulas as its constant was written. */
  cutOf(value: number): Cut {
    const constant = this.#afterCuts.get(value);
    return constant === undefined ? { value, after: false } : { value: constant, after: true };
  }

  #read(condition: Condition, wanted: boolean): Formula {
    switch (condition.kind) {
      case "constant":
        return condition.value === wanted ? always : never;
      case "not":
        return this.#read(condition.of, !wanted);
      case "and":
      case "or": {
        const join = (condition.kind === "and") === wanted ? "and" : "or";
        return this.#formulas.join(
          join,
          condition.of.map((part) => this.#read(part, wanted)),
        );
      }
      default: {
        const set = this.#setOf(condition, wanted);
        const rank = this.#rankOf[condition.operand];
        invariant(rank !== undefined, `operand ${condition.operand} has no rank`);
        return this.#formulas.leaf(rank, set);
      }
    }
  }

  #setOf(
    condition: Exclude<Condition, { readonly kind: "constant" | "not" | "and" | "or" }>,
    wanted: boolean,
  ): DomainSet {
    switch (condition.kind) {
      case "compare": {
        const set = this.#compared(condition);
        return wanted ? set : knownComplement(set);
      }
      case "in": {
        const set = this.#among(condition);
        return wanted ? set : knownComplement(set);
      }
      case "is-unknown":
        return this.#isText(condition.operand)
          ? textSet([], wanted, wanted)
          : { kind: "number", cuts: [], below: !wanted, unknown: wanted };
      case "is-not-false":
        return { kind: "number", cuts: [trueFrom], below: !wanted, unknown: wanted };
      default:
        return assertNever(condition);
    }
  }

  #compared({ operand, op, value }: Comparison): DomainSet {
    if (op === "=") return this.#point(operand, value);
    if (op === "!=") return knownComplement(this.#point(operand, value));
    invariant(typeof value === "number", `${op} on ${typeof value}`);
    switch (op) {
      case "<":
        return numberSet([{ from: Number.NEGATIVE_INFINITY, to: this.#at(operand, value) }]);
      case "<=":
        return numberSet([{ from: Number.NEGATIVE_INFINITY, to: this.#after(operand, value) }]);
      case ">":
        return numberSet([{ from: this.#after(operand, value), to: Number.POSITIVE_INFINITY }]);
      case ">=":
        return numberSet([{ from: this.#at(operand, value), to: Number.POSITIVE_INFINITY }]);
      default:
        return assertNever(op);
    }
  }

  #among({ operand, values, ranges }: Membership): DomainSet {
    if (this.#isText(operand)) {
      return textSet(
        values.map((value) => this.#idOf(String(value))),
        true,
      );
    }
    const points = values.map((value) => this.#point(operand, value));
    const spans = ranges.map(({ from, to }) => ({
      from: this.#at(operand, from),
      to: this.#at(operand, to),
    }));
    return unite([...points, numberSet(spans)], "number");
  }

  #point(operand: number, value: FactValue): DomainSet {
    if (typeof value === "string") return textSet([this.#idOf(value)], true);
    if (typeof value === "number") {
      return numberSet([{ from: this.#at(operand, value), to: this.#after(operand, value) }]);
    }
    return { kind: "number", cuts: [trueFrom], below: !value, unknown: false };
  }

  #isText(operand: number): boolean {
    return this.#operands[operand]?.type.kind === "text";
  }

  /** Whole numbers are cut at whole numbers only: no segment is kept for what lies between 199 and 200. */
  #isWhole(operand: number): boolean {
    return this.#operands[operand]?.type.kind === "whole";
  }

  #at(operand: number, value: number): number {
    return this.#isWhole(operand) ? Math.ceil(value) : value;
  }

  #after(operand: number, value: number): number {
    if (this.#isWhole(operand)) return Math.floor(value) + 1;
    const above = nextAbove(value);
    this.#afterCuts.set(above, value);
    return above;
  }

  #idOf(text: string): number {
    const known = this.#textIds.get(text);
    if (known !== undefined) return known;
    const id = this.#texts.length;
    this.#textIds.set(text, id);
    this.#texts.push(text);
    return id;
  }
}
