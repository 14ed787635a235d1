import {
  bytesOf,
  type CacheEntry,
  type CacheSizes,
  type CacheStore,
  fits,
  type Purge,
} from "../cache/cache-store.ts";
import { mostOrders, orderText } from "../cache/purge-orders.ts";
import { readEntry } from "../cache/read-kept.ts";
import { openRedisLink, type RedisLink, type RedisLinkParts, redisScript } from "./redis-link.ts";
import { StoreError } from "./sqlite.ts";

export interface RedisCacheStoreParts extends Omit<RedisLinkParts, "what"> {
  /** Begins every key, so that gateways that do not belong together can use one server. */
  readonly prefix: string;
  readonly mostBytes: number;
}

/**
 * KEYS: the keys in the order in which they were put, the same by their end, what each is of, the sum of bytes, and what was purged,
 * by when. Answers themselves stand under keys of their own (ARGV[1] begins them), which the server lets expire; what counts them is cleared behind it. A server
 * that is short of memory may have thrown any of these away: each script ends whatever is left, and counts anew where nothing is.
 */
const shared = `
local function forget(key)
  redis.call('ZREM', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
  redis.call('DEL', ARGV[1] .. key)
  local about = redis.call('HGET', KEYS[3], key)
  if not about then return 0 end
  redis.call('HDEL', KEYS[3], key)
  local isRead, row = pcall(cjson.decode, about)
  if isRead and type(row) == 'table' and tonumber(row.bytes) then redis.call('DECRBY', KEYS[4], row.bytes) end
  return 1
end
local function clear(now, most)
  local ended = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, most)
  for _, key in ipairs(ended) do forget(key) end
end`;

/** ARGV: beginning, key, answer, about, bytes, now, end, most bytes, and since when it was asked for. 0 for what was purged since. */
const putting = redisScript(`${shared}
local key, bytes, now, most = ARGV[2], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[8])
local about = cjson.decode(ARGV[4])
local function hasTag(tag)
  for _, each in ipairs(about.tags) do if each == tag then return true end end
  return false
end
for _, told in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], ARGV[9], '+inf')) do
  local isRead, order = pcall(cjson.decode, told)
  if not isRead or type(order) ~= 'table' or ((not order.key or order.key == key)
    and (not order.tenant or order.tenant == about.tenant) and (not order.target or order.target == about.target)
    and (not order.tag or hasTag(order.tag))) then return 0 end
end
forget(key)
clear(now, 100)
if bytes > most or tonumber(ARGV[7]) <= now then return 1 end
redis.call('SET', ARGV[1] .. key, ARGV[3], 'PX', math.ceil(tonumber(ARGV[7]) - now))
redis.call('HSET', KEYS[3], key, ARGV[4])
redis.call('ZADD', KEYS[1], now, key)
redis.call('ZADD', KEYS[2], ARGV[7], key)
local sum = redis.call('INCRBY', KEYS[4], bytes)
for _ = 1, 1000 do
  if sum <= most then break end
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 1)
  local first = oldest[1]
  if first == key then first = oldest[2] end
  if not first then
    redis.call('SET', KEYS[4], bytes)
    break
  end
  forget(first)
  sum = tonumber(redis.call('GET', KEYS[4]) or '0')
end
return 1`);

/** ARGV: beginning, order, now, most orders, how long they are kept. Of too many the oldest is taken to have meant everything. */
const remembering = redisScript(`
local before = tonumber(redis.call('ZSCORE', KEYS[5], ARGV[2]))
if not before or before < tonumber(ARGV[3]) then redis.call('ZADD', KEYS[5], ARGV[3], ARGV[2]) end
local last = redis.call('ZREVRANGE', KEYS[5], ARGV[4], ARGV[4], 'WITHSCORES')
if last[2] then
  redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', last[2])
  redis.call('ZADD', KEYS[5], last[2], '{}')
end
redis.call('PEXPIRE', KEYS[5], ARGV[5])
return 1`);

/** ARGV: beginning, and then the keys. */
const forgetting = redisScript(`${shared}
local count = 0
for index = 2, #ARGV do count = count + forget(ARGV[index]) end
return count`);

/** ARGV: beginning, now. */
const measuring = redisScript(`${shared}
clear(ARGV[2], 1000)
return { redis.call('HLEN', KEYS[3]), redis.call('GET', KEYS[4]) or '0' }`);

/** What was asked for longer ago than that has its answer: batches are given a day, and a little more. */
const ordersKeptMs = 72 * 3_600_000;
/** What is looked through at once in a purge. */
const readAtOnce = 500;

/** Connects to answers on a Redis server; one that cannot be reached is a StoreError. */
export async function openRedisCacheStore(parts: RedisCacheStoreParts): Promise<RedisCacheStore> {
  return new RedisCacheStore(await openRedisLink({ ...parts, what: "the cache" }), parts);
}

type About = Pick<CacheEntry, "tenant" | "target" | "tags"> & { readonly bytes: number };

/**
 * Answers that several gateways share, within a bound of bytes over all of them. Those put first make room. All keys hash to one
 * slot of a cluster. Times are the gateways' own, whose clocks are taken to agree.
 */
export class RedisCacheStore implements CacheStore {
  readonly #link: RedisLink;
  readonly #mostBytes: number;
  readonly #begin: string;
  readonly #keys: string[];

  constructor(link: RedisLink, parts: Pick<RedisCacheStoreParts, "prefix" | "mostBytes">) {
    this.#link = link;
    this.#mostBytes = parts.mostBytes;
    this.#begin = `{${parts.prefix}}:cache:answer:`;
    this.#keys = ["order", "ends", "about", "bytes", "purged"].map(
      (part) => `{${parts.prefix}}:cache:${part}`,
    );
  }

  async get(key: string, atMs: number): Promise<CacheEntry | null> {
    const text = await this.#link.ask((client) => client.get(this.#begin + key));
    if (text === null) return null;
    const entry = readEntry(text, key);
    if (entry === null)
      throw new StoreError(
        `what stands under ${this.#begin}${key} on the Redis server is no entry`,
      );
    return entry.expiresAtMs <= atMs ? null : entry;
  }

  async put(
    entry: CacheEntry,
    atMs: number,
    askedAtMs = Number.POSITIVE_INFINITY,
  ): Promise<boolean> {
    const { key, tenant, target, tags, expiresAtMs } = entry;
    const bytes = bytesOf(entry);
    const about: About = { tenant, target, tags, bytes };
    const args = [this.#begin, key, JSON.stringify(entry), JSON.stringify(about), String(bytes)];
    const bounds = [atMs, expiresAtMs, this.#mostBytes].map(String);
    const since = askedAtMs === Number.POSITIVE_INFINITY ? "+inf" : String(askedAtMs);
    return Number(await this.#link.run(putting, this.#keys, [...args, ...bounds, since])) === 1;
  }

  async purge(order: Purge, atMs: number): Promise<number> {
    const told = [this.#begin, orderText(order), String(atMs)];
    const bounds = [mostOrders, ordersKeptMs].map(String);
    await this.#link.run(remembering, this.#keys, [...told, ...bounds]);
    let count = 0;
    let cursor = "0";
    const [, , about = ""] = this.#keys;
    do {
      const from = cursor;
      const read = await this.#link.ask((client) =>
        client.hScan(about, from, { COUNT: readAtOnce }),
      );
      cursor = String(read.cursor);
      const found = read.entries
        .filter(({ field, value }) => isOf(field, value, order))
        .map(({ field }) => field);
      if (found.length > 0) count += await this.#forget(found);
    } while (cursor !== "0");
    return count;
  }

  async sizes(atMs: number): Promise<CacheSizes> {
    const args = [this.#begin, String(atMs)];
    const [entries, bytes] = (await this.#link.run(measuring, this.#keys, args)) as [
      number,
      string,
    ];
    return { entries: Number(entries), bytes: Number(bytes) };
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  async #forget(keys: readonly string[]): Promise<number> {
    return Number(await this.#link.run(forgetting, this.#keys, [this.#begin, ...keys]));
  }
}

/** Whether a row is of an entry to be forgotten; one that cannot be read goes with any. */
function isOf(key: string, row: string, order: Purge): boolean {
  try {
    return fits({ key, ...(JSON.parse(row) as About) }, order);
  } catch {
    return true;
  }
}
