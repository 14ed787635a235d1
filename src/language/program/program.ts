import type { Operand } from "../../facts/fact.ts";
import type {
  Action,
  CheckedGuard,
  CheckedIntent,
  CheckedOptions,
  RuleInfo,
} from "../checker/checked-policy.ts";

/** What a branch of the policy stands for. */
export interface ProgramBranch {
  readonly rule: RuleInfo;
  readonly action: Action;
}

/**
 * How a node of the table is laid out in `code`, by the low three bits of its first word; the other bits are the
 * operand. The second word is the edge for an unknown operand; here stands what follows. Edges are node offsets, or
 * ~branch.
 */
export const nodeKind = {
  /** Index of the cut, edge below it, edge from it on. */
  oneCut: 0,
  /** Index of the first cut, number of cuts, one edge more than cuts. */
  cuts: 1,
  /** Edge of other texts, number of texts, (text id, edge) for each; compared one by one. */
  fewTexts: 2,
  /** As fewTexts, sorted by text id: binary search for the id of the operand's text. */
  sortedTexts: 3,
  /** Edge of other texts, number of the operand's texts, id of the first, an edge for each. */
  denseTexts: 4,
} as const;

/** Low bits of a node's first word that hold its kind. */
export const kindBits = 3;

/** A result where no edge can be told. */
export const noEdge = -0x8000_0000;

/** The flat table that is walked. */
export interface DecisionTable {
  readonly code: Int32Array;
  /** A value belongs to the segment of the last cut <= value. */
  readonly cuts: Float64Array;
  /** Texts that nodes test for, by id; an operand's texts stand together. */
  readonly texts: readonly string[];
  /** By operand: the id of each of its texts; null where no node looks ids up. */
  readonly textIds: readonly (ReadonlyMap<string, number> | null)[];
  /** Operands in the order of their tests. */
  readonly order: Int32Array;
  /** Nodes where a block of rules starts: the order of tests begins anew there. */
  readonly blockStarts: ReadonlySet<number>;
}

/** A condition that stands beside the rules, as a table of its own: walked like the policy's, on the same frame. */
export interface Side {
  /** What the condition must be to count: then a walk ends in branch 0 for "true", in branch 1 for "not-false". */
  readonly counts: "true" | "not-false";
  readonly table: DecisionTable;
  readonly root: number;
}

/** Options for every plan whose request the side counts for. */
export interface ProgramAlso {
  readonly id: string;
  readonly options: CheckedOptions;
  readonly side: Side;
}

type Enforced<Guard> = Guard extends CheckedGuard ? Omit<Guard, "when"> : never;

/** A guard as a plan is held against it; `when` stands apart, as a side. */
export type EnforcedGuard = Enforced<CheckedGuard>;

export interface ProgramGuard {
  readonly guard: EnforcedGuard;
  /** Null for a guard that always holds. */
  readonly side: Side | null;
}

/** A policy as the gateway runs it; needs neither the checked policy nor the graph. */
export interface Program {
  readonly name: string;
  /** The policy's hash. */
  readonly hash: string;
  readonly operands: readonly Operand[];
  readonly intents: readonly CheckedIntent[];
  /** Every target a branch can name, without `requested`. */
  readonly targets: readonly string[];
  readonly files: readonly string[];
  readonly branchCount: number;
  /** By operand: the first branch whose condition tests it; what is decided for an earlier one does not rest on it. `branchCount` for none. */
  readonly firstTested: readonly number[];
  readonly table: DecisionTable;
  /** Where a walk starts. */
  readonly root: number;
  readonly alsos: readonly ProgramAlso[];
  /** Guards that are not proved: the runtime sees to them. */
  readonly guards: readonly ProgramGuard[];
  /** Guards that every plan is proved to keep: they hold for what is sent beside a plan all the same. */
  readonly proved: readonly ProgramGuard[];
  /** The rule and action of a branch; parsed on first use, the same object ever after. */
  branch(index: number): ProgramBranch;
}
