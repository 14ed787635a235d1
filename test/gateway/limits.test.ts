// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables look like that
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type LedgerFile, openLedgerFile } from "../../src/runtime/store/ledger-file.ts";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { startTestGateway, type TestGateway, type TestSetup } from "../support/gateway.ts";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";
import { hasRedis, startRedis } from "../support/redis-server.ts";
import { skipAloud } from "../support/skip-aloud.ts";

/** One second into a minute, an hour and a day. */
const startMs = Date.UTC(2026, 10, 27, 0, 0, 1);

const yaml = `facts: { desk: { from: header.x-desk, type: text } }
telemetry: { decision-log: log.jsonl }
`;

interface Box {
  readonly box: TestGateway;
  readonly clock: HandClock;
  ask(desk?: string, body?: Record<string, unknown>): Promise<Told>;
}

interface Told {
  readonly status: number;
  readonly target: string | null;
  readonly code: string | null;
  readonly message: string;
  readonly retryAfter: string | null;
}

async function open(policy: string, setup: Partial<TestSetup> = {}): Promise<Box> {
  const clock = createHandClock(startMs);
  const box = await startTestGateway({
    policies: { main: policy },
    ...setup,
    yaml: `${yaml}${setup.yaml ?? ""}`,
    options: { clock, timerHost: clock, ...setup.options },
  });
  return { box, clock, ask: (desk, body) => askOf(box, desk, body) };
}

async function askOf(box: TestGateway, desk?: string, body = {}): Promise<Told> {
  const answer = await box.chat(body, desk === undefined ? {} : { "x-desk": desk });
  const json = (await answer.json()) as { readonly error?: { code: string; message: string } };
  return {
    status: answer.status,
    target: answer.headers.get("x-signalbox-target"),
    code: json.error?.code ?? null,
    message: json.error?.message ?? "",
    retryAfter: answer.headers.get("retry-after"),
  };
}

async function waitingAt({ gateway }: TestGateway): Promise<number> {
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(/^signalbox_limits_waiting (\d+)$/m.exec(metrics)?.[1]);
}

const ledgerAt = (path: string): LedgerFile =>
  openLedgerFile(path, {
    ...{ later: setImmediate, survives: "process", atMs: startMs },
    failed: (error) => expect(error).toBeNull(),
  });

/** An answer of so many tokens: $2 a million at `a`, $4 at `b`. */
const answering = (outputTokens: number) => (): Behaviour => ({
  body: JSON.stringify({
    ...{ id: "c", object: "chat.completion", created: 1, model: "m" },
    choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 0, completion_tokens: outputTokens, total_tokens: outputTokens },
  }),
});

test("a limit turns away what is beyond it with its name and the time to come back, each value by itself", async () => {
  const { box, clock, ask } = await open("otherwise a with limit 2 per minute by desk\n");
  await using _ = box;
  expect((await ask("north")).status).toBe(200);
  expect((await ask("north")).status).toBe(200);
  expect(await ask("north")).toMatchObject({
    ...{ status: 429, code: "limit_reached", target: null },
    ...{ message: expect.stringContaining("main/otherwise/limit-1"), retryAfter: "61" },
  });
  expect((await ask("south")).status).toBe(200);
  // Nobody in particular is counted too.
  expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([
    200, 200, 429,
  ]);
  clock.pass(61_000);
  expect((await ask("north")).status).toBe(200);
  const metrics = await (await fetch(`${box.gateway.url}/metrics`)).text();
  expect(metrics).toContain('signalbox_limited_total{option="main/otherwise/limit-1"} 2');
});

test("a limit that may be waited for lets the next in when there is room, and a client that leaves frees its place", async () => {
  const { box, clock, ask } = await open("otherwise a with limit 1 per minute or wait 2m\n");
  await using _ = box;
  expect((await ask()).status).toBe(200);
  const leaver = new AbortController();
  const left = fetch(`${box.gateway.url}/v1/chat/completions`, {
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    body: JSON.stringify({ model: "main", messages: [{ role: "user", content: "hello" }] }),
    signal: leaver.signal,
  }).catch(() => "left");
  await expect.poll(() => waitingAt(box)).toBe(1);
  const waiting = ask();
  await expect.poll(() => waitingAt(box)).toBe(2);
  leaver.abort();
  expect(await left).toBe("left");
  await expect.poll(() => waitingAt(box)).toBe(1);
  clock.pass(62_000);
  expect((await waiting).status).toBe(200);
  expect(box.upstream.calls).toHaveLength(2);
});

test("a limit on tokens counts what the provider counted, not what was expected", async () => {
  const { box, ask } = await open("otherwise a with limit 3k tokens per hour by desk\n", {
    script: answering(50),
  });
  await using _ = box;
  for (let asked = 0; asked < 20; asked += 1) expect((await ask("north")).status).toBe(200);
  const { box: dear, ask: askDear } = await open(
    "otherwise a with limit 3k tokens per hour by desk\n",
    { script: answering(2_500) },
  );
  await using __ = dear;
  expect((await askDear("north")).status).toBe(200);
  expect(await askDear("north")).toMatchObject({ status: 429, code: "limit_reached" });
});

test("as many as may are at work at once; the others wait their turn, or are turned away", async () => {
  const gate = Promise.withResolvers<void>();
  let held = 0;
  const { box, ask } = await open("otherwise a with concurrency 1 by desk or wait 5m\n", {
    script: () => {
      held += 1;
      return held === 1 ? { holdHead: gate.promise, ...answering(1)() } : null;
    },
  });
  await using _ = box;
  const first = ask("north");
  await expect.poll(() => box.upstream.calls.length).toBe(1);
  const second = ask("north");
  expect((await ask("south")).status).toBe(200);
  expect(box.upstream.calls).toHaveLength(2);
  gate.resolve();
  await first;
  expect((await second).status).toBe(200);
  const { box: strict, ask: askStrict } = await open("otherwise a with concurrency 1\n", {
    script: () => ({ holdHead: new Promise(() => undefined), body: "{}" }),
  });
  await using __ = strict;
  const forever = askStrict().catch(() => null);
  await expect.poll(() => strict.upstream.calls.length).toBe(1);
  expect(await askStrict()).toMatchObject({ status: 429, retryAfter: null });
  await strict.gateway.kill();
  await forever;
});

test("a budget that is spent raises budget_exceeded: the fallback takes over, or the client is told until when", async () => {
  const spending = { script: answering(1_000) };
  const policy = "otherwise a fallback b on budget_exceeded with budget $0.005 per day by desk\n";
  const { box, clock, ask } = await open(policy, spending);
  await using _ = box;
  const targets: (string | null)[] = [];
  for (let asked = 0; asked < 4; asked += 1) targets.push((await ask("north")).target);
  // $0.002 each: two fit, a third is expected not to.
  expect(targets).toEqual(["a", "a", "b", "b"]);
  expect((await ask("south")).target).toBe("a");
  clock.pass(24 * 3_600_000);
  expect((await ask("north")).target).toBe("a");
  const { box: alone, ask: askAlone } = await open(
    "otherwise a with budget $0.003 per day by desk\n",
    spending,
  );
  await using __ = alone;
  expect((await askAlone("north")).status).toBe(200);
  expect(await askAlone("north")).toMatchObject({
    ...{ status: 429, code: "budget_exceeded", retryAfter: "86399" },
    message: expect.stringContaining("main/otherwise/budget-1"),
  });
  expect(alone.upstream.calls).toHaveLength(1);
});

test("a policy can ask what was spent, what is left and how often somebody asked", async () => {
  const policy = `if spend.desk.today >= $0.003 then b
if budget.desk.left < $0.002 then c
if rate.desk.minute >= 3 then lost fallback c
otherwise a with budget $0.5 per day by desk
`;
  const { box, ask } = await open(policy, { script: answering(1_000) });
  await using _ = box;
  const targets: (string | null)[] = [];
  for (let asked = 0; asked < 3; asked += 1) targets.push((await ask("north")).target);
  expect(targets).toEqual(["a", "a", "b"]);
  expect((await ask("south", { max_tokens: 1 })).target).toBe("a");
  await box.gateway.close(0);
  const log = readFileSync(join(box.folder, "log.jsonl"), "utf8").trim().split("\n");
  const records = log.map((line) => JSON.parse(line) as DecisionRecord);
  expect(records.map(({ facts }) => facts["spend.desk.today"])).toEqual([
    ...["$0", "$0.002", "$0.004", "$0"],
  ]);
});

test("counters and the ledger outlive the gateway", async () => {
  const policy = "otherwise a with limit 2 per day by desk\n";
  const { box, ask } = await open(policy, { script: answering(7) });
  await using _ = box;
  await ask("north");
  await ask("north");
  await box.gateway.close(0);
  const file = ledgerAt(join(box.folder, ".signalbox/ledger.sqlite"));
  const standing = file.limits.standing(
    {
      ...{ kind: "rate", option: "main/otherwise/limit-1", value: "north", most: 2 },
      ...{ perMs: 86_400_000, amount: 1 },
    },
    startMs + 1,
  );
  expect(standing.settled).toBe(2);
  expect(file.ledger.spent(0, startMs + 86_400_000)).toBe(28_000_000n);
  file.close();
});

test.skipIf(skipAloud(!hasRedis, "redis-server is not installed"))(
  "two gateways on one Redis hold one budget",
  async () => {
    await using redis = await startRedis();
    const policy = "otherwise a with budget $0.05 per day\n";
    const shared: Partial<TestSetup> = {
      ...{ script: answering(1_000), yaml: 'redis: { url: "${REDIS_URL}" }\n' },
      options: { variables: { UP_KEY: "sk-upstream-secret", REDIS_URL: redis.url } },
    };
    const one = await open(policy, shared);
    await using _ = one.box;
    const other = await open(policy, shared);
    await using __ = other.box;
    const told = await Promise.all(
      Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? one : other).ask()),
    );
    const served = told.filter(({ status }) => status === 200).length;
    // $0.002 each and a little for the prompt that was expected: never more than 25, and not fewer than all but what was in flight.
    expect(served).toBeLessThanOrEqual(25);
    expect(served).toBeGreaterThanOrEqual(23);
    expect(told.filter(({ code }) => code === "budget_exceeded")).toHaveLength(60 - served);
  },
);

test("the operator sees what was spent, by whom and on what, and how limits stand", async () => {
  const policy =
    "otherwise a with limit 100 per minute by desk, budget $0.5 per day by desk, concurrency 4\n";
  const { box, ask } = await open(policy, {
    script: answering(1_000),
    yaml: 'admin: { key: "${ADMIN_KEY}" }\n',
    options: { variables: { UP_KEY: "sk-upstream-secret", ADMIN_KEY: "adm" } },
  });
  await using _ = box;
  const admin = async (path: string): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${box.gateway.url}/admin/${path}`, {
      headers: { "x-signalbox-admin-key": "adm" },
    });
    return (await answer.json()) as Record<string, unknown>;
  };
  await ask("north");
  await ask("north");
  await ask("south");
  const sum = { inputTokens: 0, unpriced: 0 };
  expect(await admin("spend?by=target")).toEqual({
    ...{ by: "target", from: "2026-11-27", until: "2026-11-28" },
    sums: [{ name: "a", attempts: 3, outputTokens: 3_000, cost: "$0.006000", ...sum }],
  });
  expect(await admin("spend?by=day&from=2026-11-01&until=2026-12-01")).toMatchObject({
    sums: [{ name: "2026-11-27", attempts: 3 }],
  });
  expect(await admin("spend?by=day&until=2026-11-27")).toMatchObject({ sums: [] });
  expect(await admin("spend?by=mood")).toMatchObject({ error: { param: "by" } });
  expect(await admin("spend?from=yesterday")).toMatchObject({ error: { param: "from" } });
  expect(await admin("limits?value=north")).toEqual({
    limits: [
      {
        ...{ policy: "main", id: "main/otherwise/limit-1", kind: "limit", by: "desk", most: 100 },
        ...{ of: "requests", per: "60s", used: 2, reserved: 0 },
      },
      {
        ...{ policy: "main", id: "main/otherwise/budget-1", kind: "budget", by: "desk" },
        ...{ of: "dollars", per: "day", most: 0.5, used: 0.004, reserved: 0 },
      },
      {
        ...{ policy: "main", id: "main/otherwise/concurrency-1", kind: "concurrency", by: null },
        ...{ most: 4, of: "requests", per: null },
      },
    ],
  });
});

test("without anything that counts there is no ledger, and with a `ledger:` every request leaves its rows", async () => {
  const plain = await open("otherwise a\n", {
    yaml: 'admin: { key: "${ADMIN_KEY}" }\n',
    options: { variables: { UP_KEY: "sk-upstream-secret", ADMIN_KEY: "adm" } },
  });
  await using _ = plain.box;
  const spend = await fetch(`${plain.box.gateway.url}/admin/spend`, {
    headers: { "x-signalbox-admin-key": "adm" },
  });
  expect(spend.status).toBe(404);
  expect(existsSync(join(plain.box.folder, ".signalbox"))).toBe(false);
  const kept = await open("otherwise a\n", { yaml: "ledger: { path: rows.sqlite }\n" });
  await using __ = kept.box;
  await kept.ask();
  const stream = await kept.box.chat({ stream: true });
  await stream.text();
  await kept.box.gateway.close(0);
  const file = ledgerAt(join(kept.box.folder, "rows.sqlite"));
  expect(file.ledger.sums("lane", 0, startMs * 2, 10)).toMatchObject([
    { name: "live", attempts: 2 },
  ]);
  file.close();
});

test.skipIf(skipAloud(!hasRedis, "redis-server is not installed"))(
  "where the Redis server is gone requests that count are refused loudly, and served again when it is back",
  async () => {
    const redis = await startRedis();
    await using box = await open("if desk is free then b\notherwise a with limit 100 per day\n", {
      yaml: 'redis: { url: "${REDIS_URL}" }\n',
      options: { variables: { UP_KEY: "sk-upstream-secret", REDIS_URL: redis.url } },
    }).then(({ box }) => box);
    expect((await askOf(box)).status).toBe(200);
    redis.freeze();
    expect(await askOf(box)).toMatchObject({ status: 503, code: "store_unusable" });
    expect((await askOf(box, "free")).status).toBe(200);
    redis.thaw();
    await expect.poll(async () => (await askOf(box)).status).toBe(200);
    expect(box.logged.join("\n")).toContain("Redis server");
    await redis[Symbol.asyncDispose]();
  },
);

test("a key that is taken away while its request waits sends nothing any more", async () => {
  const { box, clock } = await open("otherwise a with limit 1 per minute or wait 5m\n", {
    yaml: 'admin: { key: "${ADMIN_KEY}" }\n',
    options: { variables: { UP_KEY: "sk-upstream-secret", ADMIN_KEY: "adm" } },
  });
  await using _ = box;
  const admin = async (path: string, body: object): Promise<{ readonly secret: string }> => {
    const answer = await fetch(`${box.gateway.url}/admin/keys${path}`, {
      method: "POST",
      headers: { "x-signalbox-admin-key": "adm", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as { readonly secret: string };
  };
  const { secret } = await admin("", { name: "ann" });
  const asAnn = () => box.chat({}, { authorization: `Bearer ${secret}` });
  expect((await asAnn()).status).toBe(200);
  const waiting = asAnn();
  await expect.poll(() => waitingAt(box)).toBe(1);
  await admin("/ann/revoke", {});
  clock.pass(62_000);
  expect((await waiting).status).toBe(401);
  expect(box.upstream.calls).toHaveLength(1);
});
