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
export interface EndedExchange extends Pick<DecisionFacts, Told> {
  readonly policy: ActivePolicy;
  /** Goes back to the policy's pool. */
  readonly frame: FactFrame;
  readonly grounds: Grounds["facts"];
  readonly plan: Plan;
  readonly cache: DecisionFacts["cache"] | undefined;
}

/** Has the record of a request written. */
export function recordRequest(
  { core, snapshot, id }: Exchange,
  { context, request, arrivedAtMs }: Asked,
  { policy, frame, grounds, plan, cache, ...told }: EndedExchange,
): void {
  const { configuration, targets } = snapshot;
  core.recorder.record({
    ...{ policy, frame, context, grounds, facts: configuration.facts },
    bytes: request.bytes.length,
    ended: {
      ...told,
      ...{ id, arrivedAtEpochMs: context.nowMs, arrivedAtMs, targets: targets.listed },
      ...{ steps: plan.steps, tags: plan.tags },
      ...(cache === undefined ? {} : { cache }),
    },
  });
}
