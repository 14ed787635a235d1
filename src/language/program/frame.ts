import type { FactType, FactValue } from "../../facts/fact.ts";

/** State of one operand in a frame. */
export const frameState = {
  /** Not read yet: a walk that needs it suspends. */
  unasked: 0,
  /** Read, and not known. */
  unknown: 1,
  /** Read: `numbers` (booleans as 0 and 1) or `texts` holds the value. */
  known: 2,
  /** Known to lie in [numbers, uppers], both inclusive; a walk suspends only if a cut lies between. */
  bounded: 3,
} as const;

/** What asks for operands that are not at hand: the rules, alsos and guards beside them, the choice of targets. */
export const askers = ["rules", "beside", "plan"] as const;

export type Asker = (typeof askers)[number];

/** The mark that an asker leaves in a frame. */
export function markOf(asker: Asker): number {
  return askers.indexOf(asker) + 1;
}

/**
 * The facts of one request as the table reads them: one slot per operand of the policy, by operand index. Frames are
 * pooled and reused, so a decision allocates nothing.
 */
export interface FactFrame {
  readonly state: Uint8Array;
  readonly numbers: Float64Array;
  readonly uppers: Float64Array;
  readonly texts: string[];
  /** The mark of what asked for an operand that was not at hand; 0 where nothing did. */
  readonly asked: Uint8Array;
}

/** An empty frame for a policy with so many operands. */
export function createFrame(operandCount: number): FactFrame {
  return {
    state: new Uint8Array(operandCount),
    numbers: new Float64Array(operandCount),
    uppers: new Float64Array(operandCount),
    texts: new Array<string>(operandCount).fill(""),
    asked: new Uint8Array(operandCount),
  };
}

/** The value an operand has in a frame; undefined when it is not known. Of bounds the lower one counts. */
export function frameValue(
  type: FactType | undefined,
  frame: FactFrame,
  operand: number,
): FactValue | undefined {
  const state = frame.state[operand];
  if (state === frameState.unknown || state === frameState.unasked) return undefined;
  if (type?.kind === "text") return frame.texts[operand];
  const value = frame.numbers[operand] ?? 0;
  return type?.kind === "boolean" ? value !== 0 : value;
}
