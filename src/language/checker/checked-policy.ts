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

/**
 * An expression evaluated per target: in `where` at plan time, in `never` for every target a plan can reach, in `accept` for
 * an answer. Here facts may be compared freely.
 */
export type TargetExpression =
  | { readonly kind: "literal"; readonly value: FactValue; readonly type: FactType }
  /** A fact of the candidate target: `region`, `context`, `price.input`, `quality`, … */
  | { readonly kind: "target-fact"; readonly name: string; readonly type: FactType }
  | { readonly kind: "supports"; readonly ability: string }
  /** The candidate's own name, for `target is claude`. */
  | { readonly kind: "target-name" }
  /** The client's `max_tokens`, by index into the policy's operands; the candidate's own ceiling where it gave none. */
  | { readonly kind: "max-tokens"; readonly operand: number; readonly type: FactType }
  /** A fact of the answer, in `accept` only: `response.refusal` is `refusal` here. */
  | { readonly kind: "response-fact"; readonly name: string; readonly type: FactType }
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

export type Strategy = "cheapest" | "fastest" | "best" | "least-busy" | "any";

export type Route =
  | { readonly kind: "target"; readonly target: string }
  | { readonly kind: "requested" }
  | {
      readonly kind: "select";
      readonly by: Strategy;
      /** Target names in source order, pools flattened, without repeats. */
      readonly from: readonly string[];
      readonly where: TargetCondition | null;
      /** Operand of `intent`, which `best` reads where a candidate's quality depends on it; null elsewhere. */
      readonly intent: number | null;
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

export type CacheOption =
  | { readonly kind: "exact"; readonly forMs: number }
  | {
      readonly kind: "semantic";
      /** Least similarity, 0 to 1. */
      readonly above: number;
      readonly forMs: number;
      /** Share of wrong hits that is accepted; null where none was given. */
      readonly within: number | null;
    }
  | { readonly kind: "off" };

/** What counters of limits, budgets and the like belong to: the option where it stands, in all its requests. */
interface Counter {
  /** `policy/rule/limit-1`: stable while the rule keeps its id. */
  readonly id: string;
  /** Operand whose value has a counter each; null counts all together. */
  readonly by: number | null;
}

export interface LimitOption extends Counter {
  readonly most: number;
  readonly of: "requests" | "tokens";
  readonly perMs: number;
  /** How long a request may wait for its turn; null rejects at once. */
  readonly waitMs: number | null;
}

export interface BudgetOption extends Counter {
  /** Picodollars. */
  readonly amount: number;
  readonly per: "hour" | "day" | "week" | "month";
}

export interface ConcurrencyOption extends Counter {
  readonly most: number;
  readonly waitMs: number | null;
}

export interface ShadowOption {
  /** In parts of 10,000. */
  readonly parts: number;
  readonly target: string;
  readonly salt: string;
  /** Operand whose value is hashed; null hashes the request id. */
  readonly by: number | null;
}

/** Options of a plan; absent means the configured default. Durations in milliseconds, money in picodollars. */
export interface CheckedOptions {
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
  readonly firstTokenMs?: number;
  readonly idleMs?: number;
  /** Least tokens per second of a stream that has begun. */
  readonly minTps?: number;
  /** Further attempts at the same target after a failure that may be retried there. */
  readonly retries?: number;
  readonly hedgeAfterMs?: number;
  /** Times a cut stream may be continued: 1. */
  readonly continuations?: number;
  readonly cache?: CacheOption;
  /** How long beyond its life a cached answer may be served. */
  readonly staleMs?: number;
  /** Ceiling on the completion's tokens. */
  readonly maxTokens?: number;
  /** Ceiling on the prompt's tokens; a larger one is rejected. */
  readonly promptTokens?: number;
  /** Ceiling on what the whole chain may cost. */
  readonly cost?: number;
  readonly dropUnsupported?: boolean;
  readonly priority?: "high" | "normal" | "low";
  readonly tier?: "flex";
  readonly batchWithinMs?: number;
  readonly shadow?: ShadowOption;
  readonly sticky?: { readonly by: number; readonly forMs: number };
  readonly limits?: readonly LimitOption[];
  readonly budgets?: readonly BudgetOption[];
  readonly concurrency?: readonly ConcurrencyOption[];
  /** Holds for an answer that is handed on; false raises `bad_output`. */
  readonly accept?: TargetCondition;
  /** Fields set in the upstream body, e.g. `temperature`. */
  readonly set?: Readonly<Record<string, number | string | boolean>>;
  readonly tags?: readonly string[];
}

/** Options that every plan gets whose request the condition is true of; never applied to a reject. */
export interface CheckedAlso {
  /** `also-1`: its ordinal in the file. */
  readonly id: string;
  readonly condition: Condition;
  readonly options: CheckedOptions;
  readonly line: number;
  readonly span: Span;
}

/** What `ensure` demands of a plan at its worst: every attempt that can be made is made, and is as dear and slow as can be. */
export type Requirement =
  | {
      readonly kind: "bound";
      readonly of: PlanFact;
      readonly op: "<" | "<=" | ">" | ">=" | "=" | "!=";
      readonly value: number;
    }
  /** A fallback, or an option by its key. */
  | { readonly kind: "has"; readonly what: "fallback" | keyof CheckedOptions };

/** `cost` in picodollars, `time` in milliseconds, `attempts`. */
export type PlanFact = "cost" | "time" | "attempts";

/** A guard stands above the rules: it holds for fallbacks, hedges, shadows, pools and splits too (LANGUAGE §6). */
export type CheckedGuard = {
  /** `guard-1`: its ordinal among the guards, libraries first. */
  readonly id: string;
  /** As written, on one line, without comments. No part of the policy's identity. */
  readonly text: string;
  /** The guard holds where this is not false; null always. */
  readonly when: Condition | null;
  readonly span: Span;
} & (
  | { readonly kind: "never"; readonly target: TargetCondition }
  | { readonly kind: "ensure"; readonly requirement: Requirement }
);

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
  /** True where the file has no such rule: it closes a policy whose rules are proven to take every request. */
  readonly implied?: true;
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
  | { readonly kind: "contains" | "like"; readonly text: string }
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
  /** In source order. */
  readonly alsos: readonly CheckedAlso[];
  readonly guards: readonly CheckedGuard[];
  readonly intents: readonly CheckedIntent[];
  /** Every target a branch can name, shadows included, without `requested`; in order of first mention. */
  readonly targets: readonly string[];
  /** Files the policy was read from: itself and what it uses. */
  readonly files: readonly string[];
}

/** One request of a test and what is expected of it. */
export interface CheckedTestRow {
  /** Facts by name as `--request` takes them; null is unknown. What is absent has its default, else is empty or zero. */
  readonly given: Readonly<Record<string, FactValue | null>>;
  readonly expect: readonly Expectation[];
  readonly span: Span;
}

export type Expectation = {
  readonly text: string;
  readonly span: Span;
} /** The targets that are tried, in order, up to where the list ends. */ & (
  | { readonly kind: "chain"; readonly targets: readonly string[] }
  | { readonly kind: "reject"; readonly status: number | null }
  | { readonly kind: "rule"; readonly id: string }
  | (Extract<Requirement, { readonly kind: "bound" }> & { readonly kind: "bound" })
  /** `every`: holds for every target the plan can reach; `none`: for none of them. */
  | { readonly kind: "targets"; readonly of: "every" | "none"; readonly condition: TargetCondition }
  | { readonly kind: "options"; readonly options: CheckedOptions }
  /** A guard, of this text or any, dropped a target or refused the request; or none did. */
  | { readonly kind: "guard"; readonly guard: string | null; readonly acts: boolean }
);

/** A `test` statement with its names resolved. Tests are no part of a policy's identity. */
export interface CheckedTest {
  readonly name: string;
  readonly rows: readonly CheckedTestRow[];
  readonly line: number;
  readonly span: Span;
}

/** The tests of a file. */
export interface CheckedTests {
  readonly tests: readonly CheckedTest[];
  /** The policy's operands, and behind them those that only expectations read. */
  readonly operands: readonly Operand[];
}

export const noTests: CheckedTests = { tests: [], operands: [] };
