import { describe, expect, test } from "vitest";
import { KeyBook } from "../../../src/gateway/key-book.ts";
import { openRedisKeyStore } from "../../../src/runtime/store/redis-key-store.ts";
import { StoreError } from "../../../src/runtime/store/sqlite.ts";
import { createTimerWheel } from "../../../src/runtime/transport/timer-wheel.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { describeKeyStore } from "../../support/key-store-contract.ts";
import { keyOf } from "../../support/made-key.ts";
import { hasRedis, type RedisServer, startRedis } from "../../support/redis-server.ts";
import { skipAloud } from "../../support/skip-aloud.ts";

const open = (server: RedisServer, rest = {}) =>
  openRedisKeyStore({ url: server.url, prefix: "t", failed: () => undefined, ...rest });

describe.skipIf(skipAloud(!hasRedis, "keys shared over Redis: no redis-server"))("Redis", () => {
  describeKeyStore("keys on a Redis server", async () => {
    const server = await startRedis();
    return { open: () => open(server), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  });

  test("each who shares the server hears what the others changed, once", async () => {
    await using server = await startRedis();
    const [one, other] = [await open(server), await open(server)];
    await one.add(keyOf("a"));
    expect((await other.load()).keys).toHaveLength(1);
    expect(await other.changes()).toEqual(new Map());
    await one.add(keyOf("b"));
    await one.replace(keyOf("a", { revision: 2, revokedAtMs: 5 }));
    const heard = await other.changes();
    expect([...heard]).toMatchObject([
      ["b", { place: 2, key: { name: "b" } }],
      ["a", { place: 1, key: { revokedAtMs: 5 } }],
    ]);
    await one.remove("b", 1);
    expect(await other.changes()).toEqual(new Map([["b", null]]));
    expect(await other.changes()).toEqual(new Map());
    for (const each of [one, other]) await each.close();
  });

  test("more keys than are read at once are all there, in their order", async () => {
    await using server = await startRedis();
    const [one, other] = [await open(server), await open(server)];
    await other.load();
    for (let n = 0; n < 1_203; n += 1) await one.add(keyOf(`k${n}`));
    const names = (await one.load()).keys.map(({ key }) => key.name);
    expect(names).toEqual(Array.from({ length: 1_203 }, (_, n) => `k${n}`));
    expect([...(await other.changes()).keys()]).toEqual(names);
    for (const each of [one, other]) await each.close();
  });

  test("who does not belong together does not see the other's keys", async () => {
    await using server = await startRedis();
    const [one, other] = [await open(server), await open(server, { prefix: "u" })];
    await one.add(keyOf("a"));
    expect(await other.load()).toEqual({ keys: [], everHeld: false });
    for (const each of [one, other]) await each.close();
  });

  test("a key that is revoked at one gateway opens nothing at another a second later; while the server hangs what is known holds", async () => {
    await using server = await startRedis();
    const clock = createHandClock(1_000_000);
    const errors: unknown[] = [];
    const bookOn = async (): Promise<KeyBook> => {
      const book = new KeyBook({
        clock,
        timers: createTimerWheel(clock, clock),
        openStore: () => open(server, { timeoutMs: 200 }),
        failed: (error) => errors.push(error),
      });
      await book.open();
      return book;
    };
    const [one, other] = [await bookOn(), await bookOn()];
    const key = keyOf("app");
    const digest = Buffer.from(key.secrets[0]?.sha256 ?? "", "hex");
    const found = (book: KeyBook) => book.find(digest.toString("latin1"), digest, clock.now());
    /** Lets a second pass, and what is asked then be answered. */
    const second = async (wanted: () => boolean): Promise<void> => {
      for (let turn = 0; turn < 400 && !wanted(); turn += 1) {
        clock.pass(1_000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(wanted()).toBe(true);
    };
    await one.add(key);
    expect(found(other)).toBeNull();
    await second(() => typeof found(other) === "object" && found(other) !== null);
    expect(other.everHeld).toBe(true);
    server.freeze();
    await second(() => errors.length > 0);
    expect(errors[0]).toBeInstanceOf(StoreError);
    expect(found(other)).toMatchObject({ name: "app" });
    await expect(one.replace({ ...key, revision: 2 })).rejects.toThrow(StoreError);
    server.thaw();
    // What was sent is carried out late, and both hear of it.
    await second(() => one.get("app")?.key.revision === 2 && other.get("app")?.key.revision === 2);
    expect(await one.replace({ ...key, revision: 3, revokedAtMs: 1 })).toBe(true);
    expect(await other.replace({ ...key, revision: 3 })).toBe(false);
    expect(found(other)).toBe("revoked");
    const revoked = one.get("app")?.key ?? key;
    expect(await one.remove(revoked)).toBe(true);
    await second(() => other.get("app") === null);
    for (const each of [one, other]) await each.close();
  }, 60_000);
});
