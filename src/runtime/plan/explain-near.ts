import type { FactType, FactValue, Operand } from "../../facts/fact.ts";
import type { RuleInfo } from "../../language/checker/checked-policy.ts";
import { type NearMiss, nearMisses } from "../../language/interpreter/near-misses.ts";
import { operandWords, type Sight, valueWords } from "../../language/interpreter/sight.ts";
import { testWords } from "../../language/interpreter/trace.ts";
import type { Explained } from "./explained.ts";
import { actionWords } from "./words.ts";

/** A change of one fact that would have led the request elsewhere. */
export interface ExplainedNearMiss {
  readonly fact: string;
  /** What the fact is, as a policy writes it. */
  readonly value: string;
  /** The nearest value that does it; null for any value that the policy does not name. */
  readonly needed: string | null;
  /** How far the number would have to move, in the unit of JSON facts; null for what is no number. */
  readonly distance: number | null;
  /** The rule that would have decided; with `asks`, perhaps. */
  readonly rule: string;
  readonly line: number;
  /** Facts that nobody asked for and on which that would then rest. */
  readonly asks: readonly string[];
  /** Where the request would have gone. */
  readonly then: string;
  /** All of it in one sentence. */
  readonly why: string;
}

/** The nearest changes of one fact that would have given another decision, five at most. */
export function explainNearMisses({
  policy,
  see,
  branch,
}: Explained): readonly ExplainedNearMiss[] {
  const ruleOf = (at: number): RuleInfo => policy.rules[policy.branches[at]?.rule ?? 0] as RuleInfo;
  return nearMisses(policy, see, branch).map((miss) => {
    const operand = policy.operands[miss.operand] as Operand;
    const rule = ruleOf(miss.branch);
    const asks = miss.open.map((at) => policy.operands[at]?.key ?? "");
    const action = policy.branches[miss.branch]?.action;
    const then = action === undefined ? "" : actionWords(action, policy.operands);
    return {
      fact: operand.key,
      value: operandWords(operand, miss.seen),
      needed: miss.needed === null ? null : valueWords(operand.type, miss.needed),
      distance: miss.distance === null ? null : Number(miss.distance.toPrecision(12)),
      rule: rule.id,
      line: rule.line,
      asks,
      then,
      why: whyOf(miss, operand, { tested: ruleOf(miss.of), next: rule, asks }),
    };
  });
}

interface Between {
  /** The rule whose test would go the other way. */
  readonly tested: RuleInfo;
  readonly next: RuleInfo;
  readonly asks: readonly string[];
}

function whyOf(miss: NearMiss, operand: Operand, { tested, next, asks }: Between): string {
  const { key, type } = operand;
  const words = testWords(miss.test, operand);
  const is = `${key} is ${operandWords(operand, miss.seen)}`;
  const rests = asks.length === 0 ? "" : `, and rests on ${asks.join(", ")} then`;
  if (tested === next && miss.of === miss.branch) {
    const hold = miss.needed === null ? `not ${operandWords(operand, miss.seen)}` : "";
    const takes = hold === "" ? `\`${words}\`` : `\`${key}\` that is ${hold}`;
    return `${is}; rule \`${next.id}\` takes ${takes}${distanceWords(miss, operand)}${rests}`;
  }
  const other = miss.needed === null ? "anything else" : valueWords(type, miss.needed as FactValue);
  const follows = tested === next ? "its next arm" : `rule \`${next.id}\``;
  return `${is}; at ${other} \`${words}\` of \`${tested.id}\` no longer holds${distanceWords(miss, operand)}, and ${follows} follows${rests}`;
}

/** ` (6 less)`: nothing where there is no distance. */
function distanceWords({ distance, needed, seen }: NearMiss, { type }: Operand): string {
  if (distance === null || typeof needed !== "number") return "";
  const isLess = seen.kind === "known" ? needed < Number(seen.value) : isBelow(seen, needed);
  return ` (${amountWords(type, distance)} ${isLess ? "less" : "more"})`;
}

function isBelow(seen: Sight, value: number): boolean {
  return seen.kind === "bounds" && value < seen.low;
}

/** A difference of two values of a type. */
function amountWords(type: FactType, amount: number): string {
  if (type.kind === "date") return `${amount} days`;
  if (type.kind === "time") return valueWords({ kind: "duration" }, amount);
  return valueWords(type, amount);
}
