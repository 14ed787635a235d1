import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/protocol/answer-event.ts";
import type { Conversation, Part, Tool } from "../../../../src/protocol/conversation.ts";
import type { ModelRequest } from "../../../../src/protocol/model-request.ts";
import { createGeminiAdapter } from "../../../../src/runtime/providers/gemini/adapter.ts";
import {
  decodeGeminiBody,
  GeminiDecoder,
} from "../../../../src/runtime/providers/gemini/decode.ts";
import { type StandIn, startStandIn } from "../../../../src/stand-in/server.ts";
import { instant, type StandInFailure, standInFailures } from "../../../../src/stand-in/speed.ts";
import { head, provider, target } from "../support.ts";
import { call, conversation, result, text, thought, turn } from "./support.ts";

const adapter = createGeminiAdapter();
const model = "gemini-3.8-flash";
const tool: Tool = {
  kind: "function",
  name: "get_weather",
  description: "Weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  strict: null,
  path: "tools[0]",
};

let standIn: StandIn;
beforeAll(async () => {
  const models = Object.fromEntries(
    standInFailures.map((failure) => [
      failure,
      { ...instant, failureRate: 1, failures: [failure] },
    ]),
  );
  standIn = await startStandIn({ models, key: "g-test", records: true });
});
afterAll(() => standIn.close());

function prepare(fields: Partial<Conversation>, at = standIn.url, name = model) {
  // Of a request this wire asks for the conversation alone.
  const request = { conversation: () => conversation(fields) } as unknown as ModelRequest;
  const key = { kind: "value", value: "g-test", from: "KEY" } as const;
  const made = adapter.prepare(
    request,
    target({ model: name }),
    provider("gemini", { url: at, key }),
    {},
  );
  if (!made.ok) throw new Error(made.failure.message);
  return made.request;
}

/** Asks the stand-in over a socket and reads its answer as the gateway would. */
async function ask(fields: Partial<Conversation>, name = model) {
  const { path, headers, body } = prepare(fields, standIn.url, name);
  const pairs = Array.from(
    { length: headers.length / 2 },
    (_, at) => [headers[2 * at]!, headers[2 * at + 1]!] as const,
  );
  const response = await fetch(standIn.url + path, {
    method: "POST",
    headers: Object.fromEntries(pairs),
    body: body as string,
  });
  const answerHead = head(Object.fromEntries(response.headers), response.status);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) return { events: [], failure: adapter.readError(answerHead, bytes) };
  if (fields.stream !== true) {
    const decoded = decodeGeminiBody(answerHead, bytes, name);
    return decoded.ok
      ? { events: decoded.events, failure: null }
      : { events: [], failure: decoded.failure };
  }
  const decoder = new GeminiDecoder(answerHead, name);
  const events: AnswerEvent[] = [];
  for (let at = 0; at < bytes.length; at += 7)
    events.push(...decoder.push(bytes.slice(at, at + 7)));
  return { events: [...events, ...decoder.end()], failure: decoder.failure };
}

/** What a client would send back of an answer. */
function replayed(events: readonly AnswerEvent[]): readonly Part[] {
  const argsOf = (number: number): string =>
    events.map((one) => (one.kind === "call_args" && one.call === number ? one.text : "")).join("");
  return events.flatMap((one): readonly Part[] => {
    if (one.kind === "text") return [text(one.text)];
    if (one.kind === "reasoning_end") return [thought(one.reasoning)];
    return one.kind === "call_start"
      ? [call(one.id, one.name, argsOf(one.call), one.signature ?? null)]
      : [];
  });
}

const saidIn = (events: readonly AnswerEvent[]): string =>
  events.map((one) => (one.kind === "text" ? one.text : "")).join("");

describe.each([false, true])("over a socket, streamed: %s", (stream) => {
  test("an answer comes whole, with its usage", async () => {
    const reasoning = { effort: "low", budgetTokens: null, enabled: null, summary: "auto" };
    const { events, failure } = await ask({ stream, reasoning });
    expect(failure).toBeNull();
    expect(saidIn(events)).toContain(`stand-in for ${model}`);
    expect(events.map((one) => one.kind)).toContain("reasoning");
    expect(events.at(-1)).toMatchObject({ kind: "finish", reason: "stop" });
    expect(events.findLast((one) => one.kind === "usage")).toMatchObject({
      usage: { reasoningTokens: 6, estimated: false },
    });
  });

  test("a call goes out and comes back, signed by whoever made it", async () => {
    const question = turn("user", text("Weather in Rome?"));
    const first = await ask({ stream, turns: [question], tools: [tool] });
    const parts = replayed(first.events);
    const [made] = parts;
    if (made?.kind !== "call") throw new Error("no call came");
    expect(JSON.parse(made.args)).toEqual({ city: "stand-in city" });
    const answer = turn("user", result(made.id, "sunny"));
    for (const said of [parts, [call(made.id, made.name, made.args)]]) {
      const turns = [question, turn("assistant", ...said), answer];
      const second = await ask({ stream, turns, tools: [tool] });
      expect(second.failure).toBeNull();
      expect(saidIn(second.events)).toContain("tool's result");
      const third = [...turns, turn("assistant", ...replayed(second.events)), question];
      expect((await ask({ stream, turns: third })).failure).toBeNull();
    }
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
  ])("a failure is what it is: %s", async (failure) => {
    expect(await ask({ stream }, failure)).toMatchObject({ failure: { cause: failure } });
  });
});

describe("the address", () => {
  const official = "https://generativelanguage.googleapis.com";
  test.each([
    [official, model, `/v1beta/models/${model}`],
    [`${official}/v1beta`, `models/${model}`, `/v1beta/models/${model}`],
    [`${official}/v1alpha`, model, `/v1alpha/models/${model}`],
    [`${official}/v1beta/openai`, model, `/v1beta/models/${model}`],
    ["https://proxy.example/google", "tunedModels/a b", "/google/v1beta/tunedModels/a%20b"],
  ])("of %s and %s is %s", (url, name, path) => {
    expect(prepare({}, url, name).path).toBe(`${path}:generateContent`);
    expect(prepare({ stream: true }, url, name).path).toBe(`${path}:streamGenerateContent?alt=sse`);
  });

  test("goes with the key in the provider's own header, and nowhere else", () => {
    const { path, headers } = prepare({});
    expect(headers.join("\n")).toContain("x-goog-api-key\ng-test");
    expect(headers.join("\n")).not.toMatch(/authorization/i);
    expect(path).not.toContain("g-test");
  });
});

test("what cannot be carried, and a key that is missing, are failures before anything is sent", () => {
  const request = {
    conversation: () => conversation({ foreign: { functions: [{ name: "f" }] } }),
  } as unknown as ModelRequest;
  const keyed = provider("gemini", { url: standIn.url });
  const keyless = { ...keyed, key: { kind: "missing", from: "KEY" } as const };
  expect(adapter.prepare(request, target(), keyed, {})).toMatchObject({
    failure: { param: "functions" },
  });
  expect(adapter.prepare(request, target(), keyless, {})).toMatchObject({
    failure: { cause: "auth" },
  });
});
