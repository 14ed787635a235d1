import type {
  Candidate,
  Observation,
  SemanticBounds,
  SemanticEntry,
  SemanticPurge,
  SemanticSizes,
  SemanticStore,
} from "../semantic/semantic-store.ts";
import {
  candidatesAtMost,
  observationsAtMost,
  semanticBytesOf,
  semanticFits,
} from "../semantic/semantic-store.ts";
import { UnableStore } from "./lasting-semantic-store.ts";
import { openRedisLink, type RedisLink, type RedisLinkParts, redisScript } from "./redis-link.ts";

export interface RedisSemanticParts extends Omit<RedisLinkParts, "what">, SemanticBounds {
  /** Begins every name on the server, so that gateways that do not belong together can use one. */
  readonly prefix: string;
}

/**
 * KEYS: entries and observations by key; keys by when they came and by when they end, which are sorted; counts. A partition's
 * vectors stand in a set of their own, whose name begins as ARGV[1] says: all names hash to one slot of a cluster. A server that is
 * short of memory may have thrown any of these away: each script ends whatever is left.
 */
const forgetting = `
local function forget(key)
  redis.call('ZREM', KEYS[3], key)
  redis.call('ZREM', KEYS[4], key)
  redis.call('HDEL', KEYS[2], key)
  local text = redis.call('HGET', KEYS[1], key)
  if not text then return 0 end
  redis.call('HDEL', KEYS[1], key)
  local isRead, entry = pcall(cjson.decode, text)
  if isRead and type(entry) == 'table' and entry.partition and tonumber(entry.bytes) then
    redis.call('VREM', ARGV[1] .. entry.partition, key)
    redis.call('HINCRBY', KEYS[5], 'bytes', -entry.bytes)
  end
  return 1
end
local function clear(most, atMs)
  local ended = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', atMs, 'LIMIT', 0, most)
  for _, key in ipairs(ended) do forget(key) end
  return #ended
end`;

/** ARGV: key, entry, vector, bytes, partition, most entries, most bytes, now, attributes to be filtered by. */
const putting = redisScript(`${forgetting}
local key, bytes = ARGV[2], tonumber(ARGV[5])
forget(key)
clear(4, ARGV[9])
if bytes > tonumber(ARGV[8]) then return 0 end
local function isFull()
  return redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[7])
    or tonumber(redis.call('HGET', KEYS[5], 'bytes') or '0') + bytes > tonumber(ARGV[8])
end
for _ = 1, 1000 do
  if not isFull() then break end
  local oldest = redis.call('ZRANGE', KEYS[3], 0, 0)[1] or redis.call('HRANDFIELD', KEYS[1])
  if oldest then forget(oldest) else redis.call('HSET', KEYS[5], 'bytes', 0) end
end
if isFull() then return 0 end
redis.call('VADD', ARGV[1] .. ARGV[6], 'FP32', ARGV[4], key, 'NOQUANT', 'EF', 96,
  'SETATTR', ARGV[10])
redis.call('HSET', KEYS[1], key, ARGV[3])
redis.call('ZADD', KEYS[3], redis.call('HINCRBY', KEYS[5], 'came', 1), key)
redis.call('ZADD', KEYS[4], cjson.decode(ARGV[3]).expiresAtMs, key)
redis.call('HINCRBY', KEYS[5], 'bytes', bytes)
return 1`);

/** ARGV: vector, partition, most, dimension, filter, how many it may look at. Each with its score, what there is of it, and what re-asking told. */
const searching = redisScript(`
local name = ARGV[1] .. ARGV[3]
if redis.call('EXISTS', name) == 0 or redis.call('VDIM', name) ~= tonumber(ARGV[5]) then return {} end
local found = redis.call('VSIM', name, 'FP32', ARGV[2], 'WITHSCORES', 'COUNT', ARGV[4], 'EF', 96,
  'FILTER', ARGV[6], 'FILTER-EF', ARGV[7])
local rows = {}
for index = 1, #found, 2 do
  local entry = redis.call('HGET', KEYS[1], found[index])
  if entry then
    rows[#rows + 1] = { found[index], found[index + 1], entry, redis.call('HGET', KEYS[2], found[index]) or '[]' }
  end
end
return rows`);

const observing = redisScript(`
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then return 0 end
local told = cjson.decode(redis.call('HGET', KEYS[2], ARGV[2]) or '[]')
told[#told + 1] = tonumber(ARGV[3])
while #told > tonumber(ARGV[4]) do table.remove(told, 1) end
redis.call('HSET', KEYS[2], ARGV[2], cjson.encode(told))
return 1`);

const removing = redisScript(`${forgetting}
local count = 0
for index = 2, #ARGV do count = count + forget(ARGV[index]) end
return count`);

const clearing = redisScript(`${forgetting}
return clear(500, ARGV[2])`);

const readAtOnce = 500;
/** So many nearer ones may have expired, or be too old, before those that are wanted: looking at more would hold the server up. */
const lookedThrough = 2_000;

/** What stands on the server of an entry. */
interface Kept extends Omit<SemanticEntry, "answer"> {
  readonly answer: string | null;
  readonly bytes: number;
}

/** Connects to prompts on a Redis server. One that cannot be reached, or has no vector sets (Redis 8 has), is a StoreError: the latter an UnableStore. */
export async function openRedisSemanticStore(
  parts: RedisSemanticParts,
): Promise<RedisSemanticStore> {
  const link = await openRedisLink({ ...parts, what: "the semantic cache" });
  const known = await link.ask((client) => client.sendCommand(["COMMAND", "INFO", "VADD"]));
  if (!Array.isArray(known) || !Array.isArray(known[0])) {
    await link.close();
    throw new UnableStore(
      "the Redis server of the semantic cache cannot be used: it has no vector sets, which Redis 8 has",
    );
  }
  return new RedisSemanticStore(link, parts);
}

/** Prompts by meaning that several gateways share, in vector sets of Redis 8, one for a partition. Each change is one script. */
export class RedisSemanticStore implements SemanticStore {
  readonly #link: RedisLink;
  readonly #bounds: SemanticBounds;
  readonly #names: string[];
  readonly #vectors: string;

  constructor(link: RedisLink, { prefix, mostEntries, mostBytes }: RedisSemanticParts) {
    this.#link = link;
    this.#bounds = { mostEntries, mostBytes };
    this.#names = ["entries", "observations", "came", "ends", "counts"].map(
      (part) => `{${prefix}}:semantic:${part}`,
    );
    this.#vectors = `{${prefix}}:semantic:vectors:`;
  }

  async nearest(
    partition: string,
    vector: Float32Array,
    atMs: number,
    sinceMs?: number,
  ): Promise<readonly Candidate[]> {
    const bounds = [candidatesAtMost, vector.length].map(String);
    const since = (sinceMs ?? 0) > 0 ? ` and .stored >= ${sinceMs}` : "";
    const filter = [`.expires > ${atMs}${since}`, String(lookedThrough)];
    const args = [blobOf(vector), partition, ...bounds, ...filter];
    const rows = (await this.#run(searching, args)) as string[][];
    return rows.map((row) => candidateOf(row));
  }

  async put(entry: SemanticEntry, vector: Float32Array, atMs: number): Promise<void> {
    if (entry.expiresAtMs <= atMs || this.#bounds.mostEntries < 1) {
      await this.purge({ key: entry.key });
      return;
    }
    const bytes = semanticBytesOf(entry, vector.length);
    const { mostEntries, mostBytes } = this.#bounds;
    const answer = entry.answer === null ? null : Buffer.from(entry.answer).toString("base64");
    const kept: Kept = { ...entry, answer, bytes };
    await this.#run(putting, [
      ...[entry.key, JSON.stringify(kept), blobOf(vector), String(bytes), entry.partition],
      ...[String(mostEntries), String(mostBytes), String(atMs)],
      JSON.stringify({ stored: entry.storedAtMs, expires: entry.expiresAtMs }),
    ]);
  }

  async observe(key: string, observation: Observation): Promise<void> {
    await this.#run(observing, [key, String(observation), String(observationsAtMost)]);
  }

  async purge(order: SemanticPurge): Promise<number> {
    const { key, ...others } = order;
    if (key !== undefined && Object.keys(others).length === 0) {
      return Number(await this.#run(removing, [key]));
    }
    const [entries = ""] = this.#names;
    let count = 0;
    let cursor = "0";
    do {
      const from = cursor;
      const page = await this.#link.ask((client) =>
        client.hScan(entries, from, { COUNT: readAtOnce }),
      );
      cursor = String(page.cursor);
      const fitting = page.entries
        .filter(({ value }) => isOf(value, order))
        .map(({ field }) => field);
      if (fitting.length > 0) count += Number(await this.#run(removing, fitting));
    } while (cursor !== "0");
    return count;
  }

  async sizes(atMs: number): Promise<SemanticSizes> {
    while (Number(await this.#run(clearing, [String(atMs)])) > 0);
    const [entries = ""] = this.#names;
    const counts = this.#names[4] ?? "";
    const [count, bytes] = await this.#link.ask((client) =>
      Promise.all([client.hLen(entries), client.hGet(counts, "bytes")]),
    );
    return { entries: count, bytes: Number(bytes ?? 0) };
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  #run(script: ReturnType<typeof redisScript>, args: (string | Buffer)[]): Promise<unknown> {
    return this.#link.run(script, this.#names, [this.#vectors, ...args]);
  }
}

/** Whether a row is of an entry to be forgotten; one that cannot be read goes with any. */
function isOf(row: string, order: SemanticPurge): boolean {
  try {
    return semanticFits(JSON.parse(row) as Kept, order);
  } catch {
    return true;
  }
}

/** 32-bit floats as they lie in memory: little-endian on every machine that Node runs on. */
function blobOf(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

function candidateOf(row: readonly string[]): Candidate {
  const [key = "", score = "", text = "", told = "[]"] = row;
  const { prompt, storedAtMs, answer } = JSON.parse(text) as Kept;
  const observations = JSON.parse(told) as readonly Observation[];
  return {
    ...{ key, prompt, storedAtMs },
    // A score is the cosine brought between 0 and 1.
    similarity: 2 * Number(score) - 1,
    answer: answer === null ? null : new Int8Array(Buffer.from(answer, "base64")),
    observations: Array.isArray(observations) ? observations : [],
  };
}
