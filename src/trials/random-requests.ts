import type { Random } from "../base/random.ts";
import { weekdays } from "../facts/built-in.ts";
import type { FactType, FactValue, Operand, OperandShape } from "../facts/fact.ts";
import { showFactValue } from "../facts/value.ts";
import type { CheckedPolicy, Condition } from "../language/checker/checked-policy.ts";
import { atomsOf } from "../language/checker/condition-atoms.ts";
import { stepOf } from "./mutate-condition.ts";

/** Facts by name, as `explain --request` takes them. */
export type RequestFacts = Readonly<Record<string, FactValue | null>>;

/** By fact, the values at, beside and away from the constants of a policy; null is unknown. */
export type TellingValues = ReadonlyMap<string, readonly (FactValue | null)[]>;

const dayMs = 86_400_000;
const someDay = 20_000;
const mostMoments = 400;

/**
 * The values that tell the cases of conditions apart, for each fact that they ask for; `time` stands for all of the clock.
 */
export function tellingValues(
  operands: readonly Operand[],
  conditions: readonly Condition[],
): TellingValues {
  const values = new Map<string, readonly (FactValue | null)[]>();
  const clock: ClockConstants = { times: [], days: [] };
  for (const [index, constants] of constantsByOperand(conditions)) {
    const operand = operands[index];
    if (operand === undefined) continue;
    if (isClock(operand.shape)) {
      noteClock(clock, constants, operand);
      values.set("time", []);
      continue;
    }
    const isTextTest = operand.shape.kind === "text-test";
    const near = isTextTest ? [true, false] : valuesNear(constants, operand.type);
    for (const name of factNamesOf(operand)) {
      values.set(name, [...new Set([...(values.get(name) ?? [null]), ...near])]);
    }
  }
  if (values.has("time")) values.set("time", momentsOf(clock));
  return values;
}

interface ClockConstants {
  /** Milliseconds since midnight, or since the epoch. */
  readonly times: number[];
  /** Days since 1970-01-01. */
  readonly days: number[];
}

function noteClock(
  { times, days }: ClockConstants,
  constants: readonly FactValue[],
  { type }: Operand,
): void {
  const numbers = constants.filter((value) => typeof value === "number");
  if (type.kind === "time") times.push(...numbers);
  else days.push(...(numbers.length > 0 ? numbers : weekdays.map((_, at) => someDay + at)));
}

/** The facts that an operand is told from, as a request gives them. */
function factNamesOf({ shape, key }: Operand): readonly string[] {
  return shape.kind === "text-test" ? [key] : leavesOf(shape);
}

/** Draws one value for each fact. */
export function drawRequest(values: TellingValues, random: Random): RequestFacts {
  const facts: Record<string, FactValue | null> = {};
  for (const [name, some] of values) facts[name] = random.pick(some) ?? null;
  return facts;
}

/** Moments at and beside times of day, on and beside days, in zones up to a day away. */
function momentsOf({ times, days }: ClockConstants): readonly string[] {
  const someTimes = times.length > 0 ? times : [0, dayMs / 2];
  const someDays = days.length > 0 ? days : [someDay];
  const moments = new Set<string>();
  for (const hours of [0, -1, -2, 1, 5, 8, -9, 12, -12]) {
    for (const day of someDays.flatMap((each) => [each, each - 1, each + 1])) {
      for (const time of someTimes) {
        for (const beside of [0, -60_000, 60_000]) {
          if (moments.size >= mostMoments) return [...moments];
          const ms = Math.max(day, 1) * dayMs + (time % dayMs) + hours * 3_600_000 + beside;
          moments.add(new Date(ms).toISOString());
        }
      }
    }
  }
  return [...moments];
}

function isClock(shape: OperandShape): boolean {
  if (shape.kind === "local") return true;
  return shape.kind === "fact" && ["time", "date", "weekday"].includes(shape.name);
}

function leavesOf(shape: OperandShape): readonly string[] {
  switch (shape.kind) {
    case "fact":
      return [shape.name];
    case "target":
      return [`${shape.target}.${shape.fact}`];
    case "arithmetic":
      return [...leavesOf(shape.left), ...leavesOf(shape.right)];
    default:
      return [];
  }
}

function valuesNear(constants: readonly FactValue[], type: FactType): readonly FactValue[] {
  if (type.kind === "boolean") return [true, false];
  if (type.kind === "text") return [...constants, ...(type.values ?? ["elsewhere", "u-1", "u-2"])];
  const numbers = constants.flatMap((constant) => {
    const value = Number(constant);
    const step = stepOf(value, type);
    return [value, value - step, value + step, Math.floor(value / 2), value * 2];
  });
  const some = numbers.length > 0 ? numbers : [1];
  return [0, ...some.filter((value) => value >= 0)].map((value) =>
    type.kind === "money" || type.kind === "price" ? showFactValue(type, value) : value,
  );
}

/** By operand that some comparison asks for, the constants that it is compared with. */
function constantsByOperand(
  conditions: readonly Condition[],
): ReadonlyMap<number, readonly FactValue[]> {
  const constants = new Map<number, Set<FactValue>>();
  for (const part of conditions.flatMap((condition) => [...atomsOf(condition)])) {
    const own = constants.get(part.operand) ?? new Set();
    constants.set(part.operand, own);
    if (part.kind === "compare") own.add(part.value);
    if (part.kind !== "in") continue;
    for (const value of part.values) own.add(value);
    for (const { from, to } of part.ranges) own.add(from).add(to);
  }
  return new Map([...constants].map(([operand, own]) => [operand, [...own]]));
}

/** Conditions of rules, alsos and guards. */
export function conditionsOf({ branches, alsos, guards }: CheckedPolicy): readonly Condition[] {
  return [
    ...branches.flatMap(({ condition }) => condition ?? []),
    ...alsos.map(({ condition }) => condition),
    ...guards.flatMap(({ when }) => when ?? []),
  ];
}
