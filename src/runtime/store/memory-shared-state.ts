import {
  type HeldOffTarget,
  mostShown,
  type SharedSession,
  type SharedState,
  shownForMs,
} from "./shared-state.ts";

/** What gateways of one process share. */
export class MemoryBoard {
  readonly #shown = new Map<
    number,
    { readonly own: readonly HeldOffTarget[]; readonly atMs: number }
  >();
  readonly #sessions = new Map<
    string,
    { readonly session: SharedSession; readonly endMs: number }
  >();
  readonly #learned = new Map<string, string>();
  readonly #now: () => number;
  #joined = 0;

  /** Milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** One more gateway. */
  join(): SharedState {
    this.#joined += 1;
    const self = this.#joined;
    return {
      exchange: (own, atMs) => Promise.resolve(this.#exchange(self, own, atMs)),
      findSession: (key) => {
        const kept = this.#sessions.get(key);
        return Promise.resolve(
          kept !== undefined && this.#now() < kept.endMs ? kept.session : null,
        );
      },
      keepSession: (key, session, forMs) => {
        this.#sessions.set(key, { session, endMs: this.#now() + forMs });
        return Promise.resolve();
      },
      learned: (what) => Promise.resolve(this.#learned.get(what) ?? null),
      keepLearned: (what, state) => {
        this.#learned.set(what, state);
        return Promise.resolve();
      },
      close: () => {
        this.#shown.delete(self);
        return Promise.resolve();
      },
    };
  }

  #exchange(self: number, own: readonly HeldOffTarget[], atMs: number): readonly HeldOffTarget[] {
    this.#shown.set(self, { own: own.slice(0, mostShown), atMs });
    return [...this.#shown].flatMap(([gateway, shown]) =>
      gateway !== self && atMs - shown.atMs < shownForMs ? shown.own : [],
    );
  }
}
