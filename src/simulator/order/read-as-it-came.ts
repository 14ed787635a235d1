import type { Log, LogFile } from "../log-file.ts";
import type { LoggedRequest } from "../logged-request.ts";
import { type LogSink, readFile, readLog } from "../read-log.ts";
import { unpacked } from "../unpack.ts";
import { UnreadableLogError } from "../unreadable-log-error.ts";
import { SortingRoom } from "./order-keeper.ts";
import { type OrderOptions, readInOrder } from "./read-in-order.ts";
import { hasWaited, timesOf } from "./time-of.ts";

type RequestSink = Pick<LogSink, "request" | "skip">;

/** What may be held of lines that waited; further ones come where they stand in the log. */
const linesRoom = { requests: 250_000, bytes: 256 * 1024 * 1024 };

export interface ReadingAsItCame {
  readonly log: Log;
  /** The same, to be read before it where it is there to be read twice: bytes in a list, and files that do not only flow. */
  readonly ahead: Log;
  readonly options: OrderOptions;
  readonly sink: RequestSink;
  /** Told when all is read that is read ahead. */
  readonly begins?: () => void;
  readonly room?: SortingRoom;
}

/**
 * Reads a log as `readInOrder` does, and gives lines of the batch lane, which stand in it where they ended, up to a day after they came, at
 * the time at which they came. They are looked for in a reading of their own, and held until then.
 */
export async function readAsItCame(reading: ReadingAsItCame): Promise<void> {
  const { log, ahead, options, sink, begins } = reading;
  const lines = new WaitedLines(sink, reading.room ?? new SortingRoom(linesRoom));
  // Nobody else's log tells of a batch lane.
  if (options.format === null || options.format === "records")
    await lookAhead(ahead, options, lines);
  begins?.();
  if (!lines.sort()) return readInOrder(log, options, sink);
  await readInOrder(log, options, lines);
  await lines.end();
}

async function lookAhead(ahead: Log, options: OrderOptions, lines: WaitedLines): Promise<void> {
  const into: RequestSink = { request: (request) => lines.hold(request), skip: () => {} };
  try {
    if ("files" in ahead) {
      for (const [index, file] of ahead.files.entries())
        if (file.open !== null && (await holdsLines(file.chunks())))
          await readFile(file, index, options, into);
    } else if (Array.isArray(ahead) && (await holdsLines(ahead)))
      await readLog(ahead, options, into);
  } catch (error) {
    // What is wrong with it is told where it is read for good.
    if (!(error instanceof UnreadableLogError)) throw error;
  }
}

/** What a record of the lane bears, and no other. */
const mark = Buffer.from('"lane"');

/** Whether a file may hold lines that waited: most do not, and are not read twice for them. */
async function holdsLines(chunks: ReturnType<LogFile["chunks"]> | Uint8Array[]): Promise<boolean> {
  let before = Buffer.alloc(0);
  for await (const chunk of unpacked(chunks)) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    // The mark may be cut in two.
    const seam = Buffer.concat([before, bytes.subarray(0, mark.length)]);
    if (seam.includes(mark) || bytes.includes(mark)) return true;
    before = Buffer.from((bytes.length < mark.length ? seam : bytes).subarray(-mark.length));
  }
  return false;
}

/** Lines of the batch lane on their way to where they came. */
class WaitedLines implements RequestSink {
  readonly #sink: RequestSink;
  readonly #room: SortingRoom;
  readonly #held: { readonly request: LoggedRequest; readonly cameMs: number }[] = [];
  readonly #places = new Set<string>();
  #isFull = false;

  constructor(sink: RequestSink, room: SortingRoom) {
    this.#sink = sink;
    this.#room = room;
  }

  /** Takes a line that waited for longer than a replay puts right by itself, as long as there is room. */
  hold(request: LoggedRequest): void {
    const times = timesOf(request);
    if (this.#isFull || times === null || !hasWaited(request)) return;
    this.#isFull = !this.#room.take(request);
    if (this.#isFull) return;
    this.#held.push({ request, cameMs: times.cameMs });
    this.#places.add(placeOf(request));
  }

  /** Puts them in order, the first last, so that it can be taken off; false for none. */
  sort(): boolean {
    // Those that came at one moment stay as they stand.
    this.#held.reverse();
    this.#held.sort((one, other) => other.cameMs - one.cameMs);
    return this.#held.length > 0;
  }

  skip(...line: Parameters<LogSink["skip"]>): void {
    this.#sink.skip(...line);
  }

  request(request: LoggedRequest): void | Promise<void> {
    const waits = this.#give(timesOf(request)?.cameMs ?? Number.NEGATIVE_INFINITY);
    return waits === undefined ? this.#pass(request) : waits.then(() => this.#pass(request));
  }

  /** The log is at its end. */
  async end(): Promise<void> {
    await this.#give(Number.POSITIVE_INFINITY);
  }

  #pass(request: LoggedRequest): void | Promise<void> {
    // It was given where it came.
    if (hasWaited(request) && this.#places.has(placeOf(request))) return;
    return this.#sink.request(request);
  }

  /** Gives those that came up to a moment. */
  #give(untilMs: number): void | Promise<void> {
    for (;;) {
      const next = this.#held.at(-1);
      if (next === undefined || next.cameMs > untilMs) return;
      this.#held.pop();
      const waits = this.#sink.request(next.request);
      if (waits !== undefined) return waits.then(() => this.#give(untilMs));
    }
  }
}

function placeOf({ line, file, id }: LoggedRequest): string {
  return `${file?.index ?? 0}/${line}/${id}`;
}
