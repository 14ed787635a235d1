import { expect, test } from "vitest";
import { adapterFor } from "../../../src/runtime/providers/adapters.ts";
import { readGenerateRequest } from "../../../src/surface/generate/read-generate-request.ts";
import { asked } from "../../surface/responses/support.ts";
import { chat, head } from "./support.ts";

const json = head({ "content-type": "application/json" });
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const many = Array.from({ length: 150_000 }, () => ({ token: "a", logprob: 0, bytes: [97] }));
const address = { model: "m", stream: false, counting: false, listed: false };

function generate() {
  const limits = { maxDepth: 64, maxKeys: 1000, maxMessages: 10 };
  const body = { contents: [{ role: "user", parts: [{ text: "Hi" }] }] };
  const read = readGenerateRequest(bytesOf(body), limits, address);
  if (!read.ok) throw new Error(read.problem.message);
  return read.request;
}

test.each([
  ["responses", () => asked()],
  ["generate", generate],
])("likely tokens without number reach a client of %s", (_name, request) => {
  const choice = { index: 0, message: { role: "assistant", content: "a" }, finish_reason: "stop" };
  const answer = { id: "x", model: "m", choices: [{ ...choice, logprobs: { content: many } }] };
  expect(adapterFor("vllm").readBody(json, bytesOf(answer), request())).toMatchObject({ ok: true });
});

test("sources without number reach a client of chat completions", () => {
  const citations = many.map(() => ({ uri: "https://x" }));
  const candidate = {
    content: { parts: [{ text: "a" }] },
    finishReason: "STOP",
    citationMetadata: { citations },
  };
  const answer = { candidates: [candidate], responseId: "r", modelVersion: "m" };
  expect(adapterFor("gemini").readBody(json, bytesOf(answer), chat())).toMatchObject({ ok: true });
});

test("parts without number are read", () => {
  const candidate = { content: { parts: many.map(() => ({ text: "a" })) }, finishReason: "STOP" };
  const answer = { candidates: [candidate], responseId: "r", modelVersion: "m" };
  expect(adapterFor("gemini").readBody(json, bytesOf(answer), chat())).toMatchObject({ ok: true });
});
