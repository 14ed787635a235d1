import { close, closeSync, openSync, write, writeSync } from "node:fs";

/** Where decision records go. `append` never blocks and never throws. */
export interface DecisionLog {
  /** False where lines are not kept, so that none need be made. */
  readonly keeps: boolean;
  /** Takes one whole line, its line feed included. */
  append(line: string): void;
  /** Lines given up because the file could not keep up or could not be written. */
  dropped(): number;
  /** Opens the file anew by its name, after it was rotated away. */
  reopen(): void;
  /** Writes what is held and closes; fulfilled when everything is with the system. Never rejects. */
  close(): Promise<void>;
}

/** Held lines are written when they fill this many bytes, or after `lingerMs`. */
const batchBytes = 256 * 1024;
const lingerMs = 100;

export interface DecisionLogOptions {
  /** Most bytes held while the disk is busy; beyond, lines are dropped and counted. */
  readonly capacityBytes?: number;
  /** Told once per spell of trouble, in plain words. */
  onError(message: string): void;
}

/** A decision log that appends to a file in batches; throws when the file cannot be opened. */
export function openDecisionLog(path: string, options: DecisionLogOptions): DecisionLog {
  return new FileDecisionLog(path, options);
}

/** A log that keeps nothing: for a configuration without a decision log. */
export const noDecisionLog: DecisionLog = {
  keeps: false,
  append() {},
  dropped: () => 0,
  reopen() {},
  close: () => Promise.resolve(),
};

/**
 * Lines on their way to the file. They are bytes from the first moment: strings put together piece by piece, and held by the
 * hundred, would cost the garbage collector more than all else a request does.
 */
interface Batch {
  bytes: Buffer;
  size: number;
  lines: number;
}

const emptyBatch = (size = batchBytes): Batch => ({
  bytes: Buffer.allocUnsafeSlow(size),
  size: 0,
  lines: 0,
});

class FileDecisionLog implements DecisionLog {
  readonly keeps = true;
  readonly #path: string;
  readonly #capacityBytes: number;
  readonly #onError: (message: string) => void;
  #file: number;
  #filling = emptyBatch();
  /** The other buffer, while it is not being written. */
  #spare: Batch | null = emptyBatch();
  #timer: NodeJS.Timeout | null = null;
  #dropped = 0;
  #troubled = false;
  #reopenWanted = false;
  #closed = false;
  readonly #finished = Promise.withResolvers<void>();

  constructor(path: string, options: DecisionLogOptions) {
    this.#path = path;
    this.#capacityBytes = options.capacityBytes ?? 8 * 1024 * 1024;
    this.#onError = options.onError;
    this.#file = openSync(path, "a", 0o600);
  }

  append(line: string): void {
    // A UTF-16 unit takes three bytes at most.
    if (this.#closed || !this.#makeRoom(line.length * 3)) {
      this.#dropped += 1;
      return;
    }
    const batch = this.#filling;
    batch.size += batch.bytes.write(line, batch.size);
    batch.lines += 1;
    if (this.#spare === null) return;
    if (batch.size >= batchBytes * 0.75) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), lingerMs).unref();
  }

  dropped(): number {
    return this.#dropped;
  }

  reopen(): void {
    if (this.#closed) return;
    if (this.#spare === null) {
      this.#reopenWanted = true;
      return;
    }
    this.#reopenWanted = false;
    try {
      const file = openSync(this.#path, "a", 0o600);
      close(this.#file, () => {});
      this.#file = file;
    } catch (error) {
      this.#report(error);
    }
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      if (this.#timer !== null) clearTimeout(this.#timer);
      if (this.#spare !== null) this.#finish();
    }
    return this.#finished.promise;
  }

  /** Makes the batch that is being filled take so many bytes more; false when it may not grow so far. */
  #makeRoom(bytes: number): boolean {
    const batch = this.#filling;
    const wanted = batch.size + bytes;
    if (wanted <= batch.bytes.length) return true;
    if (wanted > this.#capacityBytes) return false;
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#capacityBytes, wanted * 2));
    batch.bytes.copy(larger, 0, 0, batch.size);
    batch.bytes = larger;
    return true;
  }

  #finish(): void {
    const { bytes, size, lines } = this.#filling;
    try {
      for (let at = 0; at < size; ) at += writeSync(this.#file, bytes, at, size - at);
      closeSync(this.#file);
    } catch (error) {
      this.#dropped += lines;
      this.#report(error);
    }
    this.#finished.resolve();
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const spare = this.#spare;
    if (this.#closed || spare === null || this.#filling.size === 0) return;
    const full = this.#filling;
    this.#filling = spare;
    this.#spare = null;
    this.#write(full, 0);
  }

  #write(batch: Batch, from: number): void {
    write(this.#file, batch.bytes, from, batch.size - from, null, (error, written) => {
      if (error === null && from + written < batch.size) this.#write(batch, from + written);
      else this.#written(batch, error);
    });
  }

  #written(batch: Batch, error: NodeJS.ErrnoException | null): void {
    if (error !== null) {
      this.#dropped += batch.lines;
      this.#report(error);
    } else {
      this.#troubled = false;
    }
    if (batch.bytes.length > batchBytes) batch.bytes = Buffer.allocUnsafeSlow(batchBytes);
    batch.size = 0;
    batch.lines = 0;
    this.#spare = batch;
    if (this.#closed) {
      this.#finish();
      return;
    }
    if (this.#reopenWanted) this.reopen();
    if (this.#filling.size >= batchBytes * 0.75) this.#flush();
    else if (this.#filling.size > 0) {
      this.#timer ??= setTimeout(() => this.#flush(), lingerMs).unref();
    }
  }

  #report(error: unknown): void {
    if (this.#troubled) return;
    this.#troubled = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#onError(`the decision log ${this.#path} cannot be written: ${reason}`);
  }
}
