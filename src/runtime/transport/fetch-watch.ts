import type { Dispatcher } from "undici";
import type { Failure } from "../../protocol/failure.ts";
import { maxEventLength } from "../../protocol/sse.ts";
import type { ResponseHead } from "../providers/adapter.ts";
import { BoundedBytes } from "./bounded-bytes.ts";
import type { AnswerLimits } from "./model-job.ts";
import { diesIdleWithinMs } from "./socket-attempt.ts";
import { badResponse, diedIdle, refusedBySender, transportFailure } from "./transport-failure.ts";

/** Reason given for what we stop ourselves. */
const stopped = new Error("stopped by the dispatch");

/** Most bytes of a stream that its package may hold back before it makes a part of them. */
const mostUnread = maxEventLength + 1024 * 1024;

/** Most bytes between socket and package that wait to be read before the socket is paused. */
const bufferedBytes = 64 * 1024;

/** Bodies that a status cannot have. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

export interface FetchWatchParts {
  readonly streamed: boolean;
  readonly limits: AnswerLimits;
  /** Monotonic milliseconds. */
  now(): number;
  /** Told of a fault of our own. */
  onBug(error: unknown): void;
}

/** What one attempt's package sends, bounded, and what was seen of it: the truth about a failure, however the package words it. */
export class FetchWatch {
  readonly parts: FetchWatchParts;
  /** Of the last response. */
  head: ResponseHead | null = null;
  /** Body of the last response, when that is an error. */
  errorBytes: BoundedBytes;
  /** The first failure of transport. */
  failure: Failure | null = null;
  lastByteAtMs: number;
  /** Bytes that came since the package last made something of them. */
  unread = 0;
  readonly #open = new Set<Transfer>();
  #closed = false;

  constructor(parts: FetchWatchParts) {
    this.parts = parts;
    this.lastByteAtMs = parts.now();
    this.errorBytes = new BoundedBytes(parts.limits.errorBytes);
  }

  /** A fetch that is not made. */
  refuse(failure: Failure): Promise<never> {
    this.failure ??= failure;
    return Promise.reject(fetchError(new Error(failure.message)));
  }

  /** Stops all that runs, and lets nothing more begin. */
  close(): void {
    this.#closed = true;
    for (const transfer of [...this.#open]) transfer.stop();
  }

  get closed(): boolean {
    return this.#closed;
  }

  began(transfer: Transfer): void {
    this.#open.add(transfer);
  }

  ended(transfer: Transfer): void {
    this.#open.delete(transfer);
  }
}

/** How the global fetch rejects when there is no response. */
function fetchError(cause: Error): TypeError {
  return new TypeError("fetch failed", { cause });
}

/** One request and its response: undici's callbacks on one side, a Response on the other. */
export class Transfer implements Dispatcher.DispatchHandler {
  readonly response: Promise<Response>;
  readonly #watch: FetchWatch;
  readonly #dispatch: (handler: Dispatcher.DispatchHandler) => boolean;
  readonly #signal: AbortSignal | null;
  readonly #settle: PromiseWithResolvers<Response>;
  readonly #aborted = (): void => this.stop();
  #controller: Dispatcher.DispatchController | null = null;
  #body: ReadableStreamDefaultController<Uint8Array> | null = null;
  #status = 0;
  #length = 0;
  #over = false;
  #sentTwice = false;
  #sentAtMs = 0;

  constructor(
    watch: FetchWatch,
    dispatch: (handler: Dispatcher.DispatchHandler) => boolean,
    signal: AbortSignal | null,
  ) {
    this.#watch = watch;
    this.#dispatch = dispatch;
    this.#signal = signal;
    this.#settle = Promise.withResolvers<Response>();
    this.response = this.#settle.promise;
  }

  /** False when nothing was sent. */
  begin(): boolean {
    if (this.#watch.closed) {
      this.#over = true;
      this.#settle.reject(this.#reason());
      return true;
    }
    this.#signal?.addEventListener("abort", this.#aborted);
    this.#watch.began(this);
    if (this.#dispatch(this)) return true;
    this.#end();
    return false;
  }

  stop(): void {
    if (this.#over) return;
    this.#end();
    this.#controller?.abort(stopped);
    this.#reject(this.#reason());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#over) throw stopped;
    this.#controller = controller;
    this.#sentAtMs = this.#watch.parts.now();
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
    if (this.#over) return;
    this.#watch.lastByteAtMs = this.#watch.parts.now();
    this.#guard(() => this.#take(chunk));
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#end();
    this.#guard(() => this.#body?.close());
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#over) return;
    this.#guard(() => {
      if (refusedBySender(error)) throw error;
      if (this.#maySendAgain() && diedIdle(error)) {
        this.#sentTwice = true;
        this.#controller = null;
        if (this.#dispatch(this)) return;
      }
      this.#break(transportFailure(error, this.#status !== 0), error);
    });
  }

  #maySendAgain(): boolean {
    if (this.#status !== 0 || this.#sentTwice) return false;
    return this.#watch.parts.now() - this.#sentAtMs < diesIdleWithinMs;
  }

  #open(head: ResponseHead): void {
    const { limits } = this.#watch.parts;
    this.#watch.head = head;
    this.#watch.errorBytes = new BoundedBytes(limits.errorBytes);
    this.#status = head.status;
    const encoding = head.headers["content-encoding"] ?? "identity";
    if ((encoding !== "identity" && head.status < 300) || head.status > 599) {
      this.#break(badResponse, new Error("the response cannot be read"));
      return;
    }
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#body = controller;
        },
        pull: () => this.#controller?.resume(),
        cancel: () => this.stop(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: bufferedBytes }),
    );
    const headers = Object.entries(head.headers).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value ?? ""]).map((each): [string, string] => [name, each]),
    );
    const hasBody = !bodiless.has(head.status);
    this.#settle.resolve(new Response(hasBody ? body : null, { status: head.status, headers }));
  }

  #take(chunk: Uint8Array): void {
    const watch = this.#watch;
    const { streamed, limits } = watch.parts;
    this.#length += chunk.length;
    watch.unread += chunk.length;
    if (this.#status > 299 && !watch.errorBytes.add(chunk)) {
      // The rest of an error says nothing new.
      this.#end();
      this.#controller?.abort(stopped);
      this.#body?.close();
      return;
    }
    if (streamed ? watch.unread > mostUnread : this.#length > limits.bodyBytes) {
      this.#break(badResponse, new Error("the response is too long"));
      return;
    }
    this.#body?.enqueue(chunk);
    if ((this.#body?.desiredSize ?? 1) <= 0) this.#controller?.pause();
  }

  /** The response cannot be had, or no more of it. */
  #break(failure: Failure, error: Error): void {
    this.#watch.failure ??= failure;
    this.#end();
    this.#controller?.abort(stopped);
    this.#reject(fetchError(error));
  }

  #reject(error: unknown): void {
    if (this.#body === null) this.#settle.reject(error);
    else this.#body.error(error);
  }

  #reason(): unknown {
    const { reason } = this.#signal ?? {};
    return reason ?? new DOMException("the attempt is over", "AbortError");
  }

  #end(): void {
    this.#over = true;
    this.#signal?.removeEventListener("abort", this.#aborted);
    this.#watch.ended(this);
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#watch.parts.onBug(error);
      if (this.#over) return;
      this.#end();
      this.#controller?.abort(stopped);
      this.#reject(error);
    }
  }
}
