import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { refusal, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { createHandClock } from "../support/hand-clock.ts";

/** A gateway whose time stands, over targets of which `down` refuse everything. */
async function outage(policy: string, targets?: string) {
  const clock = createHandClock(1_000_000);
  const down = new Set(["model-a"]);
  let answer = refusal(500);
  const bench = await startTestGateway({
    policies: { main: policy },
    ...(targets === undefined ? {} : { yaml: targets }),
    options: { clock, timerHost: clock },
    script: ({ body }: StandInCall) => (down.has(String(body["model"])) ? answer : null),
  });
  return {
    bench,
    clock,
    down,
    refuseWith: (next: typeof answer) => {
      answer = next;
    },
    askedOf: (model: string): number =>
      bench.upstream.calls.filter(({ body }) => body["model"] === model).length,
  };
}

const route = async (response: Response): Promise<string> => {
  await response.arrayBuffer();
  const { headers, status } = response;
  return `${status} ${headers.get("x-signalbox-target")} ${headers.get("x-signalbox-attempts")}`;
};

const chats = async (bench: TestGateway, count: number): Promise<string[]> => {
  const routes: string[] = [];
  for (let turn = 0; turn < count; turn += 1) routes.push(await route(await bench.chat()));
  return routes;
};

const metric = async (bench: TestGateway, line: string): Promise<boolean> =>
  (await (await fetch(`${bench.gateway.url}/metrics`)).text()).includes(line);

test("a target that fails five times is left alone: the sixth request goes to the next at once", async () => {
  const { bench, clock, down, askedOf } = await outage("otherwise a fallback b with retry 0\n");
  await using _ = bench;
  expect(await chats(bench, 5)).toEqual(Array(5).fill("200 b 2"));
  expect(await chats(bench, 3)).toEqual(Array(3).fill("200 b 1"));
  expect(askedOf("model-a")).toBe(5);
  const standing = (): string | undefined =>
    bench.gateway.targets().find(({ name }) => name === "a")?.state;
  expect(standing()).toBe("broken");
  expect(await metric(bench, 'signalbox_target_healthy{target="a"} 0')).toBe(true);
  expect(await metric(bench, 'target_health_changes_total{target="a",change="opened"} 1')).toBe(
    true,
  );
  expect(bench.logged.join("")).toContain("failed too often");
  // A request of its own finds out that it is back.
  down.clear();
  clock.pass(1_500);
  expect(await chats(bench, 2)).toEqual(["200 a 1", "200 a 1"]);
  expect(standing()).toBe("ready");
});

test("where nothing else is left the client hears 503 at once, and when to come back", async () => {
  const { bench, clock, down } = await outage("otherwise a with retry 0\n");
  await using _ = bench;
  await chats(bench, 5);
  const held = await bench.chat();
  expect(held.status).toBe(503);
  expect(Number(held.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(await held.json()).toMatchObject({ error: { code: "upstream_unavailable" } });
  down.clear();
  clock.pass(1_500);
  expect((await bench.chat()).status).toBe(200);
});

test("where a whole pool is left alone a request a second is tried all the same, and operators see it", async () => {
  const { bench, clock, down, askedOf } = await outage("otherwise any of [a, c] with retry 0\n");
  await using _ = bench;
  down.add("model-c");
  for (let turn = 0; turn < 12; turn += 1) await bench.chat();
  const asked = askedOf("model-a") + askedOf("model-c");
  expect(asked).toBe(10);
  // Their breakers open for longer with each probe that fails.
  for (let turn = 0; turn < 20; turn += 1) {
    clock.pass(10_000);
    await bench.chat();
  }
  const before = askedOf("model-a") + askedOf("model-c");
  clock.pass(1_000);
  const [first, second] = await chats(bench, 2);
  expect(first).toMatch(/^502 [ac] 1$/);
  expect(second).toMatch(/^502 [ac] 1$/);
  expect(await chats(bench, 3)).toEqual(Array(3).fill("503 null 0"));
  expect(askedOf("model-a") + askedOf("model-c")).toBe(before + 2);
  expect(await metric(bench, "signalbox_target_panic 1")).toBe(true);
  expect(await metric(bench, 'target_health_changes_total{target="a",change="tried"}')).toBe(true);
  down.clear();
  clock.pass(1_000);
  expect((await chats(bench, 1))[0]).toMatch(/^200 [ac] 1$/);
});

test("nobody asks a target before the time that it named, and other targets are not held", async () => {
  const { bench, clock, down, refuseWith, askedOf } = await outage(
    "if tokens > 1000 then b else a fallback b with retry 0\n",
  );
  await using _ = bench;
  refuseWith(refusal(429, { "retry-after": "30" }));
  expect(await chats(bench, 4)).toEqual(["200 b 2", "200 b 1", "200 b 1", "200 b 1"]);
  clock.pass(29_000);
  expect(await chats(bench, 1)).toEqual(["200 b 1"]);
  expect(askedOf("model-a")).toBe(1);
  down.clear();
  clock.pass(1_001);
  expect(await chats(bench, 1)).toEqual(["200 a 1"]);
});

test("a target whose answer says that nothing is left of its limit is passed over before it refuses", async () => {
  const limits = (left: number): Record<string, string> => ({
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": String(left),
    "x-ratelimit-reset-requests": "1m0s",
  });
  const clock = createHandClock(1_000_000);
  let left = 2;
  const whole = (model: unknown): string =>
    JSON.stringify({
      ...{ id: "c", object: "chat.completion", created: 1, model },
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "hi" } }],
    });
  await using bench = await startTestGateway({
    policies: {
      main: "if tokens > 1000 then a with retry 0\notherwise a fallback b on rate_limited with retry 0\n",
      pool: "otherwise cheapest of [a, b] with retry 0\n",
    },
    options: { clock, timerHost: clock },
    script: ({ body }) => {
      if (body["model"] !== "model-a") return null;
      left -= 1;
      return { headers: limits(left), body: whole("model-a") };
    },
  });
  expect(await chats(bench, 4)).toEqual(["200 a 1", "200 a 1", "200 b 1", "200 b 1"]);
  expect(await route(await bench.chat({ model: "pool" }))).toBe("200 b 1");
  // Whoever has nowhere else to go is sent: a guess refuses nobody.
  left = 1;
  const long = [{ role: "user", content: "word ".repeat(1_500) }];
  expect(await route(await bench.chat({ messages: long }))).toBe("200 a 1");
  // One request of sixty is back after a second, not after a minute.
  left = 5;
  clock.pass(1_000);
  expect(await chats(bench, 2)).toEqual(["200 a 1", "200 a 1"]);
});

test("policies see it: a selection leaves out what is broken, and a rule may ask", async () => {
  const { bench } = await outage(
    "if tools > 0 and a.healthy then a with retry 0\nif tools > 0 then c\notherwise any of [a, b] with retry 0\n",
  );
  await using _ = bench;
  const tools = [{ type: "function", function: { name: "f", parameters: {} } }];
  expect(await route(await bench.chat({ tools }))).toBe("502 a 1");
  for (let turn = 0; turn < 4; turn += 1) await bench.chat({ tools });
  expect(await route(await bench.chat({ tools }))).toBe("200 c 1");
  expect(new Set(await chats(bench, 12))).toEqual(new Set(["200 b 1"]));
});

test("fastest tries what it does not know, and goes by what it has seen", async () => {
  const { bench, clock, down, askedOf } = await outage(
    "otherwise fastest of [a, b] with retry 0\n",
  );
  await using _ = bench;
  down.clear();
  const stream = async (): Promise<string> => route(await bench.chat({ stream: true }));
  expect([await stream(), await stream()]).toEqual(["200 a 1", "200 b 1"]);
  // One that refuses quickly is not taken for fast.
  down.add("model-a");
  clock.pass(300_001);
  await stream();
  const before = askedOf("model-a");
  for (let turn = 0; turn < 5; turn += 1) await stream();
  expect(askedOf("model-a")).toBe(before);
});

test("another model behind a name begins anew at a reload", async () => {
  const { bench, askedOf } = await outage(
    "otherwise d fallback b with retry 0\n",
    "  d: { provider: up, model: model-a }\n",
  );
  await using _ = bench;
  expect(await chats(bench, 6)).toEqual([...Array(5).fill("200 b 2"), "200 b 1"]);
  const yaml = readFileSync(`${bench.folder}/signalbox.yaml`, "utf8");
  bench.write(
    "signalbox.yaml",
    yaml.replace("  d: { provider: up, model: model-a }", "  d: { provider: up, model: model-d }"),
  );
  await bench.gateway.reload();
  expect(await chats(bench, 1)).toEqual(["200 d 1"]);
  expect(askedOf("model-d")).toBe(1);
});

test("the configuration says how much is too much, and a reload changes it", async () => {
  const { bench } = await outage(
    "otherwise a fallback b with retry 0\n",
    "health: { failures: 2, open: 10s }\n",
  );
  await using _ = bench;
  expect(await chats(bench, 3)).toEqual(["200 b 2", "200 b 2", "200 b 1"]);
});

test("the decision log says which target was not asked, and why", async () => {
  const { bench } = await outage(
    "otherwise a fallback b with retry 0\n",
    "health: { failures: 1 }\ntelemetry: { decision-log: decisions.jsonl }\n",
  );
  await using _ = bench;
  await chats(bench, 2);
  await bench.gateway.close();
  const records = readFileSync(`${bench.folder}/decisions.jsonl`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as DecisionRecord);
  expect(records[0]).not.toHaveProperty("skipped");
  expect(records[1]).toMatchObject({
    attempts: [{ target: "b", step: 1 }],
    skipped: [{ target: "a", step: 0, cause: "unavailable", code: "breaker_open" }],
  });
});
