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

export const cacheKeys = record({
  store: field(
    oneOf(["memory", "file", "redis"] as const),
    "Where answers are kept: in `memory` (where nothing is said), in a `file` that outlives the process, or on the server of `redis`, by which gateways share them.",
  ),
  path: field(text, "The file, relative to this one; cache.sqlite beside the store when left out."),
  "max-size": field(
    quantity("whole", mebibyte, Number.MAX_SAFE_INTEGER),
    "Bytes that all answers together may take (64 MiB where nothing is said); those not asked for longest make room.",
  ),
  "max-answer": field(
    quantity("whole", 1024, 64 * mebibyte),
    "Bytes beyond which an answer is not kept (1 MiB where nothing is said).",
  ),
  "max-prompts": field(
    quantity("whole", 1, 10_000_000),
    "Prompts that semantic caches find answers by (100,000 where nothing is said; together they take as many bytes as answers at most); the oldest make room.",
  ),
  embeddings: field(
    text,
    "The target whose provider places the prompts of semantic caches, over OpenAI's API of embeddings; a table that the package brings where nothing is said.",
  ),
  scope: field(
    oneOf(["key", "team", "all"] as const),
    "Who may be given an answer: those with the same client `key` (where nothing is said), the same `team` (a key without one is its own), or `all`.",
  ),
  pace: field(
    quantity("duration", 0, 10_000),
    "Time between the pieces of an answer that is replayed as a stream, each a few words; all at once where nothing is said.",
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
