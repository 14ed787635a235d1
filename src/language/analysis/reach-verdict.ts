import { assertNever } from "../../base/assert.ts";
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Condition, TargetCondition } from "../checker/checked-policy.ts";
import { compareValues, isAmong, joinVerdicts, type Verdict } from "../interpreter/interpret.ts";
import {
  type Assumed,
  type Candidate,
  clientCeilingIn,
  readTerm,
  type Term,
} from "./reach-term.ts";

/** What is left of a condition on a target once all that stands fast about the target is filled in. */
export type Residual =
  | { readonly kind: "settled"; readonly verdict: Verdict }
  /** A condition on the request alone, of the same three-valued verdict. */
  | { readonly kind: "request"; readonly condition: Condition; readonly operand: number }
  /** Only a run can tell, for this reason. */
  | { readonly kind: "open"; readonly why: string }
  | { readonly kind: "not"; readonly of: Residual }
  | { readonly kind: "and" | "or"; readonly of: readonly Residual[] };

/** The residual of a condition for one target. Exact: whatever the request, it has the verdict of the condition. */
export function residualOf(condition: TargetCondition, candidate: Candidate): Residual {
  switch (condition.kind) {
    case "constant":
      return settled(condition.value ? "true" : "false");
    case "not": {
      const of = residualOf(condition.of, candidate);
      return of.kind === "settled" ? settled(negated[of.verdict]) : { kind: "not", of };
    }
    case "and":
    case "or":
      return joined(
        condition.kind,
        condition.of.map((part) => residualOf(part, candidate)),
      );
    default:
      return residualOfTest(condition, candidate);
  }
}

const negated: Readonly<Record<Verdict, Verdict>> = {
  true: "false",
  false: "true",
  unknown: "unknown",
};

function settled(verdict: Verdict): Residual {
  return { kind: "settled", verdict };
}

function joined(kind: "and" | "or", parts: readonly Residual[]): Residual {
  const settling = kind === "and" ? "false" : "true";
  const neutral = negated[settling];
  if (parts.some((part) => part.kind === "settled" && part.verdict === settling)) {
    return settled(settling);
  }
  const rest = parts.filter((part) => part.kind !== "settled" || part.verdict !== neutral);
  const [first, second] = rest;
  if (first === undefined) return settled(neutral);
  if (second === undefined) return first;
  if (rest.every((part) => part.kind === "settled")) {
    return settled(joinVerdicts(kind, rest, ({ verdict }) => verdict));
  }
  return { kind, of: rest };
}

type Test = Exclude<TargetCondition, { readonly kind: "constant" | "not" | "and" | "or" }>;

/** A test that asks for the client's ceiling is one for those who gave it and another for those who did not. */
function residualOfTest(test: Test, candidate: Candidate): Residual {
  const operand = clientCeilingIn(test);
  if (operand === null) return residualAssuming(test, candidate, "given");
  const given = residualAssuming(test, candidate, "given");
  if (candidate.operands[operand]?.mayBeUnknown === false) return given;
  const isAbsent: Residual = {
    kind: "request",
    condition: { kind: "is-unknown", operand, span: candidate.span },
    operand,
  };
  const absent = residualAssuming(test, candidate, "absent");
  return joined("or", [
    joined("and", [{ kind: "not", of: isAbsent }, given]),
    joined("and", [isAbsent, absent]),
  ]);
}

function residualAssuming(test: Test, candidate: Candidate, assumed: Assumed): Residual {
  const read = (expression: Parameters<typeof readTerm>[0]): Term =>
    readTerm(expression, candidate, assumed);
  switch (test.kind) {
    case "compare":
      return residualOfCompare(read(test.left), test.op, read(test.right), candidate.span);
    case "in":
      return residualOfMembership(read(test.of), test, candidate.span);
    case "is-unknown":
      return residualOfUnknown(read(test.of), candidate.span);
    case "holds":
      return residualOfCompare(
        read(test.of),
        "=",
        { kind: "values", values: [true], why: "" },
        candidate.span,
      );
    default:
      return assertNever(test);
  }
}

/** Settled where all values that may be in force give one verdict. */
function agreed(verdicts: readonly Verdict[], why: string): Residual {
  const [first] = verdicts;
  const isOne = first !== undefined && verdicts.every((each) => each === first);
  return isOne ? settled(first) : { kind: "open", why };
}

type Order = Extract<TargetCondition, { readonly kind: "compare" }>["op"];

const mirrored: Readonly<Record<Order, Order>> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  "=": "=",
  "!=": "!=",
};

function residualOfCompare(left: Term, op: Order, right: Term, span: Span): Residual {
  const [one, other] = [left, right];
  if (isNeverKnown(one) || isNeverKnown(other)) return settled("unknown");
  if (one.kind === "open") return one;
  if (other.kind === "open") return other;
  if (one.kind === "values" && other.kind === "values") {
    const verdicts = one.values.flatMap((a) => other.values.map((b) => compareValues(a, op, b)));
    return agreed(verdicts, one.why || other.why);
  }
  if (one.kind === "values") return residualOfCompare(right, mirrored[op], left, span);
  if (other.kind === "operand") {
    return { kind: "open", why: "it compares two facts of the request" };
  }
  const [value] = other.values;
  if (other.values.length !== 1 || value === undefined) return { kind: "open", why: other.why };
  const { operand, factor, plus } = one;
  if (typeof value !== "number") {
    return { kind: "request", operand, condition: { kind: "compare", operand, op, value, span } };
  }
  const isExact = Number.isSafeInteger(factor) && Number.isSafeInteger(plus);
  if (!isExact || (!one.isWhole && (plus !== 0 || Math.abs(factor) !== 1))) {
    return { kind: "open", why: "it calculates with fractions" };
  }
  const scaled = (value - plus) / factor;
  const turned = factor < 0 ? mirrored[op] : op;
  const bound = one.isWhole ? wholeBound(turned, scaled) : scaled;
  if (bound === null) return { kind: "open", why: "it compares a whole number with a fraction" };
  return {
    kind: "request",
    operand,
    condition: { kind: "compare", operand, op: turned, value: bound, span },
  };
}

/** The same bound as a whole number; null where no whole number can be equal to it. */
function wholeBound(op: Order, value: number): number | null {
  if (Number.isInteger(value)) return value;
  if (op === "<" || op === ">=") return Math.ceil(value);
  return op === "<=" || op === ">" ? Math.floor(value) : null;
}

function isNeverKnown(term: Term): boolean {
  return term.kind === "values" && term.values.every((value) => value === undefined);
}

function residualOfMembership(
  term: Term,
  { values, ranges }: Extract<TargetCondition, { readonly kind: "in" }>,
  span: Span,
): Residual {
  if (term.kind === "open") return term;
  if (term.kind === "values") {
    const verdicts = term.values.map((value) => isAmong(value, { values, ranges }));
    return agreed(verdicts, term.why);
  }
  const { operand, factor, plus } = term;
  if (factor !== 1 || plus !== 0) return { kind: "open", why: "it looks a sum up in a list" };
  return {
    kind: "request",
    operand,
    condition: { kind: "in", operand, values, ranges, span },
  };
}

function residualOfUnknown(term: Term, span: Span): Residual {
  if (term.kind === "open") return term;
  if (term.kind === "values") {
    const verdicts = term.values.map((value): Verdict => (value === undefined ? "true" : "false"));
    return agreed(verdicts, term.why);
  }
  const { operand } = term;
  return { kind: "request", operand, condition: { kind: "is-unknown", operand, span } };
}

/**
 * Whether a target satisfies a condition, as far as that can be told without a request: "unknown" is known to be unknown (no
 * region is configured, say), "depends" waits for the request or the run.
 */
export function judgeTarget(
  condition: TargetCondition,
  candidate: Candidate,
): "holds" | "does not" | "unknown" | "depends" {
  const residual = residualOf(condition, candidate);
  if (residual.kind !== "settled") return "depends";
  if (residual.verdict === "unknown") return "unknown";
  return residual.verdict === "true" ? "holds" : "does not";
}

/** What to take an open part for: for whatever makes the answer true, or for what makes it false. */
export type Leaning = "possible" | "certain";

/** The requests for which a residual is true, as a two-valued condition; of open parts as `leaning` says. */
export function whenTrue(residual: Residual, leaning: Leaning): Condition {
  switch (residual.kind) {
    case "settled":
      return constant(residual.verdict === "true");
    case "open":
      return constant(leaning === "possible");
    case "request": {
      const { condition, operand } = residual;
      const span = spanOf(condition);
      const isKnown: Condition = { kind: "not", of: { kind: "is-unknown", operand, span }, span };
      return condition.kind === "is-unknown"
        ? condition
        : { kind: "and", of: [isKnown, condition], span };
    }
    case "not":
      return inverse(whenNotFalse(residual.of, opposed(leaning)));
    default:
      return all(
        residual.kind,
        residual.of.map((part) => whenTrue(part, leaning)),
      );
  }
}

/** The requests for which a residual is not false: true or unknown. */
export function whenNotFalse(residual: Residual, leaning: Leaning): Condition {
  switch (residual.kind) {
    case "settled":
      return constant(residual.verdict !== "false");
    case "open":
      return constant(leaning === "possible");
    case "request": {
      const { condition, operand } = residual;
      const span = spanOf(condition);
      return condition.kind === "is-unknown"
        ? condition
        : { kind: "or", of: [{ kind: "is-unknown", operand, span }, condition], span };
    }
    case "not":
      return inverse(whenTrue(residual.of, opposed(leaning)));
    default:
      return all(
        residual.kind,
        residual.of.map((part) => whenNotFalse(part, leaning)),
      );
  }
}

function opposed(leaning: Leaning): Leaning {
  return leaning === "possible" ? "certain" : "possible";
}

function constant(value: boolean): Condition {
  return { kind: "constant", value };
}

const nowhere: Span = { file: "", start: 0, end: 0 };

function spanOf(condition: Condition): Span {
  return condition.kind === "constant" ? nowhere : condition.span;
}

function inverse(of: Condition): Condition {
  return of.kind === "constant" ? constant(!of.value) : { kind: "not", of, span: spanOf(of) };
}

/** Two-valued `and` or `or`, without constants where they settle or say nothing. */
export function all(kind: "and" | "or", parts: readonly Condition[]): Condition {
  const settles = kind === "or";
  if (parts.some((part) => part.kind === "constant" && part.value === settles)) {
    return constant(settles);
  }
  const rest = parts.filter((part) => part.kind !== "constant");
  const [first, second] = rest;
  if (first === undefined) return constant(!settles);
  return second === undefined ? first : { kind, of: rest, span: spanOf(first) };
}

/** Why a residual is open, each reason once. */
export function openReasons(residual: Residual): readonly string[] {
  if (residual.kind === "open") return [residual.why];
  if (residual.kind === "not") return openReasons(residual.of);
  if (residual.kind !== "and" && residual.kind !== "or") return [];
  return [...new Set(residual.of.flatMap(openReasons))];
}
