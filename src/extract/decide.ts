import type { CheckedOptions } from "../language/checker/checked-policy.ts";
import { type FactFrame, frameState, markOf } from "../language/program/frame.ts";
import type { EnforcedGuard, Program, Side } from "../language/program/program.ts";
import { operandAt, walk } from "../language/program/walk.ts";
import type { RequestContext } from "./context.ts";
import type { Extractor } from "./extractor.ts";

const byRules = markOf("rules");
const byBeside = markOf("beside");

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
  return walkOn(program, extractor, { frame, context, by: byRules }, program.root);
}

/** The same of a frame that is filled, in which dear facts that are known already need not be read. */
export function decideFilled(
  program: Program,
  extractor: Extractor,
  frame: FactFrame,
  context: RequestContext,
): number | Promise<number> {
  return walkOn(program, extractor, { frame, context, by: byRules }, program.root);
}

interface Request {
  readonly frame: FactFrame;
  readonly context: RequestContext;
  /** The mark of what asks. */
  readonly by: number;
}

/** What stands beside the rules and counts for a request: options to add, guards to hold the plan against. */
export interface Beside {
  readonly alsos: readonly CheckedOptions[];
  readonly guards: readonly EnforcedGuard[];
}

/** Where a policy has neither alsos nor guards. */
export const nothingBeside: Beside = { alsos: [], guards: [] };

/** What counts beside the branch that `decide` gave; reads on in the same frame. A promise only when that takes more than a moment. */
export function decideBeside(
  program: Program,
  extractor: Extractor,
  frame: FactFrame,
  context: RequestContext,
): Beside | Promise<Beside> {
  if (program.alsos.length + program.guards.length === 0) return nothingBeside;
  return besideBy(program, frame, (operand) => extractor.read(operand, frame, context));
}

/** Puts an operand that a walk waits for into its frame; a promise only when that takes more than a moment. */
export type ReadInto = (operand: number) => void | Promise<void>;

/** What counts beside a decided branch, what is still unread being read by `read`. */
export function besideBy(
  program: Program,
  frame: FactFrame,
  read: ReadInto,
): Beside | Promise<Beside> {
  const sides = sidesOf(program);
  const counts: boolean[] = [];
  const settle = (): Beside | Promise<Beside> => {
    for (let at = counts.length; at < sides.length; at += 1) {
      const side = sides[at];
      if (side === null || side === undefined) {
        counts.push(true);
        continue;
      }
      const result = walkReading(side, frame, read, side.root);
      if (typeof result !== "number") {
        return result.then((branch) => {
          counts.push(isCounted(side, branch));
          return settle();
        });
      }
      counts.push(isCounted(side, result));
    }
    return besideOf(program, counts);
  };
  return settle();
}

function walkReading(
  program: Pick<Program, "table">,
  frame: FactFrame,
  read: ReadInto,
  from: number,
): number | Promise<number> {
  let result = walk(program, frame, from);
  while (result < 0) {
    const node = ~result;
    const operand = operandAt(program, node);
    frame.asked[operand] = byBeside;
    const reading = read(operand);
    if (reading !== undefined) return reading.then(() => walkReading(program, frame, read, node));
    result = walk(program, frame, node);
  }
  return result;
}

/** The sides of a program in order: alsos, then guards; null for a guard that always counts. */
function sidesOf({ alsos, guards }: Program): readonly (Side | null)[] {
  if (alsos.length + guards.length === 0) return [];
  return [...alsos.map(({ side }) => side), ...guards.map(({ side }) => side)];
}

function isCounted({ counts }: Side, branch: number): boolean {
  return (branch === 0) === (counts === "true");
}

function besideOf({ alsos, guards }: Program, counts: readonly boolean[]): Beside {
  return {
    alsos: alsos.filter((_, at) => counts[at]).map(({ options }) => options),
    guards: guards.filter((_, at) => counts[alsos.length + at]).map(({ guard }) => guard),
  };
}

function walkOn(
  program: Program,
  extractor: Extractor,
  request: Request,
  from: number,
): number | Promise<number> {
  const { frame, context, by } = request;
  let result = walk(program, frame, from);
  while (result < 0) {
    const node = ~result;
    const operand = operandAt(program, node);
    // Once for an operand: what is asked for is known afterwards.
    frame.asked[operand] = by;
    const reading = extractor.read(operand, frame, context);
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
export function decideAlone(program: Pick<Program, "table" | "root">, frame: FactFrame): number {
  let result = walk(program, frame, program.root);
  while (result < 0) {
    frame.state[operandAt(program, ~result)] = frameState.unknown;
    result = walk(program, frame, ~result);
  }
  return result;
}

/** What counts beside a branch that `decideAlone` gave. */
export function decideBesideAlone(program: Program, frame: FactFrame): Beside {
  const sides = sidesOf(program);
  if (sides.length === 0) return nothingBeside;
  return besideOf(
    program,
    sides.map((side) => side === null || isCounted(side, decideAlone(side, frame))),
  );
}
