import type { FactValue } from "../../src/facts/fact.ts";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import { interpret } from "../../src/language/interpreter/interpret.ts";
import { createFrame, type FactFrame, frameState } from "../../src/language/program/frame.ts";
import type { Program } from "../../src/language/program/program.ts";
import { operandAt, walk } from "../../src/language/program/walk.ts";
import type { Facts } from "./random-policy.ts";

/** Bounds of numbers that are not read exactly, by operand. */
export type Bounds = ReadonlyMap<number, readonly [lower: number, upper: number]>;

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

/** One time that a walk suspended: what it asked for, and what the frame told before. */
export interface Ask {
  readonly operand: number;
  readonly knownBefore: ReadonlySet<number>;
}

/**
 * Walks with the dear facts (cost class 2 and above) unread and the bounded ones bounded, reading what is asked for.
 * Throws when a walk asks for one operand twice.
 */
export function decideLazily(
  program: Program,
  facts: Facts,
  bounds: Bounds = new Map(),
): { readonly branch: number; readonly asks: readonly Ask[] } {
  const frame = createFrame(facts.length);
  const told = new Set<number>();
  for (const [operand, { costClass }] of program.operands.entries()) {
    const range = bounds.get(operand);
    if (range !== undefined) {
      frame.state[operand] = frameState.bounded;
      [frame.numbers[operand], frame.uppers[operand]] = range;
    } else if (costClass < 2) {
      putFact(frame, operand, facts[operand]);
      told.add(operand);
    }
  }
  const asks: Ask[] = [];
  let result = walk(program, frame, program.root);
  while (result < 0) {
    const operand = operandAt(program, ~result);
    if (told.has(operand)) throw new Error(`operand ${operand} was asked for twice`);
    asks.push({ operand, knownBefore: new Set(told) });
    told.add(operand);
    putFact(frame, operand, facts[operand]);
    result = walk(program, frame, ~result);
  }
  return { branch: result, asks };
}

/**
 * Whether a rule needs an operand: among the values that the facts not told may still have, two requests that differ
 * in this operand alone are decided differently.
 */
export function isNeeded(
  policy: CheckedPolicy,
  facts: Facts,
  { operand, knownBefore }: Ask,
  possible: readonly (readonly (FactValue | undefined)[])[],
): boolean {
  const open = facts.map((_, at) => at).filter((at) => at !== operand && !knownBefore.has(at));
  const request = [...facts];
  const differs = (next: number): boolean => {
    const at = open[next];
    if (at === undefined) {
      const outcomes = possible[operand]!.map((value) => {
        request[operand] = value;
        return interpret(policy, (index) => request[index]);
      });
      return outcomes.some((outcome) => outcome !== outcomes[0]);
    }
    return possible[at]!.some((value) => {
      request[at] = value;
      return differs(next + 1);
    });
  };
  return differs(0);
}
