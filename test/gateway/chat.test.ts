import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import {
  chunk,
  eventStream,
  hello,
  refusal,
  startTestGateway,
  type TestGateway,
} from "../support/gateway.ts";

const routed = (response: Response): Record<string, string | null> => ({
  rule: response.headers.get("x-signalbox-rule"),
  target: response.headers.get("x-signalbox-target"),
  attempts: response.headers.get("x-signalbox-attempts"),
});

/** A script that fails `model-a` in one way and answers for every other model. */
const failingFirst =
  (behaviour: Behaviour) =>
  ({ body }: StandInCall): Behaviour | null =>
    body["model"] === "model-a" ? behaviour : null;

async function recordsOf(box: TestGateway): Promise<DecisionRecord[]> {
  await box.gateway.kill();
  return readFileSync(join(box.folder, "decisions.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as DecisionRecord);
}

test("the openai client gets an answer that the policy routed, and the headers say how", async () => {
  await using box = await startTestGateway({
    policies: { main: "if tokens < 200 and intent=classify then a else b fallback c\n" },
  });
  const messages = [
    { role: "user" as const, content: "Classify this review as positive or negative: fine soup" },
  ];
  const { data, response } = await box.client.chat.completions
    .create({ model: "main", messages })
    .withResponse();
  expect(data.choices[0]?.message.content).toContain("model-a");
  expect(routed(response)).toEqual({ rule: "rule-1", target: "a", attempts: "1" });
  expect(response.headers.get("x-signalbox-policy")).toMatch(/^main@[0-9a-f]{16}$/);
  expect(response.headers.get("x-request-id")).toMatch(/^req-\S+$/);
  const other = await box.chat();
  expect(routed(other)).toMatchObject({ target: "b" });
});

test("the openai client streams, calls tools and gets JSON by a schema through the gateway", async () => {
  await using box = await startTestGateway();
  const messages = [{ role: "user" as const, content: "What is the weather in Oslo?" }];
  let text = "";
  const stream = await box.client.chat.completions.create({
    model: "main",
    messages,
    stream: true,
  });
  for await (const event of stream) text += event.choices[0]?.delta.content ?? "";
  expect(text).toContain("stand-in for model-a");
  const parameters = {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  };
  const called = await box.client.chat.completions.create({
    model: "main",
    messages,
    tools: [{ type: "function", function: { name: "weather", parameters } }],
    tool_choice: "required",
  });
  const call = called.choices[0]?.message.tool_calls?.[0];
  expect(call?.type === "function" && call.function.name).toBe("weather");
  const shaped = await box.client.chat.completions.create({
    model: "main",
    messages,
    response_format: { type: "json_schema", json_schema: { name: "place", schema: parameters } },
  });
  expect(JSON.parse(shaped.choices[0]?.message.content ?? "")).toHaveProperty("city");
});

test.each<[string, Behaviour, string]>([
  ["429", refusal(429), "rate_limited"],
  ["500", refusal(500), "server_error"],
  ["503", refusal(503), "overloaded"],
  ["a closed connection", { body: "", status: 200, after: "reset" }, "network"],
])(
  "%s before the first chunk goes on to the fallback, streamed or not",
  async (_name, behaviour, cause) => {
    await using box = await startTestGateway({
      script: failingFirst(behaviour),
      yaml: "telemetry: { decision-log: decisions.jsonl }\n",
    });
    for (const stream of [false, true]) {
      const response = await box.chat({ stream });
      expect(response.status).toBe(200);
      expect(routed(response)).toMatchObject({ target: "b", attempts: "2" });
      expect(await response.text()).toContain("model-b");
    }
    const records = await recordsOf(box);
    expect(
      records
        .map(({ attempts }) => attempts.map(({ outcome }) => outcome))
        .at(0)
        ?.at(1),
    ).toBe("ok");
    if (behaviour.after === undefined) expect(records[0]?.attempts[0]?.outcome).toBe(cause);
  },
);

test("an error as the first event of a stream goes on to the fallback", async () => {
  const event = 'data: {"error":{"message":"busy","type":"server_error","code":null}}\n\n';
  await using box = await startTestGateway({
    script: failingFirst({ headers: eventStream, body: [event] }),
  });
  const response = await box.chat({ stream: true });
  expect(routed(response)).toMatchObject({ target: "b", attempts: "2" });
  expect(await response.text()).toMatch(/model-b[\s\S]*\[DONE\]/);
});

test("a target that refuses connections goes on to the fallback; without one the client is told", async () => {
  await using box = await startTestGateway({
    policies: {
      main: "otherwise lost fallback a with retry 0\n",
      alone: "otherwise lost with retry 0\n",
    },
  });
  expect(routed(await box.chat())).toMatchObject({ target: "a", attempts: "2" });
  const response = await box.chat({ model: "alone" });
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({
    error: { type: "upstream_error", code: "upstream_unreachable" },
  });
  expect(routed(response)).toMatchObject({ target: "lost", attempts: "1" });
});

test("a stream cut after its first chunk ends with an error event and no [DONE], and the client throws", async () => {
  await using box = await startTestGateway({
    script: () => ({
      headers: eventStream,
      body: [chunk("half an "), chunk("answer")],
      after: "cut",
    }),
  });
  const text = await (await box.chat({ stream: true })).text();
  expect(text).toContain("half an ");
  expect(text).toMatch(/data: \{"error":\{.*\}\}\n\n$/);
  expect(text).not.toContain("[DONE]");
  const stream = await box.client.chat.completions.create({ ...messagesOf(), stream: true });
  await expect(async () => {
    for await (const _ of stream);
  }).rejects.toThrow();
});

test("what a stream cost that was cut is in its record, as an estimate", async () => {
  await using box = await startTestGateway({
    script: () => ({
      headers: eventStream,
      body: [chunk("half an "), chunk("answer")],
      after: "cut",
    }),
    yaml: "telemetry: { decision-log: decisions.jsonl }\n",
  });
  await (await box.chat({ stream: true })).text();
  const [record] = await recordsOf(box);
  const attempt = record?.attempts[0];
  const usage = { input: expect.any(Number), cachedRead: 0, cachedWrite: 0, output: 4 };
  expect(attempt?.usage).toEqual({ ...usage, reasoning: 0, estimated: true });
  expect(attempt?.usage?.input).toBeGreaterThan(0);
  expect(attempt?.costPicodollars).toBeGreaterThan(0);
});

const messagesOf = () => ({ model: "main", messages: [{ role: "user" as const, content: "hi" }] });

test.each([true, false])(
  "clients that leave, hundreds of them, free the connections of a small pool (streamed: %s)",
  async (stream) => {
    const left: Promise<boolean>[] = [];
    let stalls = true;
    await using box = await startTestGateway({
      connections: 4,
      script: (call) => {
        if (!stalls) return null;
        left.push(call.left);
        const started: Behaviour = { headers: eventStream, body: [chunk("one")], after: "stall" };
        return stream ? started : { neverAnswers: true };
      },
    });
    for (let round = 0; round < 40; round += 1) {
      const seen = left.length;
      const leavers = Array.from({ length: 4 }, () => {
        const socket = connect(Number(new URL(box.gateway.url).port), "127.0.0.1");
        const body = JSON.stringify({ ...hello, stream });
        socket.write(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
        return socket;
      });
      await Promise.all(
        leavers.map((socket, at) => arrival(socket, stream, () => left.length > seen + at)),
      );
      for (const socket of leavers) socket.destroy();
      expect(await Promise.all(left.slice(seen))).toEqual([true, true, true, true]);
    }
    stalls = false;
    expect((await box.chat()).status).toBe(200);
  },
);

/** Waits until a stream's first bytes are here, or the upstream has the request. */
async function arrival(
  socket: ReturnType<typeof connect>,
  stream: boolean,
  arrived: () => boolean,
): Promise<void> {
  if (stream) {
    await new Promise((resolve) => socket.once("data", resolve));
    return;
  }
  while (!arrived()) await new Promise((resolve) => setImmediate(resolve));
}

test("a rejecting rule answers with its status and message, and asks nobody", async () => {
  await using box = await startTestGateway({
    policies: { main: 'if stream then reject 403 "no streams here" else a\n' },
  });
  const response = await box.chat({ stream: true });
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({
    error: { message: "no streams here", type: "permission_error", code: "rejected_by_policy" },
  });
  expect(box.upstream.calls).toHaveLength(0);
});

test.each([
  ["a policy by its name", "second", "c"],
  ["the default policy for an unknown model", "gpt-17", "a"],
  ["a target through `requested`", "b", "b"],
  ["a target by provider/model", "up/model-c", "c"],
])("`model` picks %s", async (_name, model, target) => {
  await using box = await startTestGateway({
    policies: { main: "otherwise requested fallback a on unavailable\n", second: "otherwise c\n" },
  });
  expect(routed(await box.chat({ model }))).toMatchObject({ target });
});

test("a plan left without any target answers 404 model_not_found", async () => {
  await using box = await startTestGateway({ policies: { main: "otherwise requested\n" } });
  const response = await box.chat({ model: "nobody" });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    error: { code: "model_not_found", param: "model" },
  });
});

test("the decision log tells facts, plan, attempts, usage and cost, and neither prompt nor key", async () => {
  await using box = await startTestGateway({
    policies: {
      main: 'if prompt contains "xyzzy" and tokens < 1k then a with tag "spell" else b\n',
    },
    yaml: "telemetry: { decision-log: decisions.jsonl }\n",
  });
  const secret = "xyzzy-the-secret-prompt";
  const answer = await box.chat(
    { messages: [{ role: "user", content: secret }] },
    { "x-request-id": "r-1" },
  );
  await answer.text();
  const [record] = await recordsOf(box);
  expect(record).toMatchObject({
    v: 1,
    id: "r-1",
    policy: "main",
    rule: "rule-1",
    plan: ["a"],
    tags: ["spell"],
    stream: false,
    outcome: "ok",
    status: 200,
    cache: "none",
  });
  const attempt = record?.attempts[0];
  expect(attempt).toMatchObject({ target: "a", step: 0, outcome: "ok" });
  const usage = attempt?.usage;
  expect(attempt?.costPicodollars).toBe((usage?.input ?? 0) * 1e6 + (usage?.output ?? 0) * 2e6);
  const everything =
    readFileSync(join(box.folder, "decisions.jsonl"), "utf8") + box.logged.join("");
  expect(everything).not.toContain(secret);
  expect(everything).not.toContain("sk-upstream-secret");
});
