import type { EndedLine, LaneHost } from "../runtime/batch/host.ts";
import { decisionLine } from "../runtime/telemetry/decision-record.ts";
import { identityOf } from "./cache-identity.ts";
import type { Core } from "./core.ts";
import { decideLine } from "./decide-line.ts";
import { ledgerRows } from "./ledger-rows.ts";
import { keepLine, toldOf } from "./line-cache.ts";
import { measureAttempt } from "./measure-attempt.ts";
import { lineSurfaceAt, surfaceAt } from "./surfaces.ts";

/** What the lane of batches asks of the gateway, each time under the version in force then. */
export function createLaneHost(core: Core): LaneHost {
  return {
    decide: (line) => decideLine(core, line),
    read({ endpoint, headers }, bytes) {
      const { server } = core.snapshot.configuration;
      const read = lineSurfaceAt(endpoint)?.read(bytes, server, headers);
      return read?.ok === true ? read.request : null;
    },
    problemBody(endpoint, problem) {
      const writer = surfaceAt(endpoint, "")?.writer;
      if (writer === undefined) return JSON.stringify({ error: { message: problem.message } });
      return writer.problem(problem);
    },
    upstreamOf: (target) => core.snapshot.targets.requested(target) ?? undefined,
    identityOf(target) {
      const active = core.snapshot.targets.requested(target);
      return active === null ? null : identityOf(active);
    },
    ended: (line) => record(core, line),
  };
}

function record(core: Core, line: EndedLine): void {
  const { batch, work, outcome, status, code, endedAtMs, answer } = line;
  const { snapshot, metrics, decisionLog, limits } = core;
  const { grounds, plan, attempts, cached } = work;
  metrics.batchLine(grounds.policy, outcome);
  const targets = snapshot.targets.listed;
  const { spend, prompts } = core;
  // What answered a batch may have done so long ago.
  const parts = { targets: snapshot.targets, spend, prompts, prints: null, versions: null };
  const costs = attempts.map((attempt) => measureAttempt(attempt, attempt.startedAtMs, parts));
  const written = limits.write(
    ledgerRows({
      ...{ id: grounds.id, policy: grounds.policy, rule: grounds.rule, key: batch.owner },
      ...{ lane: "batch", attempts, costs },
      // Attempts of the lane are timed by the wall clock.
      epochOf: (atMs) => atMs,
    }),
  );
  written.catch((error: unknown) => limits.failed(error));
  keepLine(core, work, answer, { attempts, costs });
  if (!decisionLog.keeps) return;
  decisionLog.append(
    decisionLine({
      ...grounds,
      // Attempts of the lane are timed by the wall clock: a restart may lie between them.
      arrivedAtMs: grounds.arrivedAtEpochMs,
      endedAtMs,
      steps: plan?.steps ?? [],
      attempts,
      costs,
      targets,
      stream: false,
      outcome,
      status,
      tags: plan?.tags ?? [],
      batch,
      ...(code === undefined ? {} : { code }),
      ...(cached === undefined ? {} : { cache: toldOf(cached) }),
    }),
  );
}
