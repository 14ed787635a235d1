import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

const admin = `admin: { key: "\${ADMIN}" }\n`;

/** A gateway whose target `one` works on a single request, and answers as the test lets it. */
async function open(policy: string, target = "concurrency: 1") {
  const held: (() => void)[] = [];
  const box = await startTestGateway({
    policies: { main: policy },
    targets: `  one: { provider: up, model: model-one, ${target} }\n`,
    yaml: `${admin}telemetry: { decision-log: decisions.jsonl }\n`,
    options: { variables: { UP_KEY: "sk-upstream-secret", ADMIN: "operator" } },
    script: ({ body }: StandInCall) => {
      if (body["model"] !== "model-one") return null;
      const { promise, resolve } = Promise.withResolvers<void>();
      held.push(resolve);
      return { holdHead: promise, body: JSON.stringify(answer) };
    },
  });
  const standing = async (): Promise<Record<string, unknown>> => {
    const headers = { "x-signalbox-admin-key": "operator" };
    const reply = await fetch(`${box.gateway.url}/admin/targets`, { headers });
    const { targets } = (await reply.json()) as { targets: Record<string, unknown>[] };
    return targets.find(({ name }) => name === "one") ?? {};
  };
  return { box, held, standing };
}

const answer = {
  ...{ id: "c", object: "chat.completion", created: 1, model: "model-one" },
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "hello" } }],
};

/** Looks again and again until something holds; the tests' own limit ends it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

const route = async (answered: Promise<Response>): Promise<string> => {
  const response = await answered;
  await response.arrayBuffer();
  return `${response.status} ${response.headers.get("x-signalbox-target")}`;
};

const askedOf = (box: TestGateway, model: string): number =>
  box.upstream.calls.filter(({ body }) => body["model"] === model).length;

test("beyond its concurrency a target counts as overloaded, and the next step takes the request without a try", async () => {
  const { box, held } = await open("otherwise one fallback b on overloaded with retry 0\n");
  await using _ = box;
  const first = route(box.chat());
  await until(async () => held.length === 1);
  expect(await route(box.chat())).toBe("200 b");
  expect(askedOf(box, "model-one")).toBe(1);
  held[0]?.();
  expect(await first).toBe("200 one");
  await box.gateway.close();
  const [second] = readFileSync(`${box.folder}/decisions.jsonl`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as DecisionRecord);
  expect(second?.skipped).toMatchObject([{ target: "one", cause: "overloaded" }]);
});

test("where nobody else takes it a request waits for its turn, and operators see it wait", async () => {
  const { box, held, standing } = await open("otherwise one with retry 0\n");
  await using _ = box;
  const first = route(box.chat());
  await until(async () => held.length === 1);
  const second = route(box.chat());
  await until(async () => (await standing())["waiting"] === 1);
  expect(await standing()).toMatchObject({ inFlight: 1, concurrency: 1, state: "ready" });
  const metrics = await (await fetch(`${box.gateway.url}/metrics`)).text();
  expect(metrics).toContain('signalbox_target_waiting{target="one"} 1');
  expect(askedOf(box, "model-one")).toBe(1);
  held[0]?.();
  expect(await first).toBe("200 one");
  await until(async () => held.length === 2);
  held[1]?.();
  expect(await second).toBe("200 one");
});

test("a turn is waited for no longer than a first token, and the client hears 503 and when to come back", async () => {
  const { box, held } = await open("otherwise one with retry 0, first-token 50ms\n");
  await using _ = box;
  const first = route(box.chat());
  await until(async () => held.length === 1);
  const late = await box.chat();
  expect([late.status, late.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await late.json()).toMatchObject({ error: { type: "overloaded_error" } });
  held[0]?.();
  expect(await first).toBe("200 one");
});

test("a client that leaves gives its place up, and the one behind it gets the turn", async () => {
  const { box, held, standing } = await open("otherwise one with retry 0\n");
  await using _ = box;
  const first = route(box.chat());
  await until(async () => held.length === 1);
  const leaving = new AbortController();
  const gone = fetch(`${box.gateway.url}/v1/chat/completions`, {
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    body: JSON.stringify({ model: "main", messages: [{ role: "user", content: "hi" }] }),
    signal: leaving.signal,
  }).catch(() => null);
  await until(async () => (await standing())["waiting"] === 1);
  const third = route(box.chat());
  await until(async () => (await standing())["waiting"] === 2);
  leaving.abort();
  await gone;
  await until(async () => (await standing())["waiting"] === 1);
  held[0]?.();
  expect(await first).toBe("200 one");
  await until(async () => held.length === 2);
  held[1]?.();
  expect(await third).toBe("200 one");
});
