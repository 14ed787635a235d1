import { expect, test } from "vitest";
import type { ChatBody } from "../../../src/protocol/chat-request.ts";
import { toCallOptions } from "../../../src/runtime/bridge/call-options.ts";
import type { ModelVersion } from "../../../src/runtime/bridge/language-model.ts";
import type { Overrides } from "../../../src/runtime/providers/adapter.ts";
import { Carrier } from "../../../src/runtime/providers/carrier.ts";
import { chat, target } from "../providers/support.ts";

interface Asked {
  readonly version?: ModelVersion;
  readonly namespace?: string;
  readonly urls?: ReadonlyMap<string, readonly RegExp[]>;
  readonly target?: Parameters<typeof target>[0];
  readonly overrides?: Overrides;
}

function options(body: object, asked: Asked = {}) {
  const { version = "v4", namespace = "cohere", urls = new Map(), overrides = {} } = asked;
  const to = target(asked.target);
  const carrier = new Carrier(overrides.dropUnsupported === true);
  const goal = { version, namespace, urls, model: to.model, target: to, overrides };
  const made = toCallOptions(chat(body as Partial<ChatBody>).conversation(), goal, carrier);
  return { made, prompt: made["prompt"] as { content: unknown }[], carrier };
}

const picture = { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } };
const user = (...content: object[]) => ({ messages: [{ role: "user", content }] });
const elsewhere = { type: "image_url", image_url: { url: "https://pics.example/A.png" } };

test.each<[ModelVersion, unknown]>([
  ["v2", "AQID"],
  ["v3", "AQID"],
  ["v4", { type: "data", data: "AQID" }],
])("a picture in the request goes up in the form of %s", (version, data) => {
  const { prompt, carrier } = options(user(picture), { version });
  expect(prompt[0]?.content).toEqual([{ type: "file", mediaType: "image/png", data }]);
  expect(carrier.failure).toBeNull();
});

test.each<[string, ReadonlyMap<string, readonly RegExp[]>, boolean]>([
  ["no address", new Map(), false],
  ["pictures anywhere", new Map([["image/*", [/^https?:\/\/.*$/]]]), true],
  ["anything anywhere", new Map([["*", [/^https:/g]]]), true],
  ["pictures of another host", new Map([["image/*", [/^https:\/\/other\./]]]), false],
  ["other files", new Map([["application/pdf", [/.*/]]]), false],
])(
  "a picture elsewhere is named to a model that fetches %s, and refused otherwise",
  (_, urls, sent) => {
    for (const version of ["v3", "v4"] as const) {
      const { prompt, carrier } = options(user(elsewhere), { urls, version });
      const url = new URL("https://pics.example/A.png");
      if (sent)
        expect(prompt[0]?.content).toEqual([
          {
            type: "file",
            mediaType: "image/*",
            data: version === "v4" ? { type: "url", url } : url,
          },
        ]);
      else expect(carrier.failure).toMatchObject({ param: "messages[0].content[0]" });
    }
  },
);

const called = (content: unknown) => ({
  messages: [
    { role: "user", content: "a" },
    {
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "1", type: "function", function: { name: "f", arguments: "{}" } },
        { id: "2", type: "function", function: { name: "g", arguments: "no json" } },
      ],
    },
    { role: "tool", tool_call_id: "2", content },
    { role: "tool", tool_call_id: "1", content: "one" },
  ],
});

test("results bear the names of their tools, and broken arguments are kept", () => {
  const { prompt } = options(called("two"));
  expect(prompt.slice(1)).toEqual([
    {
      role: "assistant",
      content: [
        { type: "tool-call", toolCallId: "1", toolName: "f", input: {} },
        { type: "tool-call", toolCallId: "2", toolName: "g", input: { _raw: "no json" } },
      ],
    },
    {
      role: "tool",
      content: [
        {
          type: "tool-result",
          toolCallId: "2",
          toolName: "g",
          output: { type: "text", value: "two" },
        },
        {
          type: "tool-result",
          toolCallId: "1",
          toolName: "f",
          output: { type: "text", value: "one" },
        },
      ],
    },
  ]);
});

test.each<[ModelVersion, object]>([
  ["v2", { type: "media", data: "AQID", mediaType: "image/png" }],
  ["v3", { type: "image-data", data: "AQID", mediaType: "image/png" }],
  ["v4", { type: "file", data: { type: "data", data: "AQID" }, mediaType: "image/png" }],
])("a picture in a result goes up in the form of %s", (version, part) => {
  const { prompt } = options(called([{ type: "text", text: "see" }, picture]), { version });
  const output = { type: "content", value: [{ type: "text", text: "see" }, part] };
  const first = { type: "tool-result", toolCallId: "2", toolName: "g", output };
  expect(prompt.at(-1)?.content).toEqual([first, expect.anything()]);
});

test.each<[string, object, Asked, object]>([
  [
    "the smaller limit",
    { max_tokens: 900 },
    { overrides: { maxTokens: 5 } },
    { maxOutputTokens: 5 },
  ],
  [
    "the target's limit",
    { max_tokens: 900 },
    { target: { maxOutputTokens: 7 } },
    { maxOutputTokens: 7 },
  ],
  [
    "a plan's setting",
    { temperature: 1 },
    { overrides: { set: { temperature: 0 } } },
    { temperature: 0 },
  ],
  ["knobs", { top_p: 0.5, seed: 3, stop: ["x"] }, {}, { topP: 0.5, seed: 3, stopSequences: ["x"] }],
  ["effort", { reasoning_effort: "high" }, {}, { reasoning: "high" }],
  ["the most effort", { reasoning_effort: "max" }, {}, { reasoning: "xhigh" }],
  [
    "effort of an older version",
    { reasoning_effort: "high" },
    { version: "v3", namespace: "groq" },
    { providerOptions: { groq: { reasoningEffort: "high" } } },
  ],
  [
    "the end user, where there is an option",
    { user: "u1" },
    { namespace: "openai" },
    { providerOptions: { openai: { user: "u1" } } },
  ],
  ["JSON", { response_format: { type: "json_object" } }, {}, { responseFormat: { type: "json" } }],
])("%s is carried", (_, body, asked, expected) => {
  const { made, carrier } = options(body, asked);
  expect(made).toMatchObject(expected);
  expect(carrier.failure).toBeNull();
  expect(carrier.dropped).toEqual([]);
});

const tools = ["f", "g"].map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object" }, strict: true },
}));

test.each<[object, object | undefined, readonly string[]]>([
  [{ tool_choice: "none" }, { type: "none" }, ["f", "g"]],
  [{ tool_choice: "required" }, { type: "required" }, ["f", "g"]],
  [
    { tool_choice: { type: "function", function: { name: "g" } } },
    { type: "tool", toolName: "g" },
    ["f", "g"],
  ],
  [{}, undefined, ["f", "g"]],
  [
    {
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "g" } }] },
      },
    },
    { type: "required" },
    ["g"],
  ],
])("the choice %j is carried", (body, choice, names) => {
  const { made } = options({ ...body, tools });
  expect(made["toolChoice"]).toEqual(choice);
  expect((made["tools"] as { name: string }[]).map(({ name }) => name)).toEqual(names);
});

test("strictness of a tool is a field since version 3", () => {
  const strict = (version: ModelVersion) =>
    (options({ tools }, { version }).made["tools"] as { strict?: boolean }[])[0]?.strict;
  expect(["v2", "v3", "v4"].map((version) => strict(version as ModelVersion))).toEqual([
    undefined,
    true,
    true,
  ]);
});

test.each<[object, Asked, readonly string[]]>([
  [{ logit_bias: { 1: 2 } }, {}, ["logit_bias"]],
  [{ reasoning_effort: "low" }, { version: "v3", namespace: "cohere" }, ["reasoning_effort"]],
  [{ reasoning_effort: "low" }, { target: { rejectsEffort: true } }, ["reasoning_effort"]],
  [
    { reasoning_effort: "low" },
    { target: { lacks: new Set(["audio"]), abilities: new Set(["tools"]) } },
    ["reasoning_effort"],
  ],
  [{ service_tier: "priority" }, {}, ["service_tier"]],
  [{ service_tier: "auto" }, {}, []],
  [{ reasoning_effort: "none" }, { target: { rejectsEffort: true } }, []],
  [{ tools, parallel_tool_calls: false }, {}, ["parallel_tool_calls"]],
  [{ tools, tool_choice: "required" }, { target: { rejectsForcedTools: true } }, ["tool_choice"]],
  [{ temperature: 0.2 }, { target: { rejectsSampling: true } }, ["temperature"]],
])("preferences of %j that cannot be carried are left out and told", (body, asked, dropped) => {
  const { carrier } = options(body, asked);
  expect(carrier.dropped).toEqual(dropped);
  expect(carrier.failure).toBeNull();
});

test.each<[object, string]>([
  [{ n: 2 }, "n"],
  [{ logprobs: true, top_logprobs: 2 }, "logprobs"],
  [{ tools: [{ type: "custom", custom: { name: "c" } }] }, "tools[0].type"],
])("%j cannot be carried, and refuses the attempt", (body, param) => {
  expect(options(body).carrier.failure).toMatchObject({ code: "unsupported_parameter", param });
});

const enabled = (budget: number) => ({ thinking: { type: "enabled", budget_tokens: budget } });
const claude = { model: "eu.anthropic.claude-x" };
test.each<[string, object, Asked, object, readonly string[]]>([
  [
    "less of the limit for a package that adds the budget to it",
    { max_tokens: 5000, ...enabled(2000) },
    { namespace: "anthropic" },
    { maxOutputTokens: 3000, providerOptions: { anthropic: enabledOption(2000) } },
    [],
  ],
  [
    "half of a limit that it would fill",
    { max_tokens: 5000, ...enabled(30_000) },
    { namespace: "bedrock", target: claude },
    {
      maxOutputTokens: 2500,
      providerOptions: { bedrock: { reasoningConfig: { type: "enabled", budgetTokens: 2500 } } },
    },
    ["thinking.budget_tokens"],
  ],
  [
    "half of a limit that the plan lowers",
    { max_tokens: 9000, ...enabled(3000) },
    { namespace: "anthropic", overrides: { maxTokens: 4000 } },
    { maxOutputTokens: 2000, providerOptions: { anthropic: enabledOption(2000) } },
    ["thinking.budget_tokens"],
  ],
  [
    "no room in a small limit",
    { max_tokens: 100, ...enabled(30_000) },
    { namespace: "anthropic" },
    { maxOutputTokens: 100, providerOptions: undefined },
    ["thinking"],
  ],
  [
    "the whole limit where the package adds nothing",
    { max_tokens: 5000, ...enabled(2000) },
    { namespace: "google" },
    { maxOutputTokens: 5000 },
    [],
  ],
  [
    "the whole limit where the model thinks as it sees fit",
    { max_tokens: 5000, ...enabled(2000) },
    { namespace: "anthropic", target: { thinking: new Set(["adaptive"]) } },
    { maxOutputTokens: 5000 },
    [],
  ],
])("a budget to think has %s", (_, body, asked, ...[expected, told]) => {
  const { made, carrier } = options(body, asked);
  for (const [name, value] of Object.entries(expected)) {
    if (value === undefined) expect(made).not.toHaveProperty(name);
    else expect(made[name]).toEqual(value);
  }
  expect(carrier.dropped).toEqual(told);
});

function enabledOption(budgetTokens: number): object {
  return { thinking: { type: "enabled", budgetTokens } };
}

test.each<[string, object, Asked, boolean]>([
  ["goes up without a limit", {}, { namespace: "anthropic" }, true],
  [
    "is left out under one, which it would raise",
    { max_tokens: 900 },
    { namespace: "anthropic" },
    false,
  ],
  [
    "is left out under a plan's",
    {},
    { namespace: "bedrock", target: claude, overrides: { maxTokens: 9 } },
    false,
  ],
  [
    "goes up where it raises nothing",
    { max_tokens: 900 },
    { namespace: "bedrock", target: { model: "amazon.nova-2" } },
    true,
  ],
  [
    "goes up to a model that thinks as it sees fit",
    { max_tokens: 900 },
    { namespace: "anthropic", target: { thinking: new Set(["adaptive"]) } },
    true,
  ],
])("an effort that a package may turn into a budget %s", (_, body, asked, stays) => {
  const { made, carrier } = options({ ...body, reasoning_effort: "high" }, asked);
  expect(made["reasoning"]).toBe(stays ? "high" : undefined);
  expect(carrier.dropped).toEqual(stays ? [] : ["reasoning_effort"]);
  const none = options({ ...body, reasoning_effort: "none" }, asked);
  expect(none.made["reasoning"]).toBe("none");
});
