import type { Dispatcher } from "undici";
import type { Provider } from "../../configuration/configuration.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { Alarm } from "../dispatch/world.ts";
import type { ResponseHead, UpstreamRequest } from "../providers/adapter.ts";
import { BoundedBytes } from "./bounded-bytes.ts";
import type { SocketWorldParts } from "./model-job.ts";
import { badResponse, queueFull, refusedBySender, transportFailure } from "./transport-failure.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** A call beside the attempts at models: a list, an upload, a status, results. */
export interface Call {
  readonly provider: Provider;
  readonly request: UpstreamRequest;
  /** Longest silence. */
  readonly idleMs: number;
  /** Most bytes of an answer that is kept whole. */
  readonly mostBytes: number;
  /**
   * Takes the bytes of a 2xx answer as they come, in place of keeping them; false ends the call. The next ones come when it has
   * taken these.
   */
  readonly take?: (bytes: Uint8Array) => Promise<boolean>;
}

export type Called =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly failure: Failure };

/** What calls need of the world. */
export type CallParts = Pick<SocketWorldParts, "clock" | "timers" | "pools" | "adapterOf">;

/** Makes a call over a provider's own connections. Rejects only with a fault of ours. */
export function callProvider(parts: CallParts, call: Call): Promise<Called> {
  const { promise, resolve, reject } = Promise.withResolvers<Called>();
  new ProviderCall(parts, call, { resolve, reject }).begin();
  return promise;
}

interface Settle {
  resolve(called: Called): void;
  reject(error: unknown): void;
}

const stopped = new Error("the call is over");
const errorBytes = 64 * 1024;
const timedOut: Failure = {
  cause: "timeout",
  retrySame: true,
  code: "upstream_timeout",
  message: "the provider did not answer in time",
};

class ProviderCall implements Dispatcher.DispatchHandler {
  readonly #parts: CallParts;
  readonly #call: Call;
  readonly #settle: Settle;
  readonly #alarm: Alarm;
  #bytes: BoundedBytes;
  #head: ResponseHead | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #over = false;
  /** The taking of the bytes that came last. */
  #taking: Promise<void> | null = null;

  constructor(parts: CallParts, call: Call, settle: Settle) {
    this.#parts = parts;
    this.#call = call;
    this.#settle = settle;
    this.#bytes = new BoundedBytes(call.mostBytes);
    this.#alarm = parts.timers.createAlarm(() => this.#cut(timedOut));
  }

  begin(): void {
    this.#moved();
    const { provider, request } = this.#call;
    if (!this.#parts.pools.dispatch(provider, request, this)) this.#fail(queueFull);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#over) throw stopped;
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHead["headers"],
  ): void {
    if (this.#over || status < 200) return;
    this.#moved();
    this.#head = { status, headers };
    if (status > 299) this.#bytes = new BoundedBytes(errorBytes);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#over) return;
    this.#moved();
    const { take } = this.#call;
    if (this.#isFine() && take !== undefined) this.#hand(take, chunk);
    else if (!this.#bytes.add(chunk)) this.#cut(this.#isFine() ? badResponse : this.#readError());
  }

  onResponseEnd(): void {
    if (this.#over) return;
    if (!this.#isFine()) this.#fail(this.#readError());
    else if (this.#taking === null) this.#end({ ok: true, bytes: this.#bytes.join() });
    else
      void this.#taking.then(() => {
        if (!this.#over) this.#end({ ok: true, bytes: this.#bytes.join() });
      });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#over) return;
    if (refusedBySender(error)) this.#break(error);
    else this.#fail(transportFailure(error, this.#head !== null));
  }

  #hand(take: NonNullable<Call["take"]>, chunk: Uint8Array): void {
    this.#controller?.pause();
    // While bytes are being taken the silence is ours.
    this.#alarm.clear();
    const before = this.#taking ?? Promise.resolve();
    const taking: Promise<void> = before
      .then(() => (this.#over ? false : take(chunk)))
      .then(
        (goesOn) => this.#taken(taking, goesOn),
        (error: unknown) => this.#break(error),
      );
    this.#taking = taking;
  }

  #taken(taking: Promise<void>, goesOn: boolean): void {
    if (this.#over) return;
    if (!goesOn) {
      this.#end({ ok: true, bytes: new Uint8Array() });
      this.#controller?.abort(stopped);
    } else if (this.#taking === taking) {
      this.#moved();
      this.#controller?.resume();
    }
  }

  #isFine(): boolean {
    return this.#head !== null && this.#head.status < 300;
  }

  #readError(): Failure {
    const { provider } = this.#call;
    if (this.#head === null) return badResponse;
    return this.#parts.adapterOf(provider).readError(this.#head, this.#bytes.join());
  }

  #moved(): void {
    this.#alarm.set(this.#parts.clock.monotonic() + this.#call.idleMs);
  }

  #cut(failure: Failure): void {
    if (this.#over) return;
    this.#fail(failure);
    this.#controller?.abort(stopped);
  }

  #fail(failure: Failure): void {
    this.#end({ ok: false, failure: withoutSecrets(failure, this.#call.provider) });
  }

  #end(called: Called): void {
    this.#over = true;
    this.#alarm.clear();
    this.#settle.resolve(called);
  }

  /** A fault of ours is no failure of the provider's. */
  #break(error: unknown): void {
    this.#over = true;
    this.#alarm.clear();
    this.#settle.reject(error);
    this.#controller?.abort(stopped);
  }
}
