import type { Clock } from "../../base/clock.ts";
import type { ProviderKind } from "../../configuration/configuration.ts";
import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { AttemptRecord } from "../dispatch/machine-types.ts";
import type { Plan } from "../plan/plan.ts";
import type { ProviderAdapter, ResponseHead } from "../providers/adapter.ts";
import type { LineResult } from "../providers/batch-wire.ts";
import { batchWireOf } from "../providers/batch-wires.ts";
import { prepareAttempt } from "../providers/prepare-attempt.ts";
import type { Batch, BatchLine, ProviderJob } from "../store/batch-records.ts";
import type { BatchStore } from "../store/batch-store.ts";
import { overridesOf } from "../transport/overrides.ts";
import { expired, isWithinCost, stepsBehind } from "./after-failure.ts";
import { type BatchEvent, endsLines, stepBatch } from "./batch-machine.ts";
import type { EndedLine, LaneHost, LineAnswer, LineWork } from "./host.ts";
import type { LaneLimits } from "./limits.ts";
import { endByFailure, type LineEnd, resultLine, statusOf } from "./line-result.ts";
import { type LiveResult, planFrom } from "./live-line.ts";
import { bodyOfLine } from "./read-input.ts";

export interface DeskParts {
  readonly store: BatchStore;
  readonly host: LaneHost;
  readonly clock: Clock;
  readonly limits: LaneLimits;
  readonly newId: (prefix: string) => string;
  readonly adapterFor: (kind: ProviderKind) => ProviderAdapter;
}

/** Where a decided line waits: with others for a batch at a provider, or to be asked at once; or why it can be neither. */
type Place =
  | { readonly kind: "waits"; readonly group: string | null; readonly work: LineWork }
  | { readonly kind: "fails"; readonly failure: Failure; readonly work: LineWork };

/** Puts lines where they belong and gives them their results: what must be written in one commit is written here. */
export class LineDesk {
  readonly #parts: DeskParts;

  /** Lines that ended in the commit under way, told once it is through. */
  #ended: EndedLine[] | null = null;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Runs what belongs into one commit. What is called inside may use it too. */
  commit<T>(run: () => T): T {
    if (this.#ended !== null) return run();
    const ended: EndedLine[] = [];
    this.#ended = ended;
    let result: T;
    try {
      result = this.#parts.store.transaction(run);
    } finally {
      this.#ended = null;
    }
    for (const line of ended) this.#parts.host.ended(line);
    return result;
  }

  get now(): number {
    return this.#parts.clock.now();
  }

  /** The body of a line; null when its file is gone. */
  bodyOf(batch: Batch, line: BatchLine): Uint8Array | null {
    const bytes = this.#parts.store.files.range(batch.inputFile, line.offset, line.length);
    return bytes === null ? null : bodyOfLine(bytes);
  }

  /** The request of a line, read anew. */
  requestOf(line: BatchLine): ModelRequest | null {
    const batch = this.#parts.store.batch(line.batch);
    const bytes = batch === null ? null : this.bodyOf(batch, line);
    return batch === null || bytes === null ? null : this.#parts.host.read(batch, bytes);
  }

  /** Puts a decided line where it waits for its answer. Inside a transaction, where the line is new in it. */
  place(batch: Batch, line: BatchLine, request: ModelRequest, work: LineWork): void {
    const { plan } = work;
    if (plan === null) return;
    const place = this.#placeOf(plan, request, work);
    if (place.kind === "fails") {
      this.end(line, place.work, endByFailure(place.failure, request.writer.problem));
      return;
    }
    const within = plan.options.batchWithinMs ?? Number.POSITIVE_INFINITY;
    this.#parts.store.decide(line, {
      work: JSON.stringify(place.work),
      deadlineMs: Math.min(batch.expiresAtMs, batch.createdAtMs + within),
      group: place.group,
      atMs: this.now,
    });
  }

  /** A batch at a provider, where the plan's first target has one; else, and after that failed, the rest of the plan at once. */
  #placeOf(plan: Plan, request: ModelRequest, work: LineWork): Place {
    const { host, adapterFor } = this.#parts;
    const name = plan.steps[work.from]?.target ?? null;
    const upstream = name === null ? undefined : host.upstreamOf(name);
    if (name === null || upstream === undefined || work.from > 0)
      return { kind: "waits", group: null, work };
    const { target, provider } = upstream;
    const wire = batchWireOf(provider.kind);
    if (wire?.takes(request) !== true || !isWithinCost(plan, name))
      return { kind: "waits", group: null, work };
    const adapter = adapterFor(provider.kind);
    const prepared = prepareAttempt(adapter, request, { target, provider }, overridesOf(plan));
    if (prepared.ok) {
      const headers = wire.orderHeaders?.(request) ?? {};
      const group = groupKey({ target: name, path: prepared.request.path, headers });
      return { kind: "waits", group, work };
    }
    return this.#after(plan, work, this.#attempt(name, { failure: prepared.failure }));
  }

  /** What becomes of a line whose attempt in a batch failed. */
  #after(plan: Plan, work: LineWork, attempt: AttemptRecord): Place {
    const attempts = [...work.attempts, attempt];
    if (attempt.outcome.kind !== "failed") throw new TypeError("only a failure leads on");
    const { failure } = attempt.outcome;
    const from = stepsBehind(plan, work.from, failure);
    if (from === null) return { kind: "fails", failure, work: { ...work, attempts } };
    return { kind: "waits", group: null, work: { ...work, attempts, from } };
  }

  #attempt(
    target: string,
    {
      failure,
      usage = null,
      startedAtMs = this.now,
    }: { failure?: Failure; usage?: Usage | null; startedAtMs?: number },
  ): AttemptRecord {
    return {
      ...{ attempt: 0, hedge: false, target, step: 0 },
      startedAtMs,
      firstTokenAtMs: null,
      endedAtMs: this.now,
      outcome: failure === undefined ? { kind: "ok" } : { kind: "failed", failure },
      usage: usage === null ? null : { ...usage, tier: "batch" },
      isBatched: true,
    };
  }

  /** Takes the result of a line from a provider's batch. */
  takeResult(job: ProviderJob, line: BatchLine, result: LineResult): void {
    if (result.kind !== "answer") {
      this.takeNone(job, line, result.kind === "expired" ? expired : null);
      return;
    }
    const { host, adapterFor } = this.#parts;
    const work = workOf(line);
    const request = this.requestOf(line);
    const kind = host.upstreamOf(job.target)?.provider.kind;
    if (work?.plan == null || request === null || kind === undefined) {
      this.takeNone(job, line, gone);
      return;
    }
    const adapter = adapterFor(kind);
    const head = { status: result.status, headers: { "content-type": "application/json" } };
    const isFine = result.status < 300;
    const answer = isFine
      ? adapter.readBody(head, result.bytes, request)
      : { ok: false as const, failure: adapter.readError(head, result.bytes) };
    const startedAtMs = job.begunAtMs;
    if (!answer.ok) {
      const attempt = this.#attempt(job.target, { failure: answer.failure, startedAtMs });
      this.#goOn(line, work, attempt);
      return;
    }
    const { body, usage } = answer.reply;
    const attempt = this.#attempt(job.target, { usage, startedAtMs });
    const text = typeof body === "string" ? body : new TextDecoder().decode(body);
    const end: LineEnd = { kind: "answer", body: text, usage };
    const said = work.cached === undefined ? null : eventsOf(adapter, request, head, result.bytes);
    const { target, identity = null } = job;
    const heard = said === null ? null : { target, identity, events: said, request };
    this.end(line, { ...work, attempts: [...work.attempts, attempt] }, end, heard);
  }

  /** A line that its provider's batch has no answer to: null when it was called back. */
  takeNone(job: ProviderJob, line: BatchLine, failure: Failure | null): void {
    const batch = this.#parts.store.batch(line.batch);
    const work = workOf(line);
    const ending = batch === null ? "batch_cancelled" : endsLines(batch);
    if (work === null || failure === null || ending !== null) {
      const isExpired = ending === "batch_expired";
      const code = isExpired ? "batch_expired" : "batch_cancelled";
      this.end(line, work, { kind: "unanswered", code });
      return;
    }
    const startedAtMs = job.begunAtMs;
    this.#goOn(line, work, this.#attempt(job.target, { failure, startedAtMs }));
  }

  /** After a failure in a batch: the rest of the plan at once, where it takes the cause and there is time. */
  #goOn(line: BatchLine, work: LineWork, attempt: AttemptRecord): void {
    const { plan } = work;
    if (plan === null || attempt.outcome.kind !== "failed") return;
    const next = this.#after(plan, work, attempt);
    const batch = this.#parts.store.batch(line.batch);
    const hasTime = line.deadlineMs > this.now && batch?.status === "in_progress";
    if (next.kind === "waits" && hasTime) {
      this.#parts.store.decide(line, {
        work: JSON.stringify(next.work),
        deadlineMs: line.deadlineMs,
        group: null,
        atMs: this.now,
      });
      return;
    }
    this.end(line, next.work, this.#failureEnd(attempt.outcome.failure, batch));
  }

  #failureEnd(failure: Failure, batch: Batch | null): LineEnd {
    if (failure.code === expired.code || batch === null)
      return { kind: "unanswered", code: "batch_expired" };
    return endByFailure(failure, (problem) =>
      this.#parts.host.problemBody(batch.endpoint, problem),
    );
  }

  /** Takes what a live request came to. */
  takeLive(line: BatchLine, work: LineWork, request: ModelRequest, live: LiveResult): void {
    const { result, body } = live;
    const { clock } = this.#parts;
    // Attempts are timed by the monotonic clock, which a restart begins anew.
    const epoch = clock.now() - clock.monotonic();
    const attempts = result.attempts.map((attempt) => ({
      ...attempt,
      step: attempt.step + work.from,
      startedAtMs: attempt.startedAtMs + epoch,
      endedAtMs: attempt.endedAtMs + epoch,
      isBatched: false,
    }));
    const done = { ...work, attempts: [...work.attempts, ...attempts] };
    const usage = result.attempts.at(-1)?.usage ?? null;
    if (result.outcome === "ok" && body !== null)
      this.end(
        line,
        done,
        { kind: "answer", body, usage },
        live.heard === null ? null : { ...live.heard, request },
      );
    else if (result.failure !== null)
      this.end(line, done, endByFailure(result.failure, request.writer.problem));
  }

  /** The plan of a live line: what of it is not behind. */
  livePlan({ plan, from }: LineWork): Plan | null {
    return plan === null ? null : planFrom(plan, from);
  }

  /** Gives a line its result, in one commit with all that follows for its batch. Harmless for one that has its result. */
  end(
    line: BatchLine,
    work: LineWork | null,
    end: LineEnd,
    answer: LineAnswer | null = null,
  ): void {
    this.commit(() => this.#end({ line, work, end, answer }));
  }

  #end({
    line,
    work,
    end,
    answer,
  }: {
    readonly line: BatchLine;
    readonly work: LineWork | null;
    readonly end: LineEnd;
    readonly answer: LineAnswer | null;
  }): void {
    const { store } = this.#parts;
    const ok = end.kind === "answer";
    const text = resultLine(line, work?.grounds.id ?? "", end);
    if (!store.finish(line, { ok, text })) return;
    this.tell(line.batch, { kind: "line-ended", ok, usage: ok ? end.usage : null });
    const batch = store.batch(line.batch);
    if (work === null || batch === null) return;
    const isRejected = end.kind === "problem" && work.plan === null;
    const outcome = isRejected ? "rejected" : "failed";
    const status = statusOf(end);
    this.#ended?.push({
      ...{ batch, work, outcome: ok ? "ok" : outcome, status, endedAtMs: this.now, answer },
      ...(end.kind === "unanswered" ? { code: end.code } : {}),
    });
  }

  /** Tells a batch what happened to it, and does what follows. */
  tell(id: string, event: BatchEvent): void {
    this.commit(() => {
      const { store, limits } = this.#parts;
      const before = store.batch(id);
      if (before === null) return;
      const { batch, action } = stepBatch(before, event, this.now);
      if (batch !== before) store.saveBatch(batch, this.now + limits.keepMs);
      if (action === "write-files") this.#writeFiles(batch);
    });
  }

  /** The files of a batch's results, which are read from its lines when they are asked for. */
  #writeFiles(batch: Batch): void {
    const { store, newId, limits } = this.#parts;
    const file = (ok: boolean): string | null => {
      const bytes = store.resultBytes(batch.id, ok);
      if (bytes === 0) return null;
      const id = newId("file-");
      store.files.putResults(
        {
          id,
          owner: batch.owner,
          purpose: "batch_output",
          filename: `${batch.id}_${ok ? "output" : "error"}.jsonl`,
          createdAtMs: this.now,
          expiresAtMs: this.now + limits.keepMs,
          results: { batch: batch.id, ok },
        },
        bytes,
      );
      return id;
    };
    this.tell(batch.id, { kind: "filed", output: file(true), error: file(false) });
  }
}

/** What all lines of a batch at a provider have in common. */
export type Group = Pick<ProviderJob, "target" | "path"> & {
  readonly headers: NonNullable<ProviderJob["headers"]>;
};

/** What a provider's whole answer says; null where it cannot be told. */
function eventsOf(
  adapter: ProviderAdapter,
  request: ModelRequest,
  head: ResponseHead,
  bytes: Uint8Array,
): readonly AnswerEvent[] | null {
  const decoder = adapter.openEvents(head, request);
  const events = [...decoder.push(bytes), ...decoder.end()];
  return decoder.failure === null ? events : null;
}

/** Names a group of lines that can be one batch at a provider. */
export function groupKey({ target, path, headers }: Group): string {
  const isPlain = Object.keys(headers).length === 0;
  return `${target}\n${path}${isPlain ? "" : `\n${JSON.stringify(headers)}`}`;
}

/** The group that a key names. */
export function groupOf(key: string): Group {
  const [target = "", path = "", headers = "{}"] = key.split("\n");
  return { target, path, headers: JSON.parse(headers) as Group["headers"] };
}

/** What was decided for a line; null before. */
export function workOf({ work }: BatchLine): LineWork | null {
  return work === null ? null : (JSON.parse(work) as LineWork);
}

/** A target that the configuration has no longer. */
const gone: Failure = {
  cause: "unavailable",
  retrySame: false,
  code: "upstream_unavailable",
  message: "the model that this request was sent to is not configured any more",
};
