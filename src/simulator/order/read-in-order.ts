import type { Log, LogFiles } from "../log-file.ts";
import type { LoggedRequest } from "../logged-request.ts";
import { type LogOptions, type LogSink, readFile, readLog } from "../read-log.ts";
import { longestHeldMs } from "../replay/arrivals.ts";
import { UnreadableLogError } from "../unreadable-log-error.ts";
import { FileFeed } from "./file-feed.ts";
import { OrderKeeper, SortingRoom } from "./order-keeper.ts";
import { timesOf } from "./time-of.ts";

type RequestSink = Pick<LogSink, "request" | "skip">;

export interface OrderOptions extends LogOptions {
  /** Told of each file that had to be sorted, by its name; null for a log of bytes alone. */
  readonly sorted?: ((file: string | null) => void) | undefined;
}

/** Files that are read side by side. */
const mostOpen = 64;

/**
 * Reads a log as `readLog` does, and gives its requests in the order of time: files that tell of the same hours are read side by side, and
 * a file that is not in order is held and sorted. Files are expected by their first time. Throws an UnreadableLogError for what is too large for that.
 */
export async function readInOrder(
  log: Log,
  options: OrderOptions,
  sink: RequestSink,
  room: SortingRoom = new SortingRoom(),
): Promise<void> {
  if ("files" in log && log.files.length > 1) return mergeFiles(log, options, sink, room);
  const keeper = new OrderKeeper(sink, room);
  const name = "files" in log ? log.files[0]?.name : undefined;
  try {
    await readLog(log, options, keeper);
    await keeper.end();
  } catch (error) {
    throw named(error, name);
  }
  if (keeper.isSorted) options.sorted?.(name ?? null);
}

/** A file that is read, with the time of the request that it would give next. */
interface Open {
  readonly feed: FileFeed;
  request: LoggedRequest;
  atMs: number;
}

async function mergeFiles(
  { files }: LogFiles,
  options: OrderOptions,
  sink: RequestSink,
  room: SortingRoom,
): Promise<void> {
  const feeds: FileFeed[] = [];
  const open = async (): Promise<Open | null> => {
    const index = feeds.length;
    const file = files[index];
    if (file === undefined) return null;
    const feed = new FileFeed(async ({ request, check }) => {
      const keeper = new OrderKeeper({ request, skip: (...line) => sink.skip(...line) }, room);
      const checked: RequestSink = {
        request(each) {
          check();
          return keeper.request(each);
        },
        skip: (...line) => keeper.skip(...line),
      };
      try {
        await readFile(file, index, options, checked);
        await keeper.end();
      } catch (error) {
        throw named(error, file.name);
      }
      if (keeper.isSorted) options.sorted?.(file.name);
    });
    feeds.push(feed);
    const request = await feed.next();
    if (request === null) return open();
    // One that tells no moments has its place behind all that were named before it.
    const atMs = request.atMs === null ? null : timesOf(request)?.endedMs;
    return { feed, request, atMs: atMs ?? Number.POSITIVE_INFINITY };
  };
  try {
    await mergeFeeds(open, sink);
  } finally {
    for (const feed of feeds) feed.stop();
  }
}

async function mergeFeeds(open: () => Promise<Open | null>, sink: RequestSink): Promise<void> {
  const active: Open[] = [];
  let waiting = await open();
  for (;;) {
    while (waiting !== null && isWanted(waiting, active)) {
      active.push(waiting);
      waiting = await open();
    }
    const first = earliest(active);
    if (first === null) return;
    const waits = sink.request(first.request);
    if (waits !== undefined) await waits;
    first.feed.take();
    const next = first.feed.ready() ?? (await first.feed.next());
    if (next === null) active.splice(active.indexOf(first), 1);
    else {
      first.request = next;
      first.atMs = timesOf(next)?.endedMs ?? first.atMs;
    }
  }
}

/** Whether a file is to be read beside those that are. */
function isWanted(waiting: Open, active: readonly Open[]): boolean {
  const first = earliest(active);
  if (first === null) return true;
  if (!isNear(waiting, first)) return false;
  if (active.length < mostOpen) return true;
  if (waiting.atMs >= first.atMs) return false;
  throw new UnreadableLogError(
    `more than ${mostOpen} files tell of the same time: join some of them, in order of time`,
  );
}

/**
 * Whether a file, or one behind it, may begin before another goes on: files go by when requests came, and their requests by when they
 * ended. Not known of one that tells no moments.
 */
function isNear(one: Open, other: Open): boolean {
  return Number.isFinite(other.atMs) && one.atMs - longestHeldMs < other.atMs;
}

function earliest(active: readonly Open[]): Open | null {
  let first: Open | null = null;
  for (const each of active) if (first === null || each.atMs < first.atMs) first = each;
  return first;
}

/** An error of a log with the file that it is about. */
function named(error: unknown, file: string | undefined): unknown {
  if (!(error instanceof UnreadableLogError) || error.file !== null || file === undefined)
    return error;
  return new UnreadableLogError(error.message, { file, cause: error });
}
