import { restsOnIntent } from "../extract/extractor.ts";
import type { Operand } from "../facts/fact.ts";
import { type FactFrame, frameState } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";

/** Which operands of one program another one has read already. */
export interface SharedOperands {
  /** By operand of the second program: the first one's that is the same; -1 for none. */
  readonly from: Int32Array;
  /** Whether both have the same operands at the same places, so that keys made of places are the same too. */
  readonly areAll: boolean;
}

/** Finds the operands that two programs read alike. What rests on the intent is alike only where its clues are. */
export function sharedOperands(first: Program, second: Program): SharedOperands {
  const sameIntents = JSON.stringify(first.intents) === JSON.stringify(second.intents);
  const places = new Map(first.operands.map((operand, at) => [printOf(operand), at]));
  const from = Int32Array.from(second.operands, (operand) =>
    restsOnIntent(operand.shape) && !sameIntents ? -1 : (places.get(printOf(operand)) ?? -1),
  );
  const isSame = first.operands.length === second.operands.length;
  return { from, areAll: isSame && from.every((place, at) => place === at) };
}

function printOf({ key, type, shape }: Operand): string {
  return JSON.stringify([key, type, shape]);
}

/** Copies what one frame knows of shared operands, so that nothing is read twice, nor at another moment. */
export function copyShared({ from }: SharedOperands, source: FactFrame, into: FactFrame): void {
  for (let operand = 0; operand < from.length; operand += 1) {
    const place = from[operand] ?? -1;
    if (place >= 0) copyOperand(source, place, into, operand);
  }
}

/** Copies every operand that is settled, between two frames of one program. */
export function copySettled(source: FactFrame, into: FactFrame): void {
  for (let operand = 0; operand < source.state.length; operand += 1)
    copyOperand(source, operand, into, operand);
}

function copyOperand(source: FactFrame, place: number, into: FactFrame, operand: number): void {
  const state = source.state[place] ?? frameState.unasked;
  if (state !== frameState.known && state !== frameState.unknown) return;
  into.state[operand] = state;
  into.numbers[operand] = source.numbers[place] ?? 0;
  into.texts[operand] = source.texts[place] ?? "";
}
