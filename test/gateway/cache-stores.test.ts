// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables look like that
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startGateway } from "../../src/gateway/start.ts";
import { answering, openCacheStage } from "../support/cache-stage.ts";
import { hello, logInto, startTestGateway } from "../support/gateway.ts";
import { serverAnswers, startModelServer } from "../support/model-server.ts";
import { hasRedis, startRedis } from "../support/redis-server.ts";
import { skipAloud } from "../support/skip-aloud.ts";

const cached = "otherwise a with cache exact for 1h, retry 0\n";
const variables = { UP_KEY: "sk-upstream-secret", OPERATOR: "sk-admin-0123456789" };

test("answers in a file outlive the process", async () => {
  await using stage = await openCacheStage(cached, { yaml: "cache: { store: file }\n" });
  const { text } = await stage.ask();
  await stage.box.gateway.close();
  const again = await startGateway({
    configurationFile: join(stage.box.folder, "signalbox.yaml"),
    ...{ variables, logger: logInto([]), clock: stage.clock, timerHost: stage.clock },
  });
  try {
    const response = await fetch(`${again.url}/v1/chat/completions`, {
      ...{ method: "POST", headers: { "content-type": "application/json" } },
      body: JSON.stringify(hello),
    });
    expect(response.headers.get("x-signalbox-cache")).toBe("hit; age=0");
    expect(await response.text()).toContain(JSON.stringify(text).slice(1, -1));
  } finally {
    await again.kill();
  }
  expect(stage.asked("a")).toBe(1);
});

test("a file that is none of ours is told at the start", async () => {
  const started = startTestGateway({
    policies: { main: cached },
    yaml: "cache: { store: file, path: main.policy }\n",
  });
  await expect(started).rejects.toThrow(/main\.policy is not a SQLite file/);
});

test("a cache on Redis without a server is a mistake of the configuration", async () => {
  const started = startTestGateway({
    policies: { main: cached },
    yaml: "cache: { store: redis }\n",
  });
  await expect(started).rejects.toThrow(/needs the section `redis`/);
});

describe.skipIf(skipAloud(!hasRedis, "a cache shared over Redis: no redis-server"))(
  "over a real server",
  () => {
    const yaml = 'redis: { url: "${REDIS}", prefix: test }\ncache: { store: redis }\n';

    test("two gateways share answers, and a purge at one is a purge at both", async () => {
      await using server = await startRedis();
      const setup = { yaml, variables: { REDIS: server.url } };
      await using one = await openCacheStage(cached, setup);
      // The same target is one at the same address.
      const provider = one.box.upstream.url;
      await using two = await openCacheStage(cached, setup);
      const file = join(two.box.folder, "signalbox.yaml");
      const { readFileSync } = await import("node:fs");
      writeFileSync(file, readFileSync(file, "utf8").replaceAll(two.box.upstream.url, provider));
      await two.box.gateway.reload();
      const first = await one.ask();
      // An answer is on its way to the server when its client has it.
      while (Number((await one.report())["entries"]) !== 1);
      const second = await two.ask();
      expect([first.cache, second.cache]).toEqual(["miss", "hit; age=0"]);
      expect(second.text).toBe(first.text);
      expect(await two.purge({ target: "a" })).toEqual([200, { purged: 1 }]);
      expect((await one.ask()).cache).toBe("miss");
      while (Number((await two.report())["entries"]) !== 1);
      expect(await two.report()).toMatchObject({ store: "redis" });
    });

    test("a purge at one reaches what the other has under way", async () => {
      await using server = await startRedis();
      const setup = { yaml, variables: { REDIS: server.url } };
      const open = Promise.withResolvers<void>();
      await using one = await openCacheStage(cached, {
        ...{ ...setup, script: () => ({ ...answering("hi"), holdHead: open.promise }) },
      });
      await using two = await openCacheStage(cached, setup);
      const asking = one.ask();
      await one.inFlight(1);
      for (const { clock } of [one, two]) clock.pass(1_000);
      expect(await two.purge({ target: "a" })).toEqual([200, { purged: 0 }]);
      open.resolve();
      expect((await asking).text).toBe("hi");
      expect(await one.report()).toMatchObject({ entries: 0 });
      one.clock.pass(1_000);
      expect((await one.ask()).cache).toBe("miss");
      expect((await one.ask()).cache).toBe("hit; age=0");
    });

    test("while its server is gone or hangs requests are answered as if nothing were kept", async () => {
      await using server = await startRedis();
      await using stage = await openCacheStage(cached, { yaml, variables: { REDIS: server.url } });
      await stage.ask();
      server.freeze();
      expect((await stage.ask()).status).toBe(200);
      server.thaw();
      await server.kill();
      const { status, cache } = await stage.ask();
      expect([status, cache]).toEqual([200, "miss"]);
      expect(await stage.metrics()).toMatch(/^signalbox_cache_failures_total [1-9]/m);
      const [purged] = await stage.purge({ all: true });
      expect(purged).toBe(503);
    });

    test("what others have written under a key, and is no answer, is none", async () => {
      await using server = await startRedis();
      await using stage = await openCacheStage(cached, { yaml, variables: { REDIS: server.url } });
      await stage.ask();
      const [record] = await stage.records(1);
      const { createClient } = await import("@redis/client");
      const client = await createClient({ url: server.url }).connect();
      const name = `{test}:cache:answer:${record?.cacheKey}`;
      const written = (await client.get(name)) ?? "";
      const entry = JSON.parse(written) as { readonly answer: string };
      const [start, ...rest] = JSON.parse(entry.answer) as readonly object[];
      const answers: unknown[] = [
        ...["{}", "[", '{"kind":"start"}', "[]", "[null]", '[{"kind":"text"}]', 5, null],
        ...[[start], rest, [start, start, ...rest], [start, ...rest, null]].map((events) =>
          JSON.stringify(events),
        ),
      ];
      const entries = answers.map((answer) => JSON.stringify({ ...entry, answer }));
      const ofAnother = JSON.stringify({ ...entry, key: "other" });
      for (const text of ["no JSON", "null", "[]", "5", "{}", ofAnother, ...entries]) {
        await client.set(name, text);
        const { status, cache } = await stage.ask();
        expect([status, cache], text).toEqual([200, "miss"]);
      }
      await client.set(name, written);
      expect((await stage.ask()).cache).toBe("hit; age=0");
      await client.close();
    });
  },
);

test("a local model whose weights change is asked anew", async () => {
  const answer = {
    ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: "m" },
    choices: [
      { index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
  const answers = { ...serverAnswers.ollama, "/v1/chat/completions": answer };
  const server = await startModelServer(answers);
  await using stage = await openCacheStage("otherwise home with cache exact for 1h, retry 0\n", {
    providers: () => `  home: { kind: ollama, url: "${server.url}" }`,
    targets: '  home: { provider: home, model: "qwen3:8b" }',
  });
  try {
    await stage.ask();
    expect((await stage.ask()).cache).toBe("hit; age=0");
    const changed = JSON.stringify(answers).replaceAll("ab12", "ef56");
    server.set(JSON.parse(changed) as typeof answers);
    await stage.box.gateway.askServers();
    expect((await stage.ask()).cache).toBe("miss");
  } finally {
    await server.close();
  }
});
