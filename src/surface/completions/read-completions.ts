import { type ApiProblem, invalidRequest } from "../../protocol/api-error.ts";
import { type ByteSpan, beyond, type ChatBody } from "../../protocol/chat-request.ts";
import type { Conversation, Fields } from "../../protocol/conversation.ts";
import type { ModelRequest, ModelRequestRead, Relayed } from "../../protocol/model-request.ts";
import { type ReadLimits, readJsonBody } from "../../protocol/read-json-body.ts";
import { chatToConversation } from "../chat/to-conversation.ts";
import { isFields, textOf } from "../fields.ts";
import { partsOf } from "../plain/read-plain.ts";
import { splice } from "../splice.ts";
import { completionsWriter } from "./write-completions.ts";

/** Fields that mean the same as in a chat. */
const shared = [
  "model",
  "max_tokens",
  "temperature",
  "top_p",
  "n",
  "stop",
  "stream",
  "stream_options",
  "presence_penalty",
  "frequency_penalty",
  "logit_bias",
  "seed",
  "user",
  "metadata",
  "service_tier",
] as const;

/** Fields that a conversation has a place for. */
const placed: ReadonlySet<string> = new Set([...shared, "prompt"]);

/** Reads the body of `POST /v1/completions`, the older API of plain prompts. Never throws. */
export function readCompletions(received: Uint8Array, limits: ReadLimits): ModelRequestRead {
  const read = readJsonBody(received, limits);
  if (!read.ok) return read;
  const { value, bytes, modelSpan } = read;
  const problem = problemOf(value);
  if (problem !== null) return { ok: false, problem };
  return { ok: true, request: new CompletionsRequest(bytes, value, modelSpan) };
}

function problemOf(value: Fields): ApiProblem | null {
  const { model, prompt, stream, n, best_of: best, max_tokens: most } = value;
  const options = value["stream_options"];
  if (typeof model !== "string" || model === "")
    return invalidRequest("model", "'model' must be the name of a policy, a target or a model");
  if (prompt !== undefined && prompt !== null && !isPrompt(prompt))
    return invalidRequest("prompt", "'prompt' must be text, a list of texts, or tokens");
  if (stream !== undefined && stream !== null && typeof stream !== "boolean")
    return invalidRequest("stream", "'stream' must be true or false");
  for (const [name, count, highest] of [
    ["n", n, 128],
    ["best_of", best, 128],
    ["max_tokens", most, 2 ** 31 - 1],
  ] as const)
    if (count !== undefined && count !== null && !isCount(count, highest))
      return invalidRequest(name, `'${name}' must be a whole number from 1 to ${highest}`);
  return options !== undefined && options !== null && !isFields(options)
    ? invalidRequest("stream_options", "'stream_options' must be an object")
    : null;
}

function isPrompt(prompt: unknown): boolean {
  if (typeof prompt === "string") return true;
  return Array.isArray(prompt) && prompt.length > 0;
}

function isCount(value: unknown, highest: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= highest;
}

class CompletionsRequest implements ModelRequest {
  readonly dialect = "completions";
  readonly bytes: Uint8Array;
  readonly native: Fields;
  readonly modelSpan: ByteSpan | null;
  readonly body: ChatBody;
  readonly writer = completionsWriter;
  readonly relayed: Relayed;

  constructor(bytes: Uint8Array, native: Fields, modelSpan: ByteSpan | null) {
    this.bytes = bytes;
    this.native = native;
    this.modelSpan = modelSpan;
    this.body = chatBodyOf(native);
    this.relayed = {
      path: "/completions",
      contentType: null,
      what: "a completion of a plain prompt",
      withModel: (model) =>
        modelSpan === null
          ? JSON.stringify({ ...native, model })
          : splice(bytes, modelSpan, JSON.stringify(model)),
      answers: promptsIn(native["prompt"]) * (typeof native["n"] === "number" ? native["n"] : 1),
    };
  }

  /** For providers that chat only: the prompt is what the user says. */
  conversation(): Conversation {
    const { n } = this.native;
    const asked = chatToConversation(this.body);
    const conversation = { ...asked, choices: typeof n === "number" ? n : 1 };
    const foreign: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(this.native)) {
      const isOne = name === "best_of" && value === 1;
      if (!placed.has(name) && value !== null && !isOne) foreign[name] = value;
    }
    const { prompt } = this.native;
    if (typeof prompt === "string" || isOneText(prompt)) return { ...conversation, foreign };
    const part = {
      kind: "foreign",
      dialect: "completions",
      type: "several prompts, or tokens",
    } as const;
    const parts = [{ ...part, value: {}, path: "prompt" }];
    return {
      ...conversation,
      foreign,
      turns: [{ role: "user", name: null, parts, path: "prompt" }],
    };
  }
}

function isOneText(prompt: unknown): boolean {
  return Array.isArray(prompt) && prompt.length === 1 && typeof prompt[0] === "string";
}

function chatBodyOf(native: Fields): ChatBody {
  const body: Record<string, unknown> = {};
  for (const name of shared) if (native[name] !== undefined) body[name] = native[name];
  const parts = partsOf(native["prompt"]);
  const [first] = parts;
  const content = parts.length === 1 && first !== undefined ? (textOf(first.text) ?? "") : parts;
  const answers = promptsIn(native["prompt"]) * mostAnswers(native);
  const settings = Object.fromEntries(Object.entries(native).filter(([name]) => !placed.has(name)));
  return {
    ...body,
    ...(answers === 1 ? {} : { n: answers }),
    messages: [{ role: "user", content }],
    ...(Object.keys(settings).length === 0 ? {} : { [beyond]: { settings, rest: [] } }),
  } as unknown as ChatBody;
}

/** Answers to one prompt that are written, and billed, though fewer may be shown. */
function mostAnswers({ n, best_of: best }: Fields): number {
  return Math.max(typeof n === "number" ? n : 1, typeof best === "number" ? best : 1);
}

function promptsIn(prompt: unknown): number {
  return Array.isArray(prompt) && typeof prompt[0] !== "number" ? prompt.length : 1;
}
