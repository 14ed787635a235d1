import type { Configuration } from "../configuration/configuration.ts";
import { requestedTarget } from "../configuration/requested-target.ts";
import { measuredIn } from "../explain/explain-snapshot.ts";
import { createNamedFacts, type FactRecord } from "../extract/named-facts.ts";
import { readFactValue } from "../facts/value.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { createFrame, frameValue } from "../language/program/frame.ts";
import type { ExplainInputs } from "../runtime/plan/explain.ts";

const dayMs = 86_400_000;
/** Where a request names no time: prices do not depend on when somebody reads a report. */
const usualMoment = Date.UTC(2026, 0, 1, 12);

/** Reads facts by name as `explain --request` does: what is absent is unknown, unless it has a default. */
export function createExplainedReader(
  policy: CheckedPolicy,
  configuration: Configuration,
): (facts: FactRecord) => ExplainInputs {
  const named = createNamedFacts(policy, configuration);
  const { operands } = policy;
  return (facts) => {
    const time = readFactValue({ kind: "time" }, facts["time"]);
    const atMs = typeof time === "number" && time > dayMs ? time : usualMoment;
    const frame = createFrame(operands.length);
    named.fill(frame, { time: new Date(atMs).toISOString(), ...facts });
    const { model } = facts;
    const requested = typeof model === "string" ? requestedTarget(model, configuration) : null;
    const { targets, dispatch } = configuration;
    return {
      targets: requested === null ? targets : new Map([...targets, [requested.name, requested]]),
      defaults: dispatch,
      requested: requested?.name ?? null,
      requestId: "explain",
      seed: "0",
      promptTokens: countOf(facts["tokens"]) ?? 0,
      maxTokens: countOf(facts["max_tokens"]) ?? null,
      atMs,
      readOperand: (operand) => frameValue(operands[operand]?.type, frame, operand),
      live: measuredIn(facts),
    };
  };
}

function countOf(json: unknown): number | undefined {
  const value = readFactValue({ kind: "whole" }, json);
  return typeof value === "number" ? value : undefined;
}
