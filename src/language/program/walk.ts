import { edgeOfValue, edgeWithinBounds } from "./follow.ts";
import { type FactFrame, frameState } from "./frame.ts";
import { skipUnneeded } from "./needed.ts";
import { kindBits, noEdge, type Program } from "./program.ts";

/**
 * Decides a request from the facts in its frame. Start at the `root` of the program, or of one of its sides. A result >= 0 is the index of the branch
 * taken; a negative one means suspended at node `~result`: read operand `operandAt(program, ~result)` into the frame
 * and walk on from that node. Allocates nothing, save where an operand asked for out of order has to be weighed.
 */
export function walk({ table }: Pick<Program, "table">, frame: FactFrame, node: number): number {
  const { code } = table;
  let edge = node;
  while (edge >= 0) {
    const operand = (code[edge] as number) >> kindBits;
    const state = frame.state[operand];
    if (state === frameState.known) {
      edge = edgeOfValue(table, frame, edge);
    } else if (state === frameState.unknown) {
      edge = code[edge + 1] as number;
    } else {
      let next: number =
        state === frameState.bounded ? edgeWithinBounds(table, frame, edge) : noEdge;
      if (next === noEdge) next = skipUnneeded(table, frame, edge);
      if (next === noEdge) return ~edge;
      edge = next;
    }
  }
  return ~edge;
}

/** The operand that the node of a suspended walk waits for. */
export function operandAt({ table }: Pick<Program, "table">, node: number): number {
  return (table.code[node] as number) >> kindBits;
}
