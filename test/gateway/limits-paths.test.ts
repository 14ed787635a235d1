// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables look like that
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLedgerFile } from "../../src/runtime/store/ledger-file.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import {
  chunk,
  eventStream,
  hello,
  startTestGateway,
  type TestGateway,
  type TestSetup,
} from "../support/gateway.ts";
import { createHandClock } from "../support/hand-clock.ts";
import { hasRedis, startRedis } from "../support/redis-server.ts";
import { skipAloud } from "../support/skip-aloud.ts";

/** One second into a day. */
const startMs = Date.UTC(2026, 10, 27, 0, 0, 1);

const variables = { UP_KEY: "sk-upstream-secret", ADMIN_KEY: "adm" };

const yaml =
  'facts: { desk: { from: header.x-desk, type: text } }\nadmin: { key: "${ADMIN_KEY}" }\n';

async function open(policy: string, setup: Partial<TestSetup> = {}) {
  const clock = createHandClock(startMs);
  return {
    clock,
    box: await startTestGateway({
      policies: { main: policy, free: "otherwise a\n" },
      ...setup,
      yaml: `${yaml}${setup.yaml ?? ""}`,
      options: {
        clock,
        timerHost: clock,
        variables: { ...variables, ...setup.options?.variables },
      },
    }),
  };
}

interface Standing {
  readonly id: string;
  readonly used?: number;
  readonly reserved?: number;
}

async function standingOf(box: TestGateway, value = ""): Promise<Record<string, number>> {
  const answer = await fetch(`${box.gateway.url}/admin/limits?value=${value}`, {
    headers: { "x-signalbox-admin-key": "adm" },
  });
  const { limits } = (await answer.json()) as { readonly limits: readonly Standing[] };
  return Object.fromEntries(limits.map(({ id, used }) => [id.split("/").at(-1), used ?? -1]));
}

/** An answer of a thousand tokens: $0.002 at `a`, $0.004 at `b`. */
const dear: Behaviour = {
  body: JSON.stringify({
    ...{ id: "c", object: "chat.completion", created: 1, model: "m" },
    choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 0, completion_tokens: 1_000, total_tokens: 1_000 },
  }),
};

test("a fallback that takes over from a spent budget is held against the others", async () => {
  const policy =
    "otherwise a fallback b on budget_exceeded with budget $0.003 per day by desk, budget $0.012 per day\n";
  const { box } = await open(policy, { script: () => dear });
  await using _ = box;
  const told: string[] = [];
  for (let asked = 0; asked < 4; asked += 1) {
    const answer = await box.chat({}, { "x-desk": "north" });
    await answer.arrayBuffer();
    told.push(`${answer.headers.get("x-signalbox-target")}`);
  }
  expect(told).toEqual(["a", "b", "b", "b"]);
  // $0.002 at `a`, then $0.004 at `b` twice: what is left of the second budget is less than is expected of a fourth.
  expect(await standingOf(box, "north")).toEqual({ "budget-1": 0.002, "budget-2": 0.01 });
});

test("counting tokens counts as a request and costs nothing", async () => {
  const { box } = await open("otherwise m with limit 5 per minute, budget $1 per day\n", {
    providers: (url) => `  own: { kind: anthropic, url: "${url}", key: "\${UP_KEY}" }\n`,
    targets: "  m: { provider: own, model: m, price: { input: $1/M, output: $2/M } }\n",
    yaml: "ledger: { path: rows.sqlite }\n",
    script: () => ({ body: JSON.stringify({ input_tokens: 4711 }) }),
  });
  await using _ = box;
  const answer = await fetch(`${box.gateway.url}/v1/messages/count_tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(hello),
  });
  expect(await answer.json()).toEqual({ input_tokens: 4711 });
  expect(await standingOf(box)).toEqual({ "limit-1": 1, "budget-1": 0 });
  const spend = await fetch(`${box.gateway.url}/admin/spend?by=target`, {
    headers: { "x-signalbox-admin-key": "adm" },
  });
  expect(await spend.json()).toMatchObject({ sums: [] });
});

test("a ledger that cannot be opened holds nobody up but once in a while", async () => {
  const { box, clock } = await open("otherwise a\n");
  await using _ = box;
  mkdirSync(join(box.folder, ".signalbox"));
  const other = openLedgerFile(join(box.folder, ".signalbox/ledger.sqlite"), {
    ...{ later: setImmediate, survives: "process", atMs: startMs },
    failed: (error) => expect(error).toBeNull(),
  });
  box.write("main.policy", "otherwise a with limit 5 per minute\n");
  await box.gateway.reload();
  expect((await box.chat()).status).toBe(503);
  // The file could be had now, and is not asked for.
  other.close();
  expect((await box.chat()).status).toBe(503);
  expect((await box.chat({ model: "free" })).status).toBe(200);
  clock.pass(10_000);
  expect((await box.chat()).status).toBe(200);
});

test("a value that a client makes as long as it likes is kept in bounded length", async () => {
  const { box } = await open("otherwise a with limit 1 per minute by metadata.who\n");
  await using _ = box;
  const long = "y".repeat(100_000);
  const told: number[] = [];
  for (const who of [`${long}1`, `${long}1`, `${long}2`])
    told.push((await box.chat({ metadata: { who } })).status);
  expect(told).toEqual([200, 429, 200]);
  await box.gateway.close(0);
  expect(statSync(join(box.folder, ".signalbox/ledger.sqlite")).size).toBeLessThan(100_000);
});

test.skipIf(skipAloud(!hasRedis, "redis-server is not installed"))(
  "a client that leaves while the counters are read has nothing sent for it, and holds no turn",
  async () => {
    await using redis = await startRedis();
    const { box } = await open(
      "if rate.desk.minute > 1000 then b\notherwise a with concurrency 1\n",
      {
        yaml: 'redis: { url: "${REDIS_URL}" }\n',
        options: { variables: { REDIS_URL: redis.url } },
        script: () => ({ headers: eventStream, body: chunk("on and on"), after: "stall" }),
      },
    );
    await using _ = box;
    redis.freeze();
    const leaver = new AbortController();
    const left = fetch(`${box.gateway.url}/v1/chat/completions`, {
      ...{ method: "POST", headers: { "content-type": "application/json", "x-desk": "north" } },
      ...{ body: JSON.stringify({ ...hello, stream: true }), signal: leaver.signal },
    }).catch(() => "left");
    const metric = async (name: string): Promise<number> => {
      const page = await (await fetch(`${box.gateway.url}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(page)?.[1]);
    };
    await expect.poll(() => metric("signalbox_in_flight_bytes")).toBeGreaterThan(0);
    leaver.abort();
    expect(await left).toBe("left");
    redis.thaw();
    const next = await box.chat({ stream: true }, { "x-desk": "north" });
    expect(next.status).toBe(200);
    expect(box.upstream.calls).toHaveLength(1);
    await box.gateway.kill();
  },
);

test.skipIf(skipAloud(!hasRedis, "redis-server is not installed"))(
  "where the Redis server is gone a policy that only others ask about is served uncounted, and that is told",
  async () => {
    await using redis = await startRedis();
    const { box } = await open("if rate.desk.minute > 1000 then b\notherwise a\n", {
      yaml: 'redis: { url: "${REDIS_URL}" }\n',
      options: { variables: { REDIS_URL: redis.url } },
    });
    await using _ = box;
    await redis.kill();
    const asked = [
      await box.chat({}, { "x-desk": "north" }),
      await box.chat({ model: "free" }, { "x-desk": "north" }),
    ];
    expect(asked.map(({ status }) => status)).toEqual([503, 200]);
    expect(box.logged.join("\n")).toContain("was not written");
  },
);
