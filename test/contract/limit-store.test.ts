import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { MemoryLimitStore } from "../../src/runtime/limits/memory-limit-store.ts";
import { openLedgerFile } from "../../src/runtime/store/ledger-file.ts";
import { openRedisLimitStore } from "../../src/runtime/store/redis-limit-store.ts";
import { hasRedis, type RedisServer, startRedis } from "../support/redis-server.ts";
import { skipAloud } from "../support/skip-aloud.ts";
import { limitStoreContract } from "./limit-store.ts";

const failed = (error: unknown): void => {
  throw error;
};

limitStoreContract(
  "memory",
  () => Promise.resolve({ store: new MemoryLimitStore(), end: () => Promise.resolve() }),
  200,
);

limitStoreContract(
  "SQLite",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "signalbox-limits-"));
    const file = openLedgerFile(join(folder, "ledger.sqlite"), {
      ...{ later: setImmediate, survives: "process" as const, atMs: 0, failed },
    });
    return Promise.resolve({
      store: file.limits,
      end: () => {
        file.close();
        rmSync(folder, { recursive: true });
        return Promise.resolve();
      },
    });
  },
  40,
);

describe.skipIf(skipAloud(!hasRedis, "limits shared over Redis: no redis-server"))(
  "a real server",
  () => {
    let server: RedisServer;
    let opened = 0;
    beforeAll(async () => {
      server = await startRedis();
    });
    afterAll(() => server[Symbol.asyncDispose]());

    limitStoreContract(
      "Redis",
      async () => {
        opened += 1;
        const store = await openRedisLimitStore({ url: server.url, prefix: `t${opened}`, failed });
        return { store, end: () => store.close() };
      },
      30,
    );
  },
);
