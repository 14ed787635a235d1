import type { FactFrame } from "../language/program/frame.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import type { DecisionFacts } from "../runtime/telemetry/decision-record.ts";
import type { Asked } from "./asked.ts";
import type { Grounds } from "./decision.ts";
import type { Exchange } from "./exchange.ts";
import type { ActivePolicy } from "./snapshot.ts";

/** What was decided on a request. */
export interface DecidedExchange
  extends Required<Pick<DecisionFacts, "rule" | "seed" | "skipped">> {
  readonly asked: Asked;
  readonly policy: ActivePolicy;
  readonly grounds: Grounds["facts"];
  readonly plan: Plan;
  readonly streamed: boolean;
}

type Told = "attempts" | "costs" | "endedAtMs" | "outcome" | "status";

/** What came of it. */
export interface EndedExchange extends Required<Pick<DecisionFacts, Told>> {
  readonly frame: FactFrame;
}

/** Has the record of a request written, and the request decided by a candidate; the frame goes back to the policy's pool. */
export function recordRequest(
  { core, snapshot, id }: Exchange,
  decided: DecidedExchange,
  ended: EndedExchange,
  cache: DecisionFacts["cache"] | undefined,
): void {
  core.policyShadows.note(snapshot, decided, ended);
  const { asked, policy, grounds, plan, rule, seed, skipped, streamed } = decided;
  const { frame, outcome, status, attempts, costs, endedAtMs } = ended;
  if (!core.decisionLog.keeps) {
    policy.frames.release(frame);
    return;
  }
  const { context, request, arrivedAtMs } = asked;
  const { configuration, targets } = snapshot;
  core.recorder.record({
    policy,
    frame,
    context,
    grounds,
    facts: configuration.facts,
    bytes: request.bytes.length,
    // Each by its name: putting objects together from others costs a request a microsecond.
    ended: {
      id,
      rule,
      seed,
      stream: streamed,
      outcome,
      status,
      attempts,
      costs,
      skipped,
      cache,
      arrivedAtEpochMs: context.nowMs,
      arrivedAtMs,
      endedAtMs,
      targets: targets.listed,
      steps: plan.steps,
      tags: plan.tags,
    },
  });
}
