import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Target } from "../../../../src/catalog/target.ts";
import type { ProviderKind } from "../../../../src/configuration/configuration.ts";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { differences } from "../../../../src/runtime/providers/openai/differences.ts";
import { modelRequestOf } from "../../../../src/surface/chat/read-chat.ts";
import { chat, provider, target, user } from "../support.ts";

interface Given {
  readonly kind?: ProviderKind;
  readonly body?: Partial<ChatBody>;
  readonly target?: Partial<Target>;
  readonly overrides?: Overrides;
}

function sent(given: Given): { body: Record<string, unknown>; spliced: boolean } {
  const kind = given.kind ?? "openai";
  const made = adapterFor(kind).prepare(
    chat(given.body),
    target(given.target),
    provider(kind),
    given.overrides ?? {},
  );
  if (!made.ok) throw new Error(made.failure.message);
  const { body } = made.request;
  return {
    body: JSON.parse(Buffer.from(body).toString("utf8")),
    spliced: typeof body !== "string",
  };
}

describe("the head", () => {
  test.each<[ProviderKind, string, string]>([
    ["openai", "https://api.openai.com", "/v1/chat/completions"],
    ["openai", "https://proxy.example/openai/v1", "/openai/v1/chat/completions"],
    ["vllm", "http://127.0.0.1:8000", "/v1/chat/completions"],
    ["vllm", "http://127.0.0.1:8000/v1/", "/v1/chat/completions"],
    ["deepseek", "https://api.deepseek.com", "/chat/completions"],
    ["openrouter", "https://openrouter.ai", "/api/v1/chat/completions"],
    [
      "qwen",
      "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
      "/compatible-mode/v1/chat/completions",
    ],
  ])("%s at %s is asked at %s", (kind, url, path) => {
    const made = adapterFor(kind).prepare(chat(), target(), provider(kind, { url }), {});
    expect(made).toMatchObject({ ok: true, request: { path } });
  });

  test("carries the key in the provider's header, and the operator's own headers", () => {
    const headersOf = (kind: ProviderKind, fields: object) => {
      const made = adapterFor(kind).prepare(chat(), target(), provider(kind, fields), {});
      return made.ok ? made.request.headers.join("|") : "";
    };
    expect(headersOf("openai", { headers: { "openai-project": "x" } })).toMatch(
      /authorization\|Bearer sk-1\|openai-project\|x/,
    );
    expect(headersOf("azure-openai", {})).toContain("api-key|sk-1");
    expect(headersOf("ollama", { key: null })).not.toContain("authorization");
  });

  test("a key that is not set is an auth failure, said without sending", () => {
    const missing = provider("openai", { key: { kind: "missing", from: "OPENAI_API_KEY" } });
    expect(adapterFor("openai").prepare(chat(), target(), missing, {})).toMatchObject({
      ok: false,
      failure: { cause: "auth", retrySame: false },
    });
  });
});

const plainHistory = [
  { role: "developer", content: "d" },
  user,
  {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: "{}" } }],
  },
  { role: "tool", tool_call_id: "call_1", content: "r" },
  { role: "assistant", content: "a" },
  { role: "user", content: [{ type: "text", text: "t" }] },
];

describe("a body that fits is spliced", () => {
  test.each<[string, Given, object]>([
    [
      "a history in the provider's own form",
      { body: { messages: plainHistory } },
      { messages: plainHistory },
    ],
    [
      "system text where there is no other role for it",
      { kind: "vllm", body: { messages: [{ role: "system", content: "s" }, user] } },
      { messages: [{ role: "system", content: "s" }, user] },
    ],
    ["the model alone", {}, { model: "upstream-model", messages: [user] }],
    [
      "usage of a stream",
      { body: { stream: true } },
      { stream: true, stream_options: { include_usage: true } },
    ],
    [
      "usage the client asked for",
      { body: { stream: true, stream_options: { include_usage: true } } },
      { stream_options: { include_usage: true } },
    ],
    [
      "a ceiling where the client set none",
      { overrides: { maxTokens: 9 } },
      { max_completion_tokens: 9 },
    ],
    [
      "a ceiling above the client's",
      { body: { max_tokens: 5 }, overrides: { maxTokens: 9 } },
      { max_tokens: 5 },
    ],
    [
      "a setting the client left open",
      { overrides: { set: { temperature: 0 } } },
      { temperature: 0 },
    ],
    [
      "metadata with store",
      { body: { metadata: { a: "b" }, store: true } },
      { metadata: { a: "b" } },
    ],
  ])("%s", (_name, given, expected) => {
    const { body, spliced } = sent(given);
    expect(spliced).toBe(true);
    expect(body).toMatchObject(expected);
  });
});

describe("a body that does not fit is rewritten", () => {
  const call = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };
  const assistant = (content: string | null, extra: object = {}) => ({
    role: "assistant",
    content,
    tool_calls: [call],
    ...extra,
  });
  const history = (content: string | null = null, extra: object = {}) => ({
    messages: [
      user,
      assistant(content, extra),
      { role: "tool", tool_call_id: "call_1", content: "r" },
    ],
  });
  test.each<[string, Given, object]>([
    [
      "a ceiling below the client's",
      { body: { max_tokens: 50 }, overrides: { maxTokens: 9 } },
      { max_tokens: 9 },
    ],
    [
      "more than the target can give, which some servers would write",
      { kind: "vllm", body: { max_tokens: 50 }, target: { maxOutputTokens: 20 } },
      { max_tokens: 20 },
    ],
    [
      "more than the target can give, under a lower ceiling",
      {
        body: { max_tokens: 50 },
        target: { maxOutputTokens: 20 },
        overrides: { maxTokens: 9 },
      },
      { max_tokens: 9 },
    ],
    [
      "the newer limit where only the older is known",
      { kind: "mistral", body: { max_completion_tokens: 7 } },
      { max_tokens: 7, max_completion_tokens: undefined },
    ],
    [
      "the older limit at a reasoning model",
      { body: { max_tokens: 7 }, target: { rejectsSampling: true } },
      { max_completion_tokens: 7, max_tokens: undefined },
    ],
    [
      "sampling at a model that rejects it",
      { body: { temperature: 0.2, top_p: 1 }, target: { rejectsSampling: true } },
      { temperature: undefined, top_p: undefined },
    ],
    [
      "a setting over the client's",
      { body: { temperature: 1 }, overrides: { set: { temperature: 0 } } },
      { temperature: 0 },
    ],
    [
      "stream options without a stream",
      { body: { stream_options: { include_usage: true } } },
      { stream_options: undefined },
    ],
    [
      "a client that wants no usage",
      { body: { stream: true, stream_options: { include_usage: false } } },
      { stream_options: { include_usage: true } },
    ],
    ["metadata without store", { body: { metadata: { a: "b" } } }, { metadata: undefined }],
    [
      "the developer role",
      { kind: "vllm", body: { messages: [{ role: "developer", content: "d" }, user] } },
      { messages: [{ role: "system", content: "d" }, user] },
    ],
    [
      "a seed under another name",
      { kind: "mistral", body: { seed: 4 } },
      { random_seed: 4, seed: undefined },
    ],
    [
      "fields a strict host refuses",
      { kind: "mistral", body: { user: "u", stream: true } },
      { user: undefined, stream_options: undefined },
    ],
    [
      "no content beside calls",
      { kind: "ollama", body: history() },
      { messages: [user, assistant(""), expect.anything()] },
    ],
    [
      "replayed reasoning",
      { body: history("x", { reasoning_content: "hm", reasoning_details: [] }) },
      {
        messages: [user, assistant("x"), expect.anything()],
      },
    ],
    [
      "replayed reasoning under another name",
      { kind: "openrouter", body: history("x", { reasoning_content: "hm" }) },
      { messages: [user, assistant("x", { reasoning: "hm" }), expect.anything()] },
    ],
    [
      "cache marks",
      {
        body: {
          messages: [
            {
              role: "user",
              content: [{ type: "text", text: "a", cache_control: { type: "ephemeral" } }],
            },
          ],
        },
      },
      {
        messages: [
          { role: "user", content: [{ type: "text", text: "a", cache_control: undefined }] },
        ],
      },
    ],
    [
      "a schema where only JSON is promised",
      {
        kind: "deepseek",
        body: {
          response_format: {
            type: "json_schema",
            json_schema: { name: "s", schema: { type: "object" } },
          },
        },
      },
      {
        response_format: { type: "json_object" },
        messages: [expect.objectContaining({ role: "system" }), user],
      },
    ],
  ])("%s", (_name, given, expected) => {
    const { body, spliced } = sent(given);
    expect(spliced).toBe(false);
    const shown = Object.fromEntries(Object.keys(expected).map((name) => [name, body[name]]));
    expect(body["model"]).toBe("upstream-model");
    expect(shown).toEqual(expected);
  });

  test("ids of other providers become nine characters at Mistral, the same for call and result", () => {
    const { messages } = sent({ kind: "mistral", body: history("x") }).body as {
      messages: ChatBody["messages"];
    };
    const id = messages[1]?.tool_calls?.[0]?.id;
    expect(id).toMatch(/^[A-Za-z0-9]{9}$/);
    expect(messages[2]?.tool_call_id).toBe(id);
  });
});

test("property: splicing and rewriting send the same body", () => {
  const fields = fc.record(
    {
      stream: fc.boolean(),
      max_tokens: fc.integer({ min: 1, max: 100 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      user: fc.string(),
      seed: fc.integer(),
      top_k: fc.integer(),
      stop: fc.array(fc.string(), { maxLength: 4 }),
    },
    { requiredKeys: [] },
  );
  const overrides = fc.record(
    { maxTokens: fc.integer({ min: 1, max: 100 }), set: fc.constant({ temperature: 0.5 }) },
    { requiredKeys: [] },
  );
  const kinds = fc.constantFrom(...(Object.keys(differences) as ProviderKind[]));
  fc.assert(
    fc.property(
      fields,
      overrides,
      fc.tuple(kinds, fc.boolean()),
      fc.string(),
      (some, changes, [kind, rejectsSampling], content) => {
        const request = chat({ ...some, messages: [{ role: "user", content }] });
        const to = target({ rejectsSampling, model: content || "m" });
        const send = (from: typeof request) => {
          const made = adapterFor(kind).prepare(from, to, provider(kind), changes);
          if (!made.ok) throw new Error(made.failure.message);
          return JSON.parse(Buffer.from(made.request.body).toString("utf8")) as unknown;
        };
        expect(send(request)).toEqual(
          send(modelRequestOf({ bytes: request.bytes, body: request.body, modelSpan: null })),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

describe("fields of another house", () => {
  const foreign = {
    top_k: 40,
    min_p: 0.1,
    chat_template_kwargs: { enable_thinking: false },
    thinking: { type: "enabled" },
    provider: { order: ["x"] },
    keep_alive: "5m",
  };

  test.each<ProviderKind>(["openai", "azure-openai", "mistral"])(
    "do not reach %s, which would refuse the request for them",
    (kind) => {
      const { body } = sent({ kind, body: { ...foreign, temperature: 1, newer_than_this: 1 } });
      expect(Object.keys(body).sort()).toEqual(
        ["messages", "model", "newer_than_this", "temperature"].sort(),
      );
    },
  );

  test.each<ProviderKind>(["openai", "mistral"])("nor from a plan reach %s", (kind) => {
    const { body } = sent({ kind, overrides: { set: { top_k: 1, temperature: 0 } } });
    expect(body).not.toHaveProperty("top_k");
    expect(body).toHaveProperty("temperature", 0);
  });

  test.each<ProviderKind>(["vllm", "llamacpp", "openrouter", "openai-compatible"])(
    "reach %s, which knows or ignores them",
    (kind) => {
      expect(sent({ kind, body: foreign }).body).toMatchObject(foreign);
    },
  );

  test("in Google's own envelope reach no one else", () => {
    const body = { extra_body: { google: { cached_content: "c" } } };
    expect(sent({ kind: "openai", body }).body).not.toHaveProperty("extra_body");
  });
});

describe("what a provider does not take", () => {
  const made = (fields: Partial<ChatBody>, dropUnsupported = false, rejectsSampling = false) =>
    adapterFor("mistral").prepare(chat(fields), target({ rejectsSampling }), provider("mistral"), {
      dropUnsupported,
    });

  test("refuses the attempt where the answer would lack it, and is named", () => {
    expect(made({ logprobs: true })).toMatchObject({
      ok: false,
      failure: { cause: "unavailable", code: "unsupported_parameter", param: "logprobs" },
    });
    expect(made({ logprobs: false })).toMatchObject({ ok: true, request: { dropped: [] } });
  });

  test("is left out and told where the policy says to drop", () => {
    expect(made({ logprobs: true, tools: [] }, true)).toMatchObject({
      ok: true,
      request: { dropped: ["logprobs"] },
    });
  });

  test("is left out and told where it is a preference, unless it changes nothing", () => {
    const told = made({ logit_bias: { 1: 2 }, temperature: 0.2, top_p: 1 }, false, true);
    expect(told).toMatchObject({ ok: true, request: { dropped: ["logit_bias", "temperature"] } });
  });
});
