import { type FactFrame, frameState } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";
import { operandAt, walk } from "../language/program/walk.ts";
import type { RequestContext } from "./context.ts";
import type { Extractor } from "./extractor.ts";

/**
 * Fills a frame and decides: the index of the branch taken. Dear facts are read when the walk asks for them. A promise
 * only when one of them takes more than a moment, such as the exact count of a long prompt.
 */
export function decide(
  program: Program,
  extractor: Extractor,
  frame: FactFrame,
  context: RequestContext,
): number | Promise<number> {
  extractor.fill(frame, context);
  return walkOn(program, extractor, { frame, context }, program.root);
}

interface Request {
  readonly frame: FactFrame;
  readonly context: RequestContext;
}

function walkOn(
  program: Program,
  extractor: Extractor,
  request: Request,
  from: number,
): number | Promise<number> {
  const { frame, context } = request;
  let result = walk(program, frame, from);
  while (result < 0) {
    const node = ~result;
    const reading = extractor.read(operandAt(program, node), frame, context);
    if (reading !== undefined) {
      return reading.then(() => walkOn(program, extractor, request, node));
    }
    result = walk(program, frame, node);
  }
  return result;
}

/**
 * Decides from a frame alone, as facts by name fill it: an operand of which only bounds are known, where they do not
 * settle the test, counts as unknown; the frame says so afterwards.
 */
export function decideAlone(program: Program, frame: FactFrame): number {
  let result = walk(program, frame, program.root);
  while (result < 0) {
    frame.state[operandAt(program, ~result)] = frameState.unknown;
    result = walk(program, frame, ~result);
  }
  return result;
}
