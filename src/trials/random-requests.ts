import type { Random } from "../base/random.ts";
import { weekdays } from "../facts/built-in.ts";
import type { FactType, FactValue, OperandShape } from "../facts/fact.ts";
import { showFactValue } from "../facts/value.ts";
import type { CheckedPolicy, Condition } from "../language/checker/checked-policy.ts";
import { comparisonsOf } from "./coverage.ts";
import { stepOf } from "./mutate-condition.ts";

/** Facts by name, as `explain --request` takes them. */
export type RequestFacts = Readonly<Record<string, FactValue | null>>;

const dayMs = 86_400_000;
const someDay = 20_000;

/** Draws requests whose facts lie at, beside and away from the constants of a policy, or are unknown. */
export function createRequestSource(policy: CheckedPolicy): (random: Random) => RequestFacts {
  const choices = new Map<string, Set<FactValue | null>>();
  const offer = (name: string, values: Iterable<FactValue | null>): void => {
    const known = choices.get(name) ?? new Set([null]);
    for (const value of values) known.add(value);
    choices.set(name, known);
  };
  const times: number[] = [];
  const days: number[] = [];
  for (const [index, { shape, key, type }] of policy.operands.entries()) {
    const constants = constantsOf(policy, index);
    if (shape.kind === "local" || isClock(shape)) {
      const isTime = shape.kind === "local" || (shape.kind === "fact" && shape.name === "time");
      const numbers = constants.filter((value) => typeof value === "number");
      if (isTime) times.push(...numbers);
      else days.push(...(numbers.length > 0 ? numbers : weekdays.map((_, at) => someDay + at)));
    } else if (shape.kind === "text-test") offer(key, [true, false]);
    else {
      for (const leaf of leavesOf(shape, key)) offer(leaf, valuesNear(constants, type));
    }
  }
  const readsClock = times.length + days.length > 0;
  return (random) => {
    const facts: Record<string, FactValue | null> = {};
    for (const [name, values] of choices) facts[name] = random.pick([...values]) ?? null;
    if (readsClock) facts["time"] = momentOf(random, times, days);
    return facts;
  };
}

function momentOf(random: Random, times: readonly number[], days: readonly number[]): string {
  const day = (random.pick(days) ?? someDay) + random.integer(3) - 1;
  const time = (random.pick(times) ?? random.integer(24) * 3_600_000) % dayMs;
  // Up to a day off, for zones, in steps that fall beside the constants too.
  const shift = (random.integer(49) - 24) * 1_800_000 + (random.integer(3) - 1) * 60_000;
  return new Date(Math.max(day, 1) * dayMs + time + shift).toISOString();
}

function isClock(shape: OperandShape): boolean {
  return shape.kind === "fact" && ["time", "date", "weekday"].includes(shape.name);
}

/** Names of the facts behind an operand. */
function leavesOf(shape: OperandShape, key: string): readonly string[] {
  switch (shape.kind) {
    case "fact":
      return [shape.name];
    case "target":
      return [`${shape.target}.${shape.fact}`];
    case "arithmetic":
      return [...leavesOf(shape.left, key), ...leavesOf(shape.right, key)];
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
    return [value - step, value, value + step, Math.floor(value / 2), value * 2];
  });
  const some = numbers.length > 0 ? numbers : [1];
  return [0, ...some.filter((value) => value >= 0)].map((value) =>
    type.kind === "money" || type.kind === "price" || type.kind === "date"
      ? showFactValue(type, value)
      : value,
  );
}

/** Every constant that the policy compares an operand with. */
function constantsOf(policy: CheckedPolicy, operand: number): readonly FactValue[] {
  const constants = new Set<FactValue>();
  for (const condition of conditionsOf(policy)) {
    for (const part of comparisonsOf(condition)) {
      if (part.operand !== operand) continue;
      if (part.kind === "compare") constants.add(part.value);
      if (part.kind !== "in") continue;
      for (const value of part.values) constants.add(value);
      for (const { from, to } of part.ranges) constants.add(from).add(to);
    }
  }
  return [...constants];
}

/** Conditions of rules, alsos and guards. */
function conditionsOf({ branches, alsos, guards }: CheckedPolicy): readonly Condition[] {
  return [
    ...branches.flatMap(({ condition }) => condition ?? []),
    ...alsos.map(({ condition }) => condition),
    ...guards.flatMap(({ when }) => when ?? []),
  ];
}
