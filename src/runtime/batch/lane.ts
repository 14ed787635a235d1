import type { ModelRequest } from "../../protocol/model-request.ts";
import type { Alarm, World } from "../dispatch/world.ts";
import type { Batch, BatchLine, ProviderJob } from "../store/batch-records.ts";
import type { ModelJob } from "../transport/model-job.ts";
import { endsLines } from "./batch-machine.ts";
import { emptyBatch } from "./empty-batch.ts";
import { gatherJobs } from "./gather-jobs.ts";
import type { LineWork } from "./host.ts";
import { Intake } from "./intake.ts";
import { JobRunner, type RunnerParts } from "./job-runner.ts";
import { LineDesk, workOf } from "./line-desk.ts";
import { endByFailure } from "./line-result.ts";
import { askLive, type LiveCall } from "./live-line.ts";

export interface LaneParts extends Omit<RunnerParts, "desk" | "isClosing"> {
  readonly world: World<ModelJob>;
  readonly createAlarm: (ring: () => void) => Alarm;
  /** Told of a fault of our own in the lane, which goes on. */
  readonly onBug: (error: unknown) => void;
}

/** What a client asks to be answered within a day. */
export interface BatchOrderOfClient {
  readonly owner: string;
  readonly inputFile: string;
  readonly endpoint: string;
  readonly metadata: Batch["metadata"];
  readonly headers: Batch["headers"];
}

/** A single request that was decided and may wait. */
export interface DeferredRequest {
  readonly owner: string;
  readonly endpoint: string;
  readonly headers: Batch["headers"];
  readonly request: ModelRequest;
  readonly work: LineWork;
  readonly withinMs: number;
}

const hourMs = 3_600_000;
const windowMs = 24 * hourMs;
/** Lines handled before others get their turn. */
const slice = 50;
/** After a fault of ours, such as a full disk, nothing is tried for so long. */
const restMs = 30_000;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Answers batches: decides their lines one by one, makes batches at providers of those whose target has them, asks for the others
 * at once and at low rate, and goes on where it was after a restart. Everything it knows is in its store.
 */
export class BatchLane {
  readonly #parts: LaneParts;
  readonly #desk: LineDesk;
  readonly #runner: JobRunner;
  readonly #intake: Intake;
  readonly #alarm: Alarm;
  readonly #running = new Set<Promise<void>>();
  readonly #busyJobs = new Set<string>();
  readonly #live = new Map<string, LiveCall>();
  #reading = false;
  #deciding = false;
  #sweeping = false;
  #closing = false;
  #restUntilMs = 0;
  #tidyAtMs = 0;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#desk = new LineDesk(parts);
    this.#runner = new JobRunner({ ...parts, desk: this.#desk, isClosing: () => this.#closing });
    this.#intake = new Intake(parts, this.#desk, {
      isClosing: () => this.#closing,
      pump: () => this.#pump(),
    });
    this.#alarm = parts.createAlarm(() => this.#pump());
  }

  /** Takes up what was under way when the process ended. */
  start(): void {
    const { store } = this.#parts;
    store.files.recover();
    for (const job of store.jobsAtWork()) this.#run(job, "restarted");
    this.#pump();
  }

  create(order: BatchOrderOfClient): Batch {
    const { store, newId, limits } = this.#parts;
    const nowMs = this.#desk.now;
    const batch: Batch = {
      ...emptyBatch,
      ...order,
      id: newId("batch_"),
      createdAtMs: nowMs,
      expiresAtMs: nowMs + windowMs,
    };
    store.saveBatch(batch, nowMs + limits.keepMs);
    this.#pump();
    return batch;
  }

  /** Keeps one decided request as a batch of one line; its answer is fetched as any batch's. */
  defer({ owner, endpoint, headers, request, work, withinMs }: DeferredRequest): Batch {
    const { store, newId, limits } = this.#parts;
    const nowMs = this.#desk.now;
    const customId = work.grounds.id;
    const body = JSON.stringify(request.native);
    const content = Buffer.from(
      `{"custom_id":${JSON.stringify(customId)},"method":"POST","url":${JSON.stringify(endpoint)},"body":${body}}`,
    );
    const inputFile = newId("file-");
    const batch: Batch = {
      ...emptyBatch,
      ...{ owner, endpoint, headers, inputFile },
      id: newId("batch_"),
      status: "in_progress",
      single: true,
      since: { in_progress: nowMs },
      createdAtMs: nowMs,
      expiresAtMs: nowMs + withinMs,
      total: 1,
    };
    const made = this.#desk.commit(() => {
      const expiresAtMs = nowMs + limits.keepMs;
      const named = { id: inputFile, owner, purpose: "batch" as const, filename: "request.jsonl" };
      store.files.put({ ...named, createdAtMs: nowMs, expiresAtMs, results: null }, content);
      store.saveBatch(batch, expiresAtMs);
      store.addLines(batch, [{ n: 0, customId, offset: 0, length: content.length }]);
      const line = store.line(batch.id, 0);
      if (line !== null) this.#desk.place(batch, line, request, work);
      return store.batch(batch.id) ?? batch;
    });
    this.#pump();
    return made;
  }

  /** Calls a batch back; null when the owner has none of this id. */
  cancel(owner: string, id: string): Batch | null {
    const { store } = this.#parts;
    if (store.batchOfOwner(owner, id) === null) return null;
    this.#desk.tell(id, { kind: "cancel" });
    this.#pump();
    return store.batch(id);
  }

  /** Fulfilled when nothing is being done: all that is left waits for a time to come. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Begins nothing more; what is asked at once is stopped, and asked again after the next start. */
  stop(): void {
    this.#closing = true;
    this.#alarm.clear();
    for (const call of this.#live.values()) call.stop();
  }

  /** Does what there is to do now, and sets the alarm for what comes next. */
  #pump(): void {
    if (this.#closing) return;
    const nowMs = this.#desk.now;
    if (nowMs < this.#restUntilMs) {
      this.#wakeAt(this.#restUntilMs);
      return;
    }
    try {
      this.#tidy(nowMs);
      this.#expire(nowMs);
      this.#read();
      this.#decide();
      gatherJobs(this.#parts, this.#desk);
      this.#step(nowMs);
      this.#ask();
      this.#wakeAt(this.#nextMs(nowMs));
    } catch (error) {
      this.#bug(error);
    }
  }

  #wakeAt(epochMs: number): void {
    const { clock } = this.#parts;
    this.#alarm.set(clock.monotonic() + Math.max(0, epochMs - clock.now()));
  }

  /** When time alone brings something to do. */
  #nextMs(nowMs: number): number {
    const { store, limits } = this.#parts;
    const deadlineMs = store.nextDeadline() ?? Number.POSITIVE_INFINITY;
    // What is over already and still there is with a provider, and has some grace.
    const endMs = deadlineMs > nowMs ? deadlineMs : deadlineMs + limits.graceMs;
    const times = [this.#tidyAtMs, endMs];
    for (const { sinceMs } of store.groups()) times.push(sinceMs + limits.gatherMs);
    for (const { id, nextAtMs } of store.jobsAtWork())
      if (!this.#busyJobs.has(id)) times.push(nextAtMs);
    // What is overdue is at work already; its end pumps again.
    return Math.max(nowMs + 1, Math.min(...times));
  }

  /** Runs a task of the lane; its end may give others something to do. */
  #task(run: () => Promise<void>): void {
    const task = run()
      .catch((error: unknown) => this.#bug(error))
      .finally(() => {
        this.#running.delete(task);
        this.#pump();
      });
    this.#running.add(task);
  }

  #bug(error: unknown): void {
    this.#parts.onBug(error);
    this.#restUntilMs = this.#desk.now + restMs;
    if (!this.#closing) this.#wakeAt(this.#restUntilMs);
  }

  #tidy(nowMs: number): void {
    if (nowMs < this.#tidyAtMs) return;
    this.#parts.store.files.expire(nowMs);
    this.#parts.store.expireBatches(nowMs);
    this.#tidyAtMs = nowMs + hourMs;
  }

  /** Ends what has run out of time or was called back, a few lines at a time. */
  #expire(nowMs: number): void {
    if (this.#sweeping) return;
    const { store, limits } = this.#parts;
    const running = store.inStatus("in_progress");
    for (const batch of running)
      if (batch.expiresAtMs <= nowMs) this.#desk.tell(batch.id, { kind: "expire" });
    const ending = [...running, ...store.inStatus("cancelling")].some(
      ({ id }) => endsLines(store.batch(id) ?? emptyBatch) !== null && store.holdsLines(id),
    );
    const isOverdue = store.overdueLines(nowMs, limits.graceMs, 1).length > 0;
    if (!ending && !isOverdue) return;
    this.#sweeping = true;
    this.#task(() => this.#sweep().finally(() => (this.#sweeping = false)));
  }

  async #sweep(): Promise<void> {
    const { store, limits } = this.#parts;
    for (;;) {
      const ended = this.#desk.commit(() => {
        let count = 0;
        const batches = [...store.inStatus("in_progress"), ...store.inStatus("cancelling")];
        for (const batch of batches) {
          const code = endsLines(batch);
          if (code === null) continue;
          for (const line of store.heldLines(batch.id, slice)) {
            this.#desk.end(line, workOf(line), { kind: "unanswered", code });
            count += 1;
          }
        }
        for (const line of store.overdueLines(this.#desk.now, limits.graceMs, slice)) {
          this.#desk.end(line, workOf(line), { kind: "unanswered", code: "batch_expired" });
          count += 1;
        }
        return count;
      });
      if (ended === 0 || this.#closing) return;
      await nextTurn();
    }
  }

  #read(): void {
    if (this.#reading) return;
    const [batch] = this.#parts.store.inStatus("validating");
    if (batch === undefined) return;
    this.#reading = true;
    this.#task(() => this.#intake.read(batch).finally(() => (this.#reading = false)));
  }

  #decide(): void {
    if (this.#deciding || this.#parts.store.linesIn("read", 1).length === 0) return;
    this.#deciding = true;
    this.#task(() => this.#intake.decide().finally(() => (this.#deciding = false)));
  }

  #step(nowMs: number): void {
    const { store } = this.#parts;
    for (const job of store.jobsAtWork()) {
      if (this.#busyJobs.has(job.id)) continue;
      const { wanted } = store.jobWanted(job.id);
      if (wanted === 0 && job.cancel === "no" && job.state !== "collecting")
        this.#run(job, "cancel");
      else if (job.nextAtMs <= nowMs) this.#run(job, "due");
    }
  }

  #run({ id }: ProviderJob, kind: "due" | "cancel" | "restarted"): void {
    this.#busyJobs.add(id);
    this.#task(() => this.#runner.run(id, { kind }).finally(() => this.#busyJobs.delete(id)));
  }

  /** Asks for lines without a provider's batch, a few at a time. */
  #ask(): void {
    const free = this.#parts.limits.concurrency - this.#live.size;
    if (free <= 0) return;
    const waiting = this.#parts.store.linesIn("live", this.#live.size + free);
    for (const line of waiting) {
      if (this.#live.size >= this.#parts.limits.concurrency) return;
      if (!this.#live.has(nameOf(line))) this.#askFor(line);
    }
  }

  #askFor(line: BatchLine): void {
    const { host, world } = this.#parts;
    const work = workOf(line);
    const request = this.#desk.requestOf(line);
    const plan = work === null ? null : this.#desk.livePlan(work);
    if (work === null || request === null || plan === null) {
      this.#desk.end(line, work, { kind: "unanswered", code: "batch_cancelled" });
      return;
    }
    const steps = plan.steps.filter(({ target }) => target !== null);
    if (steps.some(({ target }) => target !== null && host.upstreamOf(target) === undefined)) {
      const write = (problem: Parameters<typeof request.writer.problem>[0]): string =>
        request.writer.problem(problem);
      this.#desk.end(line, work, endByFailure(targetGone, write));
      return;
    }
    const hears = work.cached !== undefined;
    const call = askLive(plan, request, host, { world, hears });
    this.#live.set(nameOf(line), call);
    this.#task(async () => {
      const live = await call.done;
      this.#live.delete(nameOf(line));
      // Stopped with the gateway: the next start asks again, as the answer went with this one.
      if (!this.#closing || live.result.outcome !== "client-gone")
        this.#desk.takeLive(line, work, request, live);
    });
  }
}

const targetGone = {
  cause: "unavailable",
  retrySame: false,
  code: "upstream_unavailable",
  message: "a model of this request's plan is not configured any more",
} as const;

const nameOf = ({ batch, n }: BatchLine): string => `${batch} ${n}`;
