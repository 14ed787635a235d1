import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { startStandIn } from "../../src/stand-in/server.ts";
import { serve } from "../support/command.ts";
import { hasRedis, startRedis } from "../support/redis-server.ts";
import { skipAloud } from "../support/skip-aloud.ts";

describe.skipIf(skipAloud(!hasRedis, "two processes that share a cache: no redis-server"))(
  "two processes of `serve` on one Redis server",
  () => {
    test("answer from one cache: what the first was asked the second does not ask again", async () => {
      await using redis = await startRedis();
      const upstream = await startStandIn({ records: true });
      const folder = mkdtempSync(join(tmpdir(), "signalbox-shared-"));
      writeFileSync(join(folder, "default.policy"), "otherwise home with cache exact for 1h\n");
      writeFileSync(
        join(folder, "signalbox.yaml"),
        `providers: { home: { kind: openai, url: "${upstream.url}/v1" } }
targets: { home: { provider: home, model: m } }
redis: { url: "\${REDIS_URL}" }
cache: { store: redis }
`,
      );
      const args = ["--config", join(folder, "signalbox.yaml")];
      const place = { env: { REDIS_URL: redis.url } };
      const boxes = await Promise.all([serve(args, place), serve(args, place)]);
      const ask = async (n: number) => {
        const baseURL = `${boxes[n]?.first.listening}/v1`;
        const client = new OpenAI({ apiKey: "none", baseURL });
        const { data, response } = await client.chat.completions
          .create({ model: "default", messages: [{ role: "user", content: "hello" }] })
          .withResponse();
        const cache = response.headers.get("x-signalbox-cache");
        return { said: data.choices[0]?.message.content, cache };
      };
      const first = await ask(0);
      const second = await ask(1);
      expect(first.cache).toBe("miss");
      expect(second.cache).toMatch(/^hit; age=\d+$/);
      expect(second.said).toBe(first.said);
      expect(upstream.calls.filter(({ path }) => path.endsWith("/chat/completions"))).toHaveLength(
        1,
      );
      await Promise.all(boxes.map((box) => box.stop()));
      await upstream.close();
      rmSync(folder, { recursive: true, force: true });
    }, 60_000);
  },
);
