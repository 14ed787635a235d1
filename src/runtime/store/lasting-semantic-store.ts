import type {
  Candidate,
  Observation,
  SemanticEntry,
  SemanticPurge,
  SemanticSizes,
  SemanticStore,
} from "../semantic/semantic-store.ts";
import { StoreError } from "./sqlite.ts";

/** A store that cannot be used as it is made, so that nothing of ours is in it. */
export class UnableStore extends StoreError {}

export interface LastingSemanticParts {
  /** Opens it. Rejects with a StoreError where it cannot be used at present. */
  readonly open: () => Promise<SemanticStore>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly createAlarm: (ring: () => void) => { set(atMs: number): void; clear(): void };
  /** Told when it is of no use and why, once until it is open again, which null tells. */
  readonly changed: (why: StoreError | null) => void;
  /** Told of a fault of ours while it is opened again. */
  readonly failed: (error: unknown) => void;
}

/** Between two tries: twice as long each time. It starts anew once it was open for as long as the longest. */
const pauseMs = { first: 250, most: 60_000 };

/**
 * A store that is opened again, after pauses, where it could not be opened or has ended by itself. Meanwhile each question rejects with
 * the StoreError that says why.
 */
export class LastingSemanticStore implements SemanticStore {
  readonly #parts: LastingSemanticParts;
  readonly #alarm: ReturnType<LastingSemanticParts["createAlarm"]>;
  #store: SemanticStore | null = null;
  #why: StoreError | null = null;
  #opening: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #failures = 0;
  #openedAtMs = 0;

  constructor(parts: LastingSemanticParts) {
    this.#parts = parts;
    this.#alarm = parts.createAlarm(() => {
      this.begin().catch((error: unknown) => {
        // The others are told by their change.
        if (!(error instanceof StoreError)) parts.failed(error);
      });
    });
  }

  get isOpen(): boolean {
    return this.#store !== null;
  }

  /** Why it is of no use; null where it is open, or was never tried. */
  get why(): StoreError | null {
    return this.#why;
  }

  /** Opens it now, unless it is open. Rejects where that fails; it is tried again all the same. */
  begin(): Promise<void> {
    if (this.#store !== null || this.#closing !== null) return Promise.resolve();
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async nearest(
    partition: string,
    vector: Float32Array,
    atMs: number,
    sinceMs?: number,
  ): Promise<readonly Candidate[]> {
    return this.#present.nearest(partition, vector, atMs, sinceMs);
  }

  async put(entry: SemanticEntry, vector: Float32Array, atMs: number): Promise<void> {
    await this.#present.put(entry, vector, atMs);
  }

  async observe(key: string, observation: Observation): Promise<void> {
    await this.#present.observe(key, observation);
  }

  /** Waits where it is being opened. */
  async purge(order: SemanticPurge): Promise<number> {
    await this.#opening?.catch(() => undefined);
    if (this.#why instanceof UnableStore) return 0;
    return this.#present.purge(order);
  }

  async sizes(atMs: number): Promise<SemanticSizes> {
    await this.#opening?.catch(() => undefined);
    return this.#present.sizes(atMs);
  }

  /** Once, whoever asks, and whatever is under way. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get #present(): SemanticStore {
    if (this.#store !== null) return this.#store;
    throw this.#why ?? new StoreError("the semantic cache is not open");
  }

  async #close(): Promise<void> {
    this.#alarm.clear();
    // One that is being opened finds that it is not wanted any more.
    await this.#opening?.catch(() => undefined);
    const store = this.#store;
    this.#store = null;
    await store?.close();
  }

  async #open(): Promise<void> {
    this.#alarm.clear();
    try {
      const store = await this.#parts.open();
      if (this.#closing !== null) await store.close();
      else this.#use(store);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #use(store: SemanticStore): void {
    const { changed, now } = this.#parts;
    this.#store = store;
    this.#openedAtMs = now();
    const wasOff = this.#why !== null;
    this.#why = null;
    if (wasOff) changed(null);
    void store.lost?.then((why) => {
      if (this.#store !== store) return;
      this.#store = null;
      if (now() - this.#openedAtMs >= pauseMs.most) this.#failures = 0;
      this.#fail(why);
    });
  }

  /** Tries again later. What is no StoreError is a fault of ours, and may be gone then as well. */
  #fail(error: unknown): void {
    if (this.#closing !== null) return;
    const { changed, now, random } = this.#parts;
    const isFirst = this.#why === null;
    const text = error instanceof Error ? error.message : String(error);
    this.#why =
      error instanceof StoreError
        ? error
        : new StoreError(`the semantic cache cannot be opened: ${text}`, { cause: error });
    const ceiling = Math.min(pauseMs.most, pauseMs.first * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    // Those who share a server do not all come back at once.
    this.#alarm.set(now() + ceiling * (0.5 + 0.5 * random()));
    if (isFirst) changed(this.#why);
  }
}
