import type { Cause } from "../../protocol/cause.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { AttemptOrder } from "../../runtime/dispatch/world.ts";
import type { LoggedAttempt } from "../logged-request.ts";
import { modelAttempt, type TargetModel } from "../modelled-provider.ts";
import type { AttemptScript } from "../virtual-world.ts";
import type { Conditions } from "./conditions.ts";
import type { ReplayedJob } from "./replayed-job.ts";

/** Causes after which the same target may be asked once more, as the providers' adapters say. */
const retrySame: ReadonlySet<Cause> = new Set<Cause>([
  "rate_limited",
  "overloaded",
  "timeout",
  "server_error",
  "network",
  "cut_stream",
]);

export interface AttemptScriptParts {
  readonly conditions: Conditions;
  readonly modelOf: (target: string) => TargetModel;
  /** Whether what the log tells of an attempt is played again; else all are drawn from models. */
  readonly playsLog: boolean;
}

/** Says what becomes of attempts: what the scenario wants, else what the log tells, else what the target's model draws. */
export class AttemptScripts {
  readonly #parts: AttemptScriptParts;

  constructor(parts: AttemptScriptParts) {
    this.#parts = parts;
  }

  scriptOf(order: AttemptOrder<ReplayedJob>, atMs: number): AttemptScript {
    const { job, target } = order;
    const conditions = this.#parts.conditions.of(target);
    const nth = job.nextAt(target);
    const refusal = conditions.refuses(atMs);
    if (refusal !== null) return failing(refusal.failure, refusal.afterMs);
    const slow = conditions.slowness(atMs);
    const logged = this.#parts.playsLog && job.copy === 0 ? loggedAttempt(job, target, nth) : null;
    if (logged !== null) return playedAgain(logged, job, slow);
    return this.#drawn(order, slow);
  }

  #drawn(order: AttemptOrder<ReplayedJob>, slow: number): AttemptScript {
    const model = this.#parts.modelOf(order.target);
    const script = modelAttempt(model, order);
    return slow === 1 ? script : slowed(script, slow);
  }
}

/** What the log tells of the attempt of that number at a target; null for nothing that ended by itself. */
function loggedAttempt(job: ReplayedJob, target: string, nth: number): LoggedAttempt | null {
  let seen = 0;
  for (const attempt of job.logged.attempts) {
    if (attempt.target !== target) continue;
    if (seen === nth) return attempt.outcome === "aborted" ? null : attempt;
    seen += 1;
  }
  return null;
}

function playedAgain(attempt: LoggedAttempt, job: ReplayedJob, slow: number): AttemptScript {
  const { target, outcome, startMs, status } = attempt;
  const endMs = attempt.endMs ?? startMs;
  const afterMs = Math.max(endMs - startMs, 0) * slow;
  const told = attempt.firstTokenMs;
  const firstTokenMs = told === null ? null : Math.max(told - startMs, 0) * slow;
  if (outcome === "ok" || outcome === "aborted") {
    const usage = job.usageAt(target);
    return {
      firstTokenMs: firstTokenMs ?? (job.streamed ? afterMs : null),
      flowsUntilMs: afterMs,
      end: { afterMs, failure: null, usage },
      usageAfter: partOf(job, target, { firstTokenMs: firstTokenMs ?? 0, afterMs }),
    };
  }
  const failure: Failure = {
    ...{ cause: outcome, retrySame: retrySame.has(outcome), message: "as the log tells" },
    ...(status === null ? {} : { status }),
  };
  return { ...failing(failure, afterMs), firstTokenMs };
}

/** What an answer has used by a moment: its prompt, and of its tokens as many as have come. */
function partOf(
  job: ReplayedJob,
  target: string,
  { firstTokenMs, afterMs }: { readonly firstTokenMs: number; readonly afterMs: number },
): (ms: number) => ReturnType<ReplayedJob["usageAt"]> | null {
  return (ms) => {
    if (!job.streamed || ms < firstTokenMs) return null;
    const share = afterMs > firstTokenMs ? (ms - firstTokenMs) / (afterMs - firstTokenMs) : 1;
    return job.usageAt(target, Math.round(job.outputTokens * Math.min(share, 1)));
  };
}

function failing(failure: Failure, afterMs: number): AttemptScript {
  return { firstTokenMs: null, flowsUntilMs: 0, end: { afterMs, failure, usage: null } };
}

function slowed(script: AttemptScript, factor: number): AttemptScript {
  const { firstTokenMs, flowsUntilMs, end, usageAfter } = script;
  return {
    firstTokenMs: firstTokenMs === null ? null : firstTokenMs * factor,
    flowsUntilMs: flowsUntilMs * factor,
    end: end === null ? null : { ...end, afterMs: end.afterMs * factor },
    ...(usageAfter === undefined ? {} : { usageAfter: (ms: number) => usageAfter(ms / factor) }),
  };
}
