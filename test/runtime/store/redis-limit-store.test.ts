import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import type { BudgetTake, Held } from "../../../src/runtime/limits/limit-store.ts";
import {
  openRedisLimitStore,
  type RedisLimitStore,
  type RedisLimitStoreParts,
} from "../../../src/runtime/store/redis-limit-store.ts";
import { StoreError } from "../../../src/runtime/store/sqlite.ts";
import { type ChildSum, sharedBudget } from "../../support/redis-child.ts";
import { hasRedis, startRedis } from "../../support/redis-server.ts";
import { skipAloud } from "../../support/skip-aloud.ts";

const atMs = Date.UTC(2026, 10, 27);
const budget = (amount: number): BudgetTake => ({
  ...{ kind: "budget", option: "p/r/budget-1", value: "", most: 100, per: "day", amount },
});

function open(url: string, parts: Partial<RedisLimitStoreParts> = {}): Promise<RedisLimitStore> {
  return openRedisLimitStore({ url, prefix: "t", failed: () => undefined, ...parts });
}

async function take(store: RedisLimitStore, amount: number, at = atMs): Promise<Held> {
  const answer = await store.admit([budget(amount)], at);
  if (answer.kind === "refused") throw new Error("there is room");
  return answer;
}

test("a server that is not there is told at once, in words", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  server.close();
  const error: unknown = await open(`redis://127.0.0.1:${port}`).catch((caught) => caught);
  expect(error).toBeInstanceOf(StoreError);
  expect(String(error)).toContain("the Redis server of the limits cannot be used");
});

describe.skipIf(skipAloud(!hasRedis, "limits shared over Redis: no redis-server"))(
  "a real server",
  () => {
    test("processes that share it hold one budget as strictly as one process does", async () => {
      await using server = await startRedis();
      const children: ChildProcess[] = ["1", "2", "3"].map((seed) =>
        fork("test/support/redis-child.ts", [server.url, seed]),
      );
      await Promise.all(children.map((child) => once(child, "message")));
      const sums = children.map(async (child) => (await once(child, "message"))[0] as ChildSum);
      for (const child of children) child.send("begin");
      const told = await Promise.all(sums);
      const store = await open(server.url, { prefix: "shared" });
      const { reserved, settled } = await store.standing({ ...sharedBudget, amount: 0 }, atMs);
      const spent = told.reduce((sum, each) => sum + each.spent, 0);
      for (const { seen } of told) expect(seen).toBeLessThanOrEqual(sharedBudget.most);
      expect({ reserved, settled }).toEqual({ reserved: 0, settled: spent });
      // All three asked for far more than there was, and what was there was used.
      expect(settled).toBeGreaterThan(sharedBudget.most - 20);
      await store.close();
    }, 60_000);

    test("what a process reserved that died counts as spent once its lease is over, and is corrected if it lives after all", async () => {
      await using server = await startRedis();
      const store = await open(server.url, { leaseMs: 10_000 });
      const held = await take(store, 60);
      expect(await store.standing(budget(0), atMs + 9_999)).toEqual({ reserved: 60, settled: 0 });
      expect(await store.standing(budget(0), atMs + 10_000)).toEqual({ reserved: 0, settled: 60 });
      await store.settle(held, [25], atMs + 11_000);
      await store.settle(held, [25], atMs + 11_000);
      expect(await store.standing(budget(0), atMs + 11_000)).toEqual({ reserved: 0, settled: 25 });
      await store.close();
    });

    test("counters leave the server by themselves", async () => {
      await using server = await startRedis();
      const store = await open(server.url, { leaseMs: 1 });
      const dayMs = 86_400_000;
      await take(store, 60, atMs + dayMs - 1);
      const rate = {
        kind: "rate",
        option: "p/r/limit-1",
        value: "",
        most: 5,
        perMs: 1_000,
      } as const;
      await store.admit([{ ...rate, amount: 1 }], atMs);
      const { createClient } = await import("@redis/client");
      const client = createClient({ url: server.url });
      await client.connect();
      // Each key has its end; those whose end was a few milliseconds away are gone already.
      for (const key of await client.keys("*")) expect(await client.pTTL(key), key).not.toBe(-1);
      await client.close();
      await store.close();
    });

    test("a server that was started anew learns the scripts again", async () => {
      await using server = await startRedis();
      const store = await open(server.url);
      await take(store, 10);
      const { createClient } = await import("@redis/client");
      const client = createClient({ url: server.url });
      await client.connect();
      await client.sendCommand(["SCRIPT", "FLUSH"]);
      await client.close();
      await take(store, 10);
      expect((await store.standing(budget(0), atMs)).reserved).toBe(20);
      await store.close();
    });

    test("a server that hangs is not waited for, and keeps nothing reserved for whom it answered too late", async () => {
      await using server = await startRedis();
      const store = await open(server.url, { timeoutMs: 50 });
      const other = await open(server.url);
      await take(store, 10);
      server.freeze();
      const error: unknown = await store.admit([budget(20)], atMs).catch((caught) => caught);
      expect(error).toBeInstanceOf(StoreError);
      expect(String(error)).toContain("did not answer within 50 ms");
      server.thaw();
      // It is given back as soon as the late answer is there.
      await expect
        .poll(() => other.standing(budget(0), atMs), { interval: 5, timeout: 5_000 })
        .toEqual({ reserved: 10, settled: 0 });
      await other.close();
      await store.close();
    });

    test("what could not be settled while the connection was broken is settled when it is made anew", async () => {
      await using server = await startRedis();
      const store = await open(server.url);
      const dear = await take(store, 10);
      const cheap = await take(store, 40);
      const next = await take(store, 1);
      const { createClient } = await import("@redis/client");
      const client = createClient({ url: server.url });
      await client.connect();
      await client.sendCommand(["CLIENT", "KILL", "TYPE", "normal"]);
      const told = await Promise.allSettled([
        store.settle(dear, [30], atMs),
        store.settle(cheap, [5], atMs),
      ]);
      expect(told.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      await expect
        .poll(() => store.standing(budget(0), atMs).catch(() => null), { interval: 5 })
        .toEqual({ reserved: 51, settled: 0 });
      await store.settle(next, [2], atMs);
      await expect
        .poll(() => store.standing(budget(0), atMs), { interval: 5 })
        .toEqual({ reserved: 0, settled: 37 });
      await client.close();
      await store.close();
    });

    test("a server that hangs holds so many questions and no more", async () => {
      await using server = await startRedis();
      const store = await open(server.url, { timeoutMs: 3_000 });
      server.freeze();
      const first = Array.from({ length: 10_000 }, () => store.standing(budget(0), atMs));
      const atOnce = performance.now();
      await expect(store.standing(budget(0), atMs)).rejects.toThrow("queue is full");
      expect(performance.now() - atOnce).toBeLessThan(2_500);
      server.thaw();
      await Promise.allSettled(first);
      await store.close();
    });

    test("a server that dies is told to everybody who asks, and to the operator", async () => {
      await using server = await startRedis();
      const told = Promise.withResolvers<unknown>();
      const store = await open(server.url, { failed: told.resolve });
      const held = await take(store, 10);
      await server.kill();
      await expect(store.admit([budget(1)], atMs)).rejects.toBeInstanceOf(StoreError);
      await expect(store.settle(held, [1], atMs)).rejects.toBeInstanceOf(StoreError);
      await expect(store.standing(budget(0), atMs)).rejects.toBeInstanceOf(StoreError);
      expect(await told.promise).toBeInstanceOf(StoreError);
      await store.close().catch(() => undefined);
    });
  },
);
