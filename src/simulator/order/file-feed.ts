import type { LoggedRequest } from "../logged-request.ts";
import type { LogSink } from "../read-log.ts";

/** Requests that are read ahead of a file. */
const mostAhead = 256;

/** Ends the reading of a file that nobody wants any more. */
class Stopped extends Error {}

export interface FeedSink extends Pick<LogSink, "request"> {
  /** Throws where nobody wants the file any more; for readers that give nothing for long. */
  check(): void;
}

/** A file's requests, taken one by one while the file is read on behind. */
export class FileFeed {
  #ahead: LoggedRequest[] = [];
  #taken = 0;
  #isDone = false;
  #isStopped = false;
  #failure: { readonly error: unknown } | null = null;
  /** Whoever waits for a request. */
  #wake: (() => void) | null = null;
  /** The reader, where it waits for room. */
  #go: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null = null;

  /** `read` reads the file into a sink; it begins at once. */
  constructor(read: (sink: FeedSink) => Promise<void>) {
    read({ request: (request) => this.#put(request), check: () => this.#check() })
      .catch((error: unknown) => {
        if (!(error instanceof Stopped)) this.#failure = { error };
      })
      .finally(() => {
        this.#isDone = true;
        this.#woken();
      });
  }

  /** The next request, which stays there until it is taken; null at the file's end. Throws what reading threw. */
  async next(): Promise<LoggedRequest | null> {
    for (;;) {
      const ready = this.ready();
      if (ready !== null) return ready;
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#isDone) return null;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      this.#go?.resolve();
      this.#go = null;
      await promise;
    }
  }

  /** The next request where it is read already. */
  ready(): LoggedRequest | null {
    return this.#ahead[this.#taken] ?? null;
  }

  take(): void {
    this.#taken += 1;
    if (this.#taken < this.#ahead.length) return;
    this.#ahead = [];
    this.#taken = 0;
  }

  /** Ends the reading. */
  stop(): void {
    this.#isStopped = true;
    this.#go?.reject(new Stopped());
    this.#go = null;
  }

  #put(request: LoggedRequest): void | Promise<void> {
    this.#check();
    this.#ahead.push(request);
    if (this.#ahead.length < mostAhead) return;
    this.#woken();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#go = { resolve, reject };
    return promise;
  }

  #check(): void {
    if (this.#isStopped) throw new Stopped();
  }

  #woken(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
