import type { ProviderKind } from "../configuration/configuration.ts";
import type { AnswerEvent } from "../protocol/answer-event.ts";
import type { ModelRequest, ModelRequestRead } from "../protocol/model-request.ts";
import { encodeSse } from "../protocol/sse.ts";
import { adapterOf } from "../runtime/providers/adapters.ts";
import { readChat } from "../surface/chat/read-chat.ts";
import { readMessagesRequest } from "../surface/messages/read-messages-request.ts";
import { readResponsesRequest } from "../surface/responses/read-responses-request.ts";
import { type Figure, figureOf } from "./figure.ts";

const chunks = 4_000;
const rounds = 7;
const limits = { maxDepth: 64, maxKeys: 50_000, maxMessages: 2_048 };
const eventStream = { status: 200, headers: { "content-type": "text/event-stream" } };

/** An answer of many short pieces, as models stream them. */
function answer(): readonly AnswerEvent[] {
  const text = (at: number): AnswerEvent => ({
    kind: "text",
    choice: 0,
    text: ` word${at % 100}`,
  });
  return [
    { kind: "start", id: "bench_1", model: "model", created: 1_767_225_600 },
    ...Array.from({ length: chunks }, (_, at) => text(at)),
    { kind: "finish", choice: 0, reason: "stop", native: "stop", stopSequence: null },
    {
      kind: "usage",
      usage: {
        inputTokens: 10,
        cachedReadTokens: 0,
        cachedWriteTokens: 0,
        outputTokens: chunks,
        reasoningTokens: 0,
        estimated: false,
      },
      tier: null,
    },
  ];
}

function asked(read: ModelRequestRead): ModelRequest {
  if (!read.ok) throw new Error(read.problem.message);
  return read.request;
}

const bytesOf = (body: object): Uint8Array => Buffer.from(JSON.stringify(body));
const messages = [{ role: "user", content: "Hi" }];

/** Clients by the wire that they speak. */
const clients: Readonly<Record<string, () => ModelRequest>> = {
  chat: () => asked(readChat(bytesOf({ model: "m", messages, stream: true }), limits)),
  messages: () =>
    asked(
      readMessagesRequest(
        bytesOf({ model: "m", max_tokens: 9_999, messages, stream: true }),
        limits,
        { counting: false },
      ),
    ),
  responses: () =>
    asked(readResponsesRequest(bytesOf({ model: "m", input: "Hi", stream: true }), limits)),
};

interface Upstream {
  readonly kind: ProviderKind;
  readonly api: "chat" | "responses";
  /** One streamed answer, event by event. */
  readonly events: readonly Uint8Array[];
}

/** Providers by the wire that they speak: streams as our own surfaces write them, Gemini's by hand. */
function upstreams(): Readonly<Record<string, Upstream>> {
  const written = (name: string): readonly Uint8Array[] => {
    const request = clients[name]?.();
    if (request === undefined) throw new Error(`no client speaks ${name}`);
    const encoder = request.writer.open(request);
    const text =
      answer()
        .map((event) => encoder.encode(event))
        .join("") + encoder.end();
    return text.split(/(?<=\n\n)/).map((event) => Buffer.from(event));
  };
  return {
    chat: { kind: "openai-compatible", api: "chat", events: written("chat") },
    messages: { kind: "anthropic", api: "chat", events: written("messages") },
    responses: { kind: "openai", api: "responses", events: written("responses") },
    generate: { kind: "gemini", api: "chat", events: geminiEvents() },
  };
}

function geminiEvents(): readonly Uint8Array[] {
  const usageMetadata = {
    promptTokenCount: 10,
    candidatesTokenCount: chunks,
    totalTokenCount: 10 + chunks,
  };
  const rest = { usageMetadata, modelVersion: "gemini", responseId: "bench_1" };
  const event = (text: string, more: object = {}): Uint8Array => {
    const content = { role: "model", parts: [{ text }] };
    const data = { candidates: [{ content, index: 0, ...more }], ...rest };
    return Buffer.from(encodeSse(JSON.stringify(data)).replaceAll("\n", "\r\n"));
  };
  return [
    ...Array.from({ length: chunks }, (_, at) => event(` word${at % 100}`)),
    event("", { finishReason: "STOP" }),
  ];
}

/** CPU microseconds of each chunk of one stream that goes from an upstream's wire to a client's. */
function microsecondsPerChunk(upstream: Upstream, client: () => ModelRequest): number {
  const reader = adapterOf(upstream).openStream(eventStream, client());
  const before = process.cpuUsage();
  for (const event of upstream.events) reader.push(event);
  reader.end();
  const { user, system } = process.cpuUsage(before);
  if (reader.failure !== null || !reader.done)
    throw new Error("the bench's stream did not end well");
  return (user + system) / chunks;
}

/** What it costs to carry a streamed chunk from each provider's wire to each client's; `=` marks the same wire on both sides. */
export function translationBench(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [from, upstream] of Object.entries(upstreams()))
    for (const [to, client] of Object.entries(clients)) {
      for (let warm = 0; warm < 3; warm += 1) microsecondsPerChunk(upstream, client);
      const values = Array.from({ length: rounds }, () => microsecondsPerChunk(upstream, client));
      const arrow = from === to ? "=" : "→";
      figures.push(figureOf({ name: `chunk ${from} ${arrow} ${to}`, unit: "µs CPU", values }));
    }
  return Promise.resolve(figures);
}
