import type { KeyRecord, KeyStore, StoredKey, StoredKeys } from "./key-store.ts";
import { openRedisLink, type RedisLink, type RedisLinkParts, redisScript } from "./redis-link.ts";

export interface RedisKeyStoreParts extends Omit<RedisLinkParts, "what"> {
  /** Begins every name on the server, so that gateways that do not belong together can use one. */
  readonly prefix: string;
}

/**
 * KEYS: states, revisions and times of use by name; places and changes, which are sorted; counts. `noted` counts a change: others
 * ask for those behind the last they know. Of names that are long gone the oldest changes are forgotten.
 */
const noted = `
local function noted(name)
  redis.call('ZADD', KEYS[5], redis.call('HINCRBY', KEYS[6], 'changes', 1), name)
  redis.call('ZREMRANGEBYRANK', KEYS[5], 0, -200001)
end`;

const adding = redisScript(`${noted}
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
local place = redis.call('HINCRBY', KEYS[6], 'places', 1)
redis.call('ZADD', KEYS[4], place, ARGV[1])
noted(ARGV[1])
return place`);

const replacing = redisScript(`${noted}
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[4] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
noted(ARGV[1])
return 1`);

const removing = redisScript(`${noted}
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
for index = 1, 3 do redis.call('HDEL', KEYS[index], ARGV[1]) end
redis.call('ZREM', KEYS[4], ARGV[1])
noted(ARGV[1])
return 1`);

/** A later time stays: gateways that share a key have seen it at different times. */
const using = redisScript(`
for index = 1, #ARGV, 2 do
  local before = redis.call('HGET', KEYS[3], ARGV[index])
  if redis.call('HEXISTS', KEYS[1], ARGV[index]) == 1
    and (not before or tonumber(before) < tonumber(ARGV[index + 1])) then
    redis.call('HSET', KEYS[3], ARGV[index], ARGV[index + 1])
  end
end`);

/** Names with their places or changes behind a number, and what there is of each. */
const reading = redisScript(`
local rows = {}
local found = redis.call('ZRANGEBYSCORE', KEYS[tonumber(ARGV[1])], '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
for index = 1, #found, 2 do
  local name = found[index]
  local state = redis.call('HGET', KEYS[1], name)
  local used = redis.call('HGET', KEYS[3], name)
  local place = redis.call('ZSCORE', KEYS[4], name)
  rows[#rows + 1] = { found[index + 1], name, state or '', used or '', place or '' }
end
return rows`);

const mostAtOnce = 500;
/** The indexes, in the scripts, of what is sorted. */
const sorted = { places: "4", changes: "5" } as const;

/** Connects to the keys on a Redis server; one that cannot be reached is a StoreError. */
export async function openRedisKeyStore(parts: RedisKeyStoreParts): Promise<RedisKeyStore> {
  const { prefix, ...rest } = parts;
  return new RedisKeyStore(await openRedisLink({ ...rest, what: "the keys" }), prefix);
}

interface Row {
  readonly at: number;
  readonly name: string;
  readonly stored: StoredKey | null;
}

/**
 * Keys that several gateways share. Each change is one script, and all names hash to one slot of a cluster. Whether a change
 * survives the server is the server's matter (`appendfsync always` for one that is acknowledged).
 */
export class RedisKeyStore implements KeyStore {
  readonly #link: RedisLink;
  readonly #names: string[];
  #seen = 0;

  constructor(link: RedisLink, prefix: string) {
    this.#link = link;
    this.#names = ["states", "revisions", "used", "places", "changes", "counts"].map(
      (part) => `{${prefix}}:keys:${part}`,
    );
  }

  async load(): Promise<StoredKeys> {
    const [counts = ""] = this.#names.slice(-1);
    const [changes, places] = await this.#link.ask((client) =>
      client.hmGet(counts, ["changes", "places"]),
    );
    // What is changed while the rest is read is told as a change once more.
    this.#seen = Number(changes ?? 0);
    const keys: StoredKey[] = [];
    for await (const { stored } of this.#rows("places", 0)) {
      if (stored !== null) keys.push(stored);
    }
    return { keys, everHeld: Number(places ?? 0) > 0 };
  }

  async add(key: KeyRecord): Promise<number | null> {
    const args = [key.name, JSON.stringify(key), String(key.revision)];
    const place = Number(await this.#link.run(adding, this.#names, args));
    return place === 0 ? null : place;
  }

  async replace(key: KeyRecord): Promise<boolean> {
    const revisions = [String(key.revision), String(key.revision - 1)];
    const args = [key.name, JSON.stringify(key), ...revisions];
    return (await this.#link.run(replacing, this.#names, args)) === 1;
  }

  async remove(name: string, revision: number): Promise<boolean> {
    return (await this.#link.run(removing, this.#names, [name, String(revision)])) === 1;
  }

  async used(times: ReadonlyMap<string, number>): Promise<void> {
    const args = [...times].flatMap(([name, atMs]) => [name, String(atMs)]);
    await this.#link.run(using, this.#names, args);
  }

  async changes(): Promise<ReadonlyMap<string, StoredKey | null>> {
    const changed = new Map<string, StoredKey | null>();
    let seen = this.#seen;
    for await (const { at, name, stored } of this.#rows("changes", seen)) {
      changed.set(name, stored);
      seen = at;
    }
    // Two may ask at once; what one has seen the other need not see again.
    this.#seen = Math.max(this.#seen, seen);
    return changed;
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  async *#rows(by: keyof typeof sorted, after: number): AsyncGenerator<Row> {
    for (let from = after; ; ) {
      const args = [sorted[by], String(from), String(mostAtOnce)];
      const rows = (await this.#link.run(reading, this.#names, args)) as string[][];
      for (const row of rows) yield rowOf(row);
      if (rows.length < mostAtOnce) return;
      from = Number(rows.at(-1)?.[0]);
    }
  }
}

function rowOf([at = "", name = "", state = "", used = "", place = ""]: readonly string[]): Row {
  const stored =
    state === ""
      ? null
      : {
          key: JSON.parse(state) as KeyRecord,
          place: Number(place),
          usedAtMs: used === "" ? null : Number(used),
        };
  return { at: Number(at), name, stored };
}
