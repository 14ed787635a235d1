import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { Reasoning } from "../../../src/protocol/conversation.ts";
import {
  generateListWriter,
  generateWriter,
} from "../../../src/surface/generate/write-generate.ts";
import {
  callArgs,
  callStart,
  finish,
  start,
  text,
  thinks,
  thought,
  usage,
} from "../../support/answer-events.ts";
import { answerEvents } from "../messages/answer-events.ts";
import {
  candidatesOf,
  hi,
  least,
  listed,
  partsOf,
  requestOf,
  said,
  streamed,
  wholeOf,
} from "./support.ts";

const wholeParts = (...events: AnswerEvent[]) => partsOf(wholeOf([start, ...events]));
const counts = {
  promptTokenCount: 100,
  cachedContentTokenCount: 60,
  candidatesTokenCount: 15,
  thoughtsTokenCount: 5,
  totalTokenCount: 120,
  serviceTier: "standard",
};

describe("a stream", () => {
  test("is written piece by piece, finish and counts in the last", () => {
    const encoder = generateWriter.open(requestOf(least));
    const out = [
      start,
      usage,
      text("Hel"),
      { kind: "ping" } as const,
      text("lo"),
      finish("stop"),
    ].map((event) => encoder.encode(event));
    const rest = '"modelVersion":"maker-1","responseId":"msg_1"}\r\n\r\n';
    const piece = (told: string) =>
      `data: {"candidates":[{"content":{"parts":[{"text":"${told}"}],"role":"model"},"index":0}],${rest}`;
    expect(out).toEqual(["", "", piece("Hel"), "", piece("lo"), ""]);
    expect(encoder.end()).toBe(
      `data: {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":${JSON.stringify(counts)},${rest}`,
    );
  });

  test("tells calls whole, however they came", () => {
    const events = [
      start,
      text("a"),
      callStart(0),
      callStart(1, { name: "g", signature: "c2ln" }),
      callArgs(1, "{}"),
      callArgs(0, '{"x":'),
      callArgs(0, "1}"),
      finish("tool_calls"),
    ];
    const responses = streamed(events);
    expect(responses).toHaveLength(3);
    expect(partsOf(...responses.slice(1, 2))).toEqual([
      { functionCall: { id: "c0", name: "f", args: { x: 1 } } },
      { functionCall: { id: "c1", name: "g", args: {} }, thoughtSignature: "c2ln" },
    ]);
    expect(candidatesOf(responses[2] ?? {})[0]?.finishReason).toBe("STOP");
  });

  test("tells calls before what is said behind them", () => {
    const events = [start, callStart(0), callArgs(0, "{}"), text("a"), finish("stop")];
    expect(partsOf(...streamed(events)).map((part) => Object.keys(part)[0])).toEqual([
      "functionCall",
      "text",
      "text",
    ]);
    expect(wholeParts(...events.slice(1)).at(-1)).toEqual({ text: "a" });
  });

  test("keeps candidates apart, and ends all of them in its last response", () => {
    const events: AnswerEvent[] = [
      start,
      text("a"),
      { kind: "text", choice: 1, text: "b" },
      finish("stop"),
      finish("length", { choice: 1 }),
    ];
    const last = streamed(events).at(-1) ?? {};
    expect(candidatesOf(last).map(({ index, finishReason }) => [index, finishReason])).toEqual([
      [0, "STOP"],
      [1, "MAX_TOKENS"],
    ]);
    expect(candidatesOf(wholeOf(events)).map(({ content }) => content.parts)).toEqual([
      [{ text: "a" }],
      [{ text: "b" }],
    ]);
  });

  const problem = {
    status: 502,
    type: "upstream_error",
    code: "gone",
    param: null,
    message: "gone",
  };
  const error = {
    code: 502,
    message: "gone",
    status: "UNAVAILABLE",
    details: [
      { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "GONE", domain: "signalbox" },
    ],
  };

  test("that breaks ends with an error", () => {
    expect(generateWriter.brokenStream(problem)).toBe(`data: ${JSON.stringify({ error })}\r\n\r\n`);
  });

  test.each<[string, AnswerEvent]>([
    ["text", text("a")],
    ["a call that is held back", callStart(0)],
    ["a finish", finish("stop")],
  ])("that breaks is a whole list all the same, after %s", (_, event) => {
    const encoder = generateListWriter.open(requestOf(least));
    const begun = encoder.encode(start) + encoder.encode(event);
    const list = JSON.parse(begun + generateListWriter.brokenStream(problem)) as unknown[];
    expect(list).toHaveLength(2);
    expect(list[1]).toEqual({ error });
  });
});

describe("any answer", () => {
  test("is the same as a list and as events, and whole but for its cuts", () => {
    fc.assert(
      fc.property(answerEvents, (events) => {
        const responses = streamed(events);
        const list = listed(events);
        const content = list.filter((response) => response["candidates"] !== undefined);
        expect(content).toEqual(responses);
        const whole = wholeOf(events);
        expect(whole["usageMetadata"]).toEqual(counts);
        const textIn = (parts: readonly Readonly<Record<string, unknown>>[], thinking: boolean) =>
          parts
            .filter((part) => (part["thought"] === true) === thinking)
            .map((part) => part["text"] ?? "")
            .join("");
        const pieces = partsOf(...responses);
        for (const thinking of [true, false])
          expect(textIn(partsOf(whole), thinking)).toBe(textIn(pieces, thinking));
        const callsIn = (parts: ReturnType<typeof partsOf>) =>
          parts.filter((part) => part["functionCall"] !== undefined);
        expect(callsIn(partsOf(whole))).toEqual(callsIn(pieces));
        // Read back from the history, a stream's pieces are the whole answer.
        const turnOf = (contents: object[]) =>
          requestOf({ contents: [hi, ...contents] })
            .conversation()
            .turns.slice(1)
            .flatMap(({ parts }) => parts.map(({ path: _path, ...part }) => part))
            .map((part) => (part.kind === "call" ? { ...part, id: "" } : part));
        const fromPieces = turnOf(responses.map((response) => said(...partsOf(response))));
        const fromWhole = turnOf([said(...partsOf(whole))]);
        expect(runs(fromPieces)).toEqual(runs(fromWhole));
      }),
    );
  });
});

/** Neighbouring texts as one. */
function runs(parts: readonly { readonly kind: string }[]): readonly object[] {
  const out: { kind: string; text?: string }[] = [];
  for (const part of parts as readonly { kind: string; text?: string }[]) {
    const last = out.at(-1);
    if (part.kind === "text" && last?.kind === "text") last.text = `${last.text}${part.text}`;
    else out.push({ ...part });
  }
  return out;
}

describe("parts of a whole answer", () => {
  test.each<[string, AnswerEvent[], object[]]>([
    ["text in pieces is one", [text("a"), text(""), text("b")], [{ text: "ab" }]],
    [
      "thinking is marked",
      [thinks("h"), thinks("m"), text("a")],
      [{ text: "hm", thought: true }, { text: "a" }],
    ],
    [
      "a signature of this wire's own stays as it is",
      [thinks("hm"), thought({ text: "hm", signature: "c2ln", dialect: "generate" }), text("a")],
      [{ text: "hm", thought: true, thoughtSignature: "c2ln" }, { text: "a" }],
    ],
    [
      "and is the text's where there was no thinking",
      [text("a"), thought({ signature: "c2ln", dialect: "generate" })],
      [{ text: "a", thoughtSignature: "c2ln" }],
    ],
    [
      "a custom tool's text is one argument",
      [callStart(0, { custom: true }), callArgs(0, "x")],
      [{ functionCall: { id: "c0", name: "f", args: { input: "x" } } }],
    ],
    [
      "broken arguments are kept",
      [callStart(0), callArgs(0, "{")],
      [{ functionCall: { id: "c0", name: "f", args: { _raw: "{" } } }],
    ],
    [
      "media",
      [{ kind: "media", choice: 0, mediaType: "image/png", data: "iVBO" }],
      [{ inlineData: { mimeType: "image/png", data: "iVBO" } }],
    ],
    ["nothing is an empty text", [], [{ text: "" }]],
  ])("%s", (_, events, expected) => {
    expect(wholeParts(...events, finish("stop"))).toEqual(expected);
  });
});

describe("ends", () => {
  test.each<[AnswerEvent[], string]>([
    [[text("a"), finish("stop")], "STOP"],
    [[callStart(0), finish("tool_calls")], "STOP"],
    [[text("a"), finish("length")], "MAX_TOKENS"],
    [[finish("content_filter")], "SAFETY"],
    [[finish("content_filter", { native: "RECITATION" })], "RECITATION"],
    [[finish("stop", { native: "end_turn" })], "STOP"],
    [[finish("pause")], "OTHER"],
    [[{ kind: "refusal", choice: 0, text: "No." }, finish("stop")], "SAFETY"],
  ])("%j", (events, reason) => {
    expect(candidatesOf(wholeOf([start, ...events]))[0]?.finishReason).toBe(reason);
  });

  test("sources are told by bytes of the text", () => {
    const cite = (start_index: number, end_index: number, url = "https://a"): AnswerEvent => ({
      kind: "citation",
      choice: 0,
      citation: { type: "url_citation", url_citation: { url, title: "A", start_index, end_index } },
    });
    const events = [
      start,
      text("höm "),
      text("ja"),
      cite(4, 6),
      cite(0, 3),
      cite(0, 0, "https://b"),
      finish("stop"),
    ];
    const grounding = {
      groundingChunks: [
        { web: { uri: "https://a", title: "A" } },
        { web: { uri: "https://b", title: "A" } },
      ],
      groundingSupports: [
        { segment: { startIndex: 5, endIndex: 7, text: "ja" }, groundingChunkIndices: [0] },
        { segment: { startIndex: 0, endIndex: 4, text: "höm" }, groundingChunkIndices: [0] },
      ],
    };
    for (const response of [wholeOf(events), streamed(events).at(-1) ?? {}])
      expect(candidatesOf(response)[0]?.["groundingMetadata"]).toEqual(grounding);
  });

  test("likelihoods go with the text they are of", () => {
    const token = { token: "a", logprob: -0.5, bytes: [97] };
    const event: AnswerEvent = {
      kind: "text",
      choice: 0,
      text: "a",
      logprobs: [{ ...token, top_logprobs: [token] }],
    };
    const told = { token: "a", logProbability: -0.5 };
    expect(
      candidatesOf(streamed([start, event, finish("stop")])[0] ?? {})[0]?.["logprobsResult"],
    ).toEqual({
      topCandidates: [{ candidates: [told] }],
      chosenCandidates: [told],
    });
  });
});

describe("thinking of other makers", () => {
  const any = fc.record({
    signature: fc.option(fc.string({ unit: "grapheme" })),
    encrypted: fc.option(fc.string({ minLength: 1 })),
    id: fc.option(fc.string()),
    model: fc.option(fc.string({ unit: "grapheme", minLength: 1 })),
    summary: fc.boolean(),
    text: fc.string({ unit: "grapheme" }),
    dialect: fc.constantFrom("messages" as const, "responses" as const, "chat" as const),
  });

  test("comes back as it was given, in either alphabet of base64, and is kept from makers of this wire", () => {
    fc.assert(
      fc.property(any, fc.boolean(), (reasoning: Reasoning, urlSafe) => {
        fc.pre(reasoning.signature !== null || reasoning.encrypted !== null);
        const parts = wholeParts(thought(reasoning), text("a"), finish("stop")).map((part) => {
          const signature = part["thoughtSignature"];
          if (typeof signature !== "string" || !urlSafe) return part;
          return { ...part, thoughtSignature: signature.replaceAll("+", "-").replaceAll("/", "_") };
        });
        const request = requestOf({ contents: [hi, said(...parts)] });
        expect(request.conversation().turns[1]?.parts[0]).toMatchObject({
          kind: "reasoning",
          reasoning: { ...reasoning, model: reasoning.model ?? "maker-1" },
        });
        expect(request.native["contents"]).toEqual([hi, said({ text: "a" })]);
      }),
    );
  });

  test("a seal that was cut is thinking without a proof", () => {
    const [part] = wholeParts(
      thought({ text: "hm", signature: "s", dialect: "messages" }),
      finish("stop"),
    );
    const cut = { ...part, thoughtSignature: String(part?.["thoughtSignature"]).slice(0, 30) };
    const { parts } = requestOf({ contents: [hi, said(cut, { text: "a" })] }).conversation()
      .turns[1] ?? { parts: [] };
    expect(parts[0]).toMatchObject({ reasoning: { text: "hm", signature: null, model: null } });
  });
});

describe("an error", () => {
  const problem = {
    status: 400,
    type: "invalid_request_error",
    code: null,
    param: null,
    message: "no",
  };
  test.each<[number, string]>([
    [400, "INVALID_ARGUMENT"],
    [401, "UNAUTHENTICATED"],
    [403, "PERMISSION_DENIED"],
    [404, "NOT_FOUND"],
    [405, "INVALID_ARGUMENT"],
    [413, "INVALID_ARGUMENT"],
    [429, "RESOURCE_EXHAUSTED"],
    [500, "INTERNAL"],
    [502, "UNAVAILABLE"],
    [503, "UNAVAILABLE"],
    [504, "DEADLINE_EXCEEDED"],
  ])("of status %i is %s", (status, name) => {
    expect(JSON.parse(generateWriter.problem({ ...problem, status }))).toEqual({
      error: { code: status, message: "no", status: name },
    });
  });

  test("names field and wait, and speaks of a prompt that is too long in words that clients know", () => {
    const told = JSON.parse(
      generateWriter.problem({
        ...problem,
        code: "context_length_exceeded",
        param: "contents",
        retryAfterMs: 1500,
      }),
    ) as { error: { message: string; details: object[] } };
    expect(told.error.message).toBe(
      "The input token count exceeds the maximum number of tokens allowed: no",
    );
    expect(told.error.details).toMatchObject([
      { reason: "CONTEXT_LENGTH_EXCEEDED" },
      { fieldViolations: [{ field: "contents" }] },
      { retryDelay: "1.5s" },
    ]);
  });
});

test("a count is a total", () => {
  expect(generateWriter.count?.(7)).toBe('{"totalTokens":7}');
});
