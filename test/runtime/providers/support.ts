import type { Target } from "../../../src/catalog/target.ts";
import type { Provider, ProviderKind } from "../../../src/configuration/configuration.ts";
import type { ChatBody } from "../../../src/protocol/chat-request.ts";
import type { ModelRequest } from "../../../src/protocol/model-request.ts";
import type { ResponseHead, StreamReader } from "../../../src/runtime/providers/adapter.ts";
import { readChat } from "../../../src/surface/chat/read-chat.ts";

export const user = { role: "user", content: "Hi" };

/** A chat request as the gateway reads it. */
export function chat(fields: Partial<ChatBody> = {}): ModelRequest {
  const body = { model: "auto", messages: [user], ...fields };
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const read = readChat(bytes, { maxDepth: 64, maxKeys: 50_000, maxMessages: 2048 });
  if (!read.ok) throw new Error(read.problem.message);
  return read.request;
}

export function target(fields: Partial<Target> = {}): Target {
  return {
    name: "t",
    provider: "p",
    model: "upstream-model",
    region: null,
    local: false,
    quantization: null,
    prices: [],
    contextTokens: null,
    maxOutputTokens: null,
    abilities: new Set(),
    quality: {},
    rejectsSampling: false,
    rejectsForcedTools: false,
    rejectsEffort: false,
    ...fields,
  };
}

export function provider(kind: ProviderKind, fields: Partial<Provider> = {}): Provider {
  return {
    name: "p",
    kind,
    url: "https://api.example.com",
    key: { kind: "value", value: "sk-1", from: "KEY" },
    headers: {},
    api: "chat",
    promptCache: "auto",
    connections: 8,
    ...fields,
  };
}

export function head(fields: Readonly<Record<string, string>> = {}, status = 200): ResponseHead {
  return { status, headers: fields };
}

export const eventStream = head({ "content-type": "text/event-stream; charset=utf-8" });

/** All that a reader hands on for bytes cut at the given offsets, and how it ended. */
export function readAll(
  reader: StreamReader,
  bytes: Uint8Array,
  cuts: readonly number[] = [],
): { out: string; reader: StreamReader } {
  const pieces: Uint8Array[] = [];
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (const [at, edge] of edges.entries()) {
    const piece = at === 0 ? null : reader.push(bytes.slice(edges[at - 1], edge));
    if (piece !== null) pieces.push(piece);
  }
  const last = reader.end();
  if (last !== null) pieces.push(last);
  return { out: Buffer.concat(pieces).toString("utf8"), reader };
}

/** Data of the events in a stream's text, parsed; `[DONE]` as it is. */
export function eventsOf(out: string): unknown[] {
  return out
    .split("\n\n")
    .filter((event) => event.startsWith("data: "))
    .map((event) => event.slice(6))
    .map((data) => (data === "[DONE]" ? data : (JSON.parse(data) as unknown)));
}
