import { BugError } from "../../base/assert.ts";
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { CostClass, Operand, OperandShape, Trust } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import type { Term } from "./typed.ts";

type OperandDraft = Omit<Operand, "type">;

const trusts: readonly Trust[] = ["gateway", "key", "client"];

/** Gives each operand of a policy its index, in the order of first mention; equal ones share one. */
export class Operands {
  readonly list: Operand[] = [];
  /** Where each is first mentioned. */
  readonly firstSpans: Span[] = [];
  readonly #byKey = new Map<string, number>();

  /** Operands that begin as these and grow on their own. */
  copy(): Operands {
    const copy = new Operands();
    copy.list.push(...this.list);
    copy.firstSpans.push(...this.firstSpans);
    for (const [key, index] of this.#byKey) copy.#byKey.set(key, index);
    return copy;
  }

  /** The index of a term that is no constant; where-only terms have none. */
  intern(term: Term): number {
    const draft = draftOf(term);
    const known = this.#byKey.get(draft.key);
    if (known !== undefined) return known;
    const index = this.list.length;
    this.list.push({ ...draft, type: term.type });
    this.firstSpans.push(term.span);
    this.#byKey.set(draft.key, index);
    return index;
  }
}

function draftOf(term: Term): OperandDraft {
  switch (term.kind) {
    case "fact": {
      const { name, costClass, trust, mayBeUnknown } = term.fact;
      return { shape: { kind: "fact", name }, key: name, costClass, trust, mayBeUnknown };
    }
    case "target-of": {
      const { target, fact, mayBeUnknown } = term;
      const shape: OperandShape = { kind: "target", target, fact };
      return { shape, key: `${target}.${fact}`, costClass: 1, trust: "gateway", mayBeUnknown };
    }
    case "text-test": {
      const { name, trust, mayBeUnknown, costClass } = term.fact;
      const { test, pattern } = term;
      const shown = test === "matches" ? `/${pattern}/` : JSON.stringify(pattern);
      return {
        shape: { kind: "text-test", test, fact: name, pattern },
        key: `${name} ${test} ${shown}`,
        // Searching a text costs microseconds, however cheap the text itself is to read.
        costClass: Math.max(costClass, 2) as CostClass,
        trust,
        mayBeUnknown,
      };
    }
    case "local": {
      const { zone } = term;
      const { trust, mayBeUnknown, costClass } = term.fact;
      const shape: OperandShape = { kind: "local", fact: "time", zone };
      return { shape, key: `time@${zone}`, costClass, trust, mayBeUnknown };
    }
    case "arithmetic":
      return arithmeticDraft(term);
    case "constant":
      return {
        shape: { kind: "constant", value: Number(term.value) },
        key: showFactValue(term.type, term.value),
        costClass: 0,
        trust: "gateway",
        mayBeUnknown: false,
      };
    case "target-fact":
    case "supports":
    case "target-name":
    case "response-fact":
    case "plan-fact":
      throw new BugError(`a ${term.kind} is no operand`);
  }
}

function arithmeticDraft(term: Extract<Term, { readonly kind: "arithmetic" }>): OperandDraft {
  const [left, right] = [draftOf(term.left), draftOf(term.right)];
  const keyOf = (draft: OperandDraft): string =>
    draft.shape.kind === "arithmetic" ? `(${draft.key})` : draft.key;
  return {
    shape: { kind: "arithmetic", op: term.op, left: left.shape, right: right.shape },
    key: `${keyOf(left)} ${term.op} ${keyOf(right)}`,
    costClass: Math.max(left.costClass, right.costClass) as CostClass,
    trust: trusts[Math.max(trusts.indexOf(left.trust), trusts.indexOf(right.trust))] ?? "client",
    mayBeUnknown: left.mayBeUnknown || right.mayBeUnknown,
  };
}
