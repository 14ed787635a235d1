import { resolve } from "node:path";
import type { Configuration } from "../configuration/configuration.ts";
import {
  type DecisionLog,
  noDecisionLog,
  openDecisionLog,
} from "../runtime/telemetry/decision-log.ts";
import { StartError } from "./start-error.ts";

/** The decision log that a configuration names; throws a StartError when it cannot be opened. */
export function openLog(
  { telemetry }: Configuration,
  onError: (text: string) => void,
): DecisionLog {
  const { decisionLog, decisionLogRotation: rotation } = telemetry;
  if (decisionLog === null) return noDecisionLog;
  try {
    return openDecisionLog(resolve(decisionLog), { rotation, onError });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`cannot open the decision log ${decisionLog}: ${why}`, { cause });
  }
}
