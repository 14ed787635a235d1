import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CacheEntry } from "../../../src/runtime/cache/cache-store.ts";
import {
  openRedisCacheStore,
  type RedisCacheStore,
} from "../../../src/runtime/store/redis-cache-store.ts";
import { hasRedis, type RedisServer, startRedis } from "../../support/redis-server.ts";
import { skipAloud } from "../../support/skip-aloud.ts";

const atMs = Date.UTC(2026, 10, 27);
const mostBytes = 10_000;

const entry = (key: string): CacheEntry => ({
  ...{ key, tenant: "t", target: "a", tags: [], storedAtMs: atMs, expiresAtMs: atMs + 60_000 },
  ...{ answer: "x".repeat(500), cost: null },
});

describe.skipIf(skipAloud(!hasRedis, "answers on a Redis server that loses rows: no redis-server"))(
  "answers on a Redis server that is short of memory",
  () => {
    let server: RedisServer;
    let client: ReturnType<typeof createClient>;
    let opened = 0;

    beforeAll(async () => {
      server = await startRedis();
      client = createClient({ url: server.url });
      await client.connect();
    });
    afterAll(async () => {
      client.destroy();
      await server[Symbol.asyncDispose]();
    });

    async function filled(): Promise<{ store: RedisCacheStore; prefix: string }> {
      opened += 1;
      const prefix = `t${opened}`;
      const store = await openRedisCacheStore({
        ...{ url: server.url, prefix, mostBytes, timeoutMs: 1_000, failed: () => undefined },
      });
      for (let n = 0; n < 10; n += 1) await store.put(entry(`k${n}`), atMs + n);
      return { store, prefix };
    }

    test.each([
      ["what each is of", (p: string) => client.del(`{${p}}:cache:about`)],
      ["what one is of", (p: string) => client.hDel(`{${p}}:cache:about`, "k0")],
      [
        "what one is of, and has something else there",
        (p: string) => client.hSet(`{${p}}:cache:about`, "k0", "no row"),
      ],
      ["their order", (p: string) => client.del(`{${p}}:cache:order`)],
      ["their ends", (p: string) => client.del(`{${p}}:cache:ends`)],
      ["their sum", (p: string) => client.del(`{${p}}:cache:bytes`)],
      ["their answers", (p: string) => client.del(`{${p}}:cache:answer:k0`)],
    ])("that lost %s take in new ones, forget them and count them", async (_, lose) => {
      const { store, prefix } = await filled();
      await lose(prefix);
      for (let n = 0; n < 40; n += 1) await store.put(entry(`n${n}`), atMs + 100 + n);
      expect(await store.get("n39", atMs)).toEqual(entry("n39"));
      expect((await store.sizes(atMs)).bytes).toBeLessThanOrEqual(mostBytes);
      await store.purge({}, atMs);
      expect(await store.get("n39", atMs)).toBeNull();
      expect((await store.sizes(atMs)).entries).toBe(0);
      await store.put(entry("last"), atMs);
      expect(await store.get("last", atMs)).not.toBeNull();
      await store.close();
    });

    test("of which it throws away the least used go on being kept", async () => {
      await client.configSet({ maxmemory: "3mb", "maxmemory-policy": "allkeys-lru" });
      const { store } = await filled();
      const wide = await openRedisCacheStore({
        ...{ url: server.url, prefix: "wide", mostBytes: 4_000_000, timeoutMs: 1_000 },
        failed: () => undefined,
      });
      for (let n = 0; n < 6_000; n += 1) await wide.put(entry(`k${n}`), atMs + n);
      expect(await wide.get("k5999", atMs)).not.toBeNull();
      await Promise.all([store.close(), wide.close()]);
    });
  },
);
