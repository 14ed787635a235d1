import { invariant } from "../base/assert.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { decideAlone, decideBesideAlone } from "../extract/decide.ts";
import { loadDerivations } from "../extract/load-derivations.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { lower } from "../language/graph/lower.ts";
import { besideRules } from "../language/interpreter/beside.ts";
import { compile } from "../language/program/compile.ts";
import type { Program } from "../language/program/program.ts";
import { explain } from "../runtime/plan/explain.ts";
import { type Decided, decideRequest } from "./decide-request.ts";
import { unmet } from "./hold-expectation.ts";
import { RequestReader, type TrialRequest } from "./read-request.ts";
import type { Trial, TrialResult } from "./trial.ts";

/** A trial whose request is read: ready to be decided by any version of its policy. */
export interface ReadTrial {
  readonly trial: Trial;
  readonly request: TrialRequest;
}

/** Reads the requests of trials, once for all that is done with them. */
export async function readTrials(
  trials: readonly Trial[],
  policy: CheckedPolicy,
  configuration: Configuration,
): Promise<readonly ReadTrial[]> {
  const readers = new Map<Trial["operands"], RequestReader>();
  const read: ReadTrial[] = [];
  await loadDerivations(policy.operands);
  for (const trial of trials) {
    const { operands } = trial;
    const reader = readers.get(operands) ?? new RequestReader(policy, operands, configuration);
    readers.set(operands, reader);
    read.push({ trial, request: await reader.read(trial) });
  }
  return read;
}

/** Runs trials against their policy, by interpreter and table, which must agree. A failure says why, and comes with its explanation. */
export function runTrials(
  trials: readonly ReadTrial[],
  policy: CheckedPolicy,
  program: Program = compile(policy, lower(policy)),
): readonly TrialResult[] {
  return trials.map(({ trial, request }) => {
    const { file, line, name, row } = trial;
    const decided = decideRequest(policy, request.inputs);
    const byTable = decideAlone(program, request.frame);
    invariant(byTable === decided.branch, `interpreter and table agree on ${name}`);
    invariant(agreeBeside(policy, program, request), `they agree beside the rules on ${name}`);
    const message = failureOf(trial, decided, request);
    const base = { file, line, name, row };
    if (message === null) return { ...base, ok: true };
    return { ...base, ok: false, message, explanation: explain(policy, request.inputs) };
  });
}

/** Whether interpreter and tables have the same alsos apply and the same guards hold. */
function agreeBeside(
  policy: CheckedPolicy,
  program: Program,
  { frame, inputs }: TrialRequest,
): boolean {
  const { alsos, guards } = besideRules(policy, inputs.readOperand);
  const byTable = decideBesideAlone(program, frame);
  return (
    alsos.length === byTable.alsos.length &&
    alsos.every(({ options }, at) => options === byTable.alsos[at]) &&
    guards.length === byTable.guards.length &&
    guards.every(({ id }, at) => id === byTable.guards[at]?.id)
  );
}

/** The first expectation that a decision does not meet, in words; null where it meets all. */
export function failureOf(
  { expect }: Trial,
  decided: Decided,
  { inputs }: TrialRequest,
): string | null {
  for (const expected of expect) {
    const why = unmet(expected, decided, inputs);
    if (why !== null) return `expected \`${expected.text}\`, but ${why}`;
  }
  return null;
}
