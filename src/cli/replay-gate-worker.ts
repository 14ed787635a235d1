import { parentPort } from "node:worker_threads";
import { invariant } from "../base/assert.ts";
import { hearOrders } from "../gateway/bounded-worker.ts";
import { remake } from "../gateway/reload/check-bundle.ts";
import { brokenConditions, type FailIf, judgeReport, parseFailIf } from "../simulator/fail-if.ts";
import type { Models } from "../simulator/models/target-model.ts";
import type { Report } from "../simulator/report.ts";
import { simulate } from "../simulator/simulate.ts";
import { fitModels } from "./fitted-models.ts";
import { replayOfTail } from "./gate-replay.ts";
import { type LogTail, type LogTails, readLogTail } from "./log-tail.ts";
import type { ChangedPolicy, ReplayGateAnswer, ReplayGateOrder } from "./replay-gate.ts";

/** Where the records of changed policies are replayed before a reload: a thread of its own, so that no stream stalls. */
const port = parentPort;
invariant(port !== null, "the gate replays in a worker");

hearOrders<ReplayGateOrder>(port, (order) => {
  void answerOf(order).then((answer) => port.postMessage(answer));
});

async function answerOf(order: ReplayGateOrder): Promise<ReplayGateAnswer> {
  const reasons: string[] = [];
  const notes: string[] = [];
  const { changed, log: file, last, carriesOut, configuration } = order;
  const policies = changed.map(({ after }) => after.name);
  let tails: LogTails;
  try {
    tails = await readLogTail({ file, policies, last, beside: carriesOut ? last : 0 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { reasons: [`the decision log cannot be read: ${why}`], notes };
  }
  const models = carriesOut
    ? await fitModels(tails.all, { format: "records" }, configuration)
    : null;
  for (const policy of changed) {
    const { name } = policy.after;
    const tail = tails.byPolicy.get(name);
    if (tail === undefined || tail.lines.length === 0) {
      notes.push(`${name} passes unseen: the decision log has no record of it`);
      continue;
    }
    const { broken, report } = await judge(policy, tail, { order, models });
    const count = `the last ${tail.lines.length} records${tail.isCut ? ", more would be too many bytes" : ""}`;
    for (const each of broken) reasons.push(`${name}: ${each} (of ${count})`);
    if (broken.length === 0) notes.push(`${name} passes: ${resultOf(report)} of ${count}`);
    for (const each of (report.against ?? report.replay)?.notPlayed ?? [])
      notes.push(`${name}: not carried out as it would be: ${each}`);
  }
  return { reasons, notes };
}

async function judge(
  { before, after }: ChangedPolicy,
  { lines }: LogTail,
  { order, models }: { readonly order: ReplayGateOrder; readonly models: Models | null },
): Promise<{ readonly broken: readonly string[]; readonly report: Report }> {
  const { configuration, failIf } = order;
  const b = remake(after, configuration);
  invariant(b !== null, `the policy ${after.name} can be checked again`);
  // Where the present one does not fit the new configuration, differences from it are not known: conditions on them fail.
  const a = remake(before, configuration);
  const report = await simulate({
    log: lines,
    programs: a === null ? { a: b.program } : { a: a.program, b: b.program },
    configuration,
    format: "records",
    nowMs: Date.now(),
    ...(models === null ? {} : { replay: replayOfTail(models, configuration) }),
  });
  const conditions = failIf.map((text): FailIf => {
    const parsed = parseFailIf(text, configuration.targets.keys());
    invariant(parsed.ok, "conditions are read before records are");
    return parsed.condition;
  });
  return { broken: brokenConditions(judgeReport(report, conditions), conditions), report };
}

function resultOf({ diff, missing }: Report): string {
  const lacking = missing.map(({ fact, requests }) => `${fact} of ${requests}`).join(", ");
  const unknown = lacking === "" ? "" : `, which do not tell ${lacking},`;
  return diff === undefined
    ? `nothing to hold it against${unknown}`
    : `${diff.changed} would go elsewhere first${unknown}`;
}
