import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { eventStream } from "../support/gateway.ts";
import { done, event, type FaultStage, readStream, startFaultStage, until } from "./stage.ts";

const text = (content: string): string => event({ content });
const finish = event({}, "stop");
const messages = [{ role: "user" as const, content: "hi" }];

/** Reads a stream with the real client: what it said, and the error that it ended with. */
async function readBy(client: OpenAI, model = "alone"): Promise<{ said: string; error: unknown }> {
  let said = "";
  try {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    for await (const { choices } of stream) said += choices[0]?.delta.content ?? "";
  } catch (error) {
    return { said, error };
  }
  return { said, error: null };
}

let stage: FaultStage;
let says: Behaviour;
let faults: Parameters<typeof startFaultStage>[0]["faults"];
beforeAll(async () => {
  stage = await startFaultStage({
    behind: () => says,
    script: ({ body }) => (body["model"] === "model-a" ? says : null),
    faults: (connection) => faults?.(connection) ?? null,
  });
});
afterAll(() => stage[Symbol.asyncDispose]());

const streamed = (...body: readonly string[]): Behaviour => ({
  ...{ headers: { ...eventStream, connection: "close" }, body },
});

test.each<[number, string, "resetAfter" | "cutAfter"]>([
  [39, "reset", "resetAfter"],
  [40, "ended inside a chunk", "cutAfter"],
])(
  "row %i: a stream that is %s after content is raised by the client, never a short answer",
  async (_row, _how, kind) => {
    const words = Array.from({ length: 40 }, (_, at) => `word ${at} `);
    says = streamed(...words.map(text), finish, done);
    for (const after of [900, 1_500, 3_001, 5_000]) {
      faults = () => ({ down: { [kind]: after, splitEvery: 50 } });
      const { said, error } = await readBy(stage.box.client, "both");
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect(String(error)).toContain("broke off");
      expect(words.join("").startsWith(said)).toBe(true);
      expect(said.length).toBeGreaterThan(0);
      const raw = await (await stage.box.chat({ model: "both", stream: true })).text();
      expect(JSON.parse(readStream(raw).last)).toMatchObject({
        error: { code: "upstream_stream_broken" },
      });
      expect(raw).not.toContain("[DONE]");
    }
    expect(stage.box.upstream.calls.every(({ body }) => body["model"] !== "model-b")).toBe(true);
  },
);

/** What a stream says after its first words, and how it ends for its client. */
const endings: readonly [
  row: number,
  name: string,
  rest: readonly string[],
  code: string | null,
][] = [
  [41, "ends in order with neither a finish nor an end mark", [], "upstream_incomplete"],
  [42, "has a finish and no end mark", [finish], null],
  [43, "goes on after its end", [finish, done, text("more"), done], null],
  [43, "tells its end twice", [finish, done, done], null],
  [
    45,
    "holds an error",
    ['data: {"error":{"type":"overloaded_error","message":"busy"}}\n\n', text("more"), done],
    "upstream_overloaded",
  ],
  [
    46,
    "holds an event that is no JSON",
    ["data: {broken\n\n", finish, done],
    "upstream_bad_response",
  ],
  [
    47,
    "holds a line of ten million bytes",
    [`data: ${"x".repeat(10_485_760)}`],
    "upstream_bad_response",
  ],
  [
    48,
    "holds comments, ids, retries and unknown fields",
    [": c\nid: 7\nretry: 1\nwhat: ever\n\n", finish, done],
    null,
  ],
];

test.each(endings)(
  "row %i: a stream that %s ends once, as what it is",
  async (_row, _name, rest, code) => {
    says = streamed(text("first words"), ...rest);
    const answer = await (await stage.box.chat({ model: "alone", stream: true })).text();
    const read = readStream(answer);
    expect(read.said).toBe("first words");
    expect(read.ends).toBe(code === null ? 1 : 0);
    if (code === null) expect(read.last).toBe("[DONE]");
    else expect(JSON.parse(read.last)).toMatchObject({ error: { code } });
    const { error } = await readBy(stage.box.client);
    if (code === null) expect(error).toBeNull();
    else expect(error).toBeInstanceOf(OpenAI.APIError);
  },
);

test.each(["\r\n", "\r", "\n"])(
  "row 48: line ends %j and data without a space are one format",
  async (end) => {
    const lines = [`\ufeff${text("a")}`, text("b").replace("data: ", "data:"), finish, done];
    says = streamed(...lines.map((line) => line.replaceAll("\n", end)));
    expect(await readBy(stage.box.client)).toEqual({ said: "ab", error: null });
  },
);

test("row 49: bytes one by one and a whole answer at once reach the client as the same bytes", async () => {
  says = streamed(text("größer "), text("🚂"), event({}, "stop"), done);
  const answers = new Set<string>();
  for (const splitEvery of [1, 7, 1_048_576, "random"] as const) {
    faults = () => ({ down: { splitEvery } });
    answers.add(await (await stage.box.chat({ stream: true })).text());
  }
  expect(answers.size).toBe(1);
  expect(readStream([...answers][0] ?? "")).toMatchObject({ said: "größer 🚂", ends: 1 });
});

test("row 50: a flood of tiny events is relayed whole, and another request is answered meanwhile", async () => {
  const count = 50_000;
  const { promise: go, resolve: release } = Promise.withResolvers<void>();
  const flood = {
    ...streamed(text("x").repeat(count / 2), text("x").repeat(count / 2), finish, done),
  };
  says = { ...flood, hold: (piece) => (piece === 1 ? go : undefined) };
  const answer = await stage.box.chat({ model: "alone", stream: true });
  expect((await stage.box.chat({ model: "other" })).status).toBe(200);
  release();
  const { said, ends } = readStream(await answer.text());
  expect([said.length, ends]).toEqual([count, 1]);
});

test("row 51: a tool's arguments that break off are raised, and never completed by anybody", async () => {
  const call = (args: string, head: object = {}) =>
    event({
      tool_calls: [
        {
          index: 0,
          ...head,
          function: { arguments: args, ...("id" in head ? { name: "f" } : {}) },
        },
      ],
    });
  says = {
    ...streamed(call("", { id: "call_1", type: "function" }), call('{"city":'), call('"Os')),
    after: "cut",
  };
  let args = "";
  const stream = await stage.box.client.chat.completions.create({
    ...{ model: "pair", messages, stream: true as const },
    tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
  });
  const reading = async (): Promise<void> => {
    for await (const { choices } of stream)
      args += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? "";
  };
  await expect(reading()).rejects.toThrow(OpenAI.APIError);
  expect(args).toBe('{"city":"Os');
});

test("row 53: id and model stay the same to the end, whatever the upstream changes", async () => {
  says = streamed(
    text("a"),
    event({ content: "b" }, null, { id: "other", model: "another", created: 9 }),
    event({}, "stop", { id: "third" }),
    done,
  );
  const ids = new Set<string>();
  const stream = await stage.box.client.chat.completions.create({
    model: "alone",
    messages,
    stream: true,
  });
  for await (const { id, model } of stream) ids.add(`${id} ${model}`);
  expect(ids.size).toBe(1);
});

test("row 44: a stream that stalls after content ends with an error in time, and its connection is cut", async () => {
  await using held = await startFaultStage({
    byHand: true,
    policies: { main: "otherwise a with idle 5s, retry 0\n" },
    script: () => ({ ...streamed(text("first")), after: "stall" }),
  });
  const reading = readBy(held.box.client, "main");
  await until(() => held.box.upstream.calls.length === 1);
  const left = held.box.upstream.calls[0]?.left;
  const answer = await held.box.chat({ stream: true });
  const rest = answer.text();
  await until(() => held.box.upstream.calls.length === 2);
  for (let turn = 0; turn < 200; turn += 1) {
    held.clock.pass(30);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(JSON.parse(readStream(await rest).last)).toMatchObject({
    error: { type: "timeout_error", code: "stream_idle_timeout" },
  });
  expect((await reading).error).toBeInstanceOf(OpenAI.APIError);
  expect(await left).toBe(true);
});
