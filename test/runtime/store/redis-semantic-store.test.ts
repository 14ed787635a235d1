import { createClient } from "@redis/client";
import { describe, expect, test } from "vitest";
import { openRedisSemanticStore } from "../../../src/runtime/store/redis-semantic-store.ts";
import { StoreError } from "../../../src/runtime/store/sqlite.ts";
import { hasRedis, startRedis, vectorRedis } from "../../support/redis-server.ts";
import {
  ample,
  at,
  describeSemanticStore,
  entryOf,
  type SemanticPlace,
} from "../../support/semantic-store-contract.ts";
import { skipAloud } from "../../support/skip-aloud.ts";

type Client = ReturnType<typeof createClient>;

const atMs = Date.UTC(2026, 10, 27);
const parts = (url: string) => ({ ...ample, url, prefix: "sb", failed: () => undefined });

describe.skipIf(
  skipAloud(
    vectorRedis === null,
    "prompts on a Redis server: no Redis 8 here (SIGNALBOX_VECTOR_REDIS names one)",
  ),
)("with a Redis server that has vector sets", () => {
  const start = () => startRedis(vectorRedis ?? "");

  describeSemanticStore("prompts on the server", async (): Promise<SemanticPlace> => {
    const redis = await start();
    return {
      open: (bounds) => openRedisSemanticStore({ ...parts(redis.url), ...bounds }),
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    };
  });

  test("what one gateway puts another finds, learns of and forgets", async () => {
    await using redis = await start();
    const [one, other] = await Promise.all([
      openRedisSemanticStore(parts(redis.url)),
      openRedisSemanticStore(parts(redis.url)),
    ]);
    await one.put(entryOf("a"), at(0), atMs);
    await other.observe("a", 0.5);
    expect(await one.nearest("p", at(0), atMs)).toMatchObject([{ key: "a", observations: [0.5] }]);
    expect(await other.purge({ tenant: "t" })).toBe(1);
    expect(await one.nearest("p", at(0), atMs)).toEqual([]);
    await Promise.all([one.close(), other.close()]);
  });

  test("leaves nothing behind of what it forgot", async () => {
    await using redis = await start();
    const store = await openRedisSemanticStore(parts(redis.url));
    for (let n = 0; n < 1_200; n += 1) await store.put(entryOf(`k${n}`), at(n / 10), atMs);
    expect(await store.purge({})).toBe(1_200);
    expect(await store.sizes(atMs)).toEqual({ entries: 0, bytes: 0 });
    await store.close();
  });

  test.each([
    ["an entry", (client: Client) => client.hDel("{sb}:semantic:entries", "k0")],
    ["all entries", (client: Client) => client.del("{sb}:semantic:entries")],
    ["a row for another", (client: Client) => client.hSet("{sb}:semantic:entries", "k0", "no row")],
    ["the order in which they came", (client: Client) => client.del("{sb}:semantic:came")],
    ["when they end", (client: Client) => client.del("{sb}:semantic:ends")],
    ["the counts", (client: Client) => client.del("{sb}:semantic:counts")],
  ])("takes in and forgets after the server lost %s", async (_, lose) => {
    await using redis = await start();
    const store = await openRedisSemanticStore({ ...parts(redis.url), mostEntries: 3 });
    for (let n = 0; n < 3; n += 1) await store.put(entryOf(`k${n}`), at(n), atMs);
    const client: Client = createClient({ url: redis.url });
    await client.connect();
    await lose(client);
    for (let n = 0; n < 6; n += 1) await store.put(entryOf(`n${n}`), at(90 + n), atMs);
    expect((await store.nearest("p", at(95), atMs))[0]).toMatchObject({ key: "n5" });
    await store.purge({});
    expect((await store.sizes(atMs)).entries).toBe(0);
    client.destroy();
    await store.close();
  });

  test("tells in words that the server is gone", async () => {
    await using redis = await start();
    const store = await openRedisSemanticStore(parts(redis.url));
    await redis.kill();
    await expect(store.nearest("p", at(0), atMs)).rejects.toThrow(StoreError);
    await store.close().catch(() => undefined);
  });
});

describe.skipIf(skipAloud(!hasRedis || vectorRedis === "redis-server", "a Redis server of old"))(
  "with a Redis server that has no vector sets",
  () => {
    test("says what is missing", async () => {
      await using redis = await startRedis();
      await expect(openRedisSemanticStore(parts(redis.url))).rejects.toThrow(/vector sets/);
    });
  },
);
