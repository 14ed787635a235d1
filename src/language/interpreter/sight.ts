import { assertNever } from "../../base/assert.ts";
import type { FactType, FactValue, Operand } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import type { Condition } from "../checker/checked-policy.ts";
import { evaluateCondition, isAmong, joinVerdicts, type Verdict } from "./interpret.ts";

/** What is known of an operand: its value, bounds on it (both inclusive), that it is unknown, or that nobody asked. */
export type Sight =
  | { readonly kind: "known"; readonly value: FactValue }
  | { readonly kind: "bounds"; readonly low: number; readonly high: number }
  | { readonly kind: "unknown" }
  | { readonly kind: "unasked" };

/** What is known of an operand, by its index. */
export type See = (operand: number) => Sight;

/** One test of a condition, as it stands at its leaves. */
export type Test = Exclude<Condition, { readonly kind: "not" | "and" | "or" | "constant" }>;

/**
 * The verdict of a condition on what is known: as `evaluateCondition` gives it, and "unknown" too where it rests on what
 * nobody asked for, or on a number of which the bounds do not tell.
 */
export function evaluateSeen(condition: Condition, see: See): Verdict {
  switch (condition.kind) {
    case "constant":
      return condition.value ? "true" : "false";
    case "not": {
      const inner = evaluateSeen(condition.of, see);
      if (inner === "unknown") return inner;
      return inner === "true" ? "false" : "true";
    }
    case "and":
    case "or":
      return joinVerdicts(condition.kind, condition.of, (part) => evaluateSeen(part, see));
    default:
      return evaluateTest(condition, see(condition.operand));
  }
}

/** The verdict of one test on what is known of its operand. */
export function evaluateTest(test: Test, sight: Sight): Verdict {
  switch (sight.kind) {
    case "known":
      return evaluateCondition(test, () => sight.value);
    case "unknown":
      return evaluateCondition(test, () => undefined);
    case "unasked":
      return "unknown";
    case "bounds":
      return evaluateWithin(test, sight);
    default:
      return assertNever(sight);
  }
}

function evaluateWithin(
  test: Test,
  { low, high }: Extract<Sight, { readonly kind: "bounds" }>,
): Verdict {
  const at = (value: number): Verdict => evaluateCondition(test, () => value);
  switch (test.kind) {
    case "is-unknown":
    case "is-not-false":
      return at(low);
    case "compare": {
      const { op, value } = test;
      if (op !== "=" && op !== "!=") return at(low) === at(high) ? at(low) : "unknown";
      const isOutside = typeof value !== "number" || value < low || value > high;
      return isOutside || low === high ? at(low) : "unknown";
    }
    case "in": {
      const isCovered =
        low === high || test.ranges.some(({ from, to }) => from <= low && high < to);
      if (isCovered) return isAmong(low, test);
      const isMet =
        test.ranges.some(({ from, to }) => from <= high && low < to) ||
        test.values.some((value) => typeof value === "number" && low <= value && value <= high);
      return isMet ? "unknown" : "false";
    }
    default:
      return assertNever(test);
  }
}

/** Whether a test has no verdict yet: its operand was not asked for, or only bounded, and these do not tell. */
export function isOpen(test: Test, sight: Sight): boolean {
  if (sight.kind === "unasked") return true;
  return sight.kind === "bounds" && evaluateTest(test, sight) === "unknown";
}

/** Whether a condition can still be true, whatever its open tests come to. */
export function canBeTrue(
  condition: Condition,
  see: See,
  wanted: "true" | "false" = "true",
): boolean {
  switch (condition.kind) {
    case "constant":
      return String(condition.value) === wanted;
    case "not":
      return canBeTrue(condition.of, see, wanted === "true" ? "false" : "true");
    case "and":
    case "or": {
      const needsAll = (condition.kind === "and") === (wanted === "true");
      const can = (part: Condition): boolean => canBeTrue(part, see, wanted);
      return needsAll ? condition.of.every(can) : condition.of.some(can);
    }
    default: {
      const sight = see(condition.operand);
      return isOpen(condition, sight) || evaluateTest(condition, sight) === wanted;
    }
  }
}

/** The tests of a condition from left to right. */
export function testsOf(condition: Condition | null): readonly Test[] {
  if (condition === null) return [];
  switch (condition.kind) {
    case "constant":
      return [];
    case "not":
      return testsOf(condition.of);
    case "and":
    case "or":
      return condition.of.flatMap(testsOf);
    default:
      return [condition];
  }
}

/** Longest text of a value in an explanation: what clients say can be as long as a header. */
const longestShown = 80;

/** What is known of an operand, in words: `205`, `120 to 180`, `unknown`, `not read`. */
function sightWords(type: FactType, sight: Sight): string {
  switch (sight.kind) {
    case "known":
      return valueWords(type, sight.value);
    case "bounds":
      return `${valueWords(type, sight.low)} to ${valueWords(type, sight.high)}`;
    case "unknown":
      return "unknown";
    case "unasked":
      return "not read";
    default:
      return assertNever(sight);
  }
}

/** What is known of an operand, in words; of a person's own text only that it is there. */
export function operandWords({ shape, type }: Operand, sight: Sight): string {
  const isPrivate = shape.kind === "fact" && (shape.name === "prompt" || shape.name === "system");
  return isPrivate && sight.kind === "known" ? "a text that is not shown" : sightWords(type, sight);
}

/** So many digits of a number are shown: enough to tell it from a bound, and none of what binary fractions add. */
const shownDigits = 9;
/** Of these the unit is so small that a fraction of it tells nobody anything. */
const wholeKinds: ReadonlySet<FactType["kind"]> = new Set([
  ...(["money", "price", "duration", "time", "date"] as const),
]);

/** A number as an explanation shows it: what was reckoned has no more digits than can be meant. */
function numberShown({ kind }: FactType, value: number): number {
  if (Number.isSafeInteger(value)) return value;
  const whole = Math.round(value);
  if (wholeKinds.has(kind) && Number.isSafeInteger(whole)) return whole;
  return Number(value.toPrecision(shownDigits));
}

/** A value as an explanation shows it, cut where it is long. */
export function valueWords(type: FactType, value: FactValue): string {
  const shown = typeof value === "number" ? numberShown(type, value) : value;
  const text = showFactValue(type, shown);
  if (text === "") return "empty";
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}…`;
}
