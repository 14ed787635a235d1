import { costClassDocs, firstDearClass } from "../../facts/cost-class.ts";
import type { CostClass, Operand, OperandShape } from "../../facts/fact.ts";
import type { CheckedPolicy } from "../../language/checker/checked-policy.ts";
import { type See, testsOf } from "../../language/interpreter/sight.ts";
import { type BranchTrace, settling } from "../../language/interpreter/trace.ts";
import type { Asker } from "../../language/program/frame.ts";
import type { Explained } from "./explained.ts";

/** How the facts of an explained request came to be known. */
export type Asked =
  /** Told by hand: nothing was asked for. */
  | { readonly kind: "given" }
  /** By operand key, what asked for it first; `told` are given by hand. `counts`: `tokens` is the gateway's own count. */
  | {
      readonly kind: "asked";
      readonly by: Readonly<Record<string, Asker>>;
      readonly told: readonly string[];
      readonly counts: boolean;
    };

/** One dear fact of the policy, and whether it was needed. */
export interface ExplainedDear {
  readonly fact: string;
  readonly costClass: CostClass;
  readonly cost: string;
  readonly result: "read" | "avoided" | "given" | "not given";
  readonly why: string;
}

const askerWords: Readonly<Record<Asker, string>> = {
  rules: "a rule needed it",
  beside: "an also or a guard needed it",
  plan: "the choice of targets needed it",
};

/** Each fact that is dear to read, in the order of the policy's operands, with whether it was read and why (not). */
export function explainDear(
  explained: Explained,
  lines: readonly BranchTrace[],
  asked: Asked,
): readonly ExplainedDear[] {
  const { policy, see } = explained;
  const dear = policy.operands.flatMap((operand, at): readonly ExplainedDear[] => {
    const { costClass, key, shape } = operand;
    if (costClass < firstDearClass || shape.kind === "arithmetic") return [];
    const line = { fact: key, costClass, cost: costClassDocs[costClass] };
    if (asked.kind === "given") {
      const isGiven = see(at).kind === "known";
      const why = isGiven
        ? "it was given, or has a default"
        : "it was not given, and counts as unknown";
      return [{ ...line, result: isGiven ? "given" : "not given", why }];
    }
    const by = asked.by[key];
    if (by !== undefined) return [{ ...line, result: "read", why: askerWords[by] }];
    if (asked.told.includes(key)) return [{ ...line, result: "given", why: "it was given" }];
    return [{ ...line, result: "avoided", why: whyAvoided(explained, lines, at) }];
  });
  return [...tokenCount(policy, see, asked), ...dear];
}

/** The exact count of the prompt's tokens, which is dear where bounds on it do not tell. */
function tokenCount({ operands }: CheckedPolicy, see: See, asked: Asked): readonly ExplainedDear[] {
  if (asked.kind === "given" || !asked.counts || asked.told.includes("tokens")) return [];
  const counted = operands.flatMap((operand, at) => (restsOnTokens(operand.shape) ? [at] : []));
  const [first] = counted;
  if (first === undefined) return [];
  const line = { fact: "tokens", costClass: firstDearClass, cost: "exact count" } as const;
  const by = counted.flatMap((at) => asked.by[operands[at]?.key ?? ""] ?? [])[0];
  if (by !== undefined) return [{ ...line, result: "read", why: askerWords[by] }];
  const sight = see(operands.findIndex((each) => each.key === "tokens"));
  const told =
    sight?.kind === "bounds"
      ? `the bounds ${sight.low} to ${sight.high} were enough`
      : "what its bounds tell was enough";
  return [{ ...line, result: "avoided", why: told }];
}

/** Whether an operand is told from the prompt's tokens. */
export function restsOnTokens(shape: OperandShape): boolean {
  if (shape.kind === "arithmetic") return restsOnTokens(shape.left) || restsOnTokens(shape.right);
  return shape.kind === "fact" && shape.name === "tokens";
}

/** Why nobody asked for an operand: what settled the rules that test it. */
function whyAvoided(
  { policy, see }: Explained,
  lines: readonly BranchTrace[],
  operand: number,
): string {
  const deciders = new Set<Operand["key"]>();
  let isReached = false;
  let isTested = false;
  for (const { branch, result } of lines) {
    const condition = policy.branches[branch]?.condition ?? null;
    if (!testsOf(condition).some((test) => test.operand === operand)) continue;
    isTested = true;
    if (result === "not reached" || condition === null) continue;
    isReached = true;
    for (const part of settling(condition, see)) {
      if (part.kind === "constant" || part.operand === operand) continue;
      deciders.add(policy.operands[part.operand]?.key ?? "");
    }
  }
  const decided = lines.find(({ result }) => result === "true")?.rule.id ?? "";
  if (!isTested) return "no rule tests it, and nothing else needed it";
  if (!isReached) return `not needed: ${decided} decided before`;
  if (deciders.size === 0) return "not needed: whatever it is, the decision is the same";
  const few = [...deciders].slice(0, 3);
  return `not needed: ${few.join(" and ")} decided`;
}
