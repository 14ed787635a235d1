import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway.ts";

const policies = { main: "otherwise a with cache exact for 1h, retry 0\n" };
const cacheOf = (response: Response): string | null => response.headers.get("x-signalbox-cache");

test("a request that asks the same again is answered without asking the model", async () => {
  await using stage = await startTestGateway({ policies });
  const first = await stage.chat();
  expect(cacheOf(first)).toBe("miss");
  const told = await first.json();
  const second = await stage.chat();
  expect(cacheOf(second)).toBe("hit; age=0");
  expect(second.headers.get("x-signalbox-attempts")).toBe("0");
  const again = await second.json();
  expect(again.choices).toEqual(told.choices);
  expect(again.id).not.toBe(told.id);
  expect(stage.upstream.calls).toHaveLength(1);
});

test("a stream that an OpenAI client was given first is replayed to an Anthropic client, and whole", async () => {
  await using stage = await startTestGateway({ policies });
  const stream = await stage.client.chat.completions.create({
    ...{ model: "main", messages: [{ role: "user", content: "hello" }], max_tokens: 64 },
    stream: true,
  });
  let said = "";
  for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? "";
  const anthropic = new Anthropic({ baseURL: stage.gateway.url, apiKey: "none", maxRetries: 0 });
  const asked = {
    model: "main",
    messages: [{ role: "user" as const, content: "hello" }],
    max_tokens: 64,
  };
  const replayed = anthropic.messages.stream(asked);
  const message = await replayed.finalMessage();
  const whole = await anthropic.messages.create(asked);
  for (const each of [message, whole]) {
    expect(each.content).toMatchObject([{ type: "text", text: said }]);
    expect(each.stop_reason).toBe("end_turn");
    expect(each.usage.output_tokens).toBeGreaterThan(0);
  }
  expect(stage.upstream.calls).toHaveLength(1);
});
