// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables look like that
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { startGateway } from "../../src/gateway/start.ts";
import type { SemanticBatch } from "../../src/runtime/store/semantic-worker.ts";
import { logInto } from "../support/gateway.ts";
import { hasRedis, startRedis, vectorRedis } from "../support/redis-server.ts";
import {
  asked,
  likeIt,
  openSemanticStage,
  type SemanticStage,
  semantic,
} from "../support/semantic-stage.ts";
import { skipAloud } from "../support/skip-aloud.ts";

test("prompts in a file beside the answers outlive the process", async () => {
  await using stage = await openSemanticStage(semantic, { yaml: "cache: { store: file }\n" });
  await stage.keep(asked);
  await stage.box.gateway.close();
  expect(existsSync(join(stage.box.folder, ".signalbox/cache.sqlite.prompts"))).toBe(true);
  const again = await startGateway({
    configurationFile: join(stage.box.folder, "signalbox.yaml"),
    variables: { UP_KEY: "sk-upstream-secret", OPERATOR: "sk-admin-0123456789" },
    ...{ logger: logInto([]), clock: stage.clock, timerHost: stage.clock },
  });
  try {
    const response = await fetch(`${again.url}/v1/chat/completions`, {
      ...{ method: "POST", headers: { "content-type": "application/json" } },
      body: JSON.stringify({ model: "main", messages: [{ role: "user", content: likeIt }] }),
    });
    expect(response.headers.get("x-signalbox-cache")).toBe("hit; similarity=0.94; age=0");
  } finally {
    await again.kill();
  }
});

test("a file of prompts that is none of ours is told at the start", async () => {
  await using stage = await openSemanticStage(semantic, {
    yaml: "cache: { store: file, path: cache }\n",
  });
  await stage.box.gateway.close();
  stage.box.write(
    "cache.prompts",
    "no SQLite file, and longer than a header of one would be. ".repeat(9),
  );
  const again = startGateway({
    configurationFile: join(stage.box.folder, "signalbox.yaml"),
    variables: { UP_KEY: "sk-upstream-secret", OPERATOR: "sk-admin-0123456789" },
    logger: logInto([]),
  });
  await expect(again).rejects.toThrow(/cache\.prompts is not a SQLite file/);
});

type Transfer = NonNullable<Parameters<Worker["postMessage"]>[1]>;

/** Ends the thread of a gateway's index, as if it had died: all that it is sent after that is lost. */
async function endThread(stage: SemanticStage): Promise<void> {
  const threads: Worker[] = [];
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (this: Worker, word: unknown, transfer: Transfer = []) {
    const { orders = [] } = word as Partial<SemanticBatch>;
    if (orders.some(({ order }) => order.kind === "sizes")) threads.push(this);
    postMessage.call(this, word, transfer);
  };
  try {
    await stage.report();
  } finally {
    Worker.prototype.postMessage = postMessage;
  }
  for (const thread of threads) await thread.terminate();
}

test("a thread that has ended is told, what it cannot do is named, and it is started anew on its file", async () => {
  await using stage = await openSemanticStage(semantic, { yaml: "cache: { store: file }\n" });
  const { text } = await stage.keep(asked);
  await endThread(stage);
  const why = "the thread of the semantic cache has ended";
  expect(await stage.report()).toMatchObject({
    ...{ entries: 1, semantic: null, failed: { semantic: why } },
  });
  expect((await stage.say(likeIt)).cache).toBe("miss");
  const order = { key: (await stage.records(1))[0]?.cacheKey ?? "" };
  expect(await stage.purge({ tenant: "nobody" })).toEqual([
    ...[503, { purged: 0, failed: { semantic: why } }],
  ]);
  const told = (words: string) => stage.box.logged.filter((line) => line.includes(words));
  expect(told('"audit":"cache"').at(-1)).toContain(why);
  expect(told("only by equal requests")).toHaveLength(1);
  stage.clock.pass(60_000);
  await stage.meaning((report) => report !== null);
  expect(told("by meaning again")).toHaveLength(1);
  const like = await stage.say(asked.replace("How do I", "how do i"));
  expect([like.cache?.startsWith("hit; "), like.text]).toEqual([true, text]);
  expect((await stage.purge(order))[0]).toBe(200);
});

const yaml = 'redis: { url: "${REDIS}", prefix: test }\ncache: { store: redis }\n';

describe.skipIf(
  skipAloud(
    vectorRedis === null,
    "prompts that gateways share: no Redis 8 (SIGNALBOX_VECTOR_REDIS)",
  ),
)("over a Redis server with vector sets", () => {
  test("what one gateway keeps the other finds in other words, and a purge at one is a purge at both", async () => {
    await using server = await startRedis(vectorRedis ?? "");
    const setup = { yaml, variables: { REDIS: server.url } };
    await using one = await openSemanticStage(semantic, setup);
    await using two = await openSemanticStage(semantic, setup);
    // The same target is one at the same address.
    const file = join(two.box.folder, "signalbox.yaml");
    const text = readFileSync(file, "utf8");
    two.box.write("signalbox.yaml", text.replaceAll(two.box.upstream.url, one.box.upstream.url));
    await two.box.gateway.reload();
    const first = await one.keep(asked);
    const like = await two.say(likeIt);
    expect([like.cache, like.text]).toEqual(["hit; similarity=0.94; age=0", first.text]);
    expect(await two.purge({ target: "a" })).toEqual([200, { purged: 1 }]);
    expect((await one.say(likeIt)).cache).toBe("miss");
  });

  test("a server that is away when a policy first asks for it is found again without a restart", async () => {
    await using server = await startRedis(vectorRedis ?? "");
    const exact = "otherwise a with cache exact for 1h, retry 0\n";
    await using stage = await openSemanticStage(exact, {
      yaml,
      variables: { REDIS: server.url },
    });
    await server.kill();
    stage.box.write("main.policy", semantic);
    await stage.box.gateway.reload();
    const { failed } = (await stage.report()) as { failed: Record<string, string> };
    expect(Object.keys(failed)).toEqual(["answers", "semantic"]);
    expect(await stage.purge({ all: true })).toMatchObject([503, { purged: null }]);
    await using again = await startRedis(vectorRedis ?? "", server.url);
    expect(again.url).toBe(server.url);
    const told = (words: string) => stage.box.logged.filter((line) => line.includes(words));
    while (told("by meaning again").length === 0) {
      stage.clock.pass(60_000);
      await stage.metrics();
    }
    expect(told("only by equal requests")).toHaveLength(1);
    while ((await stage.purge({ all: true }))[0] !== 200);
    await stage.keep(asked);
    expect((await stage.say(likeIt)).cache).toBe("hit; similarity=0.94; age=0");
  });

  test("while its server hangs or is gone requests are answered, and nothing is found", async () => {
    await using server = await startRedis(vectorRedis ?? "");
    await using stage = await openSemanticStage(semantic, {
      yaml,
      variables: { REDIS: server.url },
    });
    await stage.keep(asked);
    server.freeze();
    expect((await stage.say(likeIt)).status).toBe(200);
    server.thaw();
    await server.kill();
    const { status, cache } = await stage.say(likeIt);
    expect([status, cache]).toEqual([200, "miss"]);
  });
});

describe.skipIf(skipAloud(!hasRedis || vectorRedis === "redis-server", "a Redis server of old"))(
  "over a Redis server without vector sets",
  () => {
    test("equal requests are found, and the log says that no others are", async () => {
      await using server = await startRedis();
      await using stage = await openSemanticStage(semantic, {
        ...{ yaml, variables: { REDIS: server.url } },
      });
      // An answer is on its way to the server when its client has it.
      const kept = async (entries: number): Promise<void> => {
        while ((await stage.report())["entries"] !== entries);
      };
      await stage.say(asked);
      await kept(1);
      expect((await stage.say(asked)).cache).toBe("hit; similarity=1.00; age=0");
      expect((await stage.say(likeIt)).cache).toBe("miss");
      await kept(2);
      expect(await stage.report()).toMatchObject({ semantic: null });
      const told = stage.box.logged.filter((line) => line.includes("only by equal requests"));
      expect(told).toHaveLength(1);
      expect(told[0]).toContain("it has no vector sets");
    });
  },
);
