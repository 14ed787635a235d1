import type { FactValue, Operand } from "../../facts/fact.ts";
import type { Condition } from "../checker/checked-policy.ts";
import { targetOfShare } from "../interpreter/split-share.ts";
import type { Demand } from "./questions.ts";
import type { Share } from "./reach.ts";
import { holds, type PlanQuestions } from "./reach-questions.ts";
import type { Found } from "./space.ts";

/** Keys tried for one that falls to the share: of 20,000 shares of 1 % one has none among so many. */
const mostKeys = 1_000;
/** Of those that fall there, how many the space is asked about. */
const mostAsked = 4;

export interface ShareQuestion {
  readonly branch: number;
  readonly demands: readonly Demand[];
  readonly share: Share;
  readonly target: string;
}

/** Whether a request exists that meets the demands and falls to the target's share; the witness then does. */
export function findInShare(
  { branch, demands, share, target }: ShareQuestion,
  operands: readonly Operand[],
  questions: PlanQuestions,
): Found {
  const { by } = share;
  const anywhere = questions.ask(branch, demands);
  // The request id is no fact: among all requests with these facts some fall to the share.
  if (by === null || anywhere.kind !== "found") return anywhere;
  const operand = operands[by];
  if (operand === undefined) return anywhere;
  const falls = keysOf(operand).filter((key) => targetOfShare(share, String(key)) === target);
  let undecided: Found | null = null;
  for (const value of falls.slice(0, mostAsked)) {
    const isKey: Condition = { kind: "compare", operand: by, op: "=", value, span: nowhere };
    const found = questions.ask(branch, [...demands, holds(isKey)]);
    if (found.kind === "found") return found;
    if (found.kind === "undecided") undecided = found;
  }
  const isUnknown: Condition = { kind: "is-unknown", operand: by, span: nowhere };
  const found = questions.ask(branch, [...demands, holds(isUnknown)]);
  if (found.kind === "found") return found;
  const why = `no \`${operand.key}\` is known that falls to the share of \`${target}\``;
  return undecided ?? { kind: "undecided", why };
}

const nowhere = { file: "", start: 0, end: 0 };

function keysOf({ key, type }: Operand): readonly FactValue[] {
  if (type.kind === "boolean") return [true, false];
  if (type.kind === "text" && type.values !== undefined) return type.values;
  const numbers = Array.from({ length: mostKeys }, (_, index) => index);
  return type.kind === "text" ? numbers.map((each) => `${key}-${each}`) : numbers;
}
