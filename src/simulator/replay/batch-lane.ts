import type { Configuration } from "../../configuration/configuration.ts";
import type { Failure } from "../../protocol/failure.ts";
import { isWithinCost, stepsBehind } from "../../runtime/batch/after-failure.ts";
import { type JobSize, mostOfJob, ripeAtMs, withinBytes } from "../../runtime/batch/gathering.ts";
import { defaultLaneLimits, type LaneLimits } from "../../runtime/batch/limits.ts";
import { planFrom } from "../../runtime/batch/live-line.ts";
import { dispatch } from "../../runtime/dispatch/dispatch.ts";
import type { DispatchResult } from "../../runtime/dispatch/machine-types.ts";
import { batchWireOf } from "../../runtime/providers/batch-wires.ts";
import type { LogTargets } from "../log-targets.ts";
import type { VirtualWorld } from "../virtual-world.ts";
import type { BatchTimes } from "./batch-times.ts";
import type { ReplayedJob } from "./replayed-job.ts";
import { type BatchSetting, VirtualBatch } from "./virtual-batch.ts";
import { type LineEnd, type LineOrder, WaitingLine } from "./waiting-line.ts";

/** Requests that wait at once; further ones are taken as answered, at the price of a batch, when they come. */
export const mostWaiting = 100_000;

export interface VirtualLaneParts {
  readonly world: VirtualWorld<ReplayedJob>;
  readonly configuration: Pick<Configuration, "providers" | "batches">;
  readonly targets: Pick<LogTargets, "get">;
  readonly times: BatchTimes;
  /** Requests that wait at once; `mostWaiting` where left out. */
  readonly most?: number;
  /** Batches whose first line came before are not counted. */
  readonly countFromMs?: number | undefined;
}

/** Lines for one target that wait for company. */
interface Group {
  readonly target: string;
  readonly most: JobSize;
  readonly uploads: boolean;
  /** The longest waiting first; those that have ended are among them. */
  lines: WaitingLine[];
  callOff: () => void;
}

/** The batch lane on a virtual clock: lines are gathered, sent, followed, expired and asked for live as the gateway's lane does. */
export class VirtualLane {
  /** Batches that providers have made. */
  made = 0;
  /** Lines that their policy may have let wait, as their records do not tell. */
  doubtful = 0;
  readonly #parts: VirtualLaneParts;
  readonly #limits: LaneLimits;
  readonly #groups = new Map<string, Group>();
  /** Lines that wait to be asked at once, the longest waiting first. */
  readonly #live = new Set<WaitingLine>();
  /** Lines that are being asked for. */
  #asking = 0;
  #isAsking = false;
  #waiting = 0;

  constructor(parts: VirtualLaneParts) {
    this.#parts = parts;
    const { concurrency } = parts.configuration.batches;
    this.#limits = { ...defaultLaneLimits, concurrency };
  }

  /** Targets whose batches are taken to take a time that nobody told. */
  get assumed(): readonly string[] {
    return [...this.#parts.times.assumed].toSorted();
  }

  /** Puts a request where it waits for its answer. */
  take(order: LineOrder): void {
    const { world } = this.#parts;
    const line = new WaitingLine(order, world.now());
    if (order.job.logged.mayBeDeferred) this.doubtful += 1;
    if (this.#waiting >= (this.#parts.most ?? mostWaiting)) {
      if (line.calledBackAtMs < Number.POSITIVE_INFINITY) this.#callBack(line, false);
      else this.#answer(line, { startedAtMs: world.now(), isPlayed: false });
      return;
    }
    this.#waiting += 1;
    const endsAtMs = Math.min(line.deadlineMs, line.calledBackAtMs);
    line.callOff = world.at(endsAtMs, () => this.#overdue(line));
    const hasBatches = this.#parts.targets.get(line.target)?.hasBatches === true;
    if (hasBatches && isWithinCost(order.plan, line.target))
      this.#queue(line, this.#groupOf(line.target));
    else this.#toLive(line);
  }

  #queue(line: WaitingLine, group: Group): void {
    group.lines.push(line);
    if (group.lines.length === 1) this.#ripens(group, line.sinceMs);
    if (group.lines.length >= group.most.lines) this.#gather(group);
  }

  #groupOf(target: string): Group {
    let group = this.#groups.get(target);
    if (group === undefined) {
      group = this.#newGroup(target);
      this.#groups.set(target, group);
    }
    return group;
  }

  #newGroup(target: string): Group {
    const { configuration, targets } = this.#parts;
    const provider = configuration.providers.get(targets.get(target)?.provider ?? "");
    const wire = provider === undefined ? null : batchWireOf(provider.kind);
    const most = mostOfJob(this.#limits, wire);
    const callOff = (): void => undefined;
    return { target, most, uploads: wire?.upload != null, lines: [], callOff };
  }

  #ripens(group: Group, sinceMs: number): void {
    const atMs = ripeAtMs(sinceMs, this.#limits);
    group.callOff = this.#parts.world.at(atMs, () => this.#gather(group));
  }

  /** Makes a batch of lines that have waited for company long enough, or are enough. */
  #gather(group: Group): void {
    group.callOff();
    const waiting = group.lines.filter(({ state }) => state === "queued");
    const lines = withinBytes(waiting.slice(0, group.most.lines), group.most.bytes);
    group.lines = waiting.slice(lines.length);
    const [next] = group.lines;
    if (next !== undefined) this.#ripens(group, next.sinceMs);
    if (lines.length === 0) return;
    for (const line of lines) line.state = "sent";
    const { target, uploads } = group;
    new VirtualBatch({ target, lines, uploads }, this.#setting).begin();
  }

  get #setting(): BatchSetting {
    const { world, times, countFromMs = Number.NEGATIVE_INFINITY } = this.#parts;
    return {
      ...{ world, times, limits: this.#limits },
      made: (firstCameAtMs) => {
        if (firstCameAtMs >= countFromMs) this.made += 1;
      },
      answered: (line, startedAtMs) => this.#answer(line, { startedAtMs, isPlayed: true }),
      failed: (line, startedAtMs, failure, isResult) =>
        this.#failed(line, startedAtMs, { failure, isResult }),
    };
  }

  #answer(
    line: WaitingLine,
    { startedAtMs, isPlayed }: { readonly startedAtMs: number; readonly isPlayed: boolean },
  ): void {
    const { usage } = line;
    const attempt = line.attempt(startedAtMs, this.#parts.world.now(), { usage });
    this.#end(line, {
      ...{ ending: "deferred", answeredBy: line.target, cause: null },
      ...{ attempts: [...line.attempts, attempt], isExpired: false, isPlayed },
    });
  }

  /** After a failure in a batch: the rest of the plan at once, where it takes the cause and there is time. */
  #failed(
    line: WaitingLine,
    startedAtMs: number,
    { failure, isResult }: { readonly failure: Failure; readonly isResult: boolean },
  ): void {
    const nowMs = this.#parts.world.now();
    const hasTime = line.deadlineMs > nowMs;
    if (!hasTime && !isResult) {
      this.#expire(line);
      return;
    }
    line.attempts = [...line.attempts, line.attempt(startedAtMs, nowMs, { failure })];
    const from = stepsBehind(line.order.plan, line.from, failure);
    if (from === null || !hasTime) {
      const isExpired = failure.code === "batch_expired";
      this.#endFailed(line, { cause: failure.cause, isExpired });
      return;
    }
    line.from = from;
    this.#toLive(line);
  }

  #toLive(line: WaitingLine): void {
    line.left();
    line.state = "live";
    line.left = () => this.#live.delete(line);
    this.#live.add(line);
    this.#ask();
  }

  /** Asks for lines without a batch, a few at a time. One that ends at once makes room for the next in the same turn. */
  #ask(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    for (const line of this.#live) {
      if (this.#asking >= this.#limits.concurrency) break;
      this.#live.delete(line);
      this.#asking += 1;
      const { order, from } = line;
      const job = order.liveJob(planFrom(order.plan, from), (result) => {
        this.#asking -= 1;
        this.#takeLive(line, result);
        this.#ask();
      });
      dispatch(job, this.#parts.world);
    }
    this.#isAsking = false;
  }

  #takeLive(line: WaitingLine, { outcome, failure, attempts: made }: DispatchResult): void {
    const later = made.map((attempt) => ({ ...attempt, step: attempt.step + line.from }));
    line.attempts = [...line.attempts, ...later];
    const answeredBy = outcome === "ok" ? (made.at(-1)?.target ?? null) : null;
    if (answeredBy === null)
      this.#endFailed(line, { cause: failure?.cause ?? null, isExpired: false });
    else
      this.#end(line, {
        ...{ ending: "ok", answeredBy, cause: null, attempts: line.attempts },
        ...{ isExpired: false, isPlayed: true },
      });
  }

  /** Its time is over, or its client calls it back; what is with a provider is paid for by then, and has some grace. */
  #overdue(line: WaitingLine): void {
    const { world } = this.#parts;
    const untilMs = line.deadlineMs + this.#limits.graceMs;
    if (line.calledBackAtMs <= world.now()) this.#callBack(line, true);
    else if (line.state !== "sent" || untilMs <= world.now()) this.#expire(line);
    else {
      const endsAtMs = Math.min(untilMs, line.calledBackAtMs);
      line.callOff = world.at(endsAtMs, () => this.#overdue(line));
    }
  }

  #callBack(line: WaitingLine, isPlayed: boolean): void {
    const { attempts } = line;
    this.#end(line, {
      ...{ ending: "client-gone", answeredBy: null, cause: null, attempts },
      ...{ isExpired: false, isPlayed },
    });
  }

  #expire(line: WaitingLine): void {
    this.#endFailed(line, { cause: "timeout", isExpired: true });
  }

  #endFailed(line: WaitingLine, why: Pick<LineEnd, "cause" | "isExpired">): void {
    const { attempts } = line;
    this.#end(line, { ...why, ending: "failed", answeredBy: null, attempts, isPlayed: true });
  }

  #end(line: WaitingLine, end: Omit<LineEnd, "movedBy">): void {
    if (line.state === "done") return;
    line.state = "done";
    line.callOff();
    line.left();
    if (end.isPlayed) this.#waiting -= 1;
    const first = end.attempts.find(({ outcome }) => outcome.kind === "failed")?.outcome;
    const movedBy = first?.kind === "failed" ? first.failure.cause : null;
    line.order.ended({ ...end, movedBy });
  }
}
