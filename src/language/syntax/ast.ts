import type { Span } from "../../diagnostics/diagnostic.ts";

/** A word or quoted string used as a name, with the text it stands for. */
export interface Name {
  readonly text: string;
  readonly quoted: boolean;
  readonly span: Span;
}

/** A literal as written; its unit is kept apart and turned into a value by the checker's literals. */
export type Literal =
  /** `200`, `8k`, `1.5M`, `128Ki`, `0.95`, `10%`, `2s`, `$0.02`, `$3/M`: exact text in `raw`. */
  | {
      readonly kind: "number";
      readonly raw: string;
      readonly unit: "none" | "scale" | "percent" | "duration" | "money" | "price";
      readonly span: Span;
    }
  | { readonly kind: "string"; readonly text: string; readonly span: Span }
  | { readonly kind: "boolean"; readonly value: boolean; readonly span: Span }
  | { readonly kind: "date"; readonly raw: string; readonly span: Span }
  /** `09:00..17:00 Europe/Berlin`; zone null is UTC. */
  | {
      readonly kind: "time-span";
      readonly from: string;
      readonly to: string;
      readonly zone: string | null;
      readonly span: Span;
    }
  /** `/…/` after `matches`: the text between the slashes, escapes as written. */
  | { readonly kind: "regex"; readonly pattern: string; readonly span: Span };

export type Expression =
  | Literal
  /** A fact, let, pool, target or bare value; dotted facts are one name (`header.x-team`, `claude.region`). */
  | { readonly kind: "name"; readonly name: Name; readonly span: Span }
  /** `supports(tools)`, `target.supports(tools)`, `claude.supports(tools)`. */
  | {
      readonly kind: "call";
      readonly callee: Name;
      readonly argument: Name;
      readonly span: Span;
    }
  | { readonly kind: "list"; readonly items: readonly Expression[]; readonly span: Span }
  /** `200..500`, half open. */
  | {
      readonly kind: "range";
      readonly from: Expression;
      readonly to: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: "arithmetic";
      readonly op: "+" | "-" | "*";
      readonly left: Expression;
      readonly right: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: "comparison";
      /** `is`, `=` and `==` are all `=`; `is not` and `!=` are `!=`. */
      readonly op: "<" | "<=" | ">" | ">=" | "=" | "!=" | "in" | "not in" | "matches" | "contains";
      /** Span of the operator as written. */
      readonly opSpan: Span;
      readonly left: Expression;
      readonly right: Expression;
      readonly span: Span;
    }
  /** `x is unknown`, `x is not unknown`. */
  | {
      readonly kind: "unknown-test";
      readonly negated: boolean;
      readonly of: Expression;
      readonly span: Span;
    }
  | { readonly kind: "not"; readonly of: Expression; readonly span: Span }
  | {
      readonly kind: "and" | "or";
      readonly of: readonly Expression[];
      readonly span: Span;
      /** True when the author put the whole in parentheses. */
      readonly parenthesised: boolean;
    };

export interface AstShare {
  readonly share: Literal;
  readonly target: Name;
  readonly span: Span;
}

export type AstRoute =
  /** A target's name, `requested`, or (an error the checker reports) a pool's. */
  | { readonly kind: "name"; readonly name: Name; readonly span: Span }
  | {
      readonly kind: "select";
      /** `cheapest fastest best least-busy any`, as written with `_` turned to `-`. */
      readonly strategy: Name;
      /** `of` one pool, target or `[list]`. */
      readonly from: readonly Name[];
      readonly where: Expression | null;
      readonly span: Span;
    }
  | {
      readonly kind: "split";
      readonly by: Expression | null;
      readonly shares: readonly AstShare[];
      readonly span: Span;
    };

export interface AstStep {
  readonly route: AstRoute;
  /** Words after `on`, `_` and `-` alike; null when there is no `on`. Empty list never. */
  readonly on: readonly Name[] | null;
  readonly span: Span;
}

/**
 * `timeout 10s`, `set temperature 0`, `limit 20 per minute by user`: the name normalised to hyphens, and its argument words
 * in order, `by` and `or` among them. `accept when …` has a condition.
 */
export interface AstOption {
  readonly name: Name;
  readonly arguments: readonly (Name | Literal)[];
  readonly when: Expression | null;
  readonly span: Span;
}

export type AstAction =
  | {
      readonly kind: "plan";
      readonly steps: readonly AstStep[];
      readonly options: readonly AstOption[];
      readonly span: Span;
    }
  | {
      readonly kind: "reject";
      readonly status: Literal | null;
      readonly message: Literal | null;
      readonly span: Span;
    };

export interface AstArm {
  /** Null for `else` and `otherwise`. */
  readonly condition: Expression | null;
  readonly action: AstAction;
  readonly span: Span;
}

export interface AstClue {
  readonly kind: "matches" | "contains" | "like";
  readonly value: Literal;
  readonly span: Span;
}

/** What `ensure` demands of plans. */
export type AstRequirement =
  /** `every plan has fallback`: three words, which must be these, and what every plan has. */
  | {
      readonly kind: "has";
      readonly words: readonly Name[];
      readonly what: Name;
      readonly span: Span;
    }
  /** `plan.cost <= $0.05`. */
  | { readonly kind: "compare"; readonly of: Expression; readonly span: Span };

/** One fact of a test: `tokens 40`, `intent unknown`, `time 09:30`. */
export interface AstGiven {
  readonly fact: Name;
  readonly value:
    | { readonly kind: "unknown"; readonly span: Span }
    | { readonly kind: "time"; readonly raw: string; readonly span: Span }
    | { readonly kind: "name"; readonly name: Name; readonly span: Span }
    | Literal;
  readonly span: Span;
}

export type AstExpectation =
  /** `local-gpu`, `claude fallback qwen`: the targets that are tried, in order. */
  | { readonly kind: "chain"; readonly targets: readonly Name[]; readonly span: Span }
  | { readonly kind: "reject"; readonly status: Literal | null; readonly span: Span }
  /** `rule "name"`, `rule rule-3`, `rule otherwise`. */
  | { readonly kind: "rule"; readonly name: Name; readonly span: Span }
  /** `cost < $0.01`, `target.region is eu`: of the plan, or of every target it can reach. */
  | { readonly kind: "condition"; readonly of: Expression; readonly span: Span }
  /** `never claude`: no target that the plan can reach satisfies it. */
  | { readonly kind: "never"; readonly of: Expression; readonly span: Span }
  /** `timeout 10s`: the option as the plan has it; also `guard "…"` and `no guard`. */
  | { readonly kind: "option"; readonly option: AstOption; readonly span: Span };

/** One row of a test: a request and what is expected of it. */
export interface AstTestRow {
  readonly given: readonly AstGiven[];
  readonly expect: readonly AstExpectation[];
  readonly span: Span;
}

export type Statement =
  | { readonly kind: "policy"; readonly version: Literal; readonly span: Span }
  | { readonly kind: "use"; readonly path: Literal; readonly span: Span }
  | { readonly kind: "let"; readonly name: Name; readonly value: Expression; readonly span: Span }
  | {
      readonly kind: "pool";
      readonly name: Name;
      readonly members: readonly Name[];
      readonly span: Span;
    }
  | {
      readonly kind: "intent";
      readonly name: Name;
      readonly clues: readonly AstClue[];
      readonly span: Span;
    }
  | {
      readonly kind: "rule";
      readonly name: Name | null;
      readonly arms: readonly AstArm[];
      readonly span: Span;
    }
  | { readonly kind: "otherwise"; readonly action: AstAction; readonly span: Span }
  | {
      readonly kind: "also";
      readonly condition: Expression;
      readonly options: readonly AstOption[];
      readonly span: Span;
    }
  /** `never T when C`; without `when` it always holds. */
  | {
      readonly kind: "never";
      readonly of: Expression;
      readonly when: Expression | null;
      readonly span: Span;
    }
  | {
      readonly kind: "ensure";
      readonly requirement: AstRequirement;
      readonly when: Expression | null;
      readonly span: Span;
    }
  | {
      readonly kind: "test";
      readonly name: Name;
      readonly rows: readonly AstTestRow[];
      readonly span: Span;
    };

export interface Comment {
  readonly text: string;
  readonly span: Span;
}

/** One parsed file. Present only when lexing and parsing reported no error. */
export interface Ast {
  readonly file: string;
  readonly text: string;
  readonly statements: readonly Statement[];
  readonly comments: readonly Comment[];
}
