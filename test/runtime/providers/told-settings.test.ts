import { describe, expect, test } from "vitest";
import type { ProviderKind } from "../../../src/configuration/configuration.ts";
import type { ModelRequest } from "../../../src/protocol/model-request.ts";
import { completions, generate, messages, responses, sentTo, type To } from "./sent-to.ts";
import { chat } from "./support.ts";

const wires: readonly (readonly [string, ProviderKind, To])[] = [
  ["chat", "vllm", {}],
  ["responses", "openai", { provider: { api: "responses" } }],
  ["messages", "anthropic", {}],
  ["generate", "gemini", {}],
];

describe("one knob fares alike on every wire that lacks it", () => {
  const others = (own: string) => wires.filter(([wire]) => wire !== own);
  const cases = [
    ["messages", "mcp_servers", messages({ mcp_servers: [{ type: "url" }] }), "refused"],
    ["messages", "container", messages({ container: "c" }), "refused"],
    ["messages", "context_management", messages({ context_management: { edits: [] } }), "left out"],
    ["messages", "inference_geo", messages({ inference_geo: "eu" }), "left out"],
    ["responses", "store", responses({ store: true }), "left out"],
    ["responses", "truncation", responses({ truncation: "auto" }), "left out"],
    ["responses", "max_tool_calls", responses({ max_tool_calls: 3 }), "left out"],
    ["responses", "previous_response_id", responses({ previous_response_id: "r" }), "refused"],
    ["generate", "safetySettings", generate({ safetySettings: [{ category: "X" }] }), "left out"],
    ["generate", "cachedContent", generate({ cachedContent: "c" }), "refused"],
  ] as const;
  const rows = cases.flatMap(([own, param, request, fate]) =>
    others(own).map(([wire, kind, to]) => ({ param, own, wire, fate, kind, to, request })),
  );
  test.each(rows)("$param of $own over $wire is $fate", ({ param, fate, kind, to, request }) => {
    const { refused, dropped } = sentTo(kind, request, to);
    const kept = fate === "refused" ? { refused: param, dropped: [] } : { dropped: [param] };
    expect({ refused: refused?.param, dropped }).toEqual({ refused: undefined, ...kept });
  });

  const preferences = [
    ["verbosity", { verbosity: "low" }, ["messages", "generate"]],
    [
      "prediction",
      { prediction: { type: "content", content: "x" } },
      ["messages", "generate", "responses"],
    ],
    ["logit_bias", { logit_bias: { "5": 1 } }, ["messages", "generate", "responses"]],
    ["min_p", { min_p: 0.1 }, ["messages", "generate", "responses"]],
    ["seed", { seed: 0 }, ["messages", "responses"]],
    ["presence_penalty", { presence_penalty: 1 }, ["messages", "responses"]],
  ] as const;
  test.each(preferences)("%s is a preference", (param, fields, lacking) => {
    for (const [, kind, to] of wires.filter(([wire]) =>
      (lacking as readonly string[]).includes(wire),
    )) {
      const { refused, dropped } = sentTo(kind, chat(fields as object), to);
      expect({ refused, dropped }).toEqual({ refused: null, dropped: [param] });
    }
  });

  test.each([
    ["messages", "anthropic", {}],
    ["responses", "openai", { provider: { api: "responses" } }],
  ] as const)("the name of a speaker is told where %s lose it", (_wire, kind, to) => {
    const named = chat({ messages: [{ role: "user", name: "Ann", content: "Hi" }] });
    expect(sentTo(kind, named, to).dropped).toEqual(["messages[0].name"]);
  });

  test.each<[string, ModelRequest]>([
    ["false", responses({ store: false, background: false })],
    [
      "the default",
      responses({ truncation: "disabled", include: ["reasoning.encrypted_content"] }),
    ],
    ["text alone", generate({ generationConfig: { responseModalities: ["TEXT"] } })],
    [
      "a choice among functions",
      generate({ toolConfig: { functionCallingConfig: { mode: "AUTO" } } }),
    ],
    ["one answer", completions({ n: 1, best_of: 1, echo: false })],
    ["a speed, which is a tier", messages({ speed: "fast" })],
  ])("what is so anyway is not told: %s", (_name, request) => {
    const kind = request.dialect === "messages" ? "openai" : "anthropic";
    const { refused, dropped } = sentTo(kind, request);
    expect({ refused, dropped }).toEqual({ refused: null, dropped: [] });
  });

  const lists = ["mcp_servers", "functions", "modalities", "stop"] as const;
  const ids = ["previous_response_id", "conversation", "container", "cachedContent"] as const;
  test.each([
    ...lists.map((name) => [name, []] as const),
    ...[...ids, "prompt", "suffix"].map((name) => [name, ""] as const),
  ])("%s that holds nothing is not told on any wire", (name, value) => {
    const asked = [
      chat({ [name]: value }),
      ...(name === "stop" ? [] : [messages({ [name]: value })]),
    ];
    for (const [, kind, to] of [...wires, ["mistral", "mistral", {}] as const])
      for (const request of asked) {
        if (kind === "anthropic" && request.dialect === "messages") continue;
        const { refused, dropped } = sentTo(kind, request, to);
        expect({ refused, dropped }).toEqual({ refused: null, dropped: [] });
      }
  });

  test("fields of parts and tools that one wire alone has are left out and told", () => {
    const tool = { name: "f", input_schema: { type: "object" }, defer_loading: true };
    expect(sentTo("openai", messages({ tools: [tool] })).dropped).toEqual([
      "tools[0].defer_loading",
    ]);
    const parts = [
      { inlineData: { mimeType: "image/png", data: "AA==" }, videoMetadata: { fps: 1 } },
    ];
    const film = generate({ contents: [{ role: "user", parts }] });
    expect(sentTo("openai", film).dropped).toEqual(["contents[0].parts[0].videoMetadata"]);
  });
});

describe("fields of a chat's messages that no other wire has", () => {
  const spoken = (fields: object) =>
    chat({
      messages: [
        { role: "user", content: "a" },
        { role: "assistant", ...fields },
        { role: "user", content: "hi" },
      ],
    });
  const others = wires.filter(([wire]) => wire !== "chat");

  test.each(others)(
    "what an assistant said in sound alone is refused over %s",
    (_wire, kind, to) => {
      const asked = spoken({ content: null, audio: { id: "audio_1" } });
      const { refused } = sentTo(kind, asked, to);
      expect(refused).toMatchObject({ status: 400, param: "messages[1].audio" });
      expect(sentTo(kind, asked, { ...to, drops: true }).dropped).toEqual(["messages[1].audio"]);
    },
  );

  test.each(others)(
    "pictures beside an assistant's text are refused over %s",
    (_wire, kind, to) => {
      const images = [{ type: "image_url", image_url: { url: "https://x/y.png" } }];
      const { refused } = sentTo(kind, spoken({ content: "see", images }), to);
      expect(refused?.param).toBe("messages[1].images");
    },
  );

  test.each(others)("sound in a result is refused over %s", (_wire, kind, to) => {
    const call = { id: "c", type: "function", function: { name: "f", arguments: "{}" } };
    const content = [{ type: "input_audio", input_audio: { data: "AA==", format: "wav" } }];
    const messages = [
      { role: "user", content: "a" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c", content },
    ];
    expect(sentTo(kind, chat({ messages }), to).refused?.param).toBe("messages[2].content[0]");
  });

  test.each(others)("what is no content is left out and told over %s", (_wire, kind, to) => {
    const result = { role: "tool", tool_call_id: "c", content: "1", name: "f", artifact: { x: 1 } };
    const call = { id: "c", type: "function", function: { name: "f", arguments: "{}" } };
    const messages = [
      { role: "user", content: "a", weight: 0 },
      { role: "assistant", content: null, tool_calls: [call], prefix: true },
      result,
    ];
    const { refused, dropped } = sentTo(kind, chat({ messages }), to);
    expect(refused).toBeNull();
    expect(dropped).toEqual(["messages[0].weight", "messages[1].prefix", "messages[2].artifact"]);
  });

  test.each(others)("what says nothing is not told over %s", (_wire, kind, to) => {
    const replayed = {
      ...{ content: "b", refusal: null, annotations: [], audio: null, images: [] },
      ...{ function_call: null, tool_calls: null, cache_control: { type: "ephemeral" } },
      ...{ reasoning: "hm", reasoning_content: "hm", reasoning_details: [], prefix: false },
    };
    const { refused, dropped } = sentTo(kind, spoken(replayed), to);
    expect({ refused, dropped }).toEqual({ refused: null, dropped: [] });
  });
});

describe("what is carried in part is told alike", () => {
  const image = (detail: string | null) => ({
    type: "image_url",
    image_url: { url: "data:image/png;base64,AAAA", ...(detail === null ? {} : { detail }) },
  });
  const look = (...details: (string | null)[]) =>
    chat({ messages: [{ role: "user", content: details.map(image) }] } as object);
  const over = { provider: { api: "responses" } } as const;
  const place = (at: number) => `messages[0].content[${at}].detail`;

  test.each<[string, ModelRequest, ProviderKind, To, string[]]>([
    ["a tier over messages", chat({ service_tier: "priority" }), "anthropic", {}, ["service_tier"]],
    ["a tier over generate", chat({ service_tier: "scale" }), "gemini", {}, ["service_tier"]],
    ["a tier that generate has", chat({ service_tier: "priority" }), "gemini", {}, []],
    ["a tier over responses", chat({ service_tier: "scale" }), "openai", over, []],
    ["the usual tier", chat({ service_tier: "auto" }), "anthropic", {}, []],
    ["no priority, over messages", chat({ service_tier: "default" }), "anthropic", {}, []],
    [
      "a high temperature over messages",
      chat({ temperature: 1.7 }),
      "anthropic",
      {},
      ["temperature"],
    ],
    ["a high temperature over generate", chat({ temperature: 1.7 }), "gemini", {}, []],
    ["the look at an image over messages", look(null, "low", "auto"), "anthropic", {}, [place(1)]],
    ["one look at all images over generate", look("low", "low"), "gemini", {}, []],
    [
      "different looks over generate",
      look("low", "auto", "high"),
      "gemini",
      {},
      [place(0), place(2)],
    ],
    ["different looks over responses", look("low", "high"), "openai", over, []],
  ])("%s", (_what, request, ...[kind, to, told]) => {
    const { refused, dropped } = sentTo(kind, request, to);
    expect({ refused, dropped }).toEqual({ refused: null, dropped: told });
  });

  test("a temperature that a policy sets above the most of a client's own wire", () => {
    const { body, dropped } = sentTo("anthropic", messages({}), { set: { temperature: 1.5 } });
    expect(body["temperature"]).toBe(1);
    expect(dropped).toEqual(["temperature"]);
  });
});

describe("what a policy sets in vain is told on a client's own wire", () => {
  const set = { stop: "END", seed: 4, presence_penalty: 1, verbosity: "low" };
  test.each<[string, ModelRequest, ProviderKind, To, string[]]>([
    [
      "responses",
      responses({}),
      "openai",
      { provider: { api: "responses" } },
      ["stop", "seed", "presence_penalty"],
    ],
    [
      "responses, translated",
      chat(),
      "openai",
      { provider: { api: "responses" } },
      ["stop", "presence_penalty", "seed"],
    ],
    ["messages", messages({}), "anthropic", {}, ["seed", "presence_penalty", "verbosity"]],
    [
      "generate",
      generate({}),
      "gemini",
      { target: { model: "gemini-2.5-flash" } },
      ["presence_penalty", "verbosity"],
    ],
  ])("%s", (_wire, request, ...[kind, to, told]) => {
    const { refused, dropped } = sentTo(kind, request, { ...to, set });
    expect({ refused, dropped }).toEqual({ refused: null, dropped: told });
  });

  test("sampling too, where a model takes none", () => {
    const to = { target: { rejectsSampling: true }, set: { temperature: 0.2 } };
    expect(sentTo("anthropic", messages({}), to).dropped).toEqual(["temperature"]);
    const over = { ...to, provider: { api: "responses" } } as const;
    expect(sentTo("openai", responses({}), over).dropped).toEqual(["temperature"]);
  });
});

describe("stops of white space alone", () => {
  test("refuse where Anthropic would, if a client says them", () => {
    const request = chat({ stop: ["\n\n", "END"] });
    expect(sentTo("anthropic", request).refused?.param).toBe("stop");
    const { body, dropped } = sentTo("anthropic", request, { drops: true });
    expect(dropped).toEqual(["stop"]);
    expect(body["stop_sequences"]).toEqual(["END"]);
  });

  test.each([
    ["over a translation", chat({ stop: "END" })],
    ["on Anthropic's own wire", messages({ stop_sequences: ["END"] })],
  ])("are left out and told if a policy sets them, %s", (_name, request) => {
    const { refused, body, dropped } = sentTo("anthropic", request, { set: { stop: " \n" } });
    expect({ refused, dropped }).toEqual({ refused: null, dropped: ["stop"] });
    expect(body).not.toHaveProperty("stop_sequences");
  });

  test("are other than none at all", () => {
    expect(sentTo("anthropic", chat({ stop: "" }))).toMatchObject({ refused: null, dropped: [] });
    expect(sentTo("vllm", chat({ stop: "\n\n" })).body["stop"]).toBe("\n\n");
  });
});

describe("what is dropped is gone from a chat body", () => {
  const search = { type: "web_search_20250305", name: "web_search" };
  const own = { name: "f", input_schema: { type: "object" } };

  test("tools, and the choice of them", () => {
    const tool_choice = { type: "tool", name: "web_search" };
    const { body, dropped } = sentTo("openai", messages({ tools: [search, own], tool_choice }), {
      drops: true,
    });
    expect(dropped).toEqual(["tools[0].type"]);
    expect(body["tools"]).toMatchObject([{ type: "function", function: { name: "f" } }]);
    expect(body).not.toHaveProperty("tool_choice");
    const alone = sentTo("openai", messages({ tools: [search], tool_choice }), { drops: true });
    expect(Object.keys(alone.body)).not.toContain("tools");
    expect(Object.keys(alone.body)).not.toContain("tool_choice");
  });

  test.each([
    ["a file by its address", { type: "input_file", file_url: "https://x/y.pdf" }],
    ["an image by its id", { type: "input_image", file_id: "file-1" }],
    ["a part of its wire alone", { type: "input_hologram" }],
  ])("%s", (_name, part) => {
    const content = [part, { type: "input_text", text: "read" }];
    const output = [part, { type: "input_text", text: "seen" }];
    const input = [
      { role: "user", content },
      { role: "user", content: [part] },
      { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "c", output },
    ];
    const asked = responses({ input });
    expect(sentTo("vllm", asked).refused?.param).toBe("input[0].content[0]");
    const { body } = sentTo("vllm", asked, { drops: true });
    const text = JSON.stringify(body);
    expect(text).not.toMatch(/file_url|file-1|hologram|"path"/);
    expect(text).toContain('"read"');
  });
});

describe("completions at providers that chat only", () => {
  test.each([
    ["logprobs", { logprobs: 1 }],
    ["suffix", { suffix: "x" }],
    ["best_of", { best_of: 2 }],
  ])("%s is refused", (param, fields) => {
    expect(sentTo("anthropic", completions(fields)).refused?.param).toBe(param);
  });

  test("fields that no completion has are told", () => {
    const { dropped } = sentTo(
      "anthropic",
      completions({ grammar: "x", response_format: { type: "json_object" } }),
    );
    expect(dropped).toEqual(["grammar", "response_format"]);
  });
});

test("sampling is told by models without any, over whichever wire", () => {
  const asked = chat({ temperature: 0.1, seed: 1 });
  const none = { target: { rejectsSampling: true } };
  const over = { ...none, provider: { api: "responses" } } as const;
  expect(sentTo("openai", asked, over).dropped.toSorted()).toEqual(["seed", "temperature"]);
  expect(sentTo("gemini", asked, none).dropped).toEqual(["temperature"]);
  const likely = chat({ logprobs: true, top_logprobs: 2 } as object);
  expect(sentTo("openai", likely, over).refused?.param).toBe("logprobs");
  expect(sentTo("openai", likely, none).refused?.param).toBe("logprobs");
});
