import type { UpstreamStep } from "./scripted-upstream.ts";

const json = { "content-type": "application/json" };
const events = { "content-type": "text/event-stream" };
const usage = {
  billed_units: { input_tokens: 5, output_tokens: 7 },
  tokens: { input_tokens: 17, output_tokens: 9 },
};

const event = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const textPiece = (text: string): string =>
  event("content-delta", { index: 0, delta: { message: { content: { text } } } });
const called = (name: string, args: readonly string[], at: number): string[] => [
  event("tool-call-start", {
    index: at,
    delta: {
      message: {
        tool_calls: { id: `${name}_${at}`, type: "function", function: { name, arguments: "" } },
      },
    },
  }),
  ...args.map((text) =>
    event("tool-call-delta", {
      index: at,
      delta: { message: { tool_calls: { function: { arguments: text } } } },
    }),
  ),
  event("tool-call-end", { index: at }),
];

/** Pieces of a stream of Cohere's chat API, version 2. */
export const coherePieces = {
  start: event("message-start", { id: "m1", delta: { message: { role: "assistant" } } }),
  textStart: event("content-start", {
    index: 0,
    delta: { message: { content: { type: "text", text: "" } } },
  }),
  text: textPiece,
  thinking: event("content-start", {
    index: 0,
    delta: { message: { content: { type: "thinking", thinking: "" } } },
  }),
  thought: (thinking: string): string =>
    event("content-delta", { index: 0, delta: { message: { content: { thinking } } } }),
  contentEnd: event("content-end", { index: 0 }),
  end: (reason = "COMPLETE"): string =>
    event("message-end", { delta: { finish_reason: reason, usage } }),
  called,
} as const;

const streamOf = (...pieces: readonly string[]): readonly UpstreamStep[] => [
  { do: "head", status: 200, headers: events },
  ...pieces.map((bytes): UpstreamStep => ({ do: "write", bytes })),
];

const { start, textStart, text, contentEnd, end } = coherePieces;

/** What an upstream of that API does. */
export const cohereScripts = {
  reply: (message: object = { content: [{ type: "text", text: "hello" }] }, reason = "COMPLETE") =>
    [
      { do: "head", status: 200, headers: json },
      {
        do: "write",
        bytes: JSON.stringify({
          generation_id: "g1",
          message: { role: "assistant", ...message },
          finish_reason: reason,
          usage,
        }),
      },
      { do: "end" },
    ] as const satisfies readonly UpstreamStep[],
  pieces: (...pieces: readonly string[]): readonly UpstreamStep[] => [
    ...streamOf(...pieces),
    { do: "end" },
  ],
  stream: (): readonly UpstreamStep[] => [
    ...streamOf(start, textStart, text("hel"), text("lo"), contentEnd, end()),
    { do: "end" },
  ],
  begun: (then: "cut" | "end" | "stall"): readonly UpstreamStep[] => [
    ...streamOf(start, textStart, text("hel")),
    { do: then },
  ],
  error: (status: number, message = "no", headers: Readonly<Record<string, string>> = {}) =>
    [
      { do: "head", status, headers: { ...json, ...headers } },
      { do: "write", bytes: JSON.stringify({ message }) },
      { do: "end" },
    ] as const satisfies readonly UpstreamStep[],
} as const;
