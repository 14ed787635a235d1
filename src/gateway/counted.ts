import { maxTokens } from "../extract/body-facts.ts";
import type { RequestContext } from "../extract/context.ts";
import { estimatedTokens } from "../extract/token-facts.ts";
import type { ReadOperand } from "../language/interpreter/interpret.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { billedTier } from "../protocol/usage.ts";
import { type Counted, countedRequest } from "../runtime/plan/counted.ts";
import { tallied } from "../runtime/plan/ledger-facts.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import { countsSomething } from "../runtime/plan/wish-of-plan.ts";
import type { Snapshot } from "./snapshot.ts";

/** A plan about to be carried out. */
export interface Asking {
  readonly plan: Plan;
  readonly request: Pick<ModelRequest, "body" | "counting">;
  readonly readOperand: ReadOperand;
}

/** What a plan counts, and what other policies want counted of its request; null for nothing. */
export function countedOf(
  { tallies, targets }: Pick<Snapshot, "tallies" | "targets">,
  context: RequestContext,
  { plan, request: { body, counting }, readOperand }: Asking,
): Counted | null {
  if (!countsSomething(plan) && tallies.length === 0) return null;
  const counted = {
    targets: targets.listed,
    promptTokens: estimatedTokens(body),
    tokenRatio: context.tokenRatio,
    maxTokens: maxTokens(body) ?? null,
    choices: body.n ?? 1,
    tier: billedTier(body["service_tier"]),
    atMs: context.nowMs,
    readOperand,
  };
  return countedRequest(plan, counted, {
    isFree: counting === true,
    beside: (expected) => tallied(tallies, (read) => read(context), expected),
  });
}
