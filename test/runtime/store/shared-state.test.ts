import { describe, expect, test } from "vitest";
import { MemoryBoard } from "../../../src/runtime/store/memory-shared-state.ts";
import { openRedisSharedState } from "../../../src/runtime/store/redis-shared-state.ts";
import type { SharedState } from "../../../src/runtime/store/shared-state.ts";
import { StoreError } from "../../../src/runtime/store/sqlite.ts";
import { hasRedis, startRedis } from "../../support/redis-server.ts";
import { skipAloud } from "../../support/skip-aloud.ts";

/** Two gateways of one house and one of another. */
interface House extends AsyncDisposable {
  readonly one: SharedState;
  readonly two: SharedState;
  readonly stranger: SharedState;
}

const timeoutMs = 5_000;

/** Its connection is made beside it: asked until it is there, the test's own limit ends it. */
async function connected(state: SharedState): Promise<SharedState> {
  for (;;) {
    const answered = await state.findSession("").then(
      () => true,
      () => false,
    );
    if (answered) return state;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function overRedis(): Promise<House> {
  const server = await startRedis();
  const open = (prefix: string): Promise<SharedState> =>
    connected(openRedisSharedState({ url: server.url, prefix, timeoutMs }));
  const [one, two, stranger] = await Promise.all([open("here"), open("here"), open("there")]);
  return {
    ...{ one, two, stranger },
    async [Symbol.asyncDispose]() {
      await Promise.all([one.close(), two.close(), stranger.close()]);
      await server[Symbol.asyncDispose]();
    },
  };
}

function inMemory(): Promise<House> {
  const board = new MemoryBoard(() => Date.now());
  return Promise.resolve({
    ...{ one: board.join(), two: board.join() },
    stranger: new MemoryBoard(() => Date.now()).join(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}

const atMs = Date.UTC(2026, 10, 27);
const open = { target: "a", openUntilMs: atMs + 5_000, pausedUntilMs: 0 };
const paused = { target: "b", openUntilMs: 0, pausedUntilMs: atMs + 9_000 };

describe.each([
  ["in memory", inMemory, false],
  ["over a real Redis", overRedis, !hasRedis],
] as const)("what gateways share, %s", (where, openHouse, lacks) => {
  const missing = skipAloud(lacks, `gateways' shared state ${where}: no redis-server`);

  test.skipIf(missing)(
    "each sees what the others leave alone, and not what it shows itself",
    async () => {
      await using house = await openHouse();
      expect(await house.one.exchange([open, paused], atMs)).toEqual([]);
      expect(await house.two.exchange([], atMs + 100)).toEqual([open, paused]);
      expect(await house.stranger.exchange([], atMs + 100)).toEqual([]);
      expect(await house.one.exchange([paused], atMs + 200)).toEqual([]);
      expect(await house.two.exchange([open], atMs + 300)).toEqual([paused]);
      expect(await house.one.exchange([], atMs + 400)).toEqual([open]);
    },
  );

  test.skipIf(missing)(
    "who has not shown anything for ten seconds, or has left, holds nobody off",
    async () => {
      await using house = await openHouse();
      await house.one.exchange([open], atMs);
      expect(await house.two.exchange([], atMs + 9_999)).toEqual([open]);
      expect(await house.two.exchange([], atMs + 10_000)).toEqual([]);
      await house.one.exchange([open], atMs + 11_000);
      await house.one.close();
      expect(await house.two.exchange([], atMs + 11_100)).toEqual([]);
    },
  );

  test.skipIf(missing)(
    "what one learned is there for the others, as it was kept last",
    async () => {
      await using house = await openHouse();
      expect(await house.one.learned("counts")).toBeNull();
      await house.one.keepLearned("counts", "first");
      await house.two.keepLearned("counts", "x".repeat(500_000));
      expect(await house.one.learned("counts")).toBe("x".repeat(500_000));
      expect(await house.one.learned("other")).toBeNull();
      expect(await house.stranger.learned("counts")).toBeNull();
    },
  );

  test.skipIf(missing)(
    "a session that one keeps is found by the others, until its time is over",
    async () => {
      await using house = await openHouse();
      const session = { target: "a", untilMs: atMs + 60_000 };
      const long = `policy\nby\n${"x".repeat(100_000)}`;
      expect(await house.two.findSession(long)).toBeNull();
      await house.one.keepSession(long, session, 60_000);
      expect(await house.two.findSession(long)).toEqual(session);
      expect(await house.stranger.findSession(long)).toBeNull();
      await house.two.keepSession(long, { ...session, target: "b" }, 60_000);
      expect((await house.one.findSession(long))?.target).toBe("b");
      await house.one.keepSession("short", session, 1);
      for (let left: unknown = session; left !== null; )
        left = await house.two.findSession("short");
    },
  );
});

describe.skipIf(skipAloud(!hasRedis, "a Redis that fails: no redis-server"))(
  "a Redis that fails",
  () => {
    test("is told at once where it is not there, and used as soon as it is", async () => {
      await using server = await startRedis();
      await using house = await overRedis();
      await using _ = { [Symbol.asyncDispose]: () => state.close() };
      const state = openRedisSharedState({ url: server.url, prefix: "t" });
      // Not connected yet.
      await expect(state.findSession("k")).rejects.toBeInstanceOf(StoreError);
      await connected(state);
      await server.kill();
      await expect(state.exchange([open], atMs)).rejects.toBeInstanceOf(StoreError);
      await expect(state.keepSession("k", { target: "a", untilMs: 1 }, 1)).rejects.toThrow(
        /the Redis server of what gateways share cannot be used/,
      );
      expect(await house.one.exchange([], atMs)).toEqual([]);
    });

    test("is waited for no longer than the time, where it is slow", async () => {
      await using server = await startRedis();
      const state = await connected(
        openRedisSharedState({ url: server.url, prefix: "t", timeoutMs: 200 }),
      );
      server.freeze();
      await expect(state.findSession("k")).rejects.toThrow(/within 200 ms/);
      server.thaw();
      await connected(state);
      await state.close();
    });

    test("with another's words in it is read as if they were not there", async () => {
      await using server = await startRedis();
      const state = await connected(
        openRedisSharedState({ url: server.url, prefix: "t", timeoutMs }),
      );
      const { createClient } = await import("@redis/client");
      const client = createClient({ url: server.url });
      await client.connect();
      const wrong = ["no JSON", "[]", '{"atMs":"x","own":[]}', `{"atMs":${atMs},"own":7}`];
      for (const [index, text] of wrong.entries())
        await client.hSet("{t}:health", `gateway-${index}`, text);
      const partly = JSON.stringify({ atMs, own: [open, { target: 7 }, null, "x"] });
      await client.hSet("{t}:health", "other", partly);
      expect(await state.exchange([], atMs)).toEqual([open]);
      // What nobody can read does not stay.
      expect(Object.keys(await client.hGetAll("{t}:health"))).toHaveLength(2);
      await client.close();
      await state.close();
    });
  },
);
