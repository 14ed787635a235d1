import type { Configuration } from "../configuration/configuration.ts";
import { loadDerivations } from "../extract/load-derivations.ts";
import type { FactValue } from "../facts/fact.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { createFrame, frameState, frameValue } from "../language/program/frame.ts";
import { ChatFactReader } from "./chat-facts.ts";
import type { ColumnMap } from "./column-map.ts";
import type { FactReader } from "./fact-reader.ts";
import type { Log } from "./log-file.ts";
import type { LogFormat } from "./log-format.ts";
import { createLogTargets } from "./log-targets.ts";
import type { LoggedRequest } from "./logged-request.ts";
import { MissingFacts } from "./missing.ts";
import { NamedFactReader } from "./named-facts.ts";
import { readLog } from "./read-log.ts";
import type { Report } from "./report.ts";

export interface ReadOperandsOptions {
  readonly log: Log;
  readonly format: LogFormat | null;
  readonly map: ColumnMap | null;
  readonly configuration: Configuration;
  /** Stands for the time of requests without one, from which no fact is read; milliseconds since the epoch. */
  readonly nowMs: number;
}

/** What became of the lines of a log. */
export type LogCounts = Pick<Report, "requests" | "skipped" | "missing">;

/**
 * Reads every operand of a policy from each request of a log, dear ones included, and hands over the values by operand;
 * undefined is unknown, and what the log lacks is. Memory does not grow with the log.
 */
export async function readOperands(
  policy: Pick<CheckedPolicy, "operands" | "intents">,
  { log, format, map, configuration, nowMs }: ReadOperandsOptions,
  visit: (values: readonly (FactValue | undefined)[]) => void,
): Promise<LogCounts> {
  await loadDerivations(policy.operands);
  const missing = new MissingFacts(configuration.facts);
  const targets = createLogTargets(configuration);
  const parts = { missing, targets, nowMs };
  const named = new NamedFactReader(policy, configuration, missing);
  let chat: FactReader | null = null;
  const counts = { requests: 0, skipped: 0 };
  const frame = createFrame(policy.operands.length);
  const request = async (each: LoggedRequest): Promise<void> => {
    counts.requests += 1;
    missing.begin(each.chat !== null);
    if (each.chat !== null) chat ??= new ChatFactReader(policy, configuration, parts);
    const reader = each.chat === null || chat === null ? named : chat;
    reader.begin(each, frame);
    for (const [operand, state] of frame.state.entries()) {
      if (state === frameState.known || state === frameState.unknown) continue;
      const waits = reader.read(operand, each, frame);
      if (waits !== undefined) await waits;
    }
    visit(policy.operands.map(({ type }, operand) => frameValue(type, frame, operand)));
  };
  const skip = (): void => {
    counts.skipped += 1;
  };
  const { facts } = configuration;
  await readLog(log, { format, map, facts, targetOf: targets.served }, { request, skip });
  return { ...counts, missing: missing.list() };
}
