import { invariant } from "../../base/assert.ts";
import type { Failure } from "../../protocol/failure.ts";
import { expired, lost } from "../../runtime/batch/after-failure.ts";
import { newJob } from "../../runtime/batch/gathering.ts";
import { type JobAction, type JobEvent, stepJob } from "../../runtime/batch/job-machine.ts";
import type { LaneLimits } from "../../runtime/batch/limits.ts";
import type { ProviderBatch } from "../../runtime/providers/batch-wire.ts";
import type { ProviderJob } from "../../runtime/store/batch-records.ts";
import { type BatchTimes, providerWindowMs } from "./batch-times.ts";
import type { WaitingLine } from "./waiting-line.ts";

/** What a batch at a provider needs around it. */
export interface BatchSetting {
  readonly world: { now(): number; at(atMs: number, run: () => void): () => void };
  readonly limits: LaneLimits;
  readonly times: BatchTimes;
  /** Told once the provider has it, and when the first of its lines came. */
  made(firstCameAtMs: number): void;
  /** A line was answered. */
  answered(line: WaitingLine, begunAtMs: number): void;
  /** A line failed, or (`isResult` no) has no result from here. */
  failed(line: WaitingLine, begunAtMs: number, failure: Failure, isResult: boolean): void;
}

/** The lines of a batch to be made, and where. */
export interface BatchContent {
  readonly target: string;
  /** The longest waiting first; at least one. */
  readonly lines: readonly WaitingLine[];
  /** Whether the provider wants lines uploaded before the batch is made. */
  readonly uploads: boolean;
}

/** Nobody else has it: each is followed by itself. */
const batchId = "batch";

const untold: ProviderBatch = {
  id: batchId,
  state: "running",
  results: [],
  unanswered: "lost",
  failure: null,
};

/**
 * A provider's batch on the virtual clock, made and followed by the job machine of production. A call that succeeds takes no time; of
 * one that fails the provider knows nothing. With the last of its lines it is over: what is said to the provider then changes nothing.
 */
export class VirtualBatch {
  readonly #setting: BatchSetting;
  readonly #content: BatchContent;
  readonly #lines: Set<WaitingLine>;
  /** Its luck is that of the batch. */
  readonly #first: WaitingLine;
  #job: ProviderJob;
  #madeAtMs: number | null = null;
  #readyAtMs = Number.POSITIVE_INFINITY;
  /** Calls off what comes next. */
  #callOff = (): void => undefined;

  constructor(content: BatchContent, setting: BatchSetting) {
    this.#setting = setting;
    this.#content = content;
    const [first] = content.lines;
    invariant(first !== undefined, "a batch has a line");
    this.#first = first;
    this.#lines = new Set(content.lines);
    const { target } = content;
    this.#job = newJob({ id: batchId, target, path: "" }, content.lines, setting.world.now());
    for (const line of content.lines) line.left = () => this.#leave(line);
  }

  begin(): void {
    this.#run({ kind: "due" });
  }

  #leave(line: WaitingLine): void {
    this.#lines.delete(line);
    if (this.#lines.size > 0) return;
    this.#callOff();
    this.#job = { ...this.#job, state: "over" };
  }

  /** Takes it on until it has to wait. */
  #run(first: JobEvent): void {
    const { world, limits } = this.#setting;
    const { uploads } = this.#content;
    let event: JobEvent | null = first;
    while (event !== null && this.#job.state !== "over") {
      const { job, action } = stepJob(this.#job, event, { atMs: world.now(), limits, uploads });
      this.#job = job;
      if (action === null) {
        this.#callOff = world.at(job.nextAtMs, () => this.#run({ kind: "due" }));
        return;
      }
      event = this.#act(action);
    }
  }

  #act(action: JobAction): JobEvent | null {
    if (action.kind === "give-up") return this.#giveUp(action.failure);
    const { world, limits, times } = this.#setting;
    const fails = times.outage(this.#first, world.now());
    if (fails === null) return this.#called(action.kind);
    const looking = action.kind === "look-for-batch" || action.kind === "look-for-upload";
    const { failure, afterMs } = fails;
    this.#callOff = world.at(world.now() + (afterMs ?? limits.callIdleMs), () =>
      this.#run({ kind: "failed", failure, looking }),
    );
    return null;
  }

  /** What a call that succeeds tells. */
  #called(kind: Exclude<JobAction["kind"], "give-up">): JobEvent {
    switch (kind) {
      case "upload":
        return { kind: "uploaded", id: batchId };
      case "look-for-upload":
      case "look-for-batch":
        return { kind: "absent" };
      case "create":
        this.#make();
        return { kind: "told", batch: untold };
      case "poll":
        return { kind: "told", batch: this.#toldNow() };
      case "cancel":
        return { kind: "cancel-taken" };
      case "collect":
        return this.#collect();
    }
  }

  /** The provider has it. What the log tells of its lines comes when it came then, whatever is looked at. */
  #make(): void {
    const { world, times } = this.#setting;
    const { target } = this.#content;
    const madeAtMs = world.now();
    const slow = times.slowness(target, madeAtMs);
    let readyMs = Number.NEGATIVE_INFINITY;
    let isDrawn = false;
    for (const line of this.#lines) {
      const told = times.played(line);
      if (told === null) isDrawn = true;
      else if (told.tookMs !== Number.POSITIVE_INFINITY) {
        readyMs = Math.max(readyMs, told.tookMs * slow);
        if (told.tookMs * slow < providerWindowMs)
          world.at(madeAtMs + told.tookMs * slow, () => this.#playResult(line));
      }
    }
    if (isDrawn) readyMs = Math.max(readyMs, times.turnaroundMs(this.#first) * slow);
    this.#madeAtMs = madeAtMs;
    // Of lines that never came alone nothing is ready, ever.
    this.#readyAtMs = readyMs < 0 ? Number.POSITIVE_INFINITY : madeAtMs + readyMs;
    this.#setting.made(this.#first.sinceMs);
  }

  #playResult(line: WaitingLine): void {
    const { world, times } = this.#setting;
    // What cannot be fetched now is found by a later look.
    if (this.#lines.has(line) && times.outage(this.#first, world.now()) === null) this.#take(line);
  }

  #toldNow(): ProviderBatch {
    const closesAtMs = (this.#madeAtMs ?? 0) + providerWindowMs;
    const endsAtMs = Math.min(this.#readyAtMs, closesAtMs);
    if (this.#setting.world.now() < endsAtMs) return untold;
    const unanswered = this.#readyAtMs > closesAtMs ? "expired" : "lost";
    return { ...untold, state: "ended", unanswered };
  }

  #collect(): JobEvent {
    if (this.#job.unanswered !== "expired")
      for (const line of [...this.#lines]) if (!this.#isLost(line)) this.#take(line);
    return { kind: "collected" };
  }

  /** Whether the log tells that it never came. */
  #isLost(line: WaitingLine): boolean {
    return this.#setting.times.played(line)?.tookMs === Number.POSITIVE_INFINITY;
  }

  #take(line: WaitingLine): void {
    const failure = this.#setting.times.played(line)?.failure ?? null;
    const { begunAtMs } = this.#job;
    this.#lines.delete(line);
    if (failure === null) this.#setting.answered(line, begunAtMs);
    else this.#setting.failed(line, begunAtMs, failure, true);
  }

  #giveUp(failure: Failure | null): null {
    const why = failure ?? (this.#job.unanswered === "expired" ? expired : lost);
    // What the log saw unanswered waits on, for its time to be over.
    const lines =
      failure === null ? [...this.#lines].filter((line) => !this.#isLost(line)) : [...this.#lines];
    for (const line of lines) this.#lines.delete(line);
    for (const line of lines) this.#setting.failed(line, this.#job.begunAtMs, why, false);
    return null;
  }
}
