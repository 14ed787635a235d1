import type { ServerResponse } from "node:http";
import type { Alarm, World } from "../runtime/dispatch/world.ts";
import type { Admission } from "../runtime/overload/admission.ts";
import type { ModelJob } from "../runtime/transport/model-job.ts";

/** How long a client may leave a full buffer unread before it counts as gone. */
export const stallMs = 60_000;

type Time = Pick<World<ModelJob>, "now" | "createAlarm">;

/**
 * The client's end of one answer. What it leaves unread is counted as held; when it reads nothing for a while its connection is
 * cut, in the middle of a stream as behind the last byte of an answer.
 */
export class SlowReader {
  readonly #response: ServerResponse;
  readonly #admission: Admission;
  readonly #world: Time;
  readonly #stallMs: number;
  /** Set while the client leaves a full buffer unread. */
  #stall: Alarm | null = null;
  #heldBytes = 0;

  constructor(
    response: ServerResponse,
    { admission, world }: { readonly admission: Admission; readonly world: Time },
    limitMs = stallMs,
  ) {
    this.#response = response;
    this.#admission = admission;
    this.#world = world;
    this.#stallMs = limitMs;
  }

  /** The buffer is full: `resume` is called when it was read. */
  wait(resume: () => void): void {
    this.#hold();
    if (this.#stall === null) {
      this.#admission.readerStalled(1);
      this.#stall = this.#world.createAlarm(() => this.#response.destroy());
      this.#stall.set(this.#world.now() + this.#stallMs);
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
    if (this.#stall === null) return;
    this.#stall.clear();
    this.#stall = null;
    this.#admission.readerStalled(-1);
  }

  #hold(): void {
    const unread = this.#response.writableLength;
    this.#admission.hold(unread - this.#heldBytes);
    this.#heldBytes = unread;
  }
}
