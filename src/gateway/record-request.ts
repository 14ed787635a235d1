import type { FactFrame } from "../language/program/frame.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import type { DecisionFacts } from "../runtime/telemetry/decision-record.ts";
import type { Asked } from "./asked.ts";
import type { Grounds } from "./decision.ts";
import type { Exchange } from "./exchange.ts";
import type { ActivePolicy } from "./snapshot.ts";

type Told =
  | "attempts"
  | "costs"
  | "endedAtMs"
  | "outcome"
  | "rule"
  | "seed"
  | "skipped"
  | "status"
  | "stream";

/** A decided request that is over. */
export interface EndedExchange extends Required<Pick<DecisionFacts, Told>> {
  readonly policy: ActivePolicy;
  readonly grounds: Grounds["facts"];
  readonly plan: Plan;
  readonly cache: DecisionFacts["cache"] | undefined;
}

/** Has the record of a request written; the frame goes back to the policy's pool. */
export function recordRequest(
  { core, snapshot, id }: Exchange,
  { context, request, arrivedAtMs }: Asked,
  frame: FactFrame,
  over: EndedExchange,
): void {
  const { policy, grounds, plan, rule, seed, stream, outcome, status } = over;
  const { attempts, costs, skipped, endedAtMs, cache } = over;
  const { configuration, targets } = snapshot;
  core.recorder.record({
    ...{ policy, frame, context, grounds, facts: configuration.facts },
    bytes: request.bytes.length,
    // Each by its name: picking out the rest of an object costs a request a microsecond.
    ended: {
      ...{ id, rule, seed, stream, outcome, status, attempts, costs, skipped, cache },
      ...{ arrivedAtEpochMs: context.nowMs, arrivedAtMs, endedAtMs, targets: targets.listed },
      ...{ steps: plan.steps, tags: plan.tags },
    },
  });
}
