import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProviderKind } from "../../../src/configuration/configuration.ts";
import type { ChatBody, ChatMessage } from "../../../src/protocol/chat-request.ts";
import { adapterFor } from "../../../src/runtime/providers/adapters.ts";
import { type StandIn, startStandIn } from "../../../src/stand-in/server.ts";
import { instant, type StandInFailure, standInFailures } from "../../../src/stand-in/speed.ts";
import { chat, eventsOf, provider, target, user } from "./support.ts";

let standIn: StandIn;
beforeAll(async () => {
  const models = Object.fromEntries(
    standInFailures.map((failure) => [
      failure,
      { ...instant, failureRate: 1, failures: [failure] },
    ]),
  );
  standIn = await startStandIn({ models, key: "sk-1" });
});
afterAll(() => standIn.close());

/** One request through an adapter and a real socket. */
async function ask(kind: ProviderKind, body: Partial<ChatBody>, model = "m") {
  const adapter = adapterFor(kind);
  const request = chat(body);
  const made = adapter.prepare(
    request,
    target({ model }),
    provider(kind, { url: standIn.url }),
    {},
  );
  if (!made.ok) throw new Error(made.failure.message);
  const { path, headers, body: sent } = made.request;
  const pairs = headers.flatMap((name, at) =>
    at % 2 === 0 ? [[name, headers[at + 1] ?? ""] as [string, string]] : [],
  );
  const response = await fetch(standIn.url + path, {
    method: "POST",
    headers: pairs,
    body: Buffer.from(sent),
  });
  const head = { status: response.status, headers: Object.fromEntries(response.headers) };
  return { adapter, request, head, response };
}

async function whole(kind: ProviderKind, body: Partial<ChatBody>) {
  const { adapter, request, head, response } = await ask(kind, body);
  const answer = adapter.readBody(head, new Uint8Array(await response.arrayBuffer()), request);
  if (!answer.ok) throw new Error(answer.failure.message);
  return {
    ...answer.reply,
    body: JSON.parse(Buffer.from(answer.reply.body).toString()) as Completion,
  };
}

interface Completion {
  readonly choices: readonly { readonly message: Message; readonly finish_reason: string }[];
}
interface Message {
  readonly content: string | null;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

const tools = [
  {
    type: "function",
    function: {
      name: "get_weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];

describe.each<ProviderKind>(["openai", "vllm", "mistral", "ollama", "anthropic"])(
  "%s against its stand-in",
  (kind) => {
    test("answers whole, with usage", async () => {
      const { body, usage, finishReason } = await whole(kind, {});
      expect(body.choices[0]?.message.content).toContain("stand-in for m");
      expect(usage?.outputTokens).toBeGreaterThan(10);
      expect(finishReason).toBe("stop");
    });

    test("answers in a stream, with usage taken out of it", async () => {
      const { adapter, request, head, response } = await ask(
        kind,
        { stream: true },
        kind === "mistral" ? "mistral-large" : "m",
      );
      const reader = adapter.openStream(head, request);
      let out = "";
      for await (const chunk of response.body ?? [])
        out += Buffer.from(reader.push(chunk) ?? "").toString();
      out += Buffer.from(reader.end() ?? "").toString();
      const events = eventsOf(out) as {
        choices?: { delta: { content?: string } }[];
        usage?: unknown;
      }[];
      const text = events.map((event) => event.choices?.[0]?.delta.content ?? "").join("");
      expect(text).toContain("stand-in for m");
      if (kind !== "mistral") expect(events.every((event) => !event.usage)).toBe(true);
      expect(reader).toMatchObject({ done: true, failure: null, finishReason: "stop" });
      expect(reader.usage?.outputTokens).toBeGreaterThan(10);
    });

    test("calls a tool and takes its result back", async () => {
      const messages = [{ role: "user", content: "What is the weather in Rome?" }];
      const first = await whole(kind, { messages, tools, tool_choice: "required" });
      const message = first.body.choices[0]?.message;
      const called = message?.tool_calls?.[0];
      expect(first.finishReason).toBe("tool_calls");
      expect(JSON.parse(called?.function.arguments ?? "")).toEqual({ city: "stand-in city" });
      const result = { role: "tool", tool_call_id: called?.id ?? "", content: "sunny" };
      const assistant = { content: null, ...message, role: "assistant" } as ChatMessage;
      const second = await whole(kind, { messages: [...messages, assistant, result, user], tools });
      expect(second.body.choices[0]?.message.content).toContain("stand-in for m");
    });

    test("answers by the schema", async () => {
      const schema = {
        type: "object",
        properties: { label: { enum: ["good", "bad"] } },
        required: ["label"],
      };
      const { body } = await whole(kind, {
        response_format: { type: "json_schema", json_schema: { name: "s", schema } },
      });
      expect(JSON.parse(body.choices[0]?.message.content ?? "")).toEqual({ label: "good" });
    });

    test.each<StandInFailure>([
      "rate_limited",
      "overloaded",
      "server_error",
      "timeout",
      "context_exceeded",
      "content_filtered",
      "auth",
      "bad_request",
    ])("tells %s by its cause", async (failure) => {
      const { adapter, head, response } = await ask(kind, {}, failure);
      const read = adapter.readError(head, new Uint8Array(await response.arrayBuffer()));
      expect(read.cause).toBe(failure);
      if (failure === "rate_limited") expect(read.retryAfterMs).toBe(1000);
    });
  },
);
