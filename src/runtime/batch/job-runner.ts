import type { Provider } from "../../configuration/configuration.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { UpstreamRequest } from "../providers/adapter.ts";
import {
  type BatchOrder,
  type BatchWire,
  isFailure,
  type ProviderBatch,
  type Sought,
} from "../providers/batch-wire.ts";
import { batchWireOf } from "../providers/batch-wires.ts";
import { badResponse } from "../providers/classify.ts";
import { prepareAttempt } from "../providers/prepare-attempt.ts";
import type { BatchLine, ProviderJob } from "../store/batch-records.ts";
import type { Call, Called } from "../transport/call.ts";
import type { Upstream } from "../transport/model-job.ts";
import { overridesOf } from "../transport/overrides.ts";
import { expired, lost } from "./after-failure.ts";
import { type JobAction, type JobEvent, type JobStep, stepJob } from "./job-machine.ts";
import { type DeskParts, type LineDesk, workOf } from "./line-desk.ts";
import { createLineSplitter } from "./split-lines.ts";

export interface RunnerParts extends DeskParts {
  readonly desk: LineDesk;
  readonly call: (call: Call) => Promise<Called>;
  /** Whether the gateway stops: what is written down is left to the next start then. */
  readonly isClosing: () => boolean;
  /** Told of a line of results that cannot be read. */
  readonly warn: (text: string) => void;
}

/** Pages of a provider's list that are looked through for what may have been made. */
const mostPages = 50;
/** Lines handled before others get their turn. */
const slice = 20;
const mebibyte = 1024 * 1024;

const missing: Failure = {
  cause: "unavailable",
  retrySame: false,
  code: "upstream_unavailable",
  message: "the model that this request was sent to is not configured any more",
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Carries out what the job machine wants: writes first, calls then. */
export class JobRunner {
  readonly #parts: RunnerParts;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** Takes a job on until it has to wait. */
  async run(id: string, event: JobEvent): Promise<void> {
    let next: JobEvent | null = event;
    while (next !== null) {
      // Read anew each time: it may have been called back meanwhile.
      const job = this.#parts.store.job(id);
      if (job === null || job.state === "over") return;
      if (next.kind === "due" && this.#isForsaken(job)) {
        this.#parts.store.saveJob({ ...job, state: "over" });
        return;
      }
      next = await this.#handle(job, next);
    }
  }

  /** Whether nobody waits for a job, and nothing is left to be said to the provider. */
  #isForsaken(job: ProviderJob): boolean {
    const { store, desk, limits } = this.#parts;
    if (store.jobWanted(job.id).open > 0) return false;
    // Only a batch that may have been made is still to be found and called back.
    const mayRun = job.state === "running" ? job.cancel !== "sent" : job.doubtful;
    const isBeforeBatch = job.state === "new" || job.state === "uploading";
    return isBeforeBatch || !mayRun || desk.now > job.deadlineMs + limits.graceMs;
  }

  async #handle(job: ProviderJob, event: JobEvent): Promise<JobEvent | null> {
    const { store, desk, limits, host } = this.#parts;
    const upstream = host.upstreamOf(job.target);
    const wire = upstream === undefined ? null : batchWireOf(upstream.provider.kind);
    const step: JobStep =
      upstream === undefined || wire === null
        ? { job: { ...job, state: "over" }, action: { kind: "give-up", failure: missing } }
        : stepJob(job, event, { atMs: desk.now, limits, uploads: wire.upload !== null });
    if (step.action?.kind === "give-up") {
      // Lines first: were the job over before them, a crash between would leave them with nobody.
      await this.#giveUp(step.job, step.action.failure);
      store.saveJob(step.job);
      return null;
    }
    store.saveJob(step.job);
    if (step.action === null || upstream === undefined || wire === null) return null;
    if (this.#parts.isClosing()) return null;
    return await new JobCall(this.#parts, { job: step.job, upstream, wire }).make(step.action);
  }

  async #giveUp(job: ProviderJob, failure: Failure | null): Promise<void> {
    const { store, desk } = this.#parts;
    const reasons = { expired, lost, cancelled: null };
    const why = failure ?? reasons[job.unanswered];
    for (;;) {
      const lines = store.jobLines(job.id, { after: -1, limit: slice });
      if (lines.length === 0) return;
      desk.commit(() => {
        for (const line of lines) desk.takeNone(job, line, why);
      });
      await nextTurn();
    }
  }
}

interface CallSetting {
  readonly job: ProviderJob;
  readonly upstream: Upstream;
  readonly wire: BatchWire;
}

/** One call to a provider for a job, and what came of it. */
class JobCall {
  readonly #parts: RunnerParts;
  readonly #job: ProviderJob;
  readonly #upstream: Upstream;
  readonly #provider: Provider;
  readonly #wire: BatchWire;
  #order: BatchOrder;

  constructor(parts: RunnerParts, { job, upstream, wire }: CallSetting) {
    this.#parts = parts;
    this.#job = job;
    this.#upstream = upstream;
    this.#provider = upstream.provider;
    this.#wire = wire;
    this.#order = job;
  }

  async make(action: JobAction): Promise<JobEvent | null> {
    switch (action.kind) {
      case "upload":
        return await this.#upload();
      case "create":
        return await this.#create();
      case "look-for-upload":
        return await this.#findUpload();
      case "look-for-batch":
        return await this.#findBatch();
      case "poll":
        return await this.#told(this.#wire.poll(this.#provider, this.#job.batchId ?? ""));
      case "cancel": {
        const request = this.#wire.cancel(this.#provider, this.#job.batchId ?? "");
        const called = await this.#ask(request);
        return called.ok ? { kind: "cancel-taken" } : failedBy(called.failure);
      }
      case "collect":
        return await this.#collect();
      case "give-up":
        return null;
    }
  }

  async #upload(): Promise<JobEvent> {
    const { upload } = this.#wire;
    const lines = await this.#lines();
    if (lines.length === 0 || upload === null) return { kind: "cancel" };
    const called = await this.#ask(upload.send(this.#order, this.#provider, lines));
    if (!called.ok) return failedBy(called.failure);
    const id = upload.read(called.bytes);
    return id === null ? failedBy(unreadable) : { kind: "uploaded", id };
  }

  async #create(): Promise<JobEvent> {
    const { uploadId } = this.#job;
    let content: Parameters<BatchWire["create"]>[2];
    if (uploadId === null) {
      const lines = await this.#lines();
      if (lines.length === 0) return { kind: "cancel" };
      content = { lines };
    } else content = { upload: uploadId };
    return await this.#told(this.#wire.create(this.#order, this.#provider, content));
  }

  /** The lines of the job as its provider wants them. Those that cannot be sent as things are now go elsewhere. */
  async #lines(): Promise<readonly string[]> {
    const { store, host } = this.#parts;
    const identity = host.identityOf(this.#job.target);
    const out: string[] = [];
    let after = -1;
    for (;;) {
      const lines = store.jobLines(this.#job.id, { after, limit: slice });
      for (const line of lines) {
        after = line.jobPlace ?? after;
        const text = this.#lineText(line);
        if (text !== null) out.push(text);
      }
      if (lines.length < slice) break;
      await nextTurn();
    }
    const job = store.job(this.#job.id) ?? this.#job;
    // Of two tries nobody knows which one is answered.
    const sentTo = job.identity === undefined || job.identity === identity ? identity : null;
    // A list of batches may tell ours from others by its number of lines alone.
    if (out.length !== this.#job.lines || sentTo !== job.identity)
      store.saveJob({ ...job, lines: out.length, identity: sentTo });
    this.#order = { ...this.#order, lines: out.length };
    return out;
  }

  #lineText(line: BatchLine): string | null {
    const { desk, adapterFor } = this.#parts;
    const { target, provider } = this.#upstream;
    const plan = workOf(line)?.plan ?? null;
    const request = plan === null ? null : desk.requestOf(line);
    if (plan === null || request === null) {
      desk.takeNone(this.#job, line, lost);
      return null;
    }
    const adapter = adapterFor(provider.kind);
    const made = prepareAttempt(adapter, request, { target, provider }, overridesOf(plan));
    if (made.ok) return this.#wire.line(customIdOf(this.#job, line), made.request, provider);
    desk.takeNone(this.#job, line, made.failure);
    return null;
  }

  async #findUpload(): Promise<JobEvent> {
    const { upload } = this.#wire;
    if (upload === null) return { kind: "absent" };
    const found = await this.#lookThrough(
      (after) => upload.list(this.#provider, after),
      (bytes) => upload.find(this.#order, bytes),
      () => Promise.resolve("no"),
    );
    return found.kind === "found" ? { kind: "uploaded", id: found.what } : found.event;
  }

  async #findBatch(): Promise<JobEvent> {
    const found = await this.#lookThrough(
      (after) => this.#wire.list(this.#provider, after),
      (bytes) => this.#wire.find(this.#order, bytes),
      (batch) => this.#isOurs(batch),
    );
    return found.kind === "found" ? { kind: "told", batch: found.what } : found.event;
  }

  async #lookThrough<T>(
    list: (after: string | null) => UpstreamRequest | Failure,
    find: (bytes: Uint8Array) => Sought<T> | null,
    isOurs: (candidate: T) => Promise<"yes" | "no" | "unknown">,
  ): Promise<
    | { readonly kind: "found"; readonly what: T }
    | { readonly kind: "not"; readonly event: JobEvent }
  > {
    const not = (event: JobEvent) => ({ kind: "not", event }) as const;
    let after: string | null = null;
    let isUnknown = false;
    for (let page = 0; page < mostPages; page += 1) {
      const called = await this.#ask(list(after));
      if (!called.ok) return not({ kind: "failed", failure: called.failure, looking: true });
      const sought = find(called.bytes);
      if (sought === null) return not({ kind: "failed", failure: unreadable, looking: true });
      if (sought.kind === "found") return sought;
      if (sought.kind === "perhaps") {
        const picked = await pick(sought.among, isOurs);
        if (picked.ours !== null) return { kind: "found", what: picked.ours };
        isUnknown ||= picked.isUnknown;
      }
      after = sought.kind === "none" ? null : sought.after;
      if (after === null) return not({ kind: isUnknown ? "undecided" : "absent" });
    }
    return not({ kind: "undecided" });
  }

  /** Whether a batch that bears no name is of this job: the first of its results tells. */
  async #isOurs(batch: ProviderBatch): Promise<"yes" | "no" | "unknown"> {
    if (this.#parts.store.knowsProviderBatch(batch.id)) return "no";
    const [first] = batch.results;
    if (first === undefined) return "unknown";
    const splitter = createLineSplitter(this.#parts.limits.lineBytes * 2);
    let ours: boolean | null = null;
    const look = (lines: readonly string[]): boolean => {
      const [line] = lines;
      if (line === undefined) return true;
      ours = this.#wire.readResult(line)?.customId.startsWith(`${this.#job.id}-`) ?? false;
      return false;
    };
    const request = this.#wire.results(this.#provider, first);
    const called = await this.#ask(request, async (bytes) => look(splitter.push(bytes)));
    if (ours === null && called.ok) look(splitter.end());
    if (ours === null) return "unknown";
    return ours ? "yes" : "no";
  }

  async #collect(): Promise<JobEvent> {
    for (const result of this.#job.results) {
      const splitter = createLineSplitter(this.#parts.limits.lineBytes * 2);
      const request = this.#wire.results(this.#provider, result);
      const called = await this.#ask(request, async (bytes) => {
        await this.#take(splitter.push(bytes));
        return true;
      });
      if (!called.ok) return failedBy(called.failure);
      await this.#take(splitter.end());
      if (splitter.skipped > 0)
        this.#parts.warn(`${splitter.skipped} lines of a provider's results are too long`);
    }
    return { kind: "collected" };
  }

  async #take(lines: readonly string[]): Promise<void> {
    for (let at = 0; at < lines.length; at += slice) {
      this.#takeSome(lines.slice(at, at + slice));
      await nextTurn();
    }
  }

  #takeSome(lines: readonly string[]): void {
    const { store, desk, warn } = this.#parts;
    desk.commit(() => {
      for (const text of lines) {
        const result = this.#wire.readResult(text);
        const place = result === null ? null : placeOf(this.#job, result.customId);
        if (result === null || place === null) {
          warn("a line of a provider's results is not as its API promises");
          continue;
        }
        // Results that were taken before a restart come again.
        const line = store.jobLine(this.#job.id, place);
        if (line !== null) desk.takeResult(this.#job, line, result);
      }
    });
  }

  async #told(request: UpstreamRequest | Failure): Promise<JobEvent> {
    const called = await this.#ask(request);
    if (!called.ok) return failedBy(called.failure);
    const batch = this.#wire.read(called.bytes);
    return batch === null ? failedBy(unreadable) : { kind: "told", batch };
  }

  async #ask(request: UpstreamRequest | Failure, take?: Call["take"]): Promise<Called> {
    if (isFailure(request)) return { ok: false, failure: request };
    return await this.#parts.call({
      provider: this.#provider,
      request,
      idleMs: this.#parts.limits.callIdleMs,
      mostBytes: 16 * mebibyte,
      ...(take === undefined ? {} : { take }),
    });
  }
}

/** The candidate that is ours; `isUnknown` when one of them does not tell yet. */
async function pick<T>(
  among: readonly T[],
  isOurs: (candidate: T) => Promise<"yes" | "no" | "unknown">,
): Promise<{ readonly ours: T | null; readonly isUnknown: boolean }> {
  let isUnknown = false;
  for (const candidate of among) {
    const ours = await isOurs(candidate);
    if (ours === "yes") return { ours: candidate, isUnknown };
    isUnknown ||= ours === "unknown";
  }
  return { ours: null, isUnknown };
}

const unreadable = badResponse("the provider's answer about a batch cannot be read");

function failedBy(failure: Failure): JobEvent {
  return { kind: "failed", failure, looking: false };
}

/** What a line is called at its provider: letters, digits, `_` and `-`, at most 64 of them. */
function customIdOf(job: ProviderJob, line: BatchLine): string {
  return `${job.id}-${line.jobPlace}`;
}

function placeOf({ id }: ProviderJob, customId: string): number | null {
  const place = customId.slice(id.length + 1);
  return customId.startsWith(`${id}-`) && /^\d{1,9}$/.test(place) ? Number(place) : null;
}
