import { describe, expect, test } from "vitest";
import { costOf, tokenCostOf } from "../../../src/catalog/cost.ts";
import { findModel } from "../../../src/catalog/models.ts";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { Usage } from "../../../src/protocol/usage.ts";
import { usageOf } from "../../../src/runtime/providers/anthropic/read-usage.ts";
import { GeminiDecoder } from "../../../src/runtime/providers/gemini/decode.ts";
import { readAnswerUsage } from "../../../src/runtime/providers/openai/read-usage.ts";
import { decodeResponsesBody } from "../../../src/runtime/providers/responses/decode-body.ts";
import { usageOfResponse } from "../../../src/runtime/providers/responses/usage.ts";
import { head } from "./support.ts";

type Fields = Readonly<Record<string, unknown>>;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const usageIn = (events: readonly AnswerEvent[]): Usage | null =>
  events.findLast((event) => event.kind === "usage")?.usage ?? null;

const message = (tools: Fields): Usage | null =>
  usageOf({ input_tokens: 9, output_tokens: 1, server_tool_use: tools });
const chat = (usage: Fields): Usage | null =>
  readAnswerUsage({ usage: { prompt_tokens: 9, completion_tokens: 1, ...usage } });

const response = (...types: readonly string[]): Fields => ({
  id: "r",
  object: "response",
  status: "completed",
  output: types.map((type, at) => ({ type, id: `i${at}`, status: "completed" })),
  usage: { input_tokens: 9, output_tokens: 1 },
});
const decoded = (body: Fields): Usage | null => {
  const read = decodeResponsesBody(head(), bytesOf(JSON.stringify(body)));
  return read.ok ? usageIn(read.events) : null;
};

const counts = { usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 1 } };
const candidate = (further: Fields = {}): Fields => ({
  candidates: [{ content: { role: "model", parts: [{ text: "so" }] }, index: 0, ...further }],
});
const generated = (...pieces: readonly Fields[]): Usage | null => {
  const decoder = new GeminiDecoder(head());
  const text = pieces.map((piece) => `data: ${JSON.stringify(piece)}\r\n\r\n`).join("");
  return usageIn([...decoder.push(bytesOf(text)), ...decoder.end()]);
};
const grounding = (groundingMetadata: Fields): Fields => candidate({ groundingMetadata });
const stop = { finishReason: "STOP" };

const paid: readonly (readonly [string, () => Usage | null, number])[] = [
  ["searches of a Messages model", () => message({ web_search_requests: 10 }), 10],
  ["code that a Messages model ran", () => message({ code_execution_requests: 1 }), 1],
  [
    "searches that a relay of chat tells",
    () => chat({ server_tool_use: { web_search_requests: 2 } }),
    2,
  ],
  [
    "calls among the items of a response",
    () => decoded(response("web_search_call", "message", "file_search_call")),
    2,
  ],
  [
    "the same where its bytes go on as they are",
    () => usageOfResponse(response("code_interpreter_call")),
    1,
  ],
  ["a picture that a tool made", () => usageOfResponse(response("image_generation_call")), 1],
  [
    "searches of Gemini, told with the counts",
    () =>
      generated(
        { ...grounding({ webSearchQueries: ["a", "b"] }), ...counts },
        { ...candidate(stop), ...counts },
      ),
    2,
  ],
  [
    "searches of Gemini, told after the counts",
    () =>
      generated(
        { ...candidate(), ...counts },
        candidate({ ...stop, groundingMetadata: { webSearchQueries: ["a"] } }),
      ),
    1,
  ],
  [
    "sources of Gemini without a question",
    () =>
      generated({
        ...candidate({ ...stop, groundingMetadata: { groundingChunks: [{ maps: {} }] } }),
        ...counts,
      }),
    1,
  ],
];

const free: readonly (readonly [string, () => Usage | null])[] = [
  ["no search", () => message({ web_search_requests: 0 })],
  [
    "pages that were fetched, which cost their tokens alone",
    () => message({ web_fetch_requests: 3 }),
  ],
  ["searches among tools", () => message({ tool_search_requests: 2 })],
  ["a tool of tomorrow", () => message({ new_requests: 2 })],
  ["no word of tools", () => usageOf({ input_tokens: 9, output_tokens: 1, server_tool_use: null })],
  ["a count that is none", () => message({ web_search_requests: "many" })],
  ["an answer of chat", () => chat({})],
  ["calls of the client's own", () => usageOfResponse(response("function_call", "mcp_call"))],
  ["an output that is no list", () => usageOfResponse({ ...response(), output: 5 })],
  ["an answer of Gemini", () => generated({ ...candidate(stop), ...counts })],
  [
    "grounding that found nothing",
    () => generated({ ...candidate({ ...stop, groundingMetadata: {} }), ...counts }),
  ],
];

describe("tools that a provider runs and bills by the call", () => {
  const target = findModel("anthropic", "claude-haiku-4-5");
  const at = Date.parse("2026-11-23T12:00:00Z");

  test.each(paid)("%s are told, and their cost is not known", (_, read, calls) => {
    const usage = read();
    expect(usage).toMatchObject({ inputTokens: 9, outputTokens: 1, paidCalls: calls });
    if (usage === null || target === null) throw new Error("no usage or no price");
    expect(costOf(target, usage, at)).toBeNull();
    expect(costOf(target, { ...usage, statedCost: 77 }, at)).toBe(77);
    const { paidCalls: fees, ...tokens } = usage;
    expect(fees).toBe(calls);
    expect(tokenCostOf(target, usage, at)).toBe(costOf(target, tokens, at));
  });

  test.each(free)("%s leave the cost known", (_, read) => {
    const usage = read();
    expect(usage).not.toBeNull();
    expect(usage).not.toHaveProperty("paidCalls");
    if (usage === null || target === null) throw new Error("no usage or no price");
    expect(costOf(target, usage, at)).toBeGreaterThan(0);
  });
});
