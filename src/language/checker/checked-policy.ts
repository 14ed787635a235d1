import type { Span } from "../../diagnostics/diagnostic.ts";
import type { FactType, FactValue, Operand } from "../../facts/fact.ts";
import type { Cause } from "../../protocol/cause.ts";

/**
 * A condition over operands by index; names, types and units are already resolved. Three-valued (Kleene): a comparison
 * with an unknown operand is unknown; a branch is taken on true only.
 */
export type Condition =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "not"; readonly of: Condition; readonly span: Span }
  | { readonly kind: "and" | "or"; readonly of: readonly Condition[]; readonly span: Span }
  | {
      readonly kind: "compare";
      readonly operand: number;
      readonly op: "<" | "<=" | ">" | ">=" | "=" | "!=";
      readonly value: FactValue;
      readonly span: Span;
    }
  /** True when the value equals one of `values` or lies in one of the half-open `ranges`. */
  | {
      readonly kind: "in";
      readonly operand: number;
      readonly values: readonly FactValue[];
      readonly ranges: readonly { readonly from: number; readonly to: number }[];
      readonly span: Span;
    }
  /** `x is unknown`: two-valued. */
  | { readonly kind: "is-unknown"; readonly operand: number; readonly span: Span }
  /** `x is not false`: true for true and for unknown (LANGUAGE §5). Two-valued. */
  | { readonly kind: "is-not-false"; readonly operand: number; readonly span: Span };

/** An expression evaluated per target at plan time (`where`); here facts may be compared freely. */
export type TargetExpression =
  | { readonly kind: "literal"; readonly value: FactValue; readonly type: FactType }
  /** A fact of the candidate target: `region`, `context`, `price.input`, `quality`, … */
  | { readonly kind: "target-fact"; readonly name: string; readonly type: FactType }
  | { readonly kind: "supports"; readonly ability: string }
  /** The candidate's own name, for `target is claude`. */
  | { readonly kind: "target-name" }
  /** The client's `max_tokens`, by index into the policy's operands; the candidate's own ceiling where it gave none. */
  | { readonly kind: "max-tokens"; readonly operand: number; readonly type: FactType }
  /** An operand of the request, by index into the policy's operands. */
  | { readonly kind: "operand"; readonly operand: number; readonly type: FactType }
  | {
      readonly kind: "arithmetic";
      readonly op: "+" | "-" | "*";
      readonly left: TargetExpression;
      readonly right: TargetExpression;
    };

export type TargetCondition =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "not"; readonly of: TargetCondition }
  | { readonly kind: "and" | "or"; readonly of: readonly TargetCondition[] }
  | {
      readonly kind: "compare";
      readonly op: "<" | "<=" | ">" | ">=" | "=" | "!=";
      readonly left: TargetExpression;
      readonly right: TargetExpression;
    }
  | {
      readonly kind: "in";
      readonly of: TargetExpression;
      readonly values: readonly FactValue[];
      readonly ranges: readonly { readonly from: number; readonly to: number }[];
    }
  | { readonly kind: "is-unknown"; readonly of: TargetExpression }
  /** A boolean expression standing alone: `healthy`, `supports(tools)`. */
  | { readonly kind: "holds"; readonly of: TargetExpression };

export type Strategy = "cheapest" | "any";

export type Route =
  | { readonly kind: "target"; readonly target: string }
  | { readonly kind: "requested" }
  | {
      readonly kind: "select";
      readonly by: Strategy;
      /** Target names in source order, pools flattened, without repeats. */
      readonly from: readonly string[];
      readonly where: TargetCondition | null;
    }
  | {
      readonly kind: "split";
      /** Operand whose value is hashed; null hashes the request id. */
      readonly by: number | null;
      readonly salt: string;
      /** Shares in parts of 10,000; they add up to 10,000. */
      readonly shares: readonly { readonly parts: number; readonly target: string }[];
    };

export interface CheckedStep {
  readonly route: Route;
  /** Causes of an earlier failure that this step accepts; empty for the first step. */
  readonly on: readonly Cause[];
  readonly span: Span;
}

/** Options of a plan; absent means the configured default. Durations in milliseconds. */
export interface CheckedOptions {
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
  readonly firstTokenMs?: number;
  readonly idleMs?: number;
  /** Further attempts at the same target after a failure that may be retried there. */
  readonly retries?: number;
  /** Ceiling on the completion's tokens. */
  readonly maxTokens?: number;
  /** Fields set in the upstream body, e.g. `temperature`. */
  readonly set?: Readonly<Record<string, number | string | boolean>>;
  readonly tags?: readonly string[];
}

export type Action =
  | {
      readonly kind: "plan";
      readonly steps: readonly CheckedStep[];
      readonly options: CheckedOptions;
      readonly span: Span;
    }
  | {
      readonly kind: "reject";
      readonly status: number;
      readonly message: string;
      readonly span: Span;
    };

export interface RuleInfo {
  /** The rule's name made ASCII, or its ordinal (`rule-3`); `otherwise` for the last. Unique in a policy. */
  readonly id: string;
  readonly name: string | null;
  /** Line of the rule in its file, from 1; for display only. */
  readonly line: number;
  readonly span: Span;
}

/**
 * One arm of a rule. The branches of a policy in order ARE its meaning: the first whose condition is true (null: always)
 * decides; `else if` and `else` arms are branches of their own that follow their rule's first.
 */
export interface Branch {
  readonly rule: number;
  readonly condition: Condition | null;
  readonly action: Action;
  readonly span: Span;
}

export type Clue =
  | { readonly kind: "contains"; readonly text: string }
  | { readonly kind: "matches"; readonly pattern: string };

/** An intent declared by the policy; declared ones are tried before the shipped ones, in source order. */
export interface CheckedIntent {
  readonly name: string;
  readonly clues: readonly Clue[];
}

/** A policy whose names, types and units are resolved: plain data, the reference semantics of every executor. */
export interface CheckedPolicy {
  /** The policy's file name without `.policy`. */
  readonly name: string;
  /** 16 hex digits over the checked form and all it refers to; stable under comments and layout. */
  readonly hash: string;
  readonly operands: readonly Operand[];
  readonly rules: readonly RuleInfo[];
  readonly branches: readonly Branch[];
  readonly intents: readonly CheckedIntent[];
  /** Every target a branch can name, without `requested`; in order of first mention. */
  readonly targets: readonly string[];
  /** Files the policy was read from: itself and what it uses. */
  readonly files: readonly string[];
}
