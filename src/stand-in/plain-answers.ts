import { hashToUnit } from "../base/hash.ts";
import { doneEvent, encodeSse } from "../protocol/sse.ts";
import { compose, roughTokens } from "./answer.ts";
import { asList, type Json, textOf } from "./wire.ts";

/** A whole answer of an API other than chat. */
export interface PlainAnswer {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

interface Called {
  readonly path: string;
  readonly body: Json;
}

/** What a stand-in answers beside conversations, by the end of the path: OpenAI's other APIs, and counts of tokens; null for paths that are none of them. */
export function plainAnswer({ path, body }: Called): PlainAnswer | null {
  const found = Object.entries(answers).find(([end]) => path.endsWith(end));
  return found === undefined ? null : found[1](body);
}

const json = (value: Json): PlainAnswer => ({
  contentType: "application/json",
  body: JSON.stringify(value),
});

const answers: Readonly<Record<string, (body: Json) => PlainAnswer>> = {
  "/embeddings": embeddings,
  // Behind `/chat/completions` the other wire answers first.
  "/completions": completion,
  "/moderations": moderation,
  "/rerank": rerank,
  "/images/generations": image,
  "/images/edits": image,
  "/images/variations": image,
  "/audio/speech": () => ({ contentType: "audio/wav", body: silence() }),
  "/audio/transcriptions": () => json({ text: "A stand-in heard nothing." }),
  "/messages/count_tokens": (body) => json({ input_tokens: countOf(body) }),
  ":countTokens": (body) => json({ totalTokens: countOf(body) }),
  "/audio/translations": () => json({ text: "A stand-in heard nothing." }),
};

const countOf = (body: Json): number => roughTokens(JSON.stringify(body));

const textsOf = (input: unknown): readonly string[] => {
  if (typeof input === "string") return [input];
  const list = asList(input);
  return list.every((item) => typeof item === "number") ? [list.join(" ")] : list.map(String);
};

/** Short vectors of unit length that depend on the text alone. */
function embeddings({ input, model, dimensions, encoding_format }: Json): PlainAnswer {
  const texts = textsOf(input);
  const size = typeof dimensions === "number" ? Math.min(dimensions, 4_096) : 8;
  const tokens = texts.reduce((sum, text) => sum + roughTokens(text), 0);
  return json({
    object: "list",
    model,
    data: texts.map((text, index) => {
      const raw = Array.from({ length: size }, (_, at) => hashToUnit(`${at} ${text}`) - 0.5);
      const length = Math.hypot(...raw) || 1;
      const vector = Float32Array.from(raw, (each) => each / length);
      const embedding =
        encoding_format === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
      return { object: "embedding", index, embedding };
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

function completion(body: Json): PlainAnswer {
  const { model, prompt, stream, stream_options, max_tokens: limit } = body;
  const text = textsOf(prompt).join("\n");
  const prompt_tokens = roughTokens(text);
  const said = compose({
    ...noTools,
    model: String(model),
    prompt: text,
    promptTokens: prompt_tokens,
    maxTokens: typeof limit === "number" ? limit : null,
    stream: stream === true,
    showsUsage: stream_options !== undefined,
  });
  const words = said.kind === "text" ? said.words : [];
  const usage = {
    prompt_tokens,
    completion_tokens: words.length,
    total_tokens: prompt_tokens + words.length,
  };
  const finish = said.kind === "text" && said.cut ? "length" : "stop";
  const head = { id: "cmpl-stand-in", object: "text_completion", created: 1_767_225_600, model };
  const choice = (part: string, finish_reason: string | null): Json => ({
    text: part,
    index: 0,
    logprobs: null,
    finish_reason,
  });
  if (stream !== true) return json({ ...head, choices: [choice(words.join(""), finish)], usage });
  const events = [
    ...words.map((part) => ({ ...head, choices: [choice(part, null)] })),
    { ...head, choices: [choice("", finish)] },
    ...(stream_options === undefined ? [] : [{ ...head, choices: [], usage }]),
  ];
  const streamed = events.map((event) => encodeSse(JSON.stringify(event))).join("") + doneEvent;
  return { contentType: "text/event-stream; charset=utf-8", body: streamed };
}

const noTools = {
  tools: [],
  toolChoice: { kind: "none" },
  afterTools: false,
  json: { kind: "none" },
} as const;

function moderation({ model, input }: Json): PlainAnswer {
  const results = textsOf(typeof input === "object" ? textOf(input) : input).map(() => ({
    flagged: false,
    categories: { violence: false },
    category_scores: { violence: 0 },
  }));
  return json({ id: "modr-stand-in", model: model ?? "omni-moderation-latest", results });
}

function rerank({ model, query, documents, top_n }: Json): PlainAnswer {
  const results = asList(documents)
    .map((document, index) => ({
      index,
      relevance_score: hashToUnit(`${String(query)} ${textOf(document)}`),
    }))
    .sort((a, b) => b.relevance_score - a.relevance_score);
  const most = typeof top_n === "number" ? top_n : results.length;
  return json({ id: "rerank-stand-in", model, results: results.slice(0, most) });
}

/** A transparent PNG of one pixel. */
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

function image(): PlainAnswer {
  return json({ created: 1_767_225_600, data: [{ b64_json: pixel }] });
}

/** A tenth of a second of silence as WAV: 8 kHz, 8 bits, one channel. */
function silence(): Uint8Array {
  const samples = 800;
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(36 + samples, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(8_000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(samples, 40);
  return Buffer.concat([head, Buffer.alloc(samples, 128)]);
}
