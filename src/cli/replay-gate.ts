import { workerScript } from "../files/worker-script.ts";
import { BoundedWorker, WorkerOverrun } from "../gateway/bounded-worker.ts";
import type { Candidate, Gate, GateSide } from "../gateway/reload/gate.ts";
import { wrongConditions } from "./reload-conditions.ts";

/** A policy that changes, before and after. */
export interface ChangedPolicy {
  readonly before: GateSide["policies"][number];
  readonly after: GateSide["policies"][number];
}

/** What the worker is asked: plain data. */
export interface ReplayGateOrder {
  readonly changed: readonly ChangedPolicy[];
  /** The configuration that is to come, under which both sides decide. */
  readonly configuration: Candidate["configuration"];
  readonly log: string;
  readonly last: number;
  readonly failIf: readonly string[];
  /** Whether records are carried out too. */
  readonly carriesOut: boolean;
}

/** What it answers: reasons against the change, and what else is worth knowing. */
export interface ReplayGateAnswer {
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
}

/** Memory of the thread in which records are replayed. */
const memoryMebibytes = 512;

/**
 * The gate of `reload.replay`: the last records of each changed policy are decided by the policy in force and by the new
 * one, and carried out where that is asked for, in a thread of its own, and no condition may hold of what came of it.
 */
export function createReplayGate(): Gate {
  return {
    name: "reload.replay",
    async judge(candidate, note) {
      const { replay } = candidate.configuration.reload;
      if (replay === null) return [];
      const wrong = wrongConditions(candidate.configuration);
      if (wrong.length > 0) return wrong.map(({ message }) => message);
      const changed = changedPolicies(candidate);
      if (changed.length === 0 || candidate.standing === null) return [];
      const log = candidate.standing.configuration.telemetry.decisionLog;
      if (log === null) {
        note("passes unseen: there is no decision log to replay");
        return [];
      }
      const { last, timeMs, carriesOut } = replay;
      const failIf = replay.failIf.map(({ text }) => text);
      const { configuration } = candidate;
      const { reasons, notes } = await decide(
        { changed, configuration, log, last, failIf, carriesOut },
        timeMs,
      );
      for (const text of notes) note(text);
      return reasons;
    },
  };
}

/** Policies that are in force and would be other ones. */
function changedPolicies({ policies, standing, putBack }: Candidate): readonly ChangedPolicy[] {
  return policies.flatMap((after) => {
    const before = standing?.policies.find(({ name }) => name === after.name);
    if (after.name === putBack) return [];
    return before === undefined || sameTexts(before.texts, after.texts) ? [] : [{ before, after }];
  });
}

function sameTexts(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([file, text]) => b.get(file) === text);
}

/** A thread for each reload, since they are rare: it goes with all that it has read. */
async function decide(order: ReplayGateOrder, timeMs: number): Promise<ReplayGateAnswer> {
  const script = workerScript("replay-gate-worker", import.meta.url);
  const limits = { timeMs, memoryMebibytes };
  const worker = new BoundedWorker<ReplayGateOrder, ReplayGateAnswer>(script, null, limits);
  try {
    return await worker.run(order);
  } catch (error) {
    if (!(error instanceof WorkerOverrun)) throw error;
    return { reasons: [`the replay did not come to its end: ${error.message}`], notes: [] };
  } finally {
    await worker.close();
  }
}
