import { type Store, StoreError } from "./sqlite.ts";

interface Waiting {
  readonly write: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What a commit survives: the process being killed, or a loss of power too, which waits for the disk. */
export type Durability = "process" | "power";

export interface GroupCommitParts {
  /** Runs a function when the present turn of the event loop is over. */
  readonly later: (run: () => void) => void;
  readonly survives: Durability;
}

/**
 * Commits together what is written in one turn of the event loop: under load each commit carries many. A write's promise resolves
 * when it is committed, and rejects when it is not; nothing is dropped in silence.
 */
export class GroupCommit {
  readonly #store: Store;
  readonly #parts: GroupCommitParts;
  #waiting: Waiting[] = [];

  constructor(store: Store, parts: GroupCommitParts) {
    this.#store = store;
    this.#parts = parts;
  }

  /** Runs `write` in the next commit; it must be such that it can be run again after its transaction was undone. */
  write(write: () => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (this.#waiting.length === 0) this.#parts.later(() => this.flush());
    this.#waiting.push({ write, resolve, reject });
    return promise;
  }

  /** Commits at once what waits. */
  flush(): void {
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    try {
      this.#commit(group);
    } catch (error) {
      if (error instanceof StoreError || group.length === 1)
        for (const { reject } of group) reject(error);
      // A fault in one write must not undo those beside it.
      else for (const each of group) this.#commitAlone(each);
      return;
    }
    for (const { resolve } of group) resolve();
  }

  #commitAlone(waiting: Waiting): void {
    try {
      this.#commit([waiting]);
      waiting.resolve();
    } catch (error) {
      waiting.reject(error);
    }
  }

  #commit(group: readonly Waiting[]): void {
    const run = (): void =>
      this.#store.transaction(() => {
        for (const { write } of group) write();
      });
    if (this.#parts.survives === "power") run();
    else this.#store.relaxed(run);
  }
}
