import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";

/** What a model says in a test, in no wire's words. */
export interface Saying {
  readonly thought?: string;
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly args: Readonly<object> }[];
}

/** What every answer here says it used: tokens, all input and all output counted. */
export const told = { input: 40, cached: 8, output: 20, thinking: 5 } as const;

type Json = Readonly<Record<string, unknown>>;

const eventStream = { "content-type": "text/event-stream" };
const head = { id: "chatcmpl-1", created: 1, model: "model-a" };

/** The answer on the wire that the call came in, whole or streamed as it was asked, streams in small pieces. */
export function say(call: StandInCall, saying: Saying): Behaviour {
  const isStreamed = call.body["stream"] === true || call.path.includes(":streamGenerate");
  const wire = wireOf(call);
  if (!isStreamed) return { body: JSON.stringify(wire.whole(saying)) };
  return { headers: eventStream, body: wire.events(saying) };
}

/** The first words of a streamed answer, after which nothing comes and the connection stays open. */
export function stall(call: StandInCall, text: string): Behaviour {
  const events = wireOf(call).events({ text });
  return { headers: eventStream, body: events.slice(0, wireOf(call).textAt + 1), after: "stall" };
}

/** The first words of a streamed answer, and then the connection breaks. */
export function breakOff(call: StandInCall, text: string): Behaviour {
  return { ...stall(call, text), after: "cut" };
}

/** The status with which the provider of each target says that it is overloaded. */
export const overloaded = { a: 503, m: 529, g: 503 } as const;

/** An error as the wire of the call writes it. */
export function refuse(call: StandInCall, status: number, message: string): Behaviour {
  return { status, body: JSON.stringify(wireOf(call).error(status, message)) };
}

interface AnswerWire {
  whole(saying: Saying): Json;
  events(saying: Saying): string[];
  /** Which event of a text holds its first words. */
  readonly textAt: number;
  error(status: number, message: string): Json;
}

function wireOf({ path }: StandInCall): AnswerWire {
  if (path.endsWith("/messages")) return messages;
  return path.includes(":generateContent") || path.includes(":streamGenerateContent")
    ? gemini
    : chat;
}

const pieces = (text: string): string[] => text.match(/[\s\S]{1,9}/g) ?? [];
const data = (event: Json): string => `data: ${JSON.stringify(event)}\n\n`;
const finishOf = ({ calls }: Saying, call: string, stop: string): string =>
  calls === undefined ? stop : call;

const chatUsage = {
  prompt_tokens: told.input,
  completion_tokens: told.output,
  total_tokens: told.input + told.output,
  prompt_tokens_details: { cached_tokens: told.cached },
  completion_tokens_details: { reasoning_tokens: told.thinking },
};

const chat: AnswerWire = {
  whole: (saying) => ({
    ...head,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: saying.text ?? null,
          ...(saying.thought === undefined ? {} : { reasoning_content: saying.thought }),
          ...(saying.calls === undefined
            ? {}
            : {
                tool_calls: saying.calls.map(({ name, args }, at) => ({
                  id: `call_${at}`,
                  type: "function",
                  function: { name, arguments: JSON.stringify(args) },
                })),
              }),
        },
        finish_reason: finishOf(saying, "tool_calls", "stop"),
      },
    ],
    usage: chatUsage,
  }),
  textAt: 1,
  events: (saying) => {
    const event = (delta: Json, finish: string | null = null): string =>
      data({
        ...head,
        object: "chat.completion.chunk",
        choices: [{ index: 0, delta, finish_reason: finish }],
      });
    const calls = (saying.calls ?? []).flatMap(({ name, args }, index) => [
      event({
        tool_calls: [
          { index, id: `call_${index}`, type: "function", function: { name, arguments: "" } },
        ],
      }),
      ...pieces(JSON.stringify(args)).map((piece) =>
        event({ tool_calls: [{ index, function: { arguments: piece } }] }),
      ),
    ]);
    return [
      event({ role: "assistant", content: "" }),
      ...pieces(saying.thought ?? "").map((reasoning_content) => event({ reasoning_content })),
      ...pieces(saying.text ?? "").map((content) => event({ content })),
      ...calls,
      event({}, finishOf(saying, "tool_calls", "stop")),
      data({ ...head, object: "chat.completion.chunk", choices: [], usage: chatUsage }),
      "data: [DONE]\n\n",
    ];
  },
  error: (status, message) => ({
    error: { message, type: status === 429 ? "rate_limit_exceeded" : "error", code: null },
  }),
};

const messageHead = {
  ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-haiku-4-5" },
  stop_sequence: null,
};
const messagesUsage = {
  input_tokens: told.input - told.cached,
  cache_read_input_tokens: told.cached,
  cache_creation_input_tokens: 0,
  output_tokens: told.output,
};
const errorTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  429: "rate_limit_error",
  529: "overloaded_error",
};

interface Block {
  readonly start: Json;
  readonly deltas: readonly Json[];
  readonly whole: Json;
}

function blocksOf({ thought, text, calls = [] }: Saying): readonly Block[] {
  const thinking: Block[] =
    thought === undefined
      ? []
      : [
          {
            start: { type: "thinking", thinking: "", signature: "" },
            deltas: [
              ...pieces(thought).map((piece) => ({ type: "thinking_delta", thinking: piece })),
              { type: "signature_delta", signature: "c2lnbmVk" },
            ],
            whole: { type: "thinking", thinking: thought, signature: "c2lnbmVk" },
          },
        ];
  const said: Block[] =
    text === undefined
      ? []
      : [
          {
            start: { type: "text", text: "" },
            deltas: pieces(text).map((piece) => ({ type: "text_delta", text: piece })),
            whole: { type: "text", text },
          },
        ];
  const uses = calls.map(({ name, args }, at) => ({
    start: { type: "tool_use", id: `toolu_${at}`, name, input: {} },
    deltas: pieces(JSON.stringify(args)).map((partial_json) => ({
      type: "input_json_delta",
      partial_json,
    })),
    whole: { type: "tool_use", id: `toolu_${at}`, name, input: args },
  }));
  return [...thinking, ...said, ...uses];
}

const messages: AnswerWire = {
  whole: (saying) => ({
    ...messageHead,
    content: blocksOf(saying).map(({ whole }) => whole),
    stop_reason: finishOf(saying, "tool_use", "end_turn"),
    usage: messagesUsage,
  }),
  textAt: 2,
  events: (saying) => {
    const event = (type: string, body: Json = {}): string =>
      `event: ${type}\n${data({ type, ...body })}`;
    const blocks = blocksOf(saying).flatMap(({ start, deltas }, index) => [
      event("content_block_start", { index, content_block: start }),
      ...deltas.map((delta) => event("content_block_delta", { index, delta })),
      event("content_block_stop", { index }),
    ]);
    const message = {
      ...messageHead,
      content: [],
      stop_reason: null,
      usage: { ...messagesUsage, output_tokens: 1 },
    };
    return [
      event("message_start", { message }),
      ...blocks,
      event("message_delta", {
        delta: { stop_reason: finishOf(saying, "tool_use", "end_turn"), stop_sequence: null },
        usage: { output_tokens: told.output },
      }),
      event("message_stop"),
    ];
  },
  error: (status, message) => ({
    type: "error",
    error: { type: errorTypes[status] ?? "api_error", message },
  }),
};

const geminiUsage = {
  promptTokenCount: told.input,
  cachedContentTokenCount: told.cached,
  candidatesTokenCount: told.output - told.thinking,
  thoughtsTokenCount: told.thinking,
  totalTokenCount: told.input + told.output,
};
const statusWords: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  503: "UNAVAILABLE",
};
const candidate = (parts: readonly Json[], further: Json = {}): Json => ({
  candidates: [{ content: { role: "model", parts }, index: 0, ...further }],
  usageMetadata: geminiUsage,
  modelVersion: "gemini-2.5-flash",
  responseId: "r1",
});
const callParts = ({ calls = [] }: Saying): readonly Json[] =>
  calls.map(({ name, args }) => ({ functionCall: { name, args } }));

const gemini: AnswerWire = {
  whole: (saying) =>
    candidate(
      [
        ...(saying.thought === undefined ? [] : [{ text: saying.thought, thought: true }]),
        ...(saying.text === undefined ? [] : [{ text: saying.text }]),
        ...callParts(saying),
      ],
      { finishReason: "STOP" },
    ),
  textAt: 0,
  events: (saying) =>
    [
      ...pieces(saying.thought ?? "").map((text) => candidate([{ text, thought: true }])),
      ...pieces(saying.text ?? "").map((text) => candidate([{ text }])),
      ...callParts(saying).map((part) => candidate([part])),
      candidate([{ text: "" }], { finishReason: "STOP" }),
    ].map((event) => data(event).replaceAll("\n", "\r\n")),
  error: (status, message) => ({
    error: { code: status, message, status: statusWords[status] ?? "INTERNAL" },
  }),
};
