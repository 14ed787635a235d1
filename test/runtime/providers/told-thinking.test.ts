import { describe, expect, test } from "vitest";
import type { Target } from "../../../src/catalog/target.ts";
import type { ProviderKind } from "../../../src/configuration/configuration.ts";
import type { ModelRequest } from "../../../src/protocol/model-request.ts";
import { generate, messages, responses, sentTo, type To } from "./sent-to.ts";
import { chat } from "./support.ts";

describe("an effort of another wire's client", () => {
  const thinking = { type: "enabled", budget_tokens: 2000 };
  const asked = messages({ max_tokens: 9000, thinking });

  const idle = { lacks: new Set(["audio"] as const), abilities: new Set(["tools"] as const) };

  test.each<[string, Partial<Target>]>([
    ["are known to think", { ...idle, abilities: new Set(["reasoning"]) }],
    ["nobody knows", {}],
  ])("goes to chat models that %s", (_name, to) => {
    expect(sentTo("openai", asked, { target: to }).body["reasoning_effort"]).toBe("low");
  });

  test.each<[string, Partial<Target>]>([
    ["are known not to think", idle],
    ["take no effort", { abilities: new Set(["reasoning"]), rejectsEffort: true }],
  ])("is left out and told for those that %s", (_name, to) => {
    const { body, dropped } = sentTo("openai", asked, { target: to });
    expect(body).not.toHaveProperty("reasoning_effort");
    expect(dropped).toEqual(["thinking"]);
  });

  const overResponses = { provider: { api: "responses" } } as const;
  const effortOf: Readonly<Record<string, object>> = {
    effort: { reasoning_effort: "high" },
    relayed: { reasoning: { effort: "high" } },
    budget: { thinking },
    on: { thinking: { type: "enabled" } },
  };
  const silent: readonly (readonly [string, ProviderKind, To])[] = [
    ["responses, where it is known not to think", "openai", { ...overResponses, target: idle }],
    [
      "responses, where it takes no effort",
      "openai",
      { ...overResponses, target: { rejectsEffort: true } },
    ],
    ["generate, where it does not think", "gemini", { target: { model: "gemini-2.0-flash" } }],
    [
      "generate, where it takes no effort",
      "gemini",
      { target: { model: "gemini-2.5-pro", rejectsEffort: true } },
    ],
  ];
  test.each(
    silent.flatMap(([where, kind, to]) =>
      Object.keys(effortOf).map((said) => ({ where, kind, to, said })),
    ),
  )("is left out and told over $where: $said", ({ kind, to, said }) => {
    const { body, dropped } = sentTo(kind, chat(effortOf[said] as object), to);
    expect(JSON.stringify(body)).not.toMatch(/effort|thinking|reasoning/i);
    expect(dropped).toEqual([said === "budget" || said === "on" ? "thinking" : "reasoning_effort"]);
  });

  test.each(silent)("not to think is no loss over %s", (_where, kind, to) => {
    for (const none of [{ reasoning_effort: "none" }, { thinking: { type: "disabled" } }])
      expect(sentTo(kind, chat(none as object), to).dropped).toEqual([]);
  });

  test("to think at all is no loss for a model that always does", () => {
    const on = chat({ thinking: { type: "enabled" } } as object);
    const to = { ...overResponses, target: { abilities: new Set(["reasoning"] as const) } };
    expect(sentTo("openai", on, to).dropped).toEqual([]);
  });

  test("a budget is told where nobody knows whether the model thinks", () => {
    expect(sentTo("openai", asked, overResponses)).toMatchObject({ dropped: ["thinking"] });
  });

  test.each<[string, ModelRequest, ProviderKind, To]>([
    ["responses", responses({}), "openai", { ...overResponses, target: idle }],
    ["generate", generate({}), "gemini", { target: { model: "gemini-2.0-flash" } }],
    ["messages", messages({}), "anthropic", { target: { rejectsEffort: true } }],
  ])("that a policy sets is told on a client's own wire: %s", (_wire, request, kind, to) => {
    const { body, dropped } = sentTo(kind, request, { ...to, set: { reasoning_effort: "low" } });
    expect(JSON.stringify(body)).not.toMatch(/effort|thinking|reasoning/i);
    expect(dropped).toEqual(["reasoning_effort"]);
  });

  test("not to think is what others do anyway", () => {
    const { body, dropped } = sentTo("mistral", messages({ thinking: { type: "disabled" } }), {
      target: idle,
    });
    expect(body).not.toHaveProperty("reasoning_effort");
    expect(dropped).toEqual([]);
  });

  test("stays where a client of chat completions said it", () => {
    expect(sentTo("openai", chat({ reasoning_effort: "low" })).body["reasoning_effort"]).toBe(
      "low",
    );
  });
});
