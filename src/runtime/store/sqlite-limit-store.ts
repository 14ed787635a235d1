import { addMoney } from "../../base/money.ts";
import { type CounterState, idleAt, LimitBook } from "../limits/limit-book.ts";
import {
  type Held,
  type LimitStore,
  type Refused,
  type Standing,
  type Take,
  type WindowKey,
  windowOf,
  windowText,
} from "../limits/limit-store.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Store } from "./sqlite.ts";

export interface SqliteLimitStoreParts {
  readonly store: Store;
  readonly commit: GroupCommit;
  /** Epoch milliseconds now: counters that are idle by then are not taken up again. */
  readonly atMs: number;
  /** Told of each commit that failed. */
  readonly failed: (error: unknown) => void;
}

/** Counters whose next commit is under way, and who waits for it. */
interface Pending {
  readonly keys: Map<string, WindowKey>;
  readonly written: Promise<void>;
}

/**
 * Counters of one process that outlive it. They are decided on in memory and written as they stand then, so that a write that
 * failed is made up for by the next. A reservation is written by the commit of its turn of the event loop, which admission does
 * not wait for. What a process had reserved when it died counts as spent from then on: nobody knows what it came to, and a budget
 * is to hold all the same.
 */
export class SqliteLimitStore implements LimitStore {
  readonly #parts: SqliteLimitStoreParts;
  readonly #book: LimitBook;
  /** Counters whose last write failed. */
  readonly #unwritten = new Map<string, WindowKey>();
  #pending: Pending | null = null;

  constructor(parts: SqliteLimitStoreParts) {
    this.#parts = parts;
    this.#book = new LimitBook({ prefix: "", forgotten: (key) => void this.#write([key]) });
    this.#load();
  }

  admit(takes: readonly Take[], atMs: number): Held | Refused {
    const answer = this.#book.admit(takes, atMs);
    if (answer.kind === "held") void this.#write(answer.takes.map(({ take }) => windowOf(take)));
    return answer;
  }

  settle(held: Held, actual: readonly number[]): Promise<void> {
    this.#book.settle(held, actual);
    return this.#write(held.takes.map(({ take }) => windowOf(take)));
  }

  standing(take: Take, atMs: number): Standing {
    return this.#book.standing(take, atMs);
  }

  close(): Promise<void> {
    this.#parts.commit.flush();
    return Promise.resolve();
  }

  #write(keys: readonly WindowKey[]): Promise<void> {
    this.#pending ??= this.#schedule();
    for (const key of keys) this.#pending.keys.set(windowText(key), key);
    return this.#pending.written;
  }

  #schedule(): Pending {
    const keys = new Map(this.#unwritten);
    this.#unwritten.clear();
    // Once it is written, or was not even begun, a change goes into the next commit.
    const close = (): void => {
      if (this.#pending?.keys === keys) this.#pending = null;
    };
    const committed = this.#parts.commit.write(() => {
      close();
      for (const key of keys.values()) this.#save(key);
    });
    const written = committed.catch((error: unknown) => {
      close();
      for (const [text, key] of keys) this.#unwritten.set(text, key);
      throw error;
    });
    // Told once for each commit, whether anybody waits for it or not.
    written.catch(this.#parts.failed);
    return { keys, written };
  }

  #save(key: WindowKey): void {
    const { store } = this.#parts;
    const { option, window, value } = key;
    const state = this.#book.state(key);
    if (state === null)
      store
        .statement("DELETE FROM counters WHERE option = ? AND span = ? AND value = ?")
        .run(option, window, value);
    else
      store
        .statement(
          "INSERT INTO counters (option, span, value, idle_at, state) VALUES (?, ?, ?, ?, ?) ON CONFLICT (option, span, value) DO UPDATE SET idle_at = excluded.idle_at, state = excluded.state",
        )
        .run(option, window, value, idleAt(state), JSON.stringify(state));
  }

  #load(): void {
    const { store, atMs } = this.#parts;
    store.statement("DELETE FROM counters WHERE idle_at <= ?").run(atMs);
    for (const row of store.statement("SELECT option, span, value, state FROM counters").all()) {
      const text = (name: string): string => String(row[name]);
      const key = { option: text("option"), window: text("span"), value: text("value") };
      const state = JSON.parse(String(row["state"])) as CounterState;
      this.#book.restore(key, ended(state));
      if (state.kind === "budget" && state.account.reserved > 0) void this.#write([key]);
    }
  }
}

/** A counter with all that was reserved counted as spent. */
function ended(state: CounterState): CounterState {
  if (state.kind === "rate") return state;
  const { startMs, settled, reserved } = state.account;
  return { ...state, account: { startMs, settled: addMoney(settled, reserved), reserved: 0 } };
}
