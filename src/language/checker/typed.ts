import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Fact, FactType, FactValue } from "../../facts/fact.ts";
import type { TargetFact } from "../../facts/target-facts.ts";
import type { Expression, Name } from "../syntax/ast.ts";
import type { PlanFact } from "./checked-policy.ts";

/**
 * Where an expression stands: in the condition of a rule, an `also` or a `when`; in a `where` or a `never`, asked of one
 * target; in an `accept`, asked of one target's answer; or as what `ensure` demands of a plan.
 */
export type Mode = "rule" | "where" | "never" | "accept" | "plan";

/** Whether an expression is asked of one target at a time: then it may read the target's facts and compare facts freely. */
export function isPerTarget(mode: Mode): boolean {
  return mode === "where" || mode === "never" || mode === "accept";
}

/** What every term knows of itself. `size` counts the nodes under it, lets inlined. */
interface TermBase {
  readonly type: FactType;
  readonly span: Span;
  readonly size: number;
}

/** An expression with a value: names resolved, type known, units gone. */
export type Term = TermBase &
  (
    | { readonly kind: "constant"; readonly value: FactValue; readonly written: "literal" | "word" }
    | { readonly kind: "fact"; readonly fact: Fact }
    /** A fact of one target named in the policy: `claude.region`, `claude.supports(tools)`. */
    | {
        readonly kind: "target-of";
        readonly target: string;
        readonly fact: string;
        readonly mayBeUnknown: boolean;
      }
    /** A fact of the candidate, in `where` only. */
    | { readonly kind: "target-fact"; readonly fact: TargetFact }
    | { readonly kind: "supports"; readonly ability: string }
    | { readonly kind: "target-name" }
    /** A fact of the answer, in `accept` only. */
    | { readonly kind: "response-fact"; readonly name: string }
    /** What a plan comes to at its worst, in `ensure` only. */
    | { readonly kind: "plan-fact"; readonly name: PlanFact }
    | {
        readonly kind: "text-test";
        readonly test: "matches" | "contains";
        readonly fact: Fact;
        readonly pattern: string;
      }
    /** Time of day on a wall clock of the zone. */
    | { readonly kind: "local"; readonly fact: Fact; readonly zone: string }
    | {
        readonly kind: "arithmetic";
        readonly op: "+" | "-" | "*";
        readonly left: Term;
        readonly right: Term;
      }
  );

export type ConstantTerm = Extract<Term, { readonly kind: "constant" }>;

/** One side of a comparison before the other side has told how to read it. */
export type Side =
  | Term
  /** A bare word that no let, fact or pool explains: perhaps a value. */
  | { readonly kind: "word"; readonly name: Name; readonly span: Span }
  | { readonly kind: "list"; readonly items: readonly Expression[]; readonly span: Span }
  | {
      readonly kind: "range";
      readonly from: Expression;
      readonly to: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: "time-span";
      readonly from: string;
      readonly to: string;
      readonly zone: string | null;
      readonly span: Span;
    }
  | { readonly kind: "regex"; readonly pattern: string; readonly span: Span }
  | { readonly kind: "pool"; readonly name: string; readonly span: Span }
  | { readonly kind: "condition"; readonly of: Expression; readonly span: Span };

export type Comparison = Extract<Expression, { readonly kind: "comparison" }>;

export type CompareOp = "<" | "<=" | ">" | ">=" | "=" | "!=";

export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/** A condition whose terms are typed; not yet bound to operands (rules) or candidates (`where`). */
export type TypedCondition = { readonly span: Span; readonly size: number } & (
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "not"; readonly of: TypedCondition }
  | { readonly kind: "and" | "or"; readonly of: readonly TypedCondition[] }
  | {
      readonly kind: "compare";
      readonly op: CompareOp;
      readonly left: Term;
      readonly right: Term;
    }
  | {
      readonly kind: "in";
      readonly of: Term;
      readonly values: readonly FactValue[];
      readonly ranges: readonly NumberRange[];
    }
  | { readonly kind: "is-unknown"; readonly of: Term }
  | { readonly kind: "is-not-false"; readonly of: Term }
  | { readonly kind: "holds"; readonly of: Term }
);

const names: Readonly<Record<FactType["kind"], string>> = {
  whole: "a whole number",
  decimal: "a decimal",
  money: "an amount of money",
  price: "a price",
  duration: "a duration",
  time: "a time",
  date: "a date",
  boolean: "true or false",
  text: "text",
};

/** A type in words: `a whole number`. */
export function typeName(type: FactType): string {
  return names[type.kind];
}

/** Whether values of the type are numbers inside, which alone can be ordered and calculated with. */
export function isNumeric(type: FactType): boolean {
  return type.kind !== "text" && type.kind !== "boolean";
}

/** Whether a value of type `from` can stand where `to` is wanted: a whole number is also a decimal. */
export function fits(from: FactType, to: FactType): boolean {
  return from.kind === to.kind || (from.kind === "whole" && to.kind === "decimal");
}

const termKinds: ReadonlySet<string> = new Set([
  "constant",
  "fact",
  "target-of",
  "target-fact",
  "supports",
  "target-name",
  "response-fact",
  "plan-fact",
  "text-test",
  "local",
  "arithmetic",
]);

/** Whether a side already has a value and a type. */
export function isTerm(side: Side): side is Term {
  return termKinds.has(side.kind);
}

/** Whether a side is known only per request or target. */
export function isFactTerm(side: Side): side is Exclude<Term, ConstantTerm> {
  return isTerm(side) && side.kind !== "constant";
}
