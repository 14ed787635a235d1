import type { Operand } from "../../facts/fact.ts";

/**
 * Where an edge leads: a node by its index (>= 0), a branch as its complement (~branch), or `noOutcome` where no branch
 * is taken.
 */
export type Edge = number;

/** The edge of a request that no branch takes; a policy that passed the check has none. */
export const noOutcome: Edge = -0x8000_0000;

/** A boundary between two segments of a number: at `value` itself or, when `after`, just above it. */
export interface Cut {
  readonly value: number;
  readonly after: boolean;
}

/** One test of one operand; reduced: no two neighbouring edges of a node are equal, and no two nodes are. */
export type GraphNode =
  /** `edges[i]` holds from cut i-1 up to cut i; booleans are 0 and 1 with one cut at 1. */
  | {
      readonly kind: "number";
      readonly operand: number;
      readonly unknown: Edge;
      readonly cuts: readonly Cut[];
      readonly edges: readonly Edge[];
    }
  /** `edges[i]` holds for `values[i]`, `other` for every text beside them. */
  | {
      readonly kind: "text";
      readonly operand: number;
      readonly unknown: Edge;
      readonly values: readonly string[];
      readonly edges: readonly Edge[];
      readonly other: Edge;
    };

/** Consecutive branches that share one diagram; what none of them takes falls through to the next block. */
export interface GraphBlock {
  readonly firstBranch: number;
  readonly lastBranch: number;
  /** Where the block's diagram starts; the next block's start is its fall-through. */
  readonly root: Edge;
  /** Diagram states it took to build: a bound on its nodes. */
  readonly states: number;
}

/** The decision diagram of a policy. Nodes stand after the nodes they lead to; one order of operands holds on every path of a block. */
export interface DecisionGraph {
  readonly operands: readonly Operand[];
  readonly branchCount: number;
  readonly nodes: readonly GraphNode[];
  readonly root: Edge;
  /** Operand indices in the order of their tests: cheaper facts first. */
  readonly order: readonly number[];
  /** More than one when the whole policy exceeded the node budget. */
  readonly blocks: readonly GraphBlock[];
}
