import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { eventStream, startTestGateway } from "../support/gateway.ts";
import { startOtlpReceiver } from "../support/otlp-receiver.ts";

const counts = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

/** Answers of each wire, whole and streamed, under a model's name. */
function answers({ path, body }: StandInCall, model: string) {
  const events = (list: readonly object[]): { headers: typeof eventStream; body: string } => ({
    headers: eventStream,
    body: list
      .map((each) => {
        const { type } = each as { type?: string };
        return `${type === undefined ? "" : `event: ${type}\n`}data: ${JSON.stringify(each)}\n\n`;
      })
      .join(""),
  });
  if (path.endsWith("/messages")) {
    const usage = { input_tokens: 3, output_tokens: 2 };
    const message = { id: "m1", type: "message", role: "assistant", model, usage };
    const text = { type: "text", text: "hello" };
    if (body["stream"] !== true)
      return { body: JSON.stringify({ ...message, content: [text], stop_reason: "end_turn" }) };
    return events([
      { type: "message_start", message: { ...message, content: [] } },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "hello" } },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage },
      { type: "message_stop" },
    ]);
  }
  if (path.includes("enerateContent")) {
    const piece = {
      candidates: [
        { content: { role: "model", parts: [{ text: "hello" }] }, finishReason: "STOP" },
      ],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
      modelVersion: model,
    };
    return path.includes("stream") ? events([piece]) : { body: JSON.stringify(piece) };
  }
  const head = { id: "c1", created: 1, model };
  const message = { role: "assistant", content: "hello" };
  const whole = { index: 0, message, finish_reason: "stop" };
  if (body["stream"] !== true)
    return { body: JSON.stringify({ ...head, choices: [whole], usage: counts }) };
  const streamed = { index: 0, delta: message, finish_reason: "stop" };
  const { headers, body: said } = events([
    { ...head, choices: [streamed] },
    { ...head, choices: [], usage: counts },
  ]);
  return { headers, body: `${said}data: [DONE]\n\n` };
}

const wires = ["a", "anthropic", "gemini"].flatMap((target) =>
  ["chat/completions", "messages"].flatMap((surface) =>
    [false, true].map((stream) => ({ target, surface, stream })),
  ),
);

test.each(wires)(
  "row 92: a model that answers in another's place is told in the record and the trace ($target over $surface, streamed: $stream)",
  async ({ target, surface, stream }) => {
    await using receiver = await startOtlpReceiver();
    await using box = await startTestGateway({
      policies: { main: `otherwise ${target} with retry 0\n` },
      providers: (url) =>
        `  p-anthropic: { kind: anthropic, url: "${url}/v1", key: "\${UP_KEY}" }\n  p-gemini: { kind: gemini, url: "${url}/v1beta", key: "\${UP_KEY}" }\n`,
      targets:
        "  anthropic: { provider: p-anthropic, model: asked }\n  gemini: { provider: p-gemini, model: asked }\n",
      yaml: `telemetry: { otlp: "${receiver.url}", decision-log: decisions.jsonl }\n`,
      script: (call) => answers(call, "another-model"),
    });
    const response = await fetch(`${box.gateway.url}/v1/${surface}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        ...{ model: "main", stream, max_tokens: 10 },
        messages: [{ role: "user", content: "hi" }],
      }),
    });
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringContaining("hello"),
    ]);
    await box.gateway.close();
    const record = JSON.parse(
      readFileSync(`${box.folder}/decisions.jsonl`, "utf8"),
    ) as DecisionRecord;
    expect(record.attempts).toMatchObject([{ outcome: "ok", model: "another-model" }]);
    const spans = receiver.spans.filter(({ kind }) => kind === 3);
    expect(spans.map(({ attributes }) => attributes["gen_ai.response.model"])).toEqual([
      "another-model",
    ]);
  },
);

test("row 92: of a model that is the one that was asked for, the record says nothing", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise a with retry 0\n" },
    yaml: "telemetry: { decision-log: decisions.jsonl }\n",
    script: (call) => answers(call, "model-a"),
  });
  await (await box.chat()).arrayBuffer();
  await box.gateway.close();
  expect(readFileSync(`${box.folder}/decisions.jsonl`, "utf8")).not.toContain('"model":"model-a"');
});
