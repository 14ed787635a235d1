import { describe, expect, test } from "vitest";
import type { ProviderKind } from "../../../../src/configuration/configuration.ts";
import type { ModelRequest } from "../../../../src/protocol/model-request.ts";
import { generate, messages, type Sent, sentTo, type To } from "../sent-to.ts";
import { chat } from "../support.ts";

describe("an effort that the plan sets", () => {
  const set = (effort: string): To => ({ set: { reasoning_effort: effort } });
  const low = { reasoning_effort: "low" };
  const settingsIn = (body: Sent["body"]): object => {
    const { model: _model, messages: _messages, ...rest } = body;
    return rest;
  };
  const said = { temperature: 0.5 };

  test.each<[string, ProviderKind, object, object]>([
    [
      "a switch",
      "qwen",
      { enable_thinking: false },
      { enable_thinking: true, thinking_budget: 2048 },
    ],
    [
      "a budget",
      "qwen",
      { thinking_budget: 30_000 },
      { enable_thinking: true, thinking_budget: 2048 },
    ],
    [
      "all at once",
      "qwen",
      { enable_thinking: false, thinking_budget: 9, reasoning_effort: "none" },
      { enable_thinking: true, thinking_budget: 2048 },
    ],
    ["a relay's object", "openrouter", { reasoning: { effort: "high" } }, low],
    [
      "a relay's budget, but not what shall be shown",
      "openrouter",
      { reasoning: { max_tokens: 9000, enabled: true, exclude: true } },
      { ...low, reasoning: { exclude: true } },
    ],
    ["a maker's object", "deepseek", { thinking: { type: "enabled" } }, low],
    ["another maker's object", "openai-compatible", { thinking: { type: "enabled" } }, low],
    [
      "words for a template, but not its others",
      "vllm",
      { chat_template_kwargs: { enable_thinking: true, language: "de" } },
      { ...low, chat_template_kwargs: { language: "de" } },
    ],
    ["a server's budget", "vllm", { thinking_token_budget: 9000 }, low],
    ["a word for a server", "ollama", { think: true }, low],
    ["an effort in the same words", "vllm", { reasoning_effort: "high" }, low],
  ])("takes the place of %s at %s", (_what, kind, body, expected) => {
    const { body: out } = sentTo(kind, chat({ ...said, ...body }), set("low"));
    expect(settingsIn(out)).toEqual({ ...said, ...expected });
  });

  test("switches off what the client switched on", () => {
    const { body } = sentTo(
      "qwen",
      chat({ enable_thinking: true, thinking_budget: 9 }),
      set("none"),
    );
    expect(settingsIn(body)).toEqual({ enable_thinking: false });
  });

  test("leaves other bodies to be spliced", () => {
    expect(sentTo("vllm", chat(said), set("low")).spliced).toBe(true);
  });

  test("leaves what the client wishes where the plan sets something else", () => {
    const body = { reasoning: { effort: "high" }, thinking_budget: 9 };
    const { body: out, spliced } = sentTo("openrouter", chat(body), {
      set: { seed: 1 },
    });
    expect(settingsIn(out)).toEqual({ ...body, seed: 1 });
    expect(spliced).toBe(true);
  });
});

describe("an effort that the plan sets for a model that is known not to think", () => {
  const idle = { lacks: new Set(["audio"] as const), abilities: new Set(["tools"] as const) };
  const to = (effort: string): To => ({ target: idle, set: { reasoning_effort: effort } });
  test.each<[string, ModelRequest]>([
    ["of chat", chat()],
    ["of chat, that asks for another effort", chat({ reasoning_effort: "low" })],
    ["of messages", messages({})],
    ["of messages, that thinks", messages({ thinking: { type: "enabled", budget_tokens: 2000 } })],
    ["of generate", generate({})],
  ])("is left out and told to a client %s", (_wire, request) => {
    const { text, dropped } = sentTo("openai", request, to("high"));
    expect(text).not.toMatch(/effort|thinking/);
    expect(dropped.filter((param) => param !== "thinking")).toEqual(["reasoning_effort"]);
  });

  test("goes with what the client wished in other words", () => {
    const { text, dropped } = sentTo(
      "openrouter",
      chat({ reasoning: { effort: "low" } } as object),
      to("high"),
    );
    expect(text).not.toMatch(/reasoning/);
    expect(dropped).toEqual(["reasoning_effort"]);
  });

  test("says nothing where it is not to think", () => {
    const { text, dropped, spliced } = sentTo("openai", chat(), to("none"));
    expect(text).not.toMatch(/effort/);
    expect({ dropped, spliced }).toEqual({ dropped: [], spliced: true });
  });

  test("is told to others", () => {
    const { body, dropped } = sentTo("openai", chat(), { set: { reasoning_effort: "high" } });
    expect(body["reasoning_effort"]).toBe("high");
    expect(dropped).toEqual([]);
  });
});

test("a setting of the plan's stands once, under the provider's name for it", () => {
  const to: To = { set: { seed: 7 } };
  for (const said of [{ random_seed: 5 }, { seed: 5 }, { seed: 5, random_seed: 6 }]) {
    const { body, text, spliced } = sentTo("mistral", chat(said), to);
    expect(body).toMatchObject({ random_seed: 7 });
    expect(text.match(/seed"/g)).toHaveLength(1);
    expect(spliced).toBe(false);
  }
  expect(sentTo("mistral", chat(), to)).toMatchObject({ body: { random_seed: 7 }, spliced: true });
});

describe("not to think, at a host whose efforts begin at low", () => {
  const off = { thinking: { type: "disabled" } };
  test.each<[string, Sent["body"]]>([
    ["a policy", sentTo("deepseek", chat(), { set: { reasoning_effort: "none" } }).body],
    [
      "a policy, against what the client asks",
      sentTo("deepseek", chat({ thinking: { type: "enabled" } } as object), {
        set: { reasoning_effort: "none" },
      }).body,
    ],
    ["a client", sentTo("deepseek", chat({ reasoning_effort: "none" })).body],
    [
      "a client that says the opposite too",
      sentTo(
        "deepseek",
        chat({ reasoning_effort: "none", thinking: { type: "enabled" } } as object),
      ).body,
    ],
    [
      "a client of another wire",
      sentTo("deepseek", messages({ thinking: { type: "disabled" } })).body,
    ],
  ])("is told by type where %s asks for it", (_who, body) => {
    expect(body).toMatchObject(off);
    expect(body).not.toHaveProperty("reasoning_effort");
  });

  test("any other effort stays one", () => {
    const { body } = sentTo("deepseek", chat({ reasoning_effort: "high" }));
    expect(body["reasoning_effort"]).toBe("high");
    expect(body).not.toHaveProperty("thinking");
  });
});
