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

/** Held lines are written when they fill this many characters, or after `lingerMs`. */
const batchCharacters = 256 * 1024;
const lingerMs = 100;

export interface DecisionLogOptions {
  /** Most characters held while the disk is busy; beyond, lines are dropped and counted. */
  readonly capacityCharacters?: number;
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

class FileDecisionLog implements DecisionLog {
  readonly keeps = true;
  readonly #path: string;
  readonly #capacity: number;
  readonly #onError: (message: string) => void;
  #file: number;
  #held = "";
  #heldLines = 0;
  /** Bytes handed to the system and not yet confirmed; null when no write is under way. */
  #writing: Buffer | null = null;
  #writingLines = 0;
  #timer: NodeJS.Timeout | null = null;
  #dropped = 0;
  #troubled = false;
  #reopenWanted = false;
  #closed = false;
  readonly #finished = Promise.withResolvers<void>();

  constructor(path: string, options: DecisionLogOptions) {
    this.#path = path;
    this.#capacity = options.capacityCharacters ?? 8 * 1024 * 1024;
    this.#onError = options.onError;
    this.#file = openSync(path, "a", 0o600);
  }

  append(line: string): void {
    if (this.#closed || this.#held.length + line.length > this.#capacity) {
      this.#dropped += 1;
      return;
    }
    this.#held += line;
    this.#heldLines += 1;
    if (this.#writing !== null) return;
    if (this.#held.length >= batchCharacters) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), lingerMs).unref();
  }

  dropped(): number {
    return this.#dropped;
  }

  reopen(): void {
    if (this.#closed) return;
    if (this.#writing !== null) {
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
      if (this.#writing === null) this.#finish();
    }
    return this.#finished.promise;
  }

  #finish(): void {
    try {
      const bytes = Buffer.from(this.#held);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
      closeSync(this.#file);
    } catch (error) {
      this.#dropped += this.#heldLines;
      this.#report(error);
    }
    this.#held = "";
    this.#heldLines = 0;
    this.#finished.resolve();
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#closed || this.#held === "") return;
    this.#writing = Buffer.from(this.#held);
    this.#writingLines = this.#heldLines;
    this.#held = "";
    this.#heldLines = 0;
    this.#write(0);
  }

  #write(from: number): void {
    const bytes = this.#writing;
    if (bytes === null) return;
    write(this.#file, bytes, from, bytes.length - from, null, (error, written) => {
      if (error === null && from + written < bytes.length) this.#write(from + written);
      else this.#written(error);
    });
  }

  #written(error: NodeJS.ErrnoException | null): void {
    if (error !== null) {
      this.#dropped += this.#writingLines;
      this.#report(error);
    } else {
      this.#troubled = false;
    }
    this.#writing = null;
    if (this.#closed) {
      this.#finish();
      return;
    }
    if (this.#reopenWanted) this.reopen();
    if (this.#held.length >= batchCharacters) this.#flush();
    else if (this.#held !== "") this.#timer ??= setTimeout(() => this.#flush(), lingerMs).unref();
  }

  #report(error: unknown): void {
    if (this.#troubled) return;
    this.#troubled = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#onError(`the decision log ${this.#path} cannot be written: ${reason}`);
  }
}
