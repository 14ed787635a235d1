import { randomUUID } from "node:crypto";
import { BugError } from "../../base/assert.ts";
import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import type { Usage } from "../../protocol/usage.ts";
import { ourFault } from "../dispatch/machine-failures.ts";
import type { Alarm, Attempt, AttemptOrder, AttemptReports } from "../dispatch/world.ts";
import type { Reply, StreamReader } from "../providers/adapter.ts";
import { Carrier } from "../providers/carrier.ts";
import type { AnswerDecoder } from "../providers/decoder.ts";
import { readErrorAnswer } from "../providers/read-error-answer.ts";
import { translateStream, translateWhole } from "../providers/translation.ts";
import { unableToTake } from "../providers/unable.ts";
import { notAccepted, SaidSoFar } from "../transport/answer-tap.ts";
import { BoundedBytes } from "../transport/bounded-bytes.ts";
import { FetchWatch } from "../transport/fetch-watch.ts";
import type { ModelJob, SocketSurroundings, Upstream } from "../transport/model-job.ts";
import { watched } from "../transport/outgoing-fetch.ts";
import { overridesOf } from "../transport/overrides.ts";
import { pingsCountFor } from "../transport/socket-attempt.ts";
import { streamUsage } from "../transport/stream-usage.ts";
import { badResponse, cutStream } from "../transport/transport-failure.ts";
import { withoutSecrets } from "../transport/without-secrets.ts";
import { toCallOptions } from "./call-options.ts";
import { type Fields, fetchedUrlsOf, type LanguageModel } from "./language-model.ts";
import { decodeGenerated, PartDecoder, type PartReading } from "./part-decoder.ts";
import { sdkFailure } from "./sdk-failure.ts";
import type { SdkProvider } from "./sdk-provider.ts";
import { noteWarnings } from "./warnings.ts";

/** What an attempt through a package runs in. */
export interface BridgeSurroundings {
  readonly world: SocketSurroundings;
  /** Who serves a provider. */
  sdkOf(upstream: Upstream): SdkProvider;
  /** Told when a package fails in a way that is neither its provider's nor ours. */
  onFault(error: unknown, provider: string): void;
}

/** Starts one attempt through a provider's package: the same contract as one over a socket. */
export function startBridgeAttempt(
  surroundings: BridgeSurroundings,
  order: AttemptOrder<ModelJob>,
  reports: AttemptReports,
): Attempt {
  const attempt = new BridgeAttempt(surroundings, order, reports);
  attempt.begin();
  return attempt;
}

/** A package that failed by itself before its provider answered. */
const packageFailed: Failure = {
  cause: "unavailable",
  retrySame: false,
  code: "upstream_package_failed",
  message: "the provider's package failed",
};

class BridgeAttempt implements Attempt {
  readonly #surroundings: BridgeSurroundings;
  readonly #world: SocketSurroundings;
  readonly #order: AttemptOrder<ModelJob>;
  readonly #reports: AttemptReports;
  /** What is asked: the client's request, or one that goes on with its answer. */
  readonly #request: ModelRequest;
  readonly #upstream: Upstream;
  readonly #watch: FetchWatch;
  readonly #carrier: Carrier;
  readonly #abort = new AbortController();
  readonly #held: BoundedBytes;

  #reader: StreamReader<unknown> | null = null;
  #parts: ReadableStreamDefaultReader<unknown> | null = null;
  #reply: Reply | null = null;
  readonly #said: SaidSoFar;

  /** Nothing is reported any more. */
  #over = false;
  #committed = false;
  /** Fulfilled when the client takes more; null while it does. */
  #drained: PromiseWithResolvers<void> | null = null;
  #lastContentAtMs: number;

  constructor(
    surroundings: BridgeSurroundings,
    order: AttemptOrder<ModelJob>,
    reports: AttemptReports,
  ) {
    const { world } = surroundings;
    const { job, target } = order;
    const upstream = job.upstreamOf(target);
    if (upstream === undefined) throw new BugError("no upstream for a target of the plan");
    this.#surroundings = surroundings;
    this.#world = world;
    this.#order = order;
    this.#reports = reports;
    this.#request = job.continuation?.requestOf(order.continues) ?? job.request;
    this.#upstream = upstream;
    this.#carrier = new Carrier(job.plan.options.dropUnsupported === true);
    const { heldBytes, bodyBytes } = world.limits;
    this.#said = new SaidSoFar(job.listener);
    this.#held = new BoundedBytes(job.accepts === undefined ? heldBytes : bodyBytes);
    this.#watch = new FetchWatch({
      streamed: job.streamed,
      limits: world.limits,
      now: () => world.now(),
      onBug: world.parts.onBug,
    });
    this.#lastContentAtMs = world.now();
  }

  begin(): void {
    void watched(this.#watch, () => this.#run()).catch((error: unknown) => {
      if (this.#over) return;
      this.#guard(() => {
        if (error instanceof BugError) throw error;
        this.#fail(this.#failureOf(error));
      });
    });
  }

  lastByteAtMs(): number {
    if (this.#drained !== null) return this.#world.now();
    const { idleMs } = this.#order.job.plan;
    return Math.min(this.#watch.lastByteAtMs, this.#lastContentAtMs + pingsCountFor * idleMs);
  }

  usage(): Usage | null {
    return this.#reader ? streamUsage(this.#reader, this.#order.job) : (this.#reply?.usage ?? null);
  }

  commit(sent: number): void {
    const { job, target } = this.#order;
    const { dropped } = this.#carrier;
    const told = dropped.length === 0 ? {} : { dropped };
    const commitment = { target, attempts: sent, ...told };
    this.#committed = true;
    this.#said.commit(target, this.#order.continues);
    if (this.#reply) {
      job.sink.reply(commitment, this.#reply.body);
      return;
    }
    if (!this.#order.continues) job.sink.open(commitment);
    for (const held of this.#held.takeAll()) this.#write(held);
  }

  close(failure: Failure | null): void {
    if (failure === null) this.#order.job.sink.end();
    else this.#order.job.sink.fail(failure);
  }

  abort(): void {
    if (this.#over) return;
    this.#end();
    this.#stop();
  }

  async #run(): Promise<void> {
    const { target } = this.#upstream;
    const { job } = this.#order;
    const sdk = this.#surroundings.sdkOf(this.#upstream);
    const model = sdk.model(target.model);
    const urls = await fetchedUrlsOf(model);
    if (this.#over) return;
    const goal = {
      version: model.specificationVersion,
      namespace: sdk.namespace,
      urls,
      model: target.model,
      target,
      overrides: overridesOf(job.plan),
    };
    let asked: Fields | null = null;
    this.#guard(() => {
      const unable =
        goal.overrides.dropUnsupported === true ? null : unableToTake(this.#request, target);
      if (unable !== null) {
        this.#fail(unable);
        return;
      }
      const conversation = this.#request.conversation();
      asked = toCallOptions(conversation, goal, this.#carrier);
      if (this.#carrier.failure !== null) this.#fail(this.#carrier.failure);
    });
    if (this.#over || asked === null) return;
    const abortSignal = this.#abort.signal;
    await this.#ask(model, { ...(asked as Fields), ...this.#headers(), abortSignal });
  }

  /** What an attempt bears beside the headers of its package. */
  #headers(): Fields {
    const { job, attempt, target } = this.#order;
    const pairs = job.headersOf?.(attempt, target) ?? [];
    const headers: Record<string, string> = {};
    for (let at = 0; at < pairs.length; at += 2) headers[pairs[at] ?? ""] = pairs[at + 1] ?? "";
    return pairs.length === 0 ? {} : { headers };
  }

  async #ask(model: LanguageModel, options: Fields): Promise<void> {
    const { job } = this.#order;
    if (!job.streamed) {
      const generated = await model.doGenerate(options);
      if (this.#over) return;
      const decoded = decodeGenerated(generated, this.#reading());
      if (decoded.ok) this.#said.add(decoded.events);
      this.#guard(() => {
        const answer = translateWhole(decoded, this.#request);
        const refused = this.#carrier.failure;
        if (!answer.ok) this.#fail(answer.failure);
        else if (refused !== null) this.#fail(refused, answer.reply.usage);
        else {
          this.#reply = answer.reply;
          this.#complete(answer.reply.usage);
        }
      });
      return;
    }
    const { stream } = await model.doStream(options);
    const parts = stream.getReader();
    this.#parts = parts;
    if (this.#over) {
      this.#stop();
      return;
    }
    const decoder = this.#listening(new PartDecoder(this.#reading()));
    const reader =
      job.continuation?.open(decoder, this.#order.continues) ??
      translateStream(decoder, this.#request);
    this.#reader = reader;
    await this.#pump(parts, reader);
  }

  async #pump(
    parts: ReadableStreamDefaultReader<unknown>,
    reader: StreamReader<unknown>,
  ): Promise<void> {
    while (!this.#over) {
      const { done, value } = await parts.read();
      this.#watch.unread = 0;
      if (this.#over) break;
      this.#guard(() => this.#take(reader, done ? null : { value }));
      if (this.#drained !== null) await this.#drained.promise;
    }
    if (reader.done && reader.failure === null) await this.#linger(parts);
  }

  /** One part, or the end of them. */
  #take(reader: StreamReader<unknown>, part: { readonly value: unknown } | null): void {
    const out = part === null ? reader.end() : reader.push(part.value);
    if (out !== null) this.#lastContentAtMs = this.#world.now();
    const fault = this.#handOn(reader, out);
    if (fault !== null) {
      this.#fail(fault);
      return;
    }
    if (reader.meaningful && !this.#committed) this.#reports.firstToken(this.#order.attempt);
    if (!this.#over && reader.done) this.#complete(this.usage());
  }

  /** Gives bytes to the client or holds them back, and tells what is wrong: before the commit that drops them. */
  #handOn(reader: StreamReader<unknown>, out: Uint8Array | null): Failure | null {
    const refused = this.#carrier.failure;
    if (refused !== null && !this.#committed) return refused;
    if (this.#committed) {
      if (out) this.#write(out);
      return reader.failure;
    }
    if (reader.failure) return reader.failure;
    return out && !this.#held.add(out) ? badResponse : null;
  }

  #write(out: Uint8Array): void {
    const { sink } = this.#order.job;
    if (sink.write(out) || this.#drained !== null || this.#over) return;
    this.#drained = Promise.withResolvers<void>();
    sink.whenDrained(() => this.#resume());
  }

  #resume(): void {
    const drained = this.#drained;
    if (drained === null) return;
    this.#drained = null;
    const now = this.#world.now();
    this.#watch.lastByteAtMs = now;
    this.#lastContentAtMs = now;
    drained.resolve();
  }

  /** The answer is whole, its connection not yet free: what still comes is dropped, for a while. */
  async #linger(parts: ReadableStreamDefaultReader<unknown>): Promise<void> {
    const { timers } = this.#world.parts;
    const alarm: Alarm = timers.createAlarm(() => this.#stop());
    alarm.set(this.#world.now() + this.#world.limits.lingerMs);
    try {
      while (!(await parts.read()).done) this.#watch.unread = 0;
    } finally {
      alarm.clear();
      this.#stop();
    }
  }

  #reading(): PartReading {
    return {
      id: randomUUID(),
      model: this.#upstream.target.model,
      created: Math.floor(this.#world.parts.clock.now() / 1000),
      failureOf: (error) => this.#failureOf(error),
      warned: (warnings) => noteWarnings(warnings, this.#carrier),
    };
  }

  /** What went wrong: what was seen on the wire counts, and the package's own words where nothing was. */
  #failureOf(error: unknown): Failure {
    const { failure, head, errorBytes } = this.#watch;
    if (failure !== null)
      return this.#reader !== null && failure.cause === "network" ? cutStream : failure;
    if (head !== null && head.status > 299) return readErrorAnswer(head, errorBytes.join());
    const told = sdkFailure(error);
    if (told !== null) return told;
    this.#surroundings.onFault(error, this.#upstream.provider.name);
    if (head === null) return packageFailed;
    return this.#reader === null ? badResponse : cutStream;
  }

  /** Keeps what is said where somebody looks at it or hears it. */
  #listening(decoder: AnswerDecoder<unknown>): AnswerDecoder<unknown> {
    const { accepts, listener } = this.#order.job;
    if (accepts === undefined && listener === undefined) return decoder;
    const keep = (events: readonly AnswerEvent[]): readonly AnswerEvent[] => {
      this.#said.add(events);
      return events;
    };
    return {
      push: (part) => keep(decoder.push(part)),
      end: () => keep(decoder.end()),
      get done() {
        return decoder.done;
      },
      get failure() {
        return decoder.failure;
      },
    };
  }

  #complete(usage: Usage | null): void {
    const { job, target } = this.#order;
    if (job.accepts?.(target, this.#said.events) === false) {
      this.#fail(notAccepted, usage);
      return;
    }
    this.#end();
    if (this.#reader === null) this.#stop();
    this.#reports.completed(this.#order.attempt, usage);
  }

  #fail(failure: Failure, usage: Usage | null = this.usage()): void {
    this.#end();
    this.#stop();
    const told = withoutSecrets(failure, this.#upstream.provider);
    this.#reports.failed(this.#order.attempt, told, usage);
  }

  #end(): void {
    this.#over = true;
  }

  /** Frees whatever the package holds. */
  #stop(): void {
    this.#watch.close();
    this.#abort.abort();
    this.#drained?.resolve();
    // The attempt is over and told of: that its package's stream had failed by then, or minds being stopped, changes nothing.
    this.#parts?.cancel().catch(() => undefined);
  }

  /** A fault of ours fails the attempt, and is reported as what it is. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#world.parts.onBug(error);
      if (!this.#over) this.#fail(ourFault);
    }
  }
}
