import type { FactValue, Operand, OperandShape } from "../../facts/fact.ts";
import { evaluateTest, type See, type Sight, type Test } from "./sight.ts";

/** Another value of a fact, and what operands are seen as then. */
export interface Change {
  /** Null for any text but those that the policy names. */
  readonly needed: FactValue | null;
  /** How far a number moves; null for what is no number, or not known. */
  readonly distance: number | null;
  readonly sights: ReadonlyMap<number, Sight>;
}

interface Asked {
  readonly tests: readonly Test[];
  readonly see: See;
}

/**
 * Other values of one operand at which a test of it changes its verdict, the nearest first. Operands that are worked out
 * from the same fact move along. Nothing for an operand that nobody asked for.
 */
export function changesOf(
  operands: readonly Operand[],
  operand: number,
  { tests, see }: Asked,
): readonly Change[] {
  const subject = operands[operand];
  const sight = see(operand);
  if (subject === undefined || sight.kind === "unasked") return [];
  if (subject.type.kind === "boolean") return booleans(operand, sight);
  if (subject.type.kind === "text") {
    return texts(operand, sight, { tests, declared: subject.type.values ?? null });
  }
  const numbers = new Set(tests.flatMap((test) => valuesAround(subject, test)));
  const changes = [...numbers].flatMap((needed) => {
    const distance = distanceTo(sight, needed);
    if (distance === 0) return [];
    const moved: Sight = { kind: "known", value: needed };
    const parts = tests.some((test) => evaluateTest(test, sight) !== evaluateTest(test, moved));
    if (!parts) return [];
    const sights = movedAlong(operands, operand, { sight, needed, see });
    return [{ needed, distance, sights }];
  });
  return changes.toSorted((a, b) => (a.distance ?? 0) - (b.distance ?? 0));
}

function booleans(operand: number, sight: Sight): readonly Change[] {
  const others = sight.kind === "known" ? [sight.value === false] : [true, false];
  return others.map((needed) => change(operand, needed));
}

interface Texts {
  readonly tests: readonly Test[];
  /** The only values that the fact can have; null for any. */
  readonly declared: readonly string[] | null;
}

function texts(operand: number, sight: Sight, { tests, declared }: Texts): readonly Change[] {
  const named = new Set<FactValue>();
  for (const test of tests) {
    if (test.kind === "compare") named.add(test.value);
    if (test.kind === "in") for (const value of test.values) named.add(value);
  }
  const present = sight.kind === "known" ? sight.value : null;
  const isNamed = present !== null && named.has(present);
  const unnamed = declared?.find((value) => !named.has(value));
  if (present !== null) named.delete(present);
  const others = [...named].map((needed) => change(operand, needed));
  if (!isNamed) return others;
  if (unnamed !== undefined) return [...others, change(operand, unnamed)];
  if (declared !== null) return others;
  // A text that no policy can hold stands for every text that this one does not name.
  const anyOther: Sight = { kind: "known", value: "\u0000" };
  const elsewhere = { needed: null, distance: null, sights: new Map([[operand, anyOther]]) };
  return [...others, elsewhere];
}

function change(operand: number, needed: FactValue): Change {
  return { needed, distance: null, sights: new Map([[operand, { kind: "known", value: needed }]]) };
}

/** The numbers at a test's constants and next to them. */
function valuesAround({ type, shape }: Operand, test: Test): readonly number[] {
  const constants: FactValue[] = [];
  if (test.kind === "compare") constants.push(test.value);
  if (test.kind === "in") {
    constants.push(...test.values, ...test.ranges.flatMap(({ from, to }) => [from, to]));
  }
  const isCount = type.kind === "whole" && shape.kind !== "arithmetic";
  return constants.flatMap((value) => {
    if (typeof value !== "number") return [];
    const step = type.kind === "decimal" ? Math.max(Math.abs(value) * 2 ** -52, 1e-300) : 1;
    return [value - step, value, value + step].filter((each) => !isCount || each >= 0);
  });
}

/** How far a number is from what is seen; null where nothing is. */
function distanceTo(sight: Sight, value: number): number | null {
  if (sight.kind === "known") return Math.abs(Number(sight.value) - value);
  if (sight.kind !== "bounds") return null;
  return Math.max(sight.low - value, value - sight.high, 0);
}

interface Move {
  readonly sight: Sight;
  readonly needed: number;
  readonly see: See;
}

/** What the operand and those that share a fact with it are seen as, once it is moved to a value. */
function movedAlong(
  operands: readonly Operand[],
  operand: number,
  { sight, needed, see }: Move,
): ReadonlyMap<number, Sight> {
  const sights = new Map<number, Sight>([[operand, { kind: "known", value: needed }]]);
  const own = operands[operand]?.shape;
  const fact = own === undefined ? null : movableFact(own);
  if (fact === null || own === undefined) return sights;
  const from = nearestTo(sight, needed);
  const by = from === null ? null : (needed - from) / coefficientOf(own, fact);
  for (const at of movedWith(operands, operand)) {
    const shape = operands[at]?.shape;
    if (at === operand || shape === undefined) continue;
    const factor = coefficientOf(shape, fact);
    const isTold = by !== null && Number.isFinite(by * factor);
    // What cannot be worked out is open: it would have to be read again.
    sights.set(at, isTold ? shifted(see(at), by * factor) : { kind: "unasked" });
  }
  return sights;
}

/** An operand and those that move along with it. */
export function movedWith(operands: readonly Operand[], operand: number): ReadonlySet<number> {
  const own = operands[operand]?.shape;
  const fact = own === undefined ? null : movableFact(own);
  const moved = new Set([operand]);
  if (fact === null) return moved;
  for (const [at, { shape }] of operands.entries()) {
    if (coefficientOf(shape, fact) !== 0) moved.add(at);
  }
  return moved;
}

function nearestTo(sight: Sight, value: number): number | null {
  if (sight.kind === "known") return Number(sight.value);
  if (sight.kind !== "bounds") return null;
  return value < sight.low ? sight.low : sight.high;
}

function shifted(sight: Sight, by: number): Sight {
  if (sight.kind === "known") return { kind: "known", value: Number(sight.value) + by };
  if (sight.kind !== "bounds") return sight;
  return { kind: "bounds", low: sight.low + by, high: sight.high + by };
}

/** The first fact of a sum that moves it; null for what is no sum of facts. */
function movableFact(shape: OperandShape): string | null {
  if (shape.kind === "fact") return shape.name;
  if (shape.kind !== "arithmetic") return null;
  for (const side of [shape.left, shape.right]) {
    const fact = movableFact(side);
    if (fact !== null && Number.isFinite(1 / coefficientOf(shape, fact))) return fact;
  }
  return null;
}

/** How much a value rises with a fact; 0 where it does not rest on it, NaN where that depends on other facts. */
function coefficientOf(shape: OperandShape, fact: string): number {
  if (shape.kind === "fact") return shape.name === fact ? 1 : 0;
  if (shape.kind !== "arithmetic") return 0;
  const { op, left, right } = shape;
  const [first, second] = [coefficientOf(left, fact), coefficientOf(right, fact)];
  if (op === "+") return first + second;
  if (op === "-") return first - second;
  if (first === 0 && second === 0) return 0;
  if (right.kind === "constant") return first * right.value;
  return left.kind === "constant" ? left.value * second : Number.NaN;
}
