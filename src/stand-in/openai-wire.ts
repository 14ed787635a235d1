import { doneEvent, encodeSse } from "../protocol/sse.ts";
import {
  type Asked,
  type AskedTool,
  callId,
  type House,
  proofOf,
  roughTokens,
  type Said,
  type SaidCall,
  saidTokens,
  textSaid,
} from "./answer.ts";
import { asksThinking, houseOf, houseUsage, manners, thinkingFields } from "./houses.ts";
import { openAiError, refused } from "./openai-errors.ts";
import {
  type Address,
  asJson,
  asList,
  type Frames,
  type Json,
  shownBy,
  textOf,
  type Wire,
  type WireError,
} from "./wire.ts";

/** OpenAI chat completions, as the provider speaks them. */
export const openAiWire: Wire = {
  read,
  whole: (asked, said, id) =>
    JSON.stringify({
      ...frame(asked, id),
      object: "chat.completion",
      choices: [
        {
          index: 0,
          message: messageOf(asked, said, id),
          logprobs: null,
          finish_reason: reasonOf(said),
        },
      ],
      usage: usageOf(asked, said),
    }),
  frames,
  error: openAiError,
  limits: {
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-tokens": "1999000",
    "x-ratelimit-reset-tokens": "30ms",
  },
  models: (names) =>
    JSON.stringify({
      object: "list",
      data: names.map((id) => ({ id, object: "model", created: 0, owned_by: "stand-in" })),
    }),
};

function read(body: Json, { path }: Address): Asked | WireError {
  const messages = asList(body["messages"]);
  if (typeof body["model"] !== "string")
    return refused("you must provide a model parameter", "model");
  if (messages.length === 0) return refused("Missing required parameter: 'messages'.", "messages");
  const stream = body["stream"] === true;
  if (!stream && body["stream_options"] !== undefined)
    return refused(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      "stream_options",
    );
  const house = houseOf(path, body["model"]);
  const unknown = manners[house].strict ? unknownField(body) : null;
  if (unknown !== null) return unknownRefused(unknown);
  const limit = body["max_completion_tokens"] ?? body["max_tokens"];
  const roles = messages.map((message) => asJson(message)["role"]);
  const lastSaid = asJson(messages[roles.lastIndexOf("user")])["content"];
  return {
    model: body["model"],
    prompt: textOf(lastSaid),
    promptTokens: roughTokens(JSON.stringify(messages)),
    tools: asList(body["tools"]).map(toolOf),
    toolChoice: choiceOf(body["tool_choice"]),
    afterTools: roles.at(-1) === "tool",
    json: jsonOf(asJson(body["response_format"])),
    maxTokens: typeof limit === "number" ? limit : null,
    stream,
    showsUsage: asJson(body["stream_options"])["include_usage"] === true,
    house,
    thinks: asksThinking(house, body),
    showsThoughts: manners[house].thinkingIn !== null,
    oneCall: body["parallel_tool_calls"] === false,
    images: asList(lastSaid).map(asJson).flatMap(imageOf),
    beginning: JSON.stringify(messages),
  };
}

function imageOf(part: Json): readonly string[] {
  const { type, image_url: image } = part;
  if (type !== "image_url") return [];
  return [shownBy(typeof image === "string" ? image : asJson(image)["url"])];
}

/** What the strict house knows (wire-formats §4.1). */
const strictFields: ReadonlySet<string> = new Set([
  "frequency_penalty",
  "guardrails",
  "max_tokens",
  "messages",
  "metadata",
  "model",
  "n",
  "parallel_tool_calls",
  "prediction",
  "presence_penalty",
  "prompt_cache_key",
  "prompt_mode",
  "random_seed",
  "reasoning_effort",
  "response_format",
  "safe_prompt",
  "service_tier",
  "stop",
  "stream",
  "temperature",
  "tool_choice",
  "tools",
  "top_p",
]);

function unknownField(body: Json): string | null {
  return Object.keys(body).find((name) => !strictFields.has(name)) ?? null;
}

function unknownRefused(name: string): WireError {
  const detail = [
    { type: "extra_forbidden", loc: ["body", name], msg: "Extra inputs are not permitted" },
  ];
  return { status: 422, headers: {}, body: JSON.stringify({ detail }) };
}

function toolOf(tool: unknown): AskedTool {
  const declared = asJson(asJson(tool)["function"]);
  return {
    name: String(declared["name"]),
    description: String(declared["description"] ?? ""),
    parameters: declared["parameters"] ?? { type: "object" },
  };
}

function choiceOf(choice: unknown): Asked["toolChoice"] {
  if (choice === "none" || choice === "required") return { kind: choice };
  const name = asJson(asJson(choice)["function"])["name"];
  return typeof name === "string" ? { kind: "named", name } : { kind: "auto" };
}

function jsonOf(format: Json): Asked["json"] {
  if (format["type"] === "json_schema")
    return { kind: "schema", schema: asJson(format["json_schema"])["schema"] };
  return { kind: format["type"] === "json_object" ? "object" : "none" };
}

function frame(asked: Asked, id: string): Json {
  return {
    id: `chatcmpl-${id}`,
    created: 1_700_000_000,
    model: asked.model,
    system_fingerprint: "fp_stand_in",
  };
}

function callOf({ name, args }: SaidCall, id: string): Json {
  return { id: `call_${id}`, type: "function", function: { name, arguments: args } };
}

/** The strict house takes and gives ids of nine letters and digits alone. */
function callsOf(
  asked: Asked,
  said: Extract<Said, { kind: "calls" }>,
  id: string,
): readonly Json[] {
  return said.calls.map((call, at) => {
    const whole = callOf(call, callId(id, at));
    return asked.house === "mistral" ? { ...whole, id: `${id.slice(0, 7)}x${at % 10}` } : whole;
  });
}

function messageOf(asked: Asked, said: Said, id: string): Json {
  const house = asked.house ?? "openai";
  const told = asked.showsThoughts === true && said.thoughts.length > 0;
  const message = {
    role: "assistant",
    refusal: null,
    annotations: [],
    ...(told ? thinkingFields(house, said.thoughts.join(""), proofOf(id)) : {}),
  };
  const parts =
    told && manners[house].thinkingIn === "parts" ? [thinkingPart(said.thoughts.join(""))] : null;
  if (said.kind === "calls")
    return { ...message, content: parts, tool_calls: callsOf(asked, said, id) };
  const text = textSaid(said);
  return { ...message, content: parts === null ? text : [...parts, { type: "text", text }] };
}

function thinkingPart(text: string): Json {
  return { type: "thinking", thinking: [{ type: "text", text }] };
}

function reasonOf(said: Said): string {
  if (said.kind === "calls") return "tool_calls";
  return said.cut ? "length" : "stop";
}

function usageOf(asked: Asked, said: Said): Json {
  const completion = saidTokens(said) + said.thoughts.length;
  return {
    prompt_tokens: asked.promptTokens,
    completion_tokens: completion,
    total_tokens: asked.promptTokens + completion,
    ...houseUsage(asked, said),
  };
}

type MakeChunk = (delta: Json, reason?: string | null, usage?: Json) => string;

function frames(asked: Asked, said: Said, id: string): Frames {
  const house = asked.house ?? "openai";
  const { billsUnasked, keepAlive, preface } = manners[house];
  const shared = { ...frame(asked, id), object: "chat.completion.chunk" };
  const nullUsage = asked.showsUsage ? { usage: null } : {};
  const event = (fields: Json): string => encodeSse(JSON.stringify({ ...shared, ...fields }));
  const chunk: MakeChunk = (delta, reason = null, usage = nullUsage) =>
    event({ choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }], ...usage });
  const usage = { usage: usageOf(asked, said) };
  const last = asked.showsUsage ? event({ choices: [], ...usage }) : "";
  const unasked = !asked.showsUsage && billsUnasked;
  return {
    opening:
      keepAlive +
      (preface === null ? "" : event({ choices: [], ...preface })) +
      chunk({ role: "assistant", content: said.kind === "text" ? "" : null, refusal: null }),
    tokens: [
      ...thoughtFrames(asked, said, { house, id, chunk }),
      ...(said.kind === "text"
        ? said.words.map((content) => chunk({ content }))
        : callFrames(callsOf(asked, said, id), manners[house].calls, chunk)),
    ],
    closing: chunk({}, reasonOf(said), unasked ? usage : nullUsage) + last + doneEvent,
  };
}

/** Thinking word by word; a proof stands beside the last. */
function thoughtFrames(
  asked: Asked,
  { thoughts }: Said,
  { house, id, chunk }: { readonly house: House; readonly id: string; readonly chunk: MakeChunk },
): readonly string[] {
  if (asked.showsThoughts !== true) return [];
  const parts = manners[house].thinkingIn === "parts";
  return thoughts.map((text, at) => {
    if (parts) return chunk({ content: [thinkingPart(text)] });
    return chunk(thinkingFields(house, text, at === thoughts.length - 1 ? proofOf(id) : null));
  });
}

/** Several calls come one after the other: the next begins when the last is whole. */
function callFrames(
  calls: readonly Json[],
  manner: "grown" | "whole",
  chunk: MakeChunk,
): readonly string[] {
  return calls.flatMap((call, index) => {
    if (manner === "whole") return [chunk({ tool_calls: [{ ...call, index }] })];
    const called = asJson(call["function"]);
    const args = String(called["arguments"]).match(/[\s\S]{1,8}/g) ?? [];
    const start = { ...call, index, function: { name: called["name"], arguments: "" } };
    return [
      chunk({ tool_calls: [start] }),
      ...args.map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ];
  });
}
