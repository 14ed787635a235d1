import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { MemoryCacheStore } from "../../src/runtime/store/memory-cache-store.ts";
import { openRedisCacheStore } from "../../src/runtime/store/redis-cache-store.ts";
import { openSqliteCacheStore } from "../../src/runtime/store/sqlite-cache-store.ts";
import { hasRedis, type RedisServer, startRedis } from "../support/redis-server.ts";
import { skipAloud } from "../support/skip-aloud.ts";
import { cacheStoreContract, mostBytes } from "./cache-store.ts";

const failed = (error: unknown): void => {
  throw error;
};

cacheStoreContract(
  "memory",
  () =>
    Promise.resolve({ store: new MemoryCacheStore(mostBytes, 0), end: () => Promise.resolve() }),
  200,
);

cacheStoreContract(
  "SQLite",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "signalbox-cache-"));
    const store = openSqliteCacheStore(join(folder, "cache.sqlite"), mostBytes);
    return Promise.resolve({
      store,
      end: async () => {
        await store.close();
        rmSync(folder, { recursive: true });
      },
    });
  },
  20,
);

describe.skipIf(skipAloud(!hasRedis, "a cache shared over Redis: no redis-server"))(
  "a real server",
  () => {
    let server: RedisServer;
    let opened = 0;
    beforeAll(async () => {
      server = await startRedis();
    });
    afterAll(() => server[Symbol.asyncDispose]());

    cacheStoreContract(
      "Redis",
      async () => {
        opened += 1;
        const store = await openRedisCacheStore({
          ...{ url: server.url, prefix: `t${opened}`, failed, mostBytes },
        });
        return { store, end: () => store.close() };
      },
      20,
    );
  },
);
