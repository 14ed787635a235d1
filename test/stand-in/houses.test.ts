import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StandIn, startStandIn } from "../../src/stand-in/server.ts";
import type { StandInFailure } from "../../src/stand-in/speed.ts";

let standIn: StandIn;
let failure: StandInFailure | null = null;
beforeAll(async () => {
  standIn = await startStandIn({ fails: () => failure });
});
afterAll(() => standIn.close());

interface Called {
  readonly path: string;
  readonly body: object;
  readonly headers?: Record<string, string>;
}

async function call({ path, body, headers = {} }: Called): Promise<Response> {
  return fetch(standIn.url + path, { method: "POST", headers, body: JSON.stringify(body) });
}

const tools = ["get_weather", "get_traffic", "book_hotel"].map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: { city: { type: "string" } } } },
}));
const chat = (model: string, fields: object = {}, prompt = "The weather and the traffic?") => ({
  model,
  messages: [{ role: "user", content: prompt }],
  ...fields,
});
const openAi = "/v1/chat/completions";

describe("calls", () => {
  test.each<[string, object, string[]]>([
    ["all that the prompt asks for", {}, ["get_weather", "get_traffic"]],
    ["one where one is wanted at a time", { parallel_tool_calls: false }, ["get_weather"]],
    [
      "the one that is named",
      { tool_choice: { type: "function", function: { name: "book_hotel" } } },
      ["book_hotel"],
    ],
  ])("are %s", async (_what, fields, names) => {
    const response = await call({ path: openAi, body: chat("m", { tools, ...fields }) });
    const { choices } = (await response.json()) as {
      choices: { message: { tool_calls: { id: string; function: { name: string } }[] } }[];
    };
    const calls = choices[0]?.message.tool_calls ?? [];
    expect(calls.map((each) => each.function.name)).toEqual(names);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(names.length);
  });

  test("of the strict house have ids of nine letters and digits, and come whole", async () => {
    const body = chat("mistral-small", { tools, stream: true });
    const text = await (await call({ path: openAi, body })).text();
    const ids = [...text.matchAll(/"tool_calls":\[\{"id":"([^"]+)"[^\n]*"arguments":"\{/g)];
    expect(ids).toHaveLength(2);
    for (const [, id] of ids) expect(id).toMatch(/^[A-Za-z0-9]{9}$/);
  });
});

describe("thinking", () => {
  test.each<[string, string, object, RegExp, RegExp | null]>([
    ["openai", "gpt-5.4", { reasoning_effort: "low" }, /"reasoning_tokens":6/, /thinks of/],
    ["deepseek", "deepseek-v4", { reasoning_effort: "low" }, /"reasoning_content":"A/, null],
    ["qwen, unasked", "q", { reasoning_effort: "low" }, /"reasoning_tokens":0/, /thinks of/],
    ["qwen", "q", { enable_thinking: true }, /"reasoning_content":"A/, null],
    ["mistral", "mistral-m", { reasoning_effort: "low" }, /"type":"thinking","thinking":\[/, null],
    ["openrouter", "x/y", { reasoning_effort: "low" }, /"signature":"c2lnbmVk/, null],
    ["vllm", "Qwen/Qwen3", { reasoning_effort: "low" }, /"reasoning":"A/, /reasoning_content/],
  ])("of %s stands where its house tells it", async (...row) => {
    const [house, model, fields, has, lacks] = row;
    const paths: Record<string, string> = {
      qwen: "/compatible-mode/v1/chat/completions",
      openrouter: "/api/v1/chat/completions",
    };
    const path = paths[house.replace(/,.*/, "")] ?? openAi;
    const text = await (await call({ path, body: chat(model, fields, "hi") })).text();
    expect(text).toMatch(has);
    if (lacks !== null) expect(text).not.toMatch(lacks);
  });

  test("with a budget above the ceiling, or with a forced call, is refused as the provider does", async () => {
    const ask = (fields: object) =>
      call({
        path: "/v1/messages",
        body: { ...chat("claude", {}, "hi"), max_tokens: 2000, ...fields },
      });
    const thinking = { type: "enabled", budget_tokens: 1024 };
    expect((await ask({ thinking })).status).toBe(200);
    expect((await ask({ thinking, max_tokens: 1024 })).status).toBe(400);
    expect((await ask({ thinking: { ...thinking, budget_tokens: 1000 } })).status).toBe(400);
    expect((await ask({ thinking, temperature: 0.5 })).status).toBe(400);
    expect((await ask({ thinking, tool_choice: { type: "any" } })).status).toBe(400);
  });
});

test("a long prompt is cached for the next time, where it is long enough", async () => {
  const cached = async (prompt: string): Promise<number> => {
    const response = await call({ path: openAi, body: chat("gpt-5.4", {}, prompt) });
    const { usage } = (await response.json()) as {
      usage: { prompt_tokens_details: { cached_tokens: number } };
    };
    return usage.prompt_tokens_details.cached_tokens;
  };
  const long = "beginning ".repeat(500);
  expect([await cached(long), await cached(`${long}and more`), await cached("short")]).toEqual([
    0, 1024, 0,
  ]);
  expect(await cached("short")).toBe(0);
});

describe("failures", () => {
  test.each<[string, string, StandInFailure, number, object]>([
    ["openai", openAi, "billing", 429, { error: { code: "insufficient_quota" } }],
    ["mistral-m", openAi, "rate_limited", 429, { object: "error", type: "requests" }],
    ["deepseek-v4", openAi, "billing", 402, { error: { message: "Insufficient Balance" } }],
    [
      "x",
      "/api/v1/chat/completions",
      "overloaded",
      529,
      { error: { code: 529, metadata: { error_type: "provider_overloaded" } } },
    ],
    [
      "x",
      "/openai/v1/chat/completions",
      "content_filtered",
      400,
      { error: { code: "content_filter" } },
    ],
    [
      "c",
      "/v1/messages",
      "billing",
      429,
      { error: { details: { error_code: "enforced_spend_limit_reached" } } },
    ],
  ])("of %s at %s come in the house's envelope: %s", async (...row) => {
    const [model, path, which, status, body] = row;
    failure = which;
    const response = await call({ path, body: { ...chat(model, {}, "hi"), max_tokens: 9 } });
    failure = null;
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(body);
  });

  test.each([
    [openAi, /^data: \{"error"/],
    ["/api/v1/chat/completions", /^data: \{"id".*"error"/],
    ["/v1/responses", /^event: error\ndata: \{"type":"error"/],
    ["/v1/messages", /^event: error\ndata: \{"type":"error"/],
    ["/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse", /^data: \{"error".*\r\n\r\n$/],
  ])("an overload is the first event of a stream: %s", async (path, begins) => {
    failure = "overloaded_in_stream";
    const body = { ...chat("m", {}, "hi"), max_tokens: 9, input: "hi", stream: true };
    const contents = [{ role: "user", parts: [{ text: "hi" }] }];
    const response = await call({ path, body: path.includes("gemini") ? { contents } : body });
    failure = null;
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(await response.text()).toMatch(begins);
  });
});
