import { field, needed, oneOf, quantity, record, secret, text, textLike } from "./shape.ts";

const day = 86_400_000;
const count = (max: number) => quantity("whole", 1, max);
const mebibyte = 1_048_576;

export const storeKeys = record({
  path: needed(text, "File of what has to survive a restart, relative to this file."),
});

export const ledgerKeys = record({
  path: field(
    text,
    "The file, relative to this one; ledger.sqlite beside the store when left out.",
  ),
  keep: field(
    quantity("duration", day, 10_000 * day),
    "How long its rows are kept; 400d when left out.",
  ),
  survives: field(
    oneOf(["process", "power"] as const),
    "What a written row outlives: the process being killed (where nothing is said), or a loss of power too, which waits for the disk.",
  ),
});

export const redisKeys = record({
  url: needed(
    secret,
    "Its URL, redis://… or rediss://…, as a reference to a variable or a file, since it may hold a password.",
  ),
  prefix: field(
    textLike(/^[A-Za-z0-9._-]{1,64}$/, "signalbox"),
    "Begins every key; `signalbox` when left out. Gateways share what has the same prefix.",
  ),
});

export const batchKeys = record({
  "file-limit": field(
    quantity("whole", 1024, 1024 * mebibyte),
    "Largest file of requests in bytes.",
  ),
  "total-limit": field(
    quantity("whole", 1024, Number.MAX_SAFE_INTEGER),
    "Most bytes kept for one client's key, results included.",
  ),
  lines: field(count(50_000), "Most requests of one batch."),
  open: field(count(100_000), "Most batches of one client's key that have not ended."),
  concurrency: field(
    count(1000),
    "Requests asked at once of targets whose provider has no batch API.",
  ),
  keep: field(quantity("duration", day, 365 * day), "How long files and ended batches are kept."),
});
