import { assertNever } from "../../base/assert.ts";
import type { Ability, Target } from "../../catalog/target.ts";
import { noLiveTargets, readTargetFact } from "../../catalog/target-fact.ts";
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { FactValue, Operand, OperandShape } from "../../facts/fact.ts";
import { lookUpTargetFact } from "../../facts/target-facts.ts";
import type { TargetCondition, TargetExpression } from "../checker/checked-policy.ts";

/** A target about which a condition is asked, and what it is asked in. */
export interface Candidate {
  readonly target: Target;
  /** The policy's operands. */
  readonly operands: readonly Operand[];
  /** Ceilings on completion tokens that may be in force where the client gives none; null is no ceiling. */
  readonly ceilings: readonly (number | null)[];
  /** Where the question stands: conditions made from it point there. */
  readonly span: Span;
}

/** What is known of an expression before there is a request. */
export type Term =
  /** One of these, undefined for not known; where there are several, `why` says on what they depend. */
  | {
      readonly kind: "values";
      readonly values: readonly (FactValue | undefined)[];
      readonly why: string;
    }
  /** `factor` × an operand + `plus`; for texts and booleans the operand itself. */
  | {
      readonly kind: "operand";
      readonly operand: number;
      readonly factor: number;
      readonly plus: number;
      readonly isWhole: boolean;
    }
  | { readonly kind: "open"; readonly why: string };

/** Whether the client gave a ceiling on completion tokens. */
export type Assumed = "given" | "absent";

type Test = Exclude<TargetCondition, { readonly kind: "constant" | "not" | "and" | "or" }>;

/** The operand of the client's own ceiling where a test asks for it; null where it does not. */
export function clientCeilingIn(test: Test): number | null {
  const pending = test.kind === "compare" ? [test.left, test.right] : [test.of];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === "max-tokens") return next.operand;
    if (next.kind === "arithmetic") pending.push(next.left, next.right);
  }
  return null;
}

/** Fills in what stands fast about the target. */
export function readTerm(
  expression: TargetExpression,
  candidate: Candidate,
  assumed: Assumed,
): Term {
  switch (expression.kind) {
    case "literal":
      return one(expression.value);
    case "target-name":
      return one(candidate.target.name);
    case "supports":
      return one(candidate.target.abilities.has(expression.ability as Ability));
    case "target-fact":
      return readFact(expression.name, candidate.target);
    case "response-fact":
      return { kind: "open", why: "it asks about the answer" };
    case "operand":
      return operandTerm(expression.operand, candidate.operands);
    case "max-tokens":
      return assumed === "given"
        ? operandTerm(expression.operand, candidate.operands)
        : ownCeiling(candidate);
    case "arithmetic":
      return calculate(
        expression.op,
        readTerm(expression.left, candidate, assumed),
        readTerm(expression.right, candidate, assumed),
        candidate.operands,
      );
    default:
      return assertNever(expression);
  }
}

function one(value: FactValue | undefined): Term {
  return { kind: "values", values: [value], why: "" };
}

function several(values: readonly (FactValue | undefined)[], why: string): Term {
  return { kind: "values", values: [...new Set(values)], why };
}

function readFact(name: string, target: Target): Term {
  if (name === "price.input" || name === "price.output") {
    const side = name === "price.input" ? "input" : "output";
    return several(
      pricesOf(target, side),
      `the price of \`${target.name}\` depends on the prompt's size or the hour`,
    );
  }
  if (lookUpTargetFact(name)?.kind !== "static") {
    return { kind: "open", why: `\`${name}\` is measured in a run` };
  }
  return one(readTargetFact(target, name, { live: noLiveTargets, atMs: 0, promptTokens: 0 }));
}

/** Every price that may be in force: all tables, bands and peak hours; undefined for a time before the first of them. */
function pricesOf({ prices }: Target, side: "input" | "output"): readonly (number | undefined)[] {
  const bands = prices.flatMap((table) => [...table.bands, ...(table.peak?.bands ?? [])]);
  const isAlwaysKnown = prices.some(
    ({ effectiveFrom }) => effectiveFrom === Number.NEGATIVE_INFINITY,
  );
  return [...bands.map((band) => band[side]), ...(isAlwaysKnown ? [] : [undefined])];
}

function ownCeiling({ target, ceilings }: Candidate): Term {
  const values = ceilings.map((ceiling) => {
    const set = [ceiling, target.maxOutputTokens].filter((each) => each !== null);
    return set.length === 0 ? undefined : Math.min(...set);
  });
  return several(values, "the ceiling on the answer depends on which `also` applies");
}

function operandTerm(operand: number, operands: readonly Operand[]): Term {
  const kind = operands[operand]?.type.kind;
  const isWhole = kind !== "decimal";
  return { kind: "operand", operand, factor: 1, plus: 0, isWhole };
}

type Op = "+" | "-" | "*";

function calculate(op: Op, left: Term, right: Term, operands: readonly Operand[]): Term {
  if (left.kind === "open") return left;
  if (right.kind === "open") return right;
  if (left.kind === "values" && right.kind === "values") {
    const values = left.values.flatMap((a) => right.values.map((b) => numberOf(op, a, b)));
    return several(values, left.why || right.why);
  }
  if (left.kind === "operand" && right.kind === "operand") {
    const derived = findDerived(op, left, right, operands);
    return derived === null
      ? { kind: "open", why: "it calculates with several facts of the request" }
      : operandTerm(derived, operands);
  }
  return left.kind === "operand"
    ? withNumber(op, left, right)
    : turned(op, right as OperandTerm, left);
}

type OperandTerm = Extract<Term, { readonly kind: "operand" }>;

function numberOf(op: Op, a: FactValue | undefined, b: FactValue | undefined): number | undefined {
  if (typeof a !== "number" || typeof b !== "number") return undefined;
  if (op === "*") return a * b;
  return op === "+" ? a + b : a - b;
}

/** `operand op value`. */
function withNumber(op: Op, term: OperandTerm, other: Term): Term {
  if (other.kind !== "values") return other;
  const [value] = other.values;
  if (other.values.length !== 1) return { kind: "open", why: other.why };
  if (typeof value !== "number") return one(undefined);
  const { factor, plus } = term;
  const isWhole = term.isWhole;
  switch (op) {
    case "+":
      return { ...term, plus: plus + value, isWhole };
    case "-":
      return { ...term, plus: plus - value, isWhole };
    case "*":
      return value === 0
        ? { kind: "open", why: "it multiplies by nothing" }
        : { ...term, factor: factor * value, plus: plus * value, isWhole };
    default:
      return assertNever(op);
  }
}

/** `value op operand`. */
function turned(op: Op, term: OperandTerm, other: Term): Term {
  if (op !== "-") return withNumber(op, term, other);
  return withNumber("+", { ...term, factor: -term.factor, plus: -term.plus }, other);
}

/** The operand that stands for a sum of two others, where the policy has one. */
function findDerived(
  op: Op,
  left: OperandTerm,
  right: OperandTerm,
  operands: readonly Operand[],
): number | null {
  if (!isPlain(left) || !isPlain(right)) return null;
  const [a, b] = [operands[left.operand]?.shape, operands[right.operand]?.shape];
  if (a === undefined || b === undefined) return null;
  const found = operands.findIndex(
    ({ shape }) =>
      shape.kind === "arithmetic" &&
      shape.op === op &&
      ((isSame(shape.left, a) && isSame(shape.right, b)) ||
        (op !== "-" && isSame(shape.left, b) && isSame(shape.right, a))),
  );
  return found < 0 ? null : found;
}

function isPlain({ factor, plus }: OperandTerm): boolean {
  return factor === 1 && plus === 0;
}

function isSame(a: OperandShape, b: OperandShape): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
