import type { ServerResponse } from "node:http";
import type { Admission } from "../runtime/overload/admission.ts";

/** How long a client may leave a full buffer unread before it counts as gone. */
export const stallMs = 60_000;

/**
 * The client's end of one answer. What it leaves unread is counted as held; when it reads nothing for a while its connection is
 * cut, in the middle of a stream as behind the last byte of an answer.
 */
export class SlowReader {
  readonly #response: ServerResponse;
  readonly #admission: Admission;
  readonly #stallMs: number;
  #timer: NodeJS.Timeout | null = null;
  #heldBytes = 0;

  constructor(response: ServerResponse, admission: Admission, limitMs = stallMs) {
    this.#response = response;
    this.#admission = admission;
    this.#stallMs = limitMs;
  }

  /** The buffer is full: `resume` is called when it was read. */
  wait(resume: () => void): void {
    this.#hold();
    if (this.#timer === null) {
      this.#admission.readerStalled(1);
      this.#timer = setTimeout(() => this.#response.destroy(), this.#stallMs).unref();
    }
    this.#response.once("drain", () => {
      this.over();
      resume();
    });
  }

  /** Writes the last of an answer. */
  end(text?: string): void {
    this.#response.end(text);
    this.ended();
  }

  /** Nothing more will be written: what is unread has to be read on, however slowly. */
  ended(): void {
    if (this.#response.writableLength === 0) return;
    this.#hold();
    // Node's own timeout of a socket: each byte that leaves sets it anew, and without a listener it ends the connection.
    this.#response.setTimeout(this.#stallMs);
  }

  /** Everything was read, or the client left. */
  over(): void {
    this.#admission.release(this.#heldBytes);
    this.#heldBytes = 0;
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#admission.readerStalled(-1);
  }

  #hold(): void {
    const unread = this.#response.writableLength;
    this.#admission.hold(unread - this.#heldBytes);
    this.#heldBytes = unread;
  }
}
