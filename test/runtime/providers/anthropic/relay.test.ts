import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Target } from "../../../../src/catalog/target.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { readMessagesRequest } from "../../../../src/surface/messages/read-messages-request.ts";
import { eventStream, head, provider, readAll, target } from "../support.ts";

const adapter = adapterFor("anthropic");
const limits = { maxDepth: 64, maxKeys: 50_000, maxMessages: 2048 };
const user = { role: "user", content: "Hi" };

function requestOf(fields: object = {}) {
  const body = { model: "auto", max_tokens: 100, messages: [user], ...fields };
  const read = readMessagesRequest(Buffer.from(JSON.stringify(body)), limits, { counting: false });
  if (!read.ok) throw new Error(read.problem.message);
  return read.request;
}

function prepared(fields: object, to: Partial<Target> = {}, overrides: Overrides = {}) {
  const made = adapter.prepare(requestOf(fields), target(to), provider("anthropic"), overrides);
  if (!made.ok) throw new Error(made.failure.message);
  const { body, dropped } = made.request;
  return { text: Buffer.from(body).toString(), dropped };
}

describe("a request of the same wire", () => {
  test("goes up as the client wrote it, but for the model", () => {
    const { text, dropped } = prepared({ top_k: 3, new_field: { a: [1] } });
    expect(text).toBe(
      JSON.stringify({
        model: "upstream-model",
        max_tokens: 100,
        messages: [user],
        top_k: 3,
        new_field: { a: [1] },
      }),
    );
    expect(dropped).toEqual([]);
  });

  test.each<[string, object, Partial<Target>, Overrides, object, string[]]>([
    ["the plan's ceiling", {}, {}, { maxTokens: 7 }, { max_tokens: 7 }, []],
    ["the model's own limit", {}, { maxOutputTokens: 50 }, {}, { max_tokens: 50 }, []],
    [
      "a setting of the plan",
      { temperature: 1 },
      {},
      { set: { temperature: 0, seed: 4 } },
      { temperature: 0, seed: undefined },
      ["seed"],
    ],
    [
      "a temperature of the plan beside thinking",
      { max_tokens: 8000, thinking: { type: "enabled", budget_tokens: 2000 } },
      {},
      { set: { temperature: 0.2 } },
      { temperature: undefined, thinking: { type: "enabled", budget_tokens: 2000 } },
      ["temperature"],
    ],
    [
      "a temperature of the plan at a model without sampling",
      {},
      { rejectsSampling: true },
      { set: { temperature: 0.2 } },
      { temperature: undefined },
      ["temperature"],
    ],
    [
      "a top_p of the plan in place of the client's temperature",
      { temperature: 0.5, top_k: 3 },
      {},
      { set: { top_p: 0.9 } },
      { temperature: undefined, top_p: 0.9, top_k: 3 },
      ["temperature"],
    ],
    [
      "a temperature of the plan in place of the client's top_p",
      { top_p: 0.9 },
      {},
      { set: { temperature: 0.5 } },
      { temperature: 0.5, top_p: undefined },
      ["top_p"],
    ],
    [
      "a top_p of the plan that says nothing",
      { temperature: 0.5 },
      {},
      { set: { top_p: 1 } },
      { temperature: 0.5, top_p: undefined },
      [],
    ],
    [
      "an effort of the plan, which makes it think and takes its sampling",
      { max_tokens: 9000, temperature: 0.5 },
      { thinking: new Set(["enabled"]), rejectsEffort: true },
      { set: { reasoning_effort: "low" } },
      { temperature: undefined, thinking: { type: "enabled", budget_tokens: 2048 } },
      ["temperature"],
    ],
    [
      "nothing that this wire has no place for",
      {},
      {},
      { set: { seed: 4, verbosity: "low", presence_penalty: 1, frequency_penalty: 0 } },
      { seed: undefined, verbosity: undefined },
      ["seed", "verbosity", "presence_penalty"],
    ],
    [
      "no sampling where the model refuses it",
      { temperature: 0.4, top_p: 1 },
      { rejectsSampling: true },
      {},
      { temperature: undefined, top_p: undefined },
      ["temperature"],
    ],
    [
      "a call that cannot be forced",
      { tools: [], tool_choice: { type: "tool", name: "f", disable_parallel_tool_use: true } },
      { rejectsForcedTools: true },
      {},
      { tool_choice: { type: "auto", disable_parallel_tool_use: true } },
      ["tool_choice"],
    ],
  ])("is changed for %s", (_name, ...[fields, to, overrides, expected, told]) => {
    const { text, dropped } = prepared(fields, to, overrides);
    const sent = JSON.parse(text) as Record<string, unknown>;
    for (const [name, value] of Object.entries(expected)) expect(sent[name]).toEqual(value);
    expect(dropped).toEqual(told);
  });

  test.each([
    ["enabled", undefined, ["thinking"]],
    ["adaptive", { type: "adaptive" }, []],
  ])("in a loop of tools whose thinking is lost, %s thinking is %j", (type, left, told) => {
    const thought = { type: "thinking", thinking: "hm", signature: "" };
    const use = { type: "tool_use", id: "t", name: "f", input: {} };
    const { text, dropped } = prepared({
      thinking: type === "enabled" ? { type, budget_tokens: 1024 } : { type },
      messages: [
        user,
        { role: "assistant", content: [thought, use] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "r" }] },
      ],
    });
    const sent = JSON.parse(text) as { thinking?: unknown; messages: { content: unknown }[] };
    expect(sent.thinking).toEqual(left);
    expect(sent.messages[1]?.content).toEqual([use]);
    expect(dropped).toEqual(told);
  });

  test("loses thinking that nobody signed, and a turn of nothing else", () => {
    const thought = { type: "thinking", thinking: "hm", signature: "" };
    const { text } = prepared({
      messages: [
        user,
        { role: "assistant", content: [thought] },
        { role: "assistant", content: [thought, { type: "text", text: "a" }] },
      ],
    });
    expect(JSON.parse(text)).toMatchObject({
      messages: [user, { role: "assistant", content: [{ type: "text", text: "a" }] }],
    });
  });
});

const event = (type: string, data: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
const start = event("message_start", {
  message: {
    id: "msg_1",
    model: "claude",
    content: [],
    usage: { input_tokens: 9, output_tokens: 1 },
  },
});
const open = (index: number, content_block: object): string =>
  event("content_block_start", { index, content_block });
const delta = (index: number, inner: object): string =>
  event("content_block_delta", { index, delta: inner });
const close = (index: number): string => event("content_block_stop", { index });
const stop =
  event("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 7 } }) +
  event("message_stop");
const said = (text: string): string => delta(0, { type: "text_delta", text });
const textBlock = (...texts: string[]): string =>
  open(0, { type: "text", text: "" }) + texts.map(said).join("") + close(0);

const read = (stream: string, cuts: readonly number[] = []) =>
  readAll(adapter.openStream(eventStream, requestOf({ stream: true })), Buffer.from(stream), cuts);

describe("what a policy sets reaches a request of the same wire", () => {
  const tools = [{ name: "f", input_schema: {} }];
  test.each<[string, object, NonNullable<Overrides["set"]>, object]>([
    ["an effort", {}, { reasoning_effort: "none" }, { output_config: { effort: "low" } }],
    [
      "an effort beside a schema",
      { output_config: { effort: "max", format: { type: "json_schema", schema: {} } } },
      { reasoning_effort: "medium" },
      { output_config: { effort: "medium", format: { type: "json_schema", schema: {} } } },
    ],
    ["a stop", { stop_sequences: ["a"] }, { stop: "END" }, { stop_sequences: ["END"] }],
    ["no stop", { stop_sequences: ["a"] }, { stop: "" }, { stop_sequences: undefined }],
    ["a user", { metadata: { x: "1" } }, { user: "u" }, { metadata: { x: "1", user_id: "u" } }],
    [
      "one call at a time",
      { tools },
      { parallel_tool_calls: false },
      { tool_choice: { type: "auto", disable_parallel_tool_use: true } },
    ],
    [
      "calls together",
      { tools, tool_choice: { type: "any", disable_parallel_tool_use: true } },
      { parallel_tool_calls: true },
      { tool_choice: { type: "any", disable_parallel_tool_use: false } },
    ],
    [
      "nothing of calls without tools",
      {},
      { parallel_tool_calls: false },
      { tool_choice: undefined },
    ],
    [
      "nothing of calls where none may be made",
      { tools, tool_choice: { type: "none" } },
      { parallel_tool_calls: false },
      { tool_choice: { type: "none" } },
    ],
  ])("%s", (_name, fields, set, expected) => {
    const { text, dropped } = prepared(fields, {}, { set });
    const sent = JSON.parse(text) as Record<string, unknown>;
    for (const [name, value] of Object.entries(expected)) expect(sent[name]).toEqual(value);
    expect(dropped).toEqual([]);
  });

  test("but no effort where the model refuses one, set or asked for", () => {
    const set = { reasoning_effort: "high" };
    const own = prepared({}, { rejectsEffort: true }, { set });
    expect(JSON.parse(own.text)).not.toHaveProperty("output_config");
    const asked = prepared({ output_config: { effort: "low" } }, { rejectsEffort: true });
    expect(JSON.parse(asked.text)).not.toHaveProperty("output_config");
    expect(asked.dropped).toEqual(["output_config.effort"]);
  });

  test("and both of a call that cannot be forced and calls one at a time", () => {
    const fields = { tools, tool_choice: { type: "any" } };
    const set = { parallel_tool_calls: false };
    const { text } = prepared(fields, { rejectsForcedTools: true }, { set });
    expect(JSON.parse(text).tool_choice).toEqual({ type: "auto", disable_parallel_tool_use: true });
  });

  test("but not a count of its prompt, where such settings are refused", () => {
    const body = Buffer.from(JSON.stringify({ model: "auto", messages: [user] }));
    const counted = readMessagesRequest(body, limits, { counting: true });
    if (!counted.ok) throw new Error(counted.problem.message);
    const set = { temperature: 0, top_p: 1, stop: "END", user: "u" };
    const made = adapter.prepare(counted.request, target(), provider("anthropic"), { set });
    if (!made.ok) throw new Error(made.failure.message);
    expect(JSON.parse(Buffer.from(made.request.body).toString())).toEqual({
      model: "upstream-model",
      messages: [user],
    });
  });
});

describe("a stream of the same wire", () => {
  test("comes as it is, whatever it holds, however it is cut", () => {
    const stream =
      start +
      event("ping") +
      open(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }) +
      close(0) +
      textBlock("Hel", "lo 🚂", 'a "signature_delta" in words') +
      stop;
    const length = Buffer.byteLength(stream);
    fc.assert(
      fc.property(fc.array(fc.nat(length), { maxLength: 8 }), (cuts) => {
        const { out, reader } = read(stream, cuts);
        expect(out).toBe(stream);
        expect(reader).toMatchObject({
          done: true,
          failure: null,
          finishReason: "stop",
          usage: { inputTokens: 9, outputTokens: 7 },
        });
      }),
    );
  });

  test("counts what it says, for when it is cut", () => {
    const { reader } = read(start + textBlock(..."one two three four five".split(" ")));
    expect(reader.failure).toMatchObject({ cause: "cut_stream" });
    expect(reader.outputTokens()).toBeGreaterThanOrEqual(5);
    expect(reader.meaningful).toBe(true);
  });

  test.each<[string, string, object]>([
    [
      "an overload as the first event",
      event("error", { error: { type: "overloaded_error", message: "x" } }),
      { cause: "overloaded" },
    ],
    [
      "an error after content",
      start + textBlock("a") + event("error", { error: { type: "api_error", message: "x" } }),
      { cause: "server_error" },
    ],
    ["no JSON", `${start}data: {\n\n`, { cause: "server_error" }],
    [
      "an end without a stop reason",
      start + textBlock("a") + event("message_stop"),
      { cause: "cut_stream" },
    ],
  ])("that holds %s fails", (_name, stream, failure) => {
    expect(read(stream).reader.failure).toMatchObject(failure);
  });

  test.each(["\n", "\r\n"])("hands on what came before an error in one piece with it", (ending) => {
    const good = (start + textBlock("a", "b") + said("c")).replaceAll("\n", ending);
    const bad = event("error", { error: { type: "overloaded_error", message: "x" } });
    const reader = adapter.openStream(eventStream, requestOf({ stream: true }));
    const out = reader.push(Buffer.from(good + bad.replaceAll("\n", ending) + said("d")));
    expect(Buffer.from(out ?? []).toString()).toBe(good);
    expect(reader).toMatchObject({ failure: { cause: "overloaded" }, meaningful: true });
    expect(reader.push(Buffer.from(said("e")))).toBeNull();
  });

  test("is not yet meaningful while nothing was said", () => {
    const reader = adapter.openStream(eventStream, requestOf({ stream: true }));
    reader.push(Buffer.from(start + event("ping") + open(0, { type: "text", text: "" })));
    expect(reader.meaningful).toBe(false);
    reader.push(Buffer.from(said("a")));
    expect(reader.meaningful).toBe(true);
  });
});

test("a whole answer of the same wire keeps its bytes, and is read for usage and finish", () => {
  const bytes = Buffer.from(
    `{"type":"message", "model":"c","content":[{"type":"new_block","x":1}],"stop_reason":"max_tokens","usage":{"input_tokens":3,"output_tokens":2}}`,
  );
  const answer = adapter.readBody(head(), bytes, requestOf());
  expect(answer).toMatchObject({
    ok: true,
    reply: { finishReason: "length", usage: { inputTokens: 3, outputTokens: 2 } },
  });
  if (answer.ok) expect(Buffer.from(answer.reply.body).equals(bytes)).toBe(true);
});

const signed =
  start.replace("claude", "upstream-model") +
  open(0, { type: "thinking", thinking: "", signature: "" }) +
  delta(0, { type: "thinking_delta", thinking: "hm" }) +
  delta(0, { type: "signature_delta", signature: "proof-1" }) +
  close(0) +
  open(1, { type: "redacted_thinking", data: "proof-2" }) +
  close(1);
const thoughts = [
  { type: "thinking", thinking: "hm", signature: "proof-1" },
  { type: "redacted_thinking", data: "proof-2" },
];

test("thinking goes back to the model that did it in a relayed stream, and to no other", () => {
  expect(read(signed + stop).reader.done).toBe(true);
  const content = [...thoughts, { type: "text", text: "a" }];
  const history = { messages: [user, { role: "assistant", content }, user] };
  expect(prepared(history).text).toContain(JSON.stringify(content));
  expect(prepared(history, { model: "other" }).text).not.toContain("proof");
});

test("and so it is with a whole answer, encrypted thinking too", () => {
  const content = [
    { type: "thinking", thinking: "hm", signature: "proof-3" },
    { type: "redacted_thinking", data: "proof-4" },
    { type: "text", text: "a" },
  ];
  const fields = { id: "m", type: "message", model: "upstream-model", content, usage: {} };
  const bytes = Buffer.from(JSON.stringify({ ...fields, stop_reason: "end_turn" }));
  expect(adapter.readBody(head(), bytes, requestOf()).ok).toBe(true);
  const history = { messages: [user, { role: "assistant", content }, user] };
  expect(prepared(history).text).toContain(JSON.stringify(content));
  expect(prepared(history, { model: "other" }).text).not.toContain("proof");
});
