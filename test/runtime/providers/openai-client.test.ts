import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAiErrorBody } from "../../../src/protocol/api-error.ts";
import { failureToProblem } from "../../../src/protocol/failure-to-problem.ts";
import { adapterFor } from "../../../src/runtime/providers/adapters.ts";
import { type StandIn, startStandIn } from "../../../src/stand-in/server.ts";
import { instant } from "../../../src/stand-in/speed.ts";
import { readChat } from "../../../src/surface/chat/read-chat.ts";
import { provider, target } from "./support.ts";

let standIn: StandIn;
beforeAll(async () => {
  standIn = await startStandIn({
    models: { cut: { ...instant, failureRate: 1, failures: ["cut_stream"] } },
  });
});
afterAll(() => standIn.close());

/** The openai client, its requests carried to the stand-in's Messages wire and back by the adapter. */
function clientOver(kind: "openai" | "anthropic", model = "m"): OpenAI {
  const carry = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    const adapter = adapterFor(kind);
    const bytes = new TextEncoder().encode(String(init?.body));
    const read = readChat(bytes, { maxDepth: 64, maxKeys: 50_000, maxMessages: 2048 });
    if (!read.ok)
      return new Response(openAiErrorBody(read.problem), { status: read.problem.status });
    const made = adapter.prepare(
      read.request,
      target({ model }),
      provider(kind, { url: standIn.url }),
      {},
    );
    if (!made.ok) {
      const problem = failureToProblem(made.failure);
      return new Response(openAiErrorBody(problem), { status: problem.status });
    }
    const { path, headers, body } = made.request;
    const pairs = headers.flatMap((name, at) =>
      at % 2 === 0 ? [[name, headers[at + 1] ?? ""] as [string, string]] : [],
    );
    const upstream = await fetch(standIn.url + path, {
      method: "POST",
      headers: pairs,
      body: Buffer.from(body),
    });
    const head = { status: upstream.status, headers: Object.fromEntries(upstream.headers) };
    if (read.request.body.stream !== true) {
      const answer = adapter.readBody(
        head,
        new Uint8Array(await upstream.arrayBuffer()),
        read.request,
      );
      if (!answer.ok) throw new Error(answer.failure.message);
      return new Response(Buffer.from(answer.reply.body), {
        headers: { "content-type": "application/json" },
      });
    }
    const reader = adapter.openStream(head, read.request);
    const translated = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of upstream.body ?? []) yield reader.push(chunk) ?? new Uint8Array();
      } catch {
        // The connection was cut; the reader's end says what that means.
      }
      yield reader.end() ?? new Uint8Array();
      if (reader.failure !== null)
        yield Buffer.from(`data: ${openAiErrorBody(failureToProblem(reader.failure))}\n\n`);
    };
    return new Response(ReadableStream.from(translated()), {
      headers: { "content-type": "text/event-stream" },
    });
  };
  return new OpenAI({
    baseURL: "http://gateway.test/v1",
    apiKey: "k",
    maxRetries: 0,
    fetch: carry,
  });
}

describe.each(["openai", "anthropic"] as const)("the openai client over the %s wire", (kind) => {
  const client = clientOver(kind);
  const messages = [{ role: "user" as const, content: "What is the weather in Rome?" }];
  const schema = {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  };
  const tools = [
    { type: "function" as const, function: { name: "get_weather", parameters: schema } },
  ];

  test("reads an answer and its usage", async () => {
    const answer = await client.chat.completions.create({ model: "auto", messages });
    expect(answer.choices[0]?.message.content).toContain("stand-in for m");
    expect(answer.usage?.completion_tokens).toBeGreaterThan(10);
  });

  test("puts a stream together, usage included", async () => {
    const stream = client.chat.completions.stream({
      model: "auto",
      messages,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { role: "assistant" },
    });
    expect(final.choices[0]?.message.content).toContain("stand-in for m");
    expect(final.usage?.completion_tokens).toBeGreaterThan(10);
  });

  test("carries a tool call out and its result back, in a stream", async () => {
    const first = await client.chat.completions
      .stream({ model: "auto", messages, tools })
      .finalChatCompletion();
    const message = first.choices[0]!.message;
    const call = message.tool_calls![0]!;
    expect(call.type === "function" && JSON.parse(call.function.arguments)).toEqual({
      city: "stand-in city",
    });
    expect(first.choices[0]?.finish_reason).toBe("tool_calls");
    const result = { role: "tool" as const, tool_call_id: call.id, content: "sunny" };
    const second = await client.chat.completions.create({
      model: "auto",
      tools,
      messages: [...messages, message, result],
    });
    expect(second.choices[0]?.message.content).toContain("tool's result");
  });

  test("parses an answer by its schema", async () => {
    const answer = await client.chat.completions.parse({
      model: "auto",
      messages,
      response_format: {
        type: "json_schema",
        json_schema: { name: "forecast", schema, strict: true },
      },
    });
    expect(answer.choices[0]?.message.parsed).toEqual({ city: "stand-in city" });
  });

  test("raises when the stream is cut", async () => {
    const chunks: unknown[] = [];
    const read = async (): Promise<void> => {
      const stream = await clientOver(kind, "cut").chat.completions.create({
        model: "auto",
        messages,
        stream: true,
      });
      for await (const chunk of stream) chunks.push(chunk);
    };
    await expect(read()).rejects.toThrow(/ended before its answer/);
    expect(chunks.length).toBeGreaterThan(2);
  });

  test("raises a bad request for what the client got wrong", async () => {
    const wrong = client.chat.completions.create({
      model: "auto",
      messages: [{ role: "user" } as never],
    });
    await expect(wrong).rejects.toMatchObject({ status: 400, param: "messages[0].content" });
    await expect(wrong).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });
});
