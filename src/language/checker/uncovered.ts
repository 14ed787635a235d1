import type { FactValue, Operand, OperandShape } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import type { Branch, Condition } from "./checked-policy.ts";

type Values = Map<string, FactValue | undefined>;
type Verdict = "true" | "false" | "unknown";

/** Facts that vary on their own: name, the values worth trying, the most telling first. */
interface Variable {
  readonly key: string;
  readonly show: (value: FactValue | undefined) => string;
  readonly candidates: readonly (FactValue | undefined)[];
}

const mostSteps = 400;
/** Conditions evaluated before the search gives up: a few milliseconds. */
const mostEvaluations = 200_000;
const mostShown = 6;

/** A request that no branch takes. */
export interface Uncovered {
  /** Its facts in words: `tokens 200, intent chat`. */
  readonly text: string;
  /** Values by operand; undefined is unknown. */
  readonly values: readonly (FactValue | undefined)[];
}

/**
 * Looks for a request that no branch takes; null when none was found in a bounded search, which proves nothing. Starts from
 * values that no rule names and mends one true condition after another.
 */
export function findUncovered(
  operands: readonly Operand[],
  branches: readonly Branch[],
): Uncovered | null {
  const conditions = branches.map(({ condition }) => condition);
  if (conditions.includes(null)) return null;
  const variables = variablesOf(operands, conditions);
  const values: Values = new Map(variables.map(({ key, candidates }) => [key, candidates[0]]));
  const read = (operand: number): FactValue | undefined => {
    const shape = operands[operand]?.shape;
    return shape === undefined ? undefined : readShape(shape, operands[operand]?.key ?? "", values);
  };
  const budget = Math.min(mostSteps, Math.ceil(mostEvaluations / sizeOf(conditions)));
  for (let step = 0; step < budget; step += 1) {
    const taken = conditions.find((each) => each !== null && evaluate(each, read) === "true");
    if (taken === undefined || taken === null) {
      return { text: describe(variables, values), values: operands.map((_, index) => read(index)) };
    }
    if (!mend(taken, { operands, variables, values, read, step })) return null;
  }
  return null;
}

/** Nodes that one pass over the conditions visits. */
function sizeOf(conditions: readonly (Condition | null)[]): number {
  let size = 1;
  const pending = [...conditions];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    size += 1;
    if (next?.kind === "not") pending.push(next.of);
    else if (next?.kind === "and" || next?.kind === "or") pending.push(...next.of);
  }
  return size;
}

interface Search {
  readonly operands: readonly Operand[];
  readonly variables: readonly Variable[];
  readonly values: Values;
  readonly read: (operand: number) => FactValue | undefined;
  readonly step: number;
}

/** Changes one variable so that a true condition no longer is; where to look first moves on with each step. */
function mend(condition: Condition, search: Search): boolean {
  const { operands, variables, values, read, step } = search;
  const keys = new Set<string>();
  for (const operand of operandsOf(condition)) {
    const found = operands[operand];
    if (found !== undefined) for (const key of keysOf(found.shape, found.key)) keys.add(key);
  }
  const usable = variables.filter(({ key }) => keys.has(key));
  for (let index = 0; index < usable.length; index += 1) {
    const variable = usable[(index + step) % usable.length];
    if (variable === undefined) continue;
    const before = values.get(variable.key);
    const { candidates } = variable;
    for (let offset = 0; offset < candidates.length; offset += 1) {
      values.set(variable.key, candidates[(offset + step) % candidates.length]);
      if (evaluate(condition, read) !== "true") return true;
    }
    values.set(variable.key, before);
  }
  return false;
}

function describe(variables: readonly Variable[], values: Values): string {
  const shown = variables
    .slice(0, mostShown)
    .map(({ key, show }) => `${key} ${show(values.get(key))}`);
  return variables.length > mostShown ? `${shown.join(", ")}, …` : shown.join(", ");
}

function keysOf(shape: OperandShape, key: string): readonly string[] {
  if (shape.kind === "constant") return [];
  if (shape.kind !== "arithmetic") return [shape.kind === "fact" ? shape.name : key];
  return [...keysOf(shape.left, key), ...keysOf(shape.right, key)];
}

function readShape(shape: OperandShape, key: string, values: Values): FactValue | undefined {
  if (shape.kind === "constant") return shape.value;
  if (shape.kind !== "arithmetic") return values.get(shape.kind === "fact" ? shape.name : key);
  const [left, right] = [readShape(shape.left, key, values), readShape(shape.right, key, values)];
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  if (shape.op === "+") return left + right;
  return shape.op === "-" ? left - right : left * right;
}

function variablesOf(
  operands: readonly Operand[],
  conditions: readonly (Condition | null)[],
): readonly Variable[] {
  const named = operands.map(() => new Set<FactValue>());
  for (const condition of conditions) if (condition !== null) gather(condition, named);
  const variables = new Map<string, Variable>();
  operands.forEach((operand, index) => {
    const constants = [...(named[index] ?? [])];
    const isArithmetic = operand.shape.kind === "arithmetic";
    const show = (value: FactValue | undefined): string =>
      value === undefined ? "unknown" : showFactValue(operand.type, value);
    for (const key of keysOf(operand.shape, operand.key)) {
      if (variables.has(key) && isArithmetic) continue;
      const unknown = operand.mayBeUnknown ? [undefined] : [];
      const candidates = [...known(operand, constants), ...unknown];
      variables.set(key, { key, show, candidates });
    }
  });
  return [...variables.values()];
}

/** Values on both sides of every constant; first the one that fewest conditions are likely to name. */
function known({ type }: Operand, constants: readonly FactValue[]): readonly FactValue[] {
  if (type.kind === "boolean") return [false, true];
  if (type.kind === "text") {
    const all = type.values ?? [...constants.map(String), "other"];
    return all.toSorted((a, b) => Number(constants.includes(a)) - Number(constants.includes(b)));
  }
  const cuts = constants.map(Number).sort((a, b) => b - a);
  const step = type.kind === "decimal" ? 0.01 : 1;
  const around = cuts.flatMap((cut) => [cut, cut + step, cut - step]).filter((each) => each >= 0);
  return [...new Set([...around, 0])];
}

function gather(condition: Condition, named: readonly Set<FactValue>[]): void {
  if (condition.kind === "not") gather(condition.of, named);
  else if (condition.kind === "and" || condition.kind === "or") {
    for (const part of condition.of) gather(part, named);
  } else if (condition.kind === "compare") named[condition.operand]?.add(condition.value);
  else if (condition.kind === "in") {
    for (const value of condition.values) named[condition.operand]?.add(value);
    for (const { from, to } of condition.ranges) named[condition.operand]?.add(from).add(to);
  }
}

function operandsOf(condition: Condition): readonly number[] {
  switch (condition.kind) {
    case "constant":
      return [];
    case "not":
      return operandsOf(condition.of);
    case "and":
    case "or":
      return condition.of.flatMap(operandsOf);
    default:
      return [condition.operand];
  }
}

/** Kleene's three-valued truth of a condition. */
function evaluate(condition: Condition, read: (operand: number) => FactValue | undefined): Verdict {
  switch (condition.kind) {
    case "constant":
      return verdict(condition.value);
    case "not": {
      const of = evaluate(condition.of, read);
      return of === "unknown" ? of : verdict(of === "false");
    }
    case "and":
    case "or": {
      const settles: Verdict = condition.kind === "and" ? "false" : "true";
      const parts = condition.of.map((part) => evaluate(part, read));
      if (parts.includes(settles)) return settles;
      return parts.includes("unknown") ? "unknown" : verdict(condition.kind === "and");
    }
    case "is-unknown":
      return verdict(read(condition.operand) === undefined);
    case "is-not-false":
      return verdict(read(condition.operand) !== false);
    case "compare":
    case "in": {
      const value = read(condition.operand);
      return value === undefined ? "unknown" : verdict(holds(condition, value));
    }
  }
}

function verdict(value: boolean): Verdict {
  return value ? "true" : "false";
}

function holds(
  condition: Extract<Condition, { readonly kind: "compare" | "in" }>,
  value: FactValue,
): boolean {
  if (condition.kind === "in") {
    const inRange = condition.ranges.some(
      ({ from, to }) => typeof value === "number" && value >= from && value < to,
    );
    return inRange || condition.values.includes(value);
  }
  switch (condition.op) {
    case "=":
      return value === condition.value;
    case "!=":
      return value !== condition.value;
    case "<":
      return value < condition.value;
    case "<=":
      return value <= condition.value;
    case ">":
      return value > condition.value;
    case ">=":
      return value >= condition.value;
  }
}
