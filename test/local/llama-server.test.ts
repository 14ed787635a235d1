import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signalbox } from "../support/command.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type LlamaServer, llamaServer, startLlamaServer, until } from "../support/llama-server.ts";
import { skipAloud } from "../support/skip-aloud.ts";

const isMissing = skipAloud(
  llamaServer === null,
  "no llama-server; run scripts/build-llama-server.sh, or name one by SIGNALBOX_LLAMA_SERVER",
);

const schema = {
  type: "object",
  properties: { ok: { type: "boolean" }, kind: { enum: ["a", "b"] } },
  required: ["ok", "kind"],
  additionalProperties: false,
};
const fits = { ok: expect.any(Boolean), kind: expect.stringMatching(/^[ab]$/) };

describe.skipIf(isMissing)("a real llama.cpp server behind the gateway", () => {
  let server: LlamaServer;
  let box: TestGateway;
  let openai: OpenAI;
  let anthropic: Anthropic;

  beforeAll(async () => {
    server = await startLlamaServer(1);
    box = await startTestGateway({
      policies: {
        main: "otherwise home with retry 0\n",
        busy: "if home.queue > 0 then a else home\n",
      },
      providers: () => `  home: { kind: llamacpp, url: "${server.url}" }`,
      targets: "  home: { provider: home, model: signalbox-tiny }",
    });
    openai = box.client;
    anthropic = new Anthropic({ baseURL: box.gateway.url, apiKey: "none", maxRetries: 0 });
  }, 120_000);
  afterAll(async () => {
    await box?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  const messages = [{ role: "user" as const, content: "Hello there" }];

  test("chat completions, whole and streamed, with the server's own count of tokens", async () => {
    const asked = { model: "main", messages, max_tokens: 12 };
    const { data: whole, response } = await openai.chat.completions.create(asked).withResponse();
    expect(response.headers.get("x-signalbox-target")).toBe("home");
    expect(whole.choices[0]).toMatchObject({ finish_reason: "length" });
    expect(whole.choices[0]?.message.content).not.toBe("");
    expect(whole.usage).toMatchObject({ completion_tokens: 12 });
    const stream = await openai.chat.completions.create({
      ...asked,
      stream: true,
      stream_options: { include_usage: true },
    });
    let pieces = 0;
    let finish: string | null = null;
    let usage: OpenAI.CompletionUsage | null = null;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) pieces++;
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    expect(pieces).toBeGreaterThan(3);
    expect(finish).toBe("length");
    expect(usage).toMatchObject({
      prompt_tokens: whole.usage?.prompt_tokens,
      completion_tokens: 12,
    });
  });

  test("Responses, whole and streamed", async () => {
    const asked = { model: "main", input: "Hello there", max_output_tokens: 12 };
    const whole = await openai.responses.create(asked);
    expect(whole).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      usage: { output_tokens: 12 },
    });
    const streamed = await openai.responses.stream(asked).finalResponse();
    expect(streamed.output_text).not.toBe("");
    expect(streamed.usage?.output_tokens).toBe(12);
    expect(streamed.usage?.input_tokens).toBe(whole.usage?.input_tokens);
  });

  test("Messages, whole, streamed and counted", async () => {
    const asked = { model: "main", max_tokens: 12, messages };
    const whole = await anthropic.messages.create(asked);
    expect(whole).toMatchObject({ stop_reason: "max_tokens", usage: { output_tokens: 12 } });
    const streamed = await anthropic.messages.stream(asked).finalMessage();
    expect(streamed.content[0]).toMatchObject({ type: "text" });
    expect(streamed.usage.output_tokens).toBe(12);
    const { input_tokens: counted } = await anthropic.messages.countTokens({
      model: "main",
      messages,
    });
    expect(counted).toBeGreaterThan(0);
  });

  test("a schema is kept by the server's grammar, on each API", async () => {
    const chat = await openai.chat.completions.create({
      ...{ model: "main", messages, max_tokens: 200 },
      response_format: { type: "json_schema", json_schema: { name: "x", schema, strict: true } },
    });
    expect(JSON.parse(chat.choices[0]?.message.content ?? "")).toEqual(fits);
    const response = await openai.responses.create({
      ...{ model: "main", input: "Hello", max_output_tokens: 200 },
      text: { format: { type: "json_schema", name: "x", schema, strict: true } },
    });
    expect(JSON.parse(response.output_text)).toEqual(fits);
    const message = await anthropic.messages.create({
      ...{ model: "main", messages, max_tokens: 200 },
      output_config: { format: { type: "json_schema", schema } },
    });
    const [block] = message.content;
    expect(JSON.parse(block?.type === "text" ? block.text : "")).toEqual(fits);
  });

  test("calls of tools and their results are taken in the history", async () => {
    const asked = {
      ...{ model: "main", max_tokens: 8 },
      tools: [{ name: "get_weather", description: "d", input_schema: { type: "object" as const } }],
      messages: [
        ...messages,
        {
          role: "assistant" as const,
          content: [
            { type: "tool_use" as const, id: "t1", name: "get_weather", input: { city: "Oslo" } },
          ],
        },
        {
          role: "user" as const,
          content: [{ type: "tool_result" as const, tool_use_id: "t1", content: "rain" }],
        },
      ],
    };
    const plain = await anthropic.messages.create({ model: "main", max_tokens: 8, messages });
    const { usage } = await anthropic.messages.create(asked);
    expect(usage.output_tokens).toBe(8);
    const inputOf = ({ input_tokens, cache_read_input_tokens }: Anthropic.Usage): number =>
      input_tokens + (cache_read_input_tokens ?? 0);
    expect(inputOf(usage)).toBeGreaterThan(inputOf(plain.usage));
  });

  test("a prompt too long for a slot is refused as one, on each API", async () => {
    const content = "a".repeat(40_000);
    await expect(
      openai.chat.completions.create({ model: "main", messages: [{ role: "user", content }] }),
    ).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
    await expect(
      anthropic.messages.create({
        ...{ model: "main", max_tokens: 5 },
        messages: [{ role: "user", content }],
      }),
    ).rejects.toThrow(/prompt is too long/);
  });

  test("a client that leaves frees the slot at once", async () => {
    const before = await server.metric("n_decode_total");
    const stream = await openai.chat.completions.create({
      ...{ model: "main", messages, max_tokens: 30_000, stream: true as const },
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    await until(async () => (await server.metric("requests_processing")) === 0);
    expect((await server.metric("n_decode_total")) - before).toBeLessThan(20_000);
  });

  test("a policy sees the server's own queue, and turns away from it", async () => {
    const long = { model: "main", messages, max_tokens: 30_000, stream: true as const };
    const first = await openai.chat.completions.create(long);
    const second = openai.chat.completions.create(long);
    await until(async () => (await server.metric("requests_deferred")) === 1);
    await box.gateway.askServers();
    const scrape = await (await fetch(`${box.gateway.url}/metrics`)).text();
    expect(scrape).toContain('signalbox_server_running{server="home"} 1\n');
    expect(scrape).toContain('signalbox_server_queue{server="home"} 1\n');
    const turned = await box.chat({ model: "busy" });
    expect(turned.headers.get("x-signalbox-target")).toBe("a");
    first.controller.abort();
    (await second).controller.abort();
    await until(async () => (await server.metric("requests_processing")) === 0);
    await box.gateway.askServers();
    const back = await box.chat({ model: "busy", max_tokens: 5 });
    expect(back.headers.get("x-signalbox-target")).toBe("home");
  });

  test("`doctor` knows the model by its file, and finds a server that nobody configured", async () => {
    const config = join(box.folder, "doctor.yaml");
    const { size } = (
      (await (await fetch(`${server.url}/v1/models`)).json()) as {
        data: { meta: { size: number } }[];
      }
    ).data[0]!.meta;
    writeFileSync(
      config,
      `providers:\n  home: { kind: llamacpp, url: "${server.url}" }\ntargets:\n  home: { provider: home, model: signalbox-tiny }\n`,
    );
    const known = await signalbox(["doctor", "--config", config, "--json", "--ports", ""]);
    expect(known.code).toBe(0);
    const [seen] = (JSON.parse(known.stdout) as { servers: Record<string, unknown>[] }).servers;
    expect(seen).toMatchObject({
      ...{ name: "home", health: "up", slots: 1, running: 0, queued: 0 },
      models: [
        {
          ...{ loaded: true, contextTokens: 32_768, quantization: "F32" },
          identity: { kind: "file", value: `${server.model}#${size}` },
        },
      ],
    });
    writeFileSync(
      config,
      "providers:\n  other: { kind: openai-compatible, url: http://127.0.0.1:9/v1 }\n",
    );
    const found = await signalbox([
      ...["doctor", "--config", config, "--json"],
      ...["--ports", String(server.port)],
    ]);
    expect((JSON.parse(found.stdout) as { found: unknown[] }).found).toMatchObject([
      { kind: "llamacpp", url: expect.stringContaining(String(server.port)) },
    ]);
  });
});
