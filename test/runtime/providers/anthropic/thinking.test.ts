import { describe, expect, test } from "vitest";
import type { Target } from "../../../../src/catalog/target.ts";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { readGenerateRequest } from "../../../../src/surface/generate/read-generate-request.ts";
import { readMessagesRequest } from "../../../../src/surface/messages/read-messages-request.ts";
import { chat, provider, target, user } from "../support.ts";

const limits = { maxDepth: 64, maxKeys: 500, maxMessages: 50 };
const bytesOf = (body: object) => Buffer.from(JSON.stringify(body));

function messages(fields: object, counting = false) {
  const body = { model: "m", messages: [user], ...fields };
  const read = readMessagesRequest(bytesOf(body), limits, { counting });
  if (!read.ok) throw new Error(read.problem.message);
  return read.request;
}

function generate(generationConfig: object) {
  const contents = [{ role: "user", parts: [{ text: "Hi" }] }];
  const read = readGenerateRequest(bytesOf({ contents, generationConfig }), limits, {
    model: "m",
    stream: false,
    counting: false,
    listed: false,
  });
  if (!read.ok) throw new Error(read.problem.message);
  return read.request;
}

type Sent = Record<string, unknown> & { dropped: readonly string[] };

function sent(
  request: ReturnType<typeof chat>,
  to: Partial<Target> = {},
  overrides: Overrides = {},
): Sent {
  const made = adapterFor("anthropic").prepare(
    request,
    target(to),
    provider("anthropic"),
    overrides,
  );
  if (!made.ok) throw new Error(made.failure.message);
  const { body, dropped = [] } = made.request;
  return { ...(JSON.parse(Buffer.from(body).toString()) as object), dropped };
}

const budget = (budget_tokens: number) => ({ type: "enabled", budget_tokens });
const gone = { thinking: undefined, dropped: ["thinking"] };

describe("a budget stays below the limit of the answer and above what the wire takes", () => {
  const both = (fields: object) =>
    [messages(fields), chat(fields as Partial<ChatBody>)].map((one) => ({ one }));
  const asked = { max_tokens: 32_000, thinking: budget(31_999) };
  const bounded = { dropped: ["thinking.budget_tokens"] };

  test.each(both(asked))("under the model's maximum", ({ one }) => {
    const to = { maxOutputTokens: 8192 };
    expect(sent(one, to)).toMatchObject({ max_tokens: 8192, thinking: budget(4096), ...bounded });
  });

  test.each(both(asked))("under a plan's ceiling", ({ one }) => {
    const out = sent(one, {}, { maxTokens: 4000 });
    expect(out).toMatchObject({ max_tokens: 4000, thinking: budget(2000), ...bounded });
  });

  test.each(both(asked))("and goes, told, where there is no room for it", ({ one }) => {
    const out = sent(one, {}, { maxTokens: 2047 });
    expect(out).toMatchObject({ max_tokens: 2047, dropped: ["thinking"] });
    expect(out["thinking"]).toBeUndefined();
    expect(sent(one, {}, { maxTokens: 2048 })["thinking"]).toEqual(budget(1024));
  });

  test("as it is where half of the lowered limit is enough", () => {
    for (const { one } of both({ max_tokens: 16_000, thinking: budget(3000) })) {
      const out = sent(one, {}, { maxTokens: 6000 });
      expect(out).toMatchObject({ max_tokens: 6000, thinking: budget(3000), dropped: [] });
    }
  });

  test("as its client wrote it close below its own limit", () => {
    for (const { one } of both({ max_tokens: 4000, thinking: budget(3999) }))
      expect(sent(one)).toMatchObject({ max_tokens: 4000, thinking: budget(3999), dropped: [] });
  });

  test("is chosen within a plan's ceiling where an effort asks for it, which takes nothing", () => {
    const to = { thinking: new Set(["enabled"] as const), rejectsEffort: true };
    const effort = chat({ reasoning_effort: "high" });
    expect(sent(effort, to, { maxTokens: 6000 })).toMatchObject({
      max_tokens: 6000,
      thinking: budget(3000),
      dropped: [],
    });
    const small = sent(effort, to, { maxTokens: 1500 });
    expect(small).toMatchObject({ max_tokens: 1500, dropped: ["reasoning_effort"] });
    expect(small["thinking"]).toBeUndefined();
  });

  test("raised to the least", () => {
    expect(sent(messages({ max_tokens: 4000, thinking: budget(512) }))).toMatchObject({
      thinking: budget(1024),
      dropped: [],
    });
    const small = generate({ maxOutputTokens: 100, thinkingConfig: { thinkingBudget: 512 } });
    expect(sent(small)).toMatchObject({ max_tokens: 100, dropped: ["thinking"] });
  });

  const haiku = {
    thinking: new Set(["enabled", "disabled"] as const),
    rejectsEffort: true,
    maxOutputTokens: 64_000,
  };
  const low = { reasoning_effort: "low" };
  test.each<[string, object, Overrides, object]>([
    ["an effort", { max_tokens: 100, ...low }, {}, { dropped: ["reasoning_effort"] }],
    ["an effort, just", { max_tokens: 2047, ...low }, {}, { dropped: ["reasoning_effort"] }],
    ["a policy's effort", { max_tokens: 2047 }, { set: low }, { dropped: ["reasoning_effort"] }],
    ["a budget", { max_tokens: 100, thinking: budget(30_000) }, {}, { dropped: ["thinking"] }],
    [
      "no budget",
      { max_tokens: 2000, thinking: { type: "enabled" } },
      {},
      { dropped: ["thinking"] },
    ],
    [
      "an effort under a larger ceiling of a plan",
      { max_tokens: 100, ...low },
      { maxTokens: 1000 },
      { dropped: ["reasoning_effort"] },
    ],
  ])("and a limit without room for it is not raised: %s", (_what, fields, overrides, told) => {
    const out = sent(chat(fields as Partial<ChatBody>), haiku, overrides);
    expect(out).toMatchObject({
      max_tokens: (fields as { max_tokens: number }).max_tokens,
      ...told,
    });
    expect(out["thinking"]).toBeUndefined();
  });

  test("and has half of a limit that it would fill", () => {
    for (const tokens of [5000, 30_000])
      expect(sent(chat({ max_tokens: 5000, thinking: budget(tokens) } as object))).toMatchObject({
        max_tokens: 5000,
        thinking: budget(2500),
        ...bounded,
      });
    expect(sent(chat({ max_tokens: 2048, ...low }), haiku)).toMatchObject({
      max_tokens: 2048,
      thinking: budget(1024),
      dropped: [],
    });
  });

  test("and a policy's effort has no more than half on the client's own wire either", () => {
    const set = { set: { reasoning_effort: "low" } };
    expect(sent(messages({ max_tokens: 1500 }), haiku, set)).toMatchObject({
      max_tokens: 1500,
      dropped: ["reasoning_effort"],
    });
    expect(sent(messages({ max_tokens: 2100 }), haiku, set)["thinking"]).toEqual(budget(1050));
  });

  test("as the client wrote it where nothing is lowered: calls between thoughts have a larger one", () => {
    const large = messages({ max_tokens: 2000, thinking: budget(9000) });
    expect(sent(large)["thinking"]).toEqual(budget(9000));
    expect(sent(messages({ thinking: budget(9000) }, true), { maxOutputTokens: 50 })).toMatchObject(
      { thinking: budget(9000) },
    );
  });

  test("without sampling beside it, which goes up where thinking had to go", () => {
    const fields = { ...asked, temperature: 0.5 } as Partial<ChatBody>;
    expect(sent(chat(fields))["temperature"]).toBeUndefined();
    expect(sent(chat(fields), {}, { maxTokens: 1000 })["temperature"]).toBe(0.5);
  });
});

describe("a model is asked to think in a way that it takes", () => {
  const adaptive = new Set(["adaptive"] as const);
  const offable = new Set(["adaptive", "disabled"] as const);
  const between = new Set(["adaptive", "between_tools"] as const);
  const budgeted = new Set(["enabled", "disabled"] as const);

  const effort = (word: string) => ({ output_config: { effort: word } });
  const rows: [string, object, Target["thinking"], object][] = [
    ["any, where nobody knows", { thinking: budget(2000) }, undefined, { thinking: budget(2000) }],
    [
      "a small budget as low effort",
      { thinking: budget(2048) },
      adaptive,
      { thinking: { type: "adaptive" }, ...effort("low") },
    ],
    ["a middling budget as medium effort", { thinking: budget(8192) }, offable, effort("medium")],
    ["a large budget as high effort", { thinking: budget(31_999) }, between, effort("high")],
    ["a budget it takes", { thinking: budget(2000) }, budgeted, { thinking: budget(2000) }],
    [
      "freely, within a middling budget",
      { thinking: { type: "adaptive" } },
      budgeted,
      { thinking: budget(8192), output_config: undefined },
    ],
    [
      "freely, within half of a small limit",
      { thinking: { type: "adaptive" }, max_tokens: 6000 },
      budgeted,
      { thinking: budget(3000), max_tokens: 6000 },
    ],
    ["off", { thinking: { type: "disabled" } }, offable, { thinking: { type: "disabled" } }],
    ["off, though it always thinks", { thinking: { type: "disabled" } }, adaptive, gone],
    [
      "off, though it only knows the nearest to it",
      { thinking: { type: "disabled" } },
      between,
      { thinking: { type: "between_tools" }, dropped: ["thinking"] },
    ],
  ];
  test.each(rows)("%s", (_name, fields, thinking, expected) => {
    const to = thinking === undefined ? {} : { thinking };
    for (const one of [messages, chat]) {
      const out = sent(one({ max_tokens: 50_000, ...fields }), to);
      const told = { dropped: [], ...expected } as Record<string, unknown>;
      for (const [name, value] of Object.entries(told)) expect(out[name]).toEqual(value);
    }
  });

  test.each<[string, object, Target["thinking"], object]>([
    ["a budget, where nobody knows", { type: "enabled" }, undefined, budget(8192)],
    ["a budget", { type: "enabled" }, budgeted, budget(8192)],
    ["as the model sees fit", { type: "enabled" }, adaptive, { type: "adaptive" }],
    ["as the model sees fit, in other words", { type: "auto" }, adaptive, { type: "adaptive" }],
    ["in words that nobody knows", { type: "auto" }, undefined, { type: "adaptive" }],
    ["in other words within a budget", { type: "auto" }, budgeted, budget(8192)],
    ["between calls", { type: "between_tools" }, between, { type: "between_tools" }],
  ])("on without a budget: %s", (_name, thinking, ways, expected) => {
    const out = sent(
      chat({ max_tokens: 50_000, thinking } as Partial<ChatBody>),
      ways === undefined ? {} : { thinking: ways },
    );
    expect(out).toMatchObject({ thinking: expected, dropped: [] });
    expect(out["output_config"]).toBeUndefined();
  });

  test("on without a budget, in as many tokens as its effort stands for", () => {
    const asked = { max_tokens: 90_000, thinking: { type: "enabled" }, reasoning_effort: "high" };
    expect(sent(chat(asked as Partial<ChatBody>), { thinking: budgeted })["thinking"]).toEqual(
      budget(24_576),
    );
  });

  test.each([
    ["high", 24_576],
    ["max", 32_768],
  ])("an effort of %s is a budget of %j where no effort is taken", (word, tokens) => {
    const to = { thinking: budgeted, rejectsEffort: true };
    const asked = {
      max_tokens: 90_000,
      thinking: { type: "adaptive" },
      output_config: { effort: word },
    };
    const out = sent(messages(asked), to);
    expect(out).toMatchObject({ thinking: budget(tokens), dropped: ["output_config.effort"] });
    expect(out["output_config"]).toBeUndefined();
  });

  describe("by its effort, where it takes a budget alone", () => {
    const haiku = { thinking: budgeted, rejectsEffort: true };
    const effort = (word: string, fields: object = {}) =>
      chat({ max_tokens: 90_000, reasoning_effort: word, ...fields } as Partial<ChatBody>);

    test.each([
      ["minimal", 1024],
      ["low", 2048],
      ["medium", 8192],
      ["high", 24_576],
      ["xhigh", 32_768],
    ])("%s as %j tokens", (word, tokens) => {
      const out = sent(effort(word), haiku);
      expect(out).toMatchObject({ thinking: budget(tokens), dropped: [] });
      expect(out["output_config"]).toBeUndefined();
      const set = { set: { reasoning_effort: word } };
      expect(sent(chat({ max_tokens: 90_000 }), haiku, set)["thinking"]).toEqual(budget(tokens));
      const own = sent(messages({ max_tokens: 90_000, thinking: budget(5000) }), haiku, set);
      expect(own).toMatchObject({ thinking: budget(tokens), dropped: [] });
    });

    test("none as off", () => {
      expect(sent(effort("none"), haiku)).toMatchObject({
        thinking: { type: "disabled" },
        dropped: [],
      });
      const set = { set: { reasoning_effort: "none" } };
      const own = sent(messages({ max_tokens: 9000, thinking: budget(5000) }), haiku, set);
      expect(own).toMatchObject({ thinking: { type: "disabled" }, dropped: [] });
    });

    test("beside the effort where it takes both", () => {
      const out = sent(effort("high"), { thinking: budgeted });
      expect(out).toMatchObject({ thinking: budget(24_576), output_config: { effort: "high" } });
    });

    test("within half of the limit", () => {
      expect(sent(effort("high", { max_tokens: 6000 }), haiku)).toMatchObject({
        thinking: budget(3000),
        max_tokens: 6000,
      });
    });

    const calls = [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }];
    const loop = [
      user,
      { role: "assistant", tool_calls: calls },
      { role: "tool", tool_call_id: "c", content: "r" },
    ];
    test.each([
      ["an answer that the client began", [user, { role: "assistant", content: "Once" }]],
      ["a loop whose thinking is lost", loop],
    ])("but not before %s: it is told", (_name, turns) => {
      const out = sent(effort("high", { messages: turns }), haiku);
      expect(out["thinking"]).toBeUndefined();
      expect(out.dropped).toEqual(["reasoning_effort"]);
    });

    test("with a call that a client forced no longer forced, where the plan makes it think", () => {
      const tools = [{ name: "f", input_schema: { type: "object" } }];
      const asked = messages({ max_tokens: 9000, tools, tool_choice: { type: "any" } });
      const out = sent(asked, haiku, { set: { reasoning_effort: "low" } });
      expect(out).toMatchObject({
        thinking: budget(2048),
        tool_choice: { type: "auto" },
        dropped: ["tool_choice"],
      });
    });

    test("and is told where nobody knows whether it thinks", () => {
      const out = sent(effort("high"), { rejectsEffort: true });
      expect(out["thinking"]).toBeUndefined();
      expect(out.dropped).toEqual(["reasoning_effort"]);
    });
  });

  test("a client's own effort stands before that of its budget, and its display stays", () => {
    const thinking = { ...budget(2000), display: "omitted" };
    const asked = { max_tokens: 9000, thinking, output_config: { effort: "max" } };
    expect(sent(messages(asked), { thinking: adaptive })).toMatchObject({
      thinking: { type: "adaptive", display: "omitted" },
      output_config: { effort: "max" },
    });
  });

  test("words that are newer than this code are the provider's to judge", () => {
    const thinking = { type: "deep", x: 1 };
    expect(sent(messages({ max_tokens: 9, thinking }), { thinking: adaptive })).toMatchObject({
      thinking,
      dropped: [],
    });
  });

  test("a budget that came of free thinking goes where a loop of tools has no thinking", () => {
    const loop = [
      user,
      { role: "assistant", content: [{ type: "tool_use", id: "t", name: "f", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "r" }] },
    ];
    const asked = messages({ max_tokens: 9000, messages: loop, thinking: { type: "adaptive" } });
    expect(sent(asked, { thinking: budgeted })).toMatchObject({ dropped: ["thinking"] });
    expect(sent(asked)["thinking"]).toEqual({ type: "adaptive" });
  });
});
