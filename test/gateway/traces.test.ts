import { expect, test } from "vitest";
import { openOtlpTraces } from "../../src/runtime/telemetry/otlp-traces.ts";
import {
  chunk,
  eventStream,
  refusal,
  startTestGateway,
  type TestSetup,
} from "../support/gateway.ts";
import {
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpReceiver,
} from "../support/otlp-receiver.ts";

const start = (receiver: OtlpReceiver, setup: TestSetup = {}) =>
  startTestGateway({ ...setup, yaml: `telemetry: { otlp: "${receiver.url}" }\n` });

const parent = { trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7" };
const traceparent = `00-${parent.trace}-${parent.span}-01`;

const byKind = (spans: readonly ReceivedSpan[], kind: number): ReceivedSpan[] =>
  spans.filter((span) => span.kind === kind);

test("a request is one span, each attempt another below it, and the client's trace goes on upstream", async () => {
  await using receiver = await startOtlpReceiver();
  await using box = await start(receiver, {
    script: ({ body }) => (body["model"] === "model-a" ? refusal(500) : null),
  });
  const secret = "nobody may read this";
  const response = await box.chat(
    { messages: [{ role: "user", content: secret }] },
    { traceparent },
  );
  expect(response.status).toBe(200);
  const answer = await response.text();
  await box.gateway.close();
  expect(receiver.requests.map(({ path }) => path)).toEqual(["/v1/traces"]);
  const [server] = byKind(receiver.spans, 2);
  const attempts = byKind(receiver.spans, 3);
  expect(server).toMatchObject({
    ...{ traceId: parent.trace, parentSpanId: parent.span, name: "POST /v1/chat/completions" },
    attributes: {
      "http.request.method": "POST",
      "http.response.status_code": 200,
      "url.path": "/v1/chat/completions",
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "main",
      "signalbox.policy": expect.stringMatching(/^main@/),
      "signalbox.rule": expect.any(String),
      "signalbox.outcome": "ok",
      "signalbox.request_id": response.headers.get("x-request-id"),
    },
  });
  const shared = { traceId: parent.trace, parentSpanId: server?.spanId };
  expect(attempts).toMatchObject([
    {
      ...{ ...shared, name: "chat model-a", status: { code: 2 } },
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai-compatible",
        "gen_ai.request.model": "model-a",
        "signalbox.target": "a",
        "signalbox.attempt": 0,
        "error.type": "server_error",
        "server.address": "127.0.0.1",
      },
    },
    {
      ...{ ...shared, name: "chat model-b" },
      attributes: {
        "signalbox.target": "b",
        "signalbox.attempt": 1,
        "gen_ai.usage.input_tokens": expect.any(Number),
        "gen_ai.usage.output_tokens": expect.any(Number),
        "gen_ai.response.model": "model-b",
      },
    },
  ]);
  const sent = box.upstream.calls.map(({ headers }) => headers["traceparent"]);
  expect(sent).toEqual(attempts.map(({ spanId }) => `00-${parent.trace}-${spanId}-01`));
  for (const { body } of receiver.requests) {
    expect(body).not.toContain(secret);
    expect(body).not.toContain("sk-upstream-secret");
    const said = (JSON.parse(answer) as { choices: { message: { content: string } }[] }).choices;
    expect(body).not.toContain(said[0]?.message.content);
  }
  for (const span of receiver.spans) {
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
    expect(Math.abs(Number(span.startTimeUnixNano) / 1e6 - Date.now())).toBeLessThan(60_000);
  }
});

test.each<[string, Record<string, string>]>([
  ["none", {}],
  ["one that is none", { traceparent: "hello" }],
  ["zeros", { traceparent: `00-${"0".repeat(32)}-${parent.span}-01` }],
  ["too much of version 00", { traceparent: `${traceparent}-more` }],
  ["the version that is forbidden", { traceparent: traceparent.replace(/^00/, "ff") }],
])("a client's traceparent that is %s begins a new trace", async (_name, headers) => {
  await using receiver = await startOtlpReceiver();
  await using box = await start(receiver);
  await (await box.chat({}, headers)).text();
  await box.gateway.close();
  const [server] = byKind(receiver.spans, 2);
  expect(server?.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect([parent.trace, "0".repeat(32)]).not.toContain(server?.traceId);
  expect(server?.parentSpanId ?? "").toBe("");
});

test("what a client does not want sampled is not, but its trace goes on", async () => {
  await using receiver = await startOtlpReceiver();
  await using box = await start(receiver);
  await (await box.chat({}, { traceparent: traceparent.replace(/01$/, "00") })).text();
  await box.gateway.close();
  expect(receiver.spans).toEqual([]);
  expect(box.upstream.calls[0]?.headers["traceparent"]).toMatch(
    new RegExp(`^00-${parent.trace}-[0-9a-f]{16}-00$`),
  );
});

test("a stream tells when its first piece came, a refusal of a rule its status, and a client that leaves that it left", async () => {
  await using receiver = await startOtlpReceiver();
  await using box = await start(receiver, {
    policies: { main: 'if prompt contains "no" then reject 403 "no" otherwise a with retry 0\n' },
    script: () => ({ headers: eventStream, body: [chunk("begun")], after: "stall" }),
  });
  const refused = await box.chat({ messages: [{ role: "user", content: "no" }] });
  await refused.text();
  const leaving = new AbortController();
  const stream = await fetch(`${box.gateway.url}/v1/chat/completions`, {
    method: "POST",
    signal: leaving.signal,
    body: JSON.stringify({
      model: "main",
      stream: true,
      messages: [{ role: "user", content: "yes" }],
    }),
  });
  await stream.body?.getReader().read();
  leaving.abort();
  await box.upstream.calls[0]?.left;
  await box.gateway.close();
  expect(byKind(receiver.spans, 2).map(({ attributes }) => attributes)).toMatchObject([
    { "http.response.status_code": 403, "signalbox.outcome": "rejected" },
    { "http.response.status_code": 200, "signalbox.outcome": "client-gone" },
  ]);
  expect(byKind(receiver.spans, 3).map(({ attributes }) => attributes)).toMatchObject([
    {
      "signalbox.aborted": "client-gone",
      "gen_ai.response.time_to_first_chunk": expect.any(Number),
    },
  ]);
});

test("without a receiver nothing is added upstream", async () => {
  await using box = await startTestGateway();
  await (await box.chat({}, { traceparent })).text();
  expect(box.upstream.calls[0]?.headers["traceparent"]).toBeUndefined();
});

test("a receiver that refuses is told of once and counted, and requests go on", async () => {
  await using receiver = await startOtlpReceiver();
  receiver.answer(400);
  await using box = await start(receiver);
  for (let turn = 0; turn < 3; turn += 1) expect((await box.chat()).status).toBe(200);
  await box.gateway.close();
  const told = box.logged.filter((line) => line.includes("traces cannot be sent"));
  expect(told).toHaveLength(1);
});

test("spans that a receiver does not take are held to a bound, and the rest is counted as dropped", async () => {
  await using receiver = await startOtlpReceiver();
  receiver.stall();
  const counted = { exported: 0, failed: 0, dropped: 0 };
  const traces = openOtlpTraces({
    url: receiver.url,
    counted: (result, count) => {
      counted[result] += count;
    },
    onError: () => {},
  });
  for (let i = 0; i < 10_000; i += 1) {
    const atMs = 1_700_000_000_000;
    const begun = traces.begin({
      ...{ traceparent: undefined, method: "POST", path: "/", requestId: "r", endpoint: "chat" },
      ...{ model: "m", policy: "p", startedAtEpochMs: atMs },
    });
    begun.ended({
      ...{ rule: "r", status: 200, outcome: "ok", attempts: [] },
      ...{ endedAtEpochMs: atMs + 1, epochOffsetMs: 0 },
    });
  }
  expect(counted.dropped).toBe(10_000 - 4_096);
});
