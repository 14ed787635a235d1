import type { Condition } from "./checked-policy.ts";

/** A condition that tests one operand. */
export type Atom = Exclude<Condition, { readonly kind: "constant" | "not" | "and" | "or" }>;

/** Every test in a condition, from left to right. */
export function* atomsOf(condition: Condition): Generator<Atom> {
  switch (condition.kind) {
    case "constant":
      break;
    case "not":
      yield* atomsOf(condition.of);
      break;
    case "and":
    case "or":
      for (const part of condition.of) yield* atomsOf(part);
      break;
    default:
      yield condition;
  }
}

/** The operands that a condition tests. */
export function operandsOf(condition: Condition | null): ReadonlySet<number> {
  const operands = new Set<number>();
  if (condition !== null) for (const { operand } of atomsOf(condition)) operands.add(operand);
  return operands;
}
