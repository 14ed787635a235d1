import { invariant } from "../../base/assert.ts";
import { FairQueue, type Place } from "./fair-queue.ts";
import { type Held, type Take, windowOf, windowText } from "./limit-store.ts";
import { Waiter } from "./waiter.ts";
import { type AdmissionParts, goneAway, type TurnedAway, type Wish } from "./wish.ts";

export type Given = Held | TurnedAway;

const mostWaiting = 1_000;

/** Those who wait for room below one limit; the line lives as long as somebody is in it. */
interface Line {
  readonly queue: FairQueue<Waiter>;
  /** Who tries next, or is trying right now. */
  head: Waiter | null;
  /** When it is worth a try. */
  retryAtMs: number;
  stop: () => void;
}

/** Which counter has no room, and how long it may be waited for. */
interface Blocked {
  readonly kind: "blocked";
  readonly by: Take;
  readonly waitMs: number | null;
  readonly retryAtMs: number | null;
}

interface Joining {
  readonly retryAtMs: number;
  /** At the head of the line, where it has been. */
  readonly again: boolean;
}

const nothingHeld: Held = { kind: "held", id: "", takes: [] };

/** Takes from limits and budgets, and lets requests wait for a limit: callers in turns, and nobody passes those who wait. */
export class RateLines {
  readonly #parts: AdmissionParts;
  readonly #lines = new Map<string, Line>();
  #waiting = 0;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Limits that somebody waits for. */
  get size(): number {
    return this.#lines.size;
  }

  /** Requests that wait for one. */
  get waiting(): number {
    return this.#waiting;
  }

  async take(wish: Wish): Promise<Given> {
    const startedMs = this.#parts.now();
    /** The line whose head this request is. */
    let headOf: string | null = null;
    try {
      for (;;) {
        const tried = await this.#try(wish, headOf);
        if (tried.kind !== "blocked") return tried;
        const { by, retryAtMs, waitMs } = tried;
        const away: TurnedAway = { kind: "turned-away", by, retryAtMs };
        const untilMs = startedMs + (waitMs ?? 0);
        if (retryAtMs === null || Math.max(retryAtMs, this.#parts.now()) >= untilMs) return away;
        const key = keyText(by);
        const again: boolean = headOf === key;
        // Held up by another limit now: the line of the first goes on without it.
        if (headOf !== null && !again) this.#next(headOf);
        headOf = null;
        if (!(await this.#wait(key, wish, { untilMs, retryAtMs, again })))
          return wish.signal.aborted ? goneAway : away;
        headOf = key;
      }
    } finally {
      if (headOf !== null) this.#next(headOf);
    }
  }

  /** Takes all at once, unless somebody waits for one of them already. */
  async #try({ takes, signal }: Wish, headOf: string | null): Promise<Given | Blocked> {
    const { store, now } = this.#parts;
    if (signal.aborted) return goneAway;
    for (const { take, waitMs } of takes) {
      const key = keyText(take);
      const line = key === headOf ? undefined : this.#lines.get(key);
      if (line !== undefined)
        return { kind: "blocked", by: take, waitMs, retryAtMs: line.retryAtMs };
    }
    if (takes.length === 0) return nothingHeld;
    const asked = takes.map(({ take }) => take);
    const answer = await store.admit(asked, now());
    if (answer.kind === "refused") {
      const wish = takes[answer.index];
      invariant(wish, "a store refuses for one of those that were asked");
      return { kind: "blocked", by: wish.take, waitMs: wish.waitMs, retryAtMs: answer.retryAtMs };
    }
    if (!signal.aborted) return answer;
    await store.settle(
      answer,
      asked.map(() => 0),
      now(),
    );
    return goneAway;
  }

  /** Waits in a line until it is its turn to try; false when it comes to none. */
  async #wait(
    key: string,
    { caller, size, signal }: Wish,
    { untilMs, ...join }: Joining & { readonly untilMs: number },
  ): Promise<boolean> {
    const { timers, now } = this.#parts;
    const waiter = new Waiter();
    const place: Place<Waiter> = { key: caller, item: waiter, untilMs, size };
    if (!this.#join(key, place, join)) return false;
    this.#waiting += 1;
    const outcome = await waiter.wait({
      ...{ timers, forMs: untilMs - now(), signal },
      withdraw: () => this.#withdraw(key, place),
    });
    this.#waiting -= 1;
    return outcome === "turn";
  }

  /** Stands in a line, `again` at its head; false when the line is full. */
  #join(key: string, place: Place<Waiter>, { retryAtMs, again }: Joining): boolean {
    const line = this.#lines.get(key);
    if (line === undefined || again) {
      const queue = line?.queue ?? new FairQueue(this.#parts.mostWaiting ?? mostWaiting);
      const opened: Line = { queue, head: place.item, retryAtMs, stop: () => undefined };
      this.#lines.set(key, opened);
      opened.stop = this.#parts.timers.start(Math.max(retryAtMs - this.#parts.now(), 0), () =>
        place.item.end("turn"),
      );
      return true;
    }
    const out = line.queue.push(place);
    if (out === place) return false;
    out?.item.end("out");
    return true;
  }

  #withdraw(key: string, place: Place<Waiter>): boolean {
    const line = this.#lines.get(key);
    if (line?.head !== place.item) return line?.queue.remove(place) === true;
    line.stop();
    this.#next(key);
    return true;
  }

  /** The head is done with: the next in turn tries at once. */
  #next(key: string): void {
    const line = this.#lines.get(key);
    if (line === undefined) return;
    const late: Place<Waiter>[] = [];
    const next = line.queue.shift(this.#parts.now(), late);
    for (const { item } of late) item.end("out");
    line.head = next?.item ?? null;
    line.stop = () => undefined;
    if (next === null) this.#lines.delete(key);
    else next.item.end("turn");
  }
}

const keyText = (take: Take): string => windowText(windowOf(take));
