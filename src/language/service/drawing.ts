import type { CostClass } from "../../facts/fact.ts";

/**
 * A policy's decision graph as it is drawn, and what `graph --format json` prints. Tests lead to rows; rows stand in
 * source order, so that reading them from the top is reading the file.
 */
export interface Drawing {
  readonly policy: { readonly name: string; readonly hash: string };
  /**
   * `diagram`: the graph that executes. `merged`: rules of the same plan are one row. `table`: rows alone, each taken
   * when its condition is true and none above it is.
   */
  readonly form: "diagram" | "merged" | "table";
  /** What a reader must know before the rest: facts taken as known, what was left out and why. Sentences. */
  readonly notes: readonly string[];
  /** Where every request begins: a test, or a row; null in a table. */
  readonly root: string | null;
  readonly tests: readonly DrawnTest[];
  readonly rows: readonly DrawnRow[];
  readonly edges: readonly DrawnEdge[];
  /** Parts of a graph that was too large to be one: each goes on to the next. Empty where it is one. */
  readonly blocks: readonly DrawnBlock[];
  readonly guards: readonly DrawnGuard[];
  readonly alsos: readonly DrawnAlso[];
}

/** One test of one operand. */
export interface DrawnTest {
  readonly id: string;
  /** What is tested: `tokens`, `prompt matches /x/`, `time@Europe/Berlin`. */
  readonly operand: string;
  /** In words: `whole number`, `text`. */
  readonly type: string;
  readonly costClass: CostClass;
  /** The cost class in words: `at hand`, `local model`. */
  readonly cost: string;
  /** Whether reading it costs more than memory: class 2 and above. */
  readonly dear: boolean;
  /** Id of the block it belongs to; null where the graph is one. */
  readonly block: string | null;
}

/** An outcome: a branch of a rule, or several of one plan. */
export interface DrawnRow {
  readonly id: string;
  /** `elsewhere`: any rule that is not drawn. `none`: no rule at all, which a policy that checks never has. */
  readonly kind: "plan" | "reject" | "elsewhere" | "none";
  /** In source order; more than one in a merged drawing alone. */
  readonly rules: readonly DrawnRule[];
  /** The condition as a policy could write it, lets filled in; null where there is none, and in a merged drawing. */
  readonly condition: string | null;
  /** The plan's steps, `claude` and `fallback qwen on timeout`; or `reject 429 "too many"`. */
  readonly steps: readonly string[];
  /** The plan's own options. */
  readonly options: readonly string[];
  /** Ids of the `also` statements that can add to it. */
  readonly alsos: readonly string[];
  /** Whether any request comes here; in a table that is not known, and true. */
  readonly reached: boolean;
}

export interface DrawnRule {
  readonly id: string;
  readonly name: string | null;
  readonly line: number;
  /** Which arm of the rule: `if`, `else if`, `else`, `otherwise`. */
  readonly arm: string;
}

export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  /** The values that take it: `< 200`, `free or pro`; `unknown` for the edge of an unknown fact. */
  readonly label: string;
  /** Whether it is the edge of an unknown fact: drawn dashed. */
  readonly unknown: boolean;
}

export interface DrawnBlock {
  readonly id: string;
  /** `block 1 of 3: lines 6 to 40`. */
  readonly title: string;
  /** Ids of its rows. */
  readonly rows: readonly string[];
}

export interface DrawnGuard {
  readonly id: string;
  /** The whole guard as written, on one line. */
  readonly text: string;
  /** Its `when`, lets filled in; null where it holds always. */
  readonly condition: string | null;
}

export interface DrawnAlso {
  readonly id: string;
  readonly line: number;
  readonly condition: string;
  readonly options: readonly string[];
}
