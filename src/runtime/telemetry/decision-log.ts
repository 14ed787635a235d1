import { close, fstatSync, openSync, write } from "node:fs";
import { type Rotation, rotate } from "./rotate.ts";

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
  /** Writes what is held and closes; fulfilled when everything is with the system, or was given up. Never rejects. */
  close(): Promise<void>;
}

/** Held lines are written when they fill this many bytes, or after `lingerMs`. */
const batchBytes = 256 * 1024;
const lingerMs = 100;

export interface DecisionLogOptions {
  /** Most bytes held while the disk is busy; beyond, lines are dropped and counted. */
  readonly capacityBytes?: number;
  /** When the file is put aside; never where it is absent. */
  readonly rotation?: Rotation | null;
  /** How long a close waits for a file that takes nothing, in milliseconds. */
  readonly closeWithinMs?: number;
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
  readonly #closeWithinMs: number;
  readonly #rotation: Rotation | null;
  #file: number;
  /** Bytes in the file, as far as this log knows. */
  #size: number;
  /** Beyond it the file is put aside; later again where that failed. */
  #rotateAt = Number.POSITIVE_INFINITY;
  #filling = emptyBatch();
  /** The other buffer, while it is not being written. */
  #spare: Batch | null = emptyBatch();
  #timer: NodeJS.Timeout | null = null;
  #dropped = 0;
  /** Lines of the batch that is being written. */
  #writing = 0;
  #troubled = false;
  /** Whether it could not be put aside the last time. */
  #stuck = false;
  #reopenWanted = false;
  #closed = false;
  readonly #finished = Promise.withResolvers<void>();

  constructor(path: string, options: DecisionLogOptions) {
    this.#path = path;
    this.#capacityBytes = options.capacityBytes ?? 8 * 1024 * 1024;
    this.#onError = options.onError;
    this.#closeWithinMs = options.closeWithinMs ?? 5_000;
    this.#rotation = options.rotation ?? null;
    this.#file = openSync(path, "a", 0o600);
    this.#size = fstatSync(this.#file).size;
    this.#rotateAt = this.#rotation?.maxBytes ?? Number.POSITIVE_INFINITY;
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
      this.#openAnew();
    } catch (error) {
      this.#report(error);
    }
  }

  #openAnew(): void {
    const file = openSync(this.#path, "a", 0o600);
    close(this.#file, () => {});
    this.#file = file;
    this.#size = fstatSync(file).size;
    this.#rotateAt = this.#rotation?.maxBytes ?? Number.POSITIVE_INFINITY;
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#giveUp(), this.#closeWithinMs);
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

  /** Writes what is left, then closes. */
  #finish(): void {
    const rest = this.#filling;
    if (rest.size === 0) {
      close(this.#file, () => this.#ended());
      return;
    }
    this.#filling = this.#spare ?? emptyBatch(0);
    this.#spare = null;
    this.#write(rest, 0);
  }

  #ended(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#finished.resolve();
  }

  /** Whoever reads the file holds it up: the gateway does not wait for that to end. */
  #giveUp(): void {
    this.#dropped += this.#filling.lines + this.#writing;
    this.#writing = 0;
    this.#report(new Error("it takes nothing any more"));
    this.#ended();
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const spare = this.#spare;
    if (this.#closed || spare === null || this.#filling.size === 0) return;
    const full = this.#filling;
    this.#filling = spare;
    this.#spare = null;
    const { size } = full;
    if (this.#size === 0 || this.#size + size <= this.#rotateAt) this.#write(full, 0);
    else void this.#rotate().then(() => this.#write(full, 0));
  }

  /** Puts the file aside and begins a new one. Where that fails, it goes on in the old one for as much again. */
  async #rotate(): Promise<void> {
    const { keep, maxBytes } = this.#rotation ?? { keep: 0, maxBytes: Number.POSITIVE_INFINITY };
    try {
      await rotate(this.#path, keep);
      this.#openAnew();
      this.#stuck = false;
    } catch (error) {
      this.#rotateAt = this.#size + maxBytes;
      if (!this.#stuck) this.#tell(error, "rotated");
      this.#stuck = true;
    }
  }

  #write(batch: Batch, from: number): void {
    this.#writing = batch.lines;
    write(this.#file, batch.bytes, from, batch.size - from, null, (error, written) => {
      this.#size += written;
      if (error === null && from + written < batch.size) this.#write(batch, from + written);
      else this.#written(batch, error);
    });
  }

  #written(batch: Batch, error: NodeJS.ErrnoException | null): void {
    if (error !== null) {
      this.#dropped += this.#writing;
      this.#report(error);
    } else {
      this.#troubled = false;
    }
    this.#writing = 0;
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
    this.#tell(error, "written");
  }

  #tell(error: unknown, deed: "written" | "rotated"): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#onError(`the decision log ${this.#path} cannot be ${deed}: ${reason}`);
  }
}
