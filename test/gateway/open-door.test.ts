import { describe, expect, test } from "vitest";
import { startTestGateway } from "../support/gateway.ts";
import { hasRedis, startRedis } from "../support/redis-server.ts";
import { skipAloud } from "../support/skip-aloud.ts";

const warning = "nobody needs a key";

async function startedWith(yaml: string, url: string, server?: string): Promise<string> {
  await using box = await startTestGateway({
    yaml,
    ...(server === undefined ? {} : { server }),
    options: {
      variables: { UP_KEY: "k", REDIS: url, ADMIN: "an-admin-key-of-a-test", APP: "app-key" },
    },
  });
  return box.logged.join("");
}

const redis = `redis: { url: "\${REDIS}" }\n`;
const admin = `admin: { key: "\${ADMIN}" }\n`;
const keys = `keys: { app: { key: "\${APP}" } }\n`;

describe.skipIf(skipAloud(!hasRedis, "keys on a Redis that lost its data: no redis-server"))(
  "a gateway whose keys would lie on Redis",
  () => {
    test("warns at the start where nobody needs one", async () => {
      await using server = await startRedis();
      expect(await startedWith(redis + admin, server.url)).toContain(warning);
    });

    test.each([
      ["keys are configured", redis + admin + keys, undefined],
      ["they are required", redis + admin, "require-keys: true"],
      ["nobody can make any", redis, undefined],
    ])("is quiet where %s", async (_, yaml, required) => {
      await using server = await startRedis();
      expect(await startedWith(yaml, server.url, required)).not.toContain(warning);
    });
  },
);
