import { type FileHandle, open } from "node:fs/promises";

/** The last records of one policy, as lines in the order of the log. */
export interface LogTail {
  readonly lines: readonly Buffer[];
  /** Whether there may be more that were not looked for, since they would be too many bytes. */
  readonly isCut: boolean;
}

/** What was found at the end of a log. */
export interface LogTails {
  readonly byPolicy: ReadonlyMap<string, LogTail>;
  /** The lines of all of them and those taken beside, in the order of the log. */
  readonly all: readonly Buffer[];
}

export interface TailOrder {
  /** The file that is being written; those put aside are `FILE.1`, which is the newest of them, and so on. */
  readonly file: string;
  readonly policies: readonly string[];
  /** Most records of each policy. */
  readonly last: number;
  /** Records of other policies that are taken on the way, the last ones; none where nothing is said. */
  readonly beside?: number;
  /** Most bytes that are looked at, and most that are kept. */
  readonly mostRead?: number;
  readonly mostKept?: number;
  /** Bytes that are read at once. */
  readonly chunkBytes?: number;
}

const mebibyte = 1_048_576;

/** Records that are taken on the way have room of their own, for so many bytes. */
const mostBeside = 32 * mebibyte;

/** Files put aside that are looked for. */
const mostFiles = 1_000;

/** Longer lines than any record are passed over. */
const longestLine = 4 * mebibyte;

/** Reads the last decision records of some policies from the end of the log backwards. A log that is not there has none. */
export async function readLogTail(order: TailOrder): Promise<LogTails> {
  const tail = new Tail(order);
  for (let number = 0; number <= mostFiles && tail.wants; number += 1) {
    const path = number === 0 ? order.file : `${order.file}.${number}`;
    const handle = await open(path, "r").catch(unlessMissing);
    // Where the newest is missing it may be on its way to become the first that was put aside.
    if (handle === null && number > 0) break;
    if (handle === null) continue;
    try {
      await tail.read(handle);
    } finally {
      await handle.close();
    }
  }
  return tail.found();
}

function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code !== "ENOENT") throw error;
  return null;
}

/** What was found so far; lines come newest first. */
class Tail {
  readonly #order: TailOrder;
  readonly #lines: ReadonlyMap<string, Buffer[]>;
  #left: number;
  #room: number;
  readonly #all: Buffer[] = [];
  #beside: number;
  #besideRoom = mostBeside;
  #isCut = false;

  constructor(order: TailOrder) {
    this.#order = order;
    this.#lines = new Map(order.policies.map((name) => [name, []]));
    this.#left = order.mostRead ?? 512 * mebibyte;
    this.#room = order.mostKept ?? 128 * mebibyte;
    this.#beside = order.beside ?? 0;
  }

  get wants(): boolean {
    return (
      !this.#isCut && [...this.#lines.values()].some(({ length }) => length < this.#order.last)
    );
  }

  found(): LogTails {
    const byPolicy = new Map(
      [...this.#lines].map(([name, lines]) => {
        const isCut = this.#isCut && lines.length < this.#order.last;
        return [name, { lines: lines.toReversed(), isCut }];
      }),
    );
    return { byPolicy, all: this.#all.toReversed() };
  }

  /** Reads one file from its end. */
  async read(handle: FileHandle): Promise<void> {
    const { chunkBytes = mebibyte } = this.#order;
    let { size: end } = await handle.stat();
    /** The beginning of a line whose head is still to be read. */
    let rest: Buffer[] = [];
    let restBytes = 0;
    while (end > 0 && this.wants) {
      const start = Math.max(0, end - chunkBytes);
      if (this.#left < end - start) {
        this.#isCut = true;
        return;
      }
      this.#left -= end - start;
      const bytes = Buffer.allocUnsafe(end - start);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      if (bytesRead < bytes.length) return;
      end = start;
      const first = bytes.indexOf(0x0a);
      if (first < 0 && start > 0) {
        if (restBytes <= longestLine) rest.unshift(bytes);
        restBytes += bytes.length;
        continue;
      }
      const whole = restBytes <= longestLine ? Buffer.concat([bytes, ...rest]) : bytes;
      const from = start === 0 ? 0 : first + 1;
      this.#takeLines(whole, from);
      rest = start === 0 ? [] : [whole.subarray(0, first)];
      restBytes = rest[0]?.length ?? 0;
    }
  }

  /** The lines from `from` on, the last of them first. */
  #takeLines(bytes: Buffer, from: number): void {
    let end = bytes.length;
    while (end > from && this.wants) {
      const feed = bytes.lastIndexOf(0x0a, end - 1);
      const start = Math.max(feed + 1, from);
      this.#take(bytes.subarray(start, end));
      end = start - 1;
    }
  }

  #take(line: Buffer): void {
    if (line.length === 0) return;
    const policy = policyOf(line);
    const lines = this.#lines.get(policy ?? "");
    if (lines === undefined || lines.length >= this.#order.last) {
      if (policy !== null) this.#takeBeside(line);
      return;
    }
    this.#room -= line.length + 1;
    if (this.#room < 0) {
      this.#isCut = true;
      return;
    }
    const kept = copyOf(line);
    lines.push(kept);
    this.#all.push(kept);
  }

  #takeBeside(line: Buffer): void {
    this.#besideRoom -= line.length + 1;
    this.#beside -= 1;
    if (this.#beside >= 0 && this.#besideRoom >= 0) this.#all.push(copyOf(line));
  }
}

/** A copy with its line feed, so that the whole chunk need not be kept for one line of it. */
function copyOf(line: Buffer): Buffer {
  const kept = Buffer.allocUnsafeSlow(line.length + 1);
  line.copy(kept);
  kept[line.length] = 0x0a;
  return kept;
}

/** The policy of a record; null for what is none, such as a line that is not written to its end yet. */
function policyOf(line: Buffer): string | null {
  try {
    const record = JSON.parse(line.toString("utf8")) as { readonly policy?: unknown } | null;
    return typeof record?.policy === "string" ? record.policy : null;
  } catch {
    return null;
  }
}
