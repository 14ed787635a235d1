import type { Dispatcher } from "undici";
import { BugError } from "../../base/assert.ts";
import type { Provider } from "../../configuration/configuration.ts";
import type { Failure } from "../../protocol/failure.ts";
import { failureToProblem } from "../../protocol/failure-to-problem.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import type { Usage } from "../../protocol/usage.ts";
import { ourFault } from "../dispatch/machine-failures.ts";
import type { Alarm, Attempt, AttemptOrder, AttemptReports } from "../dispatch/world.ts";
import type {
  ProviderAdapter,
  Reply,
  ResponseHead,
  StreamReader,
  UpstreamRequest,
} from "../providers/adapter.ts";
import { prepareAttempt } from "../providers/prepare-attempt.ts";
import { type AnswerTap, notAccepted, tapOf } from "./answer-tap.ts";
import { BoundedBytes } from "./bounded-bytes.ts";
import { holdsEvents } from "./holds-events.ts";
import type { ModelJob, SocketSurroundings } from "./model-job.ts";
import { overridesOf } from "./overrides.ts";
import { streamUsage } from "./stream-usage.ts";
import {
  badResponse,
  cutStream,
  diedIdle,
  queueFull,
  refusedBySender,
  transportFailure,
} from "./transport-failure.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** Starts one attempt over a socket. A request that cannot be built fails before this returns. */
export function startSocketAttempt(
  world: SocketSurroundings,
  order: AttemptOrder<ModelJob>,
  reports: AttemptReports,
): Attempt {
  const attempt = new SocketAttempt(world, order, reports);
  attempt.begin();
  return attempt;
}

/** Reason given to undici for what we stop ourselves; it is reported to nobody. */
const stopped = new Error("stopped by the dispatch");

const empty = new Uint8Array(0);

/** A kept-alive connection that the other side has closed says so within a round trip; later, the request may have been at work. */
export const diesIdleWithinMs = 1_000;

/**
 * Pings alone keep a stream from being idle for so many idle limits beyond its last content: a model that thinks unseen sends
 * nothing else, and neither does one that hangs behind a proxy.
 */
export const pingsCountFor = 2;

/** What is done with the bytes of a response. */
type Reading = "nothing" | "stream" | "body" | "error";

class SocketAttempt implements Attempt, Dispatcher.DispatchHandler {
  readonly #world: SocketSurroundings;
  readonly #order: AttemptOrder<ModelJob>;
  readonly #reports: AttemptReports;
  /** What is asked: the client's request, or one that goes on with its answer. */
  readonly #request: ModelRequest;
  #provider: Provider | null = null;
  #adapter: ProviderAdapter | null = null;
  #sent: UpstreamRequest | null = null;
  #controller: Dispatcher.DispatchController | null = null;

  #reading: Reading = "nothing";
  #head: ResponseHead | null = null;
  #bytes: BoundedBytes | null = null;
  #reader: StreamReader | null = null;
  #reply: Reply | null = null;
  /** Where the policy looks at the answer before it is handed on. */
  #tap: AnswerTap | null = null;

  /** Nothing is reported any more. */
  #over = false;
  #committed = false;
  #paused = false;
  #sentTwice = false;
  #sentAtMs = 0;
  #lastByteAtMs: number;
  /** When a stream last held more than pings. */
  #lastContentAtMs: number;
  /** Runs while a whole answer's connection has not ended yet. */
  #linger: Alarm | null = null;
  #lingering = 0;
  /** Bytes of a whole answer that the World was told of. */
  #kept = 0;

  constructor(world: SocketSurroundings, order: AttemptOrder<ModelJob>, reports: AttemptReports) {
    this.#world = world;
    this.#order = order;
    this.#reports = reports;
    const { job, continues } = order;
    this.#request = job.continuation?.requestOf(continues) ?? job.request;
    this.#lastByteAtMs = world.now();
    this.#lastContentAtMs = this.#lastByteAtMs;
  }

  begin(): void {
    this.#guard(() => {
      const { job, target, attempt } = this.#order;
      const upstream = job.upstreamOf(target);
      if (upstream === undefined) throw new BugError("no upstream for a target of the plan");
      const { provider } = upstream;
      this.#adapter = this.#world.parts.adapterOf(provider);
      const overrides = overridesOf(job.plan);
      const made = prepareAttempt(this.#adapter, this.#request, upstream, overrides);
      if (made.ok) {
        this.#provider = provider;
        const more = job.headersOf?.(attempt, target) ?? [];
        const { request } = made;
        this.#sent =
          more.length === 0 ? request : { ...request, headers: [...request.headers, ...more] };
        this.#dispatch();
      } else {
        this.#fail(made.failure);
      }
    });
  }

  lastByteAtMs(): number {
    if (this.#paused) return this.#world.now();
    const { idleMs } = this.#order.job.plan;
    return Math.min(this.#lastByteAtMs, this.#lastContentAtMs + pingsCountFor * idleMs);
  }

  usage(): Usage | null {
    return this.#reader ? streamUsage(this.#reader, this.#order.job) : (this.#reply?.usage ?? null);
  }

  commit(sent: number): void {
    const { job, target } = this.#order;
    const dropped = this.#sent?.dropped ?? [];
    const told = { target, attempts: sent, heardAtMs: this.#lastByteAtMs };
    const commitment = dropped.length === 0 ? told : { ...told, dropped };
    this.#committed = true;
    this.#tap?.commit(target, this.#order.continues);
    if (this.#reply) {
      job.sink.reply(commitment, this.#reply.body, this.#reply.contentType);
      return;
    }
    if (!this.#order.continues) job.sink.open(commitment);
    for (const held of this.#bytes?.takeAll() ?? []) this.#write(held);
  }

  close(failure: Failure | null): void {
    const { sink } = this.#order.job;
    if (failure === null) sink.end();
    else sink.fail(failure, this.#reader?.broken?.(failureToProblem(failure)) ?? undefined);
  }

  abort(): void {
    if (this.#over) return;
    this.#end();
    this.#controller?.abort(stopped);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown here, the request is dropped and its connection goes to the next one.
    if (this.#over) throw stopped;
    this.#controller = controller;
    this.#sentAtMs = this.#world.now();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHead["headers"],
  ): void {
    if (this.#over || status < 200) return;
    this.#guard(() => this.#open({ status, headers }));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#over) {
      this.#lingering += chunk.length;
      if (this.#lingering > this.#world.limits.errorBytes) this.#controller?.abort(stopped);
      return;
    }
    this.#lastByteAtMs = this.#world.now();
    this.#guard(() => this.#take(chunk));
  }

  onResponseEnd(): void {
    this.#linger?.clear();
    if (!this.#over) this.#guard(() => this.#whole());
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#linger?.clear();
    if (this.#over) return;
    this.#guard(() => {
      if (refusedBySender(error)) throw error;
      if (this.#maySendAgain() && diedIdle(error)) {
        this.#sentTwice = true;
        this.#controller = null;
        this.#dispatch();
        return;
      }
      const failure = transportFailure(error, this.#head !== null);
      this.#fail(this.#reading === "stream" && failure.cause === "network" ? cutStream : failure);
    });
  }

  /** Once, where nothing of an answer came and the time was too short for any work on it. */
  #maySendAgain(): boolean {
    if (this.#head !== null || this.#sentTwice) return false;
    return this.#world.now() - this.#sentAtMs < diesIdleWithinMs;
  }

  #dispatch(): void {
    if (!this.#provider || !this.#sent) return;
    const taken = this.#world.parts.pools.dispatch(this.#provider, this.#sent, this);
    if (!taken) this.#fail(queueFull);
  }

  #open(head: ResponseHead): void {
    const { job } = this.#order;
    const { limits } = this.#world;
    this.#head = head;
    const encoding = head.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      // Bytes that cannot be read: the status still tells what kind of error it is.
      this.#cut(head.status > 299 ? this.#readFailure() : badResponse);
    } else if (head.status > 299) {
      this.#reading = "error";
      this.#bytes = new BoundedBytes(limits.errorBytes);
    } else {
      const emptyMs = this.#adapter?.exhaustedMs?.(head);
      if (emptyMs !== undefined) this.#reports.exhausted(this.#order.attempt, emptyMs);
      this.#reading = job.streamed ? "stream" : "body";
      if (job.streamed) this.#reader = this.#openStream(head);
      const adapter = this.#adapter;
      if (adapter !== null) this.#tap = tapOf(job, () => adapter.openEvents(head, this.#request));
      const isWholeHeld = !job.streamed || job.accepts !== undefined;
      this.#bytes = new BoundedBytes(isWholeHeld ? limits.bodyBytes : limits.heldBytes);
    }
  }

  #openStream(head: ResponseHead): StreamReader | null {
    const { job, continues } = this.#order;
    if (this.#adapter === null) return null;
    return job.continuation === undefined
      ? this.#adapter.openStream(head, this.#request)
      : job.continuation.open(this.#adapter.openEvents(head, this.#request), continues);
  }

  #take(chunk: Uint8Array): void {
    this.#tap?.push(chunk);
    if (this.#reader) {
      this.#relay(this.#reader, chunk);
    } else if (this.#bytes?.add(chunk)) {
      this.#kept += chunk.length;
      this.#world.parts.held?.hold(chunk.length);
    } else {
      this.#cut(this.#reading === "error" ? this.#readFailure() : badResponse);
    }
  }

  #relay(reader: StreamReader, chunk: Uint8Array): void {
    const out = reader.push(chunk);
    if (out && holdsEvents(out)) this.#lastContentAtMs = this.#lastByteAtMs;
    const fault = this.#handOn(reader, out);
    if (fault) {
      this.#cut(fault);
      return;
    }
    if (reader.meaningful && !this.#committed) this.#reports.firstToken(this.#order.attempt);
    if (this.#over || !reader.done) return;
    this.#complete(this.usage());
    this.#startLinger();
  }

  /**
   * Gives bytes of a stream to the client or holds them back, and tells what is wrong with the stream. A failure
   * before the commit drops them: nothing has reached the client, so another target can still take over.
   */
  #handOn(reader: StreamReader, out: Uint8Array | null): Failure | null {
    if (this.#committed) {
      if (out) this.#write(out);
      return reader.failure;
    }
    if (reader.failure) return reader.failure;
    return out && !this.#bytes?.add(out) ? badResponse : null;
  }

  #write(out: Uint8Array): void {
    const { sink } = this.#order.job;
    if (sink.write(out) || this.#paused || this.#over) return;
    this.#paused = true;
    this.#controller?.pause();
    sink.whenDrained(() => this.#resume());
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#lastByteAtMs = this.#world.now();
    this.#lastContentAtMs = this.#lastByteAtMs;
    this.#controller?.resume();
  }

  #whole(): void {
    if (this.#reader) {
      const out = this.#reader.end();
      const fault = this.#handOn(this.#reader, out);
      if (fault) this.#fail(fault);
      else this.#complete(this.usage());
    } else if (this.#reading === "error") {
      this.#fail(this.#readFailure());
    } else {
      this.#wholeBody();
    }
  }

  #readFailure(): Failure {
    if (!this.#head || !this.#adapter) return badResponse;
    return this.#adapter.readError(this.#head, this.#bytes?.join() ?? empty);
  }

  #wholeBody(): void {
    if (!this.#head || !this.#adapter) return;
    const answer = this.#adapter.readBody(this.#head, this.#bytes?.join() ?? empty, this.#request);
    if (answer.ok) {
      this.#reply = answer.reply;
      this.#complete(answer.reply.usage);
    } else {
      this.#fail(answer.failure);
    }
  }

  #complete(usage: Usage | null): void {
    const { job, target } = this.#order;
    const said = this.#tap?.whole();
    if (said !== undefined && job.accepts?.(target, said) === false) {
      this.#fail(notAccepted);
      return;
    }
    this.#end();
    this.#reports.completed(this.#order.attempt, usage);
  }

  /** A failure in the middle of a response: its connection is of no more use. */
  #cut(failure: Failure): void {
    const usage = this.usage();
    this.#end();
    this.#controller?.abort(stopped);
    this.#reports.failed(this.#order.attempt, this.#tellable(failure), usage);
  }

  #fail(failure: Failure): void {
    const usage = this.usage();
    this.#end();
    this.#reports.failed(this.#order.attempt, this.#tellable(failure), usage);
  }

  #tellable(failure: Failure): Failure {
    return this.#provider ? withoutSecrets(failure, this.#provider) : failure;
  }

  #end(): void {
    this.#over = true;
    this.#world.parts.held?.release(this.#kept);
    this.#kept = 0;
  }

  /** The answer is whole, the connection not yet free: what still comes is dropped, for a while. */
  #startLinger(): void {
    this.#resume();
    const { timers } = this.#world.parts;
    this.#linger = timers.createAlarm(() => this.#controller?.abort(stopped));
    this.#linger.set(this.#world.now() + this.#world.limits.lingerMs);
  }

  /** Runs a callback of undici's: a fault of ours in it fails the attempt, and is reported as what it is. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#world.parts.onBug(error);
      if (!this.#over) this.#cut(ourFault);
    }
  }
}
