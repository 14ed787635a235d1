import type { FactValue } from "../../facts/fact.ts";
import type { Branch, CheckedPolicy } from "../checker/checked-policy.ts";
import type { DecisionGraph } from "../graph/decision-graph.ts";
import { interpret } from "../interpreter/interpret.ts";
import { compile } from "../program/compile.ts";
import { createFrame, frameState } from "../program/frame.ts";
import type { Program } from "../program/program.ts";
import { walk } from "../program/walk.ts";

/** The branches of a policy, with one behind them for requests that none of them takes; it is their number. */
export function withLastResort({ branches }: Pick<CheckedPolicy, "branches">): readonly Branch[] {
  const last = branches.at(-1);
  if (last?.condition === null) return branches;
  const span = last?.span ?? { file: "", start: 0, end: 0 };
  const action = { kind: "reject", status: 500, message: "", span } as const;
  return [...branches, { rule: last?.rule ?? 0, condition: null, action, span }];
}

/** A policy in both its executors; what is told of a request has to hold in both. */
export class Executed {
  readonly #policy: CheckedPolicy;
  readonly #graph: () => DecisionGraph;
  #program: Program | null = null;

  /** `policy` and its graph, which is asked for when it is needed, have the last resort as their last branch. */
  constructor(policy: CheckedPolicy, graph: () => DecisionGraph) {
    this.#policy = policy;
    this.#graph = graph;
  }

  /** The branch that both executors give for these values by operand; null when they differ. */
  branchOf(values: readonly (FactValue | undefined)[]): number | null {
    this.#program ??= compile(this.#policy, this.#graph());
    const frame = createFrame(values.length);
    for (const [operand, value] of values.entries()) {
      frame.state[operand] = value === undefined ? frameState.unknown : frameState.known;
      if (typeof value === "string") frame.texts[operand] = value;
      else frame.numbers[operand] = Number(value ?? 0);
    }
    const byTable = walk(this.#program, frame, this.#program.root);
    const byRules = interpret(this.#policy, (operand) => values[operand]);
    return byTable === byRules ? byTable : null;
  }
}
