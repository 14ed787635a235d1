import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { Fields } from "../../../src/protocol/conversation.ts";
import type { ModelRequest, ModelRequestRead } from "../../../src/protocol/model-request.ts";
import { createSseDecoder } from "../../../src/protocol/sse.ts";
import {
  type GenerateAddress,
  readGenerateRequest,
} from "../../../src/surface/generate/read-generate-request.ts";
import {
  generateListWriter,
  generateWriter,
} from "../../../src/surface/generate/write-generate.ts";

const limits = { maxDepth: 64, maxKeys: 50_000, maxMessages: 100 };
const plain = { model: "policy", stream: false, counting: false, listed: false };

export const user = (...parts: Fields[]): Fields => ({ role: "user", parts });
export const said = (...parts: Fields[]): Fields => ({ role: "model", parts });
export const hi = user({ text: "Hi" });
export const least = { contents: [hi] };

export function read(body: unknown, address: Partial<GenerateAddress> = {}): ModelRequestRead {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return readGenerateRequest(new TextEncoder().encode(text), limits, { ...plain, ...address });
}

/** The request that a body is; throws when it is refused. */
export function requestOf(body: unknown, address: Partial<GenerateAddress> = {}): ModelRequest {
  const result = read(body, address);
  if (!result.ok) throw new Error(result.problem.message);
  return result.request;
}

/** The responses of a stream of these events. */
export function streamed(events: readonly AnswerEvent[]): readonly Fields[] {
  const encoder = generateWriter.open(requestOf(least));
  const text = events.map((event) => encoder.encode(event)).join("") + encoder.end();
  const decoder = createSseDecoder();
  const bytes = new TextEncoder().encode(text);
  return [...decoder.push(bytes), ...decoder.end()].map(({ data }) => JSON.parse(data) as Fields);
}

/** The same as one list. */
export function listed(events: readonly AnswerEvent[]): readonly Fields[] {
  const encoder = generateListWriter.open(requestOf(least));
  const text = events.map((event) => encoder.encode(event)).join("") + encoder.end();
  return JSON.parse(text) as Fields[];
}

export function wholeOf(events: readonly AnswerEvent[]): Fields {
  return JSON.parse(generateWriter.whole(requestOf(least), events)) as Fields;
}

interface Candidate {
  readonly index: number;
  readonly content: { readonly role: string; readonly parts: readonly Fields[] };
  readonly finishReason?: string;
  readonly [field: string]: unknown;
}

export function candidatesOf(response: Fields): readonly Candidate[] {
  return response["candidates"] as Candidate[];
}

/** The parts of the first candidate, in all the responses. */
export function partsOf(...responses: readonly Fields[]): readonly Fields[] {
  return responses
    .flatMap(candidatesOf)
    .filter(({ index }) => index === 0)
    .flatMap(({ content }) => content.parts);
}
