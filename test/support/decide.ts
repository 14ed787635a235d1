import type { FactValue } from "../../src/facts/fact.ts";
import { createFrame, type FactFrame, frameState } from "../../src/language/program/frame.ts";
import type { Program } from "../../src/language/program/program.ts";
import { walk } from "../../src/language/program/walk.ts";
import type { Facts } from "./random-policy.ts";

/** Puts one fact into a frame as an extractor would. */
export function putFact(frame: FactFrame, operand: number, value: FactValue | undefined): void {
  frame.state[operand] = value === undefined ? frameState.unknown : frameState.known;
  if (typeof value === "string") frame.texts[operand] = value;
  else frame.numbers[operand] = Number(value ?? 0);
}

/** The branch that the table takes when every fact is given from the start. */
export function decideByTable(program: Program, facts: Facts): number {
  const frame = createFrame(facts.length);
  for (const [operand, value] of facts.entries()) putFact(frame, operand, value);
  return walk(program, frame, program.root);
}
