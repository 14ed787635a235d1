import { encodeSse } from "../protocol/sse.ts";
import { type Asked, type AskedTool, roughTokens, type Said, saidTokens } from "./answer.ts";
import { openAiWire, refused } from "./openai-wire.ts";
import {
  asJson,
  asList,
  type Frames,
  type Json,
  textOf,
  type Wire,
  type WireError,
} from "./wire.ts";

/** OpenAI Responses, as the provider speaks them; errors and models are those of its other wire. */
export const responsesWire: Wire = {
  read,
  whole: (asked, said, id) => JSON.stringify(responseOf(asked, said, id)),
  frames,
  error: openAiWire.error,
  models: openAiWire.models,
};

function read(body: Json): Asked | WireError {
  if (typeof body["model"] !== "string")
    return refused("you must provide a model parameter", "model");
  const { input } = body;
  const items: readonly Json[] =
    typeof input === "string" ? [{ role: "user", content: input }] : asList(input).map(asJson);
  if (items.length === 0) return refused("Missing required parameter: 'input'.", "input");
  const problem = problemOf(items);
  if (problem !== null) return refused(problem, "input");
  const limit = body["max_output_tokens"];
  const said = items.filter((item) => item["role"] === "user");
  return {
    model: body["model"],
    prompt: textOf(said.at(-1)?.["content"]),
    promptTokens: roughTokens(JSON.stringify([body["instructions"] ?? "", items])),
    tools: asList(body["tools"])
      .map(asJson)
      .filter((tool) => tool["type"] === "function")
      .map(toolOf),
    toolChoice: choiceOf(body["tool_choice"]),
    afterTools: items.at(-1)?.["type"] === "function_call_output",
    json: jsonOf(asJson(asJson(body["text"])["format"])),
    maxTokens: typeof limit === "number" ? limit : null,
    stream: body["stream"] === true,
    showsUsage: true,
  };
}

/** The provider's own rule that a gateway is likeliest to break: calls and their outputs stand in pairs. */
function problemOf(items: readonly Json[]): string | null {
  const idsOf = (type: string): Set<unknown> =>
    new Set(items.filter((item) => item["type"] === type).map((item) => item["call_id"]));
  const calls = idsOf("function_call");
  const outputs = idsOf("function_call_output");
  for (const id of calls)
    if (!outputs.has(id)) return `No tool output found for function call ${String(id)}.`;
  for (const id of outputs)
    if (!calls.has(id)) return `No tool call found for function call output ${String(id)}.`;
  return null;
}

function toolOf(tool: Json): AskedTool {
  return {
    name: String(tool["name"]),
    description: String(tool["description"] ?? ""),
    parameters: tool["parameters"] ?? { type: "object" },
  };
}

function choiceOf(choice: unknown): Asked["toolChoice"] {
  if (choice === "none" || choice === "required") return { kind: choice };
  const { type, name } = asJson(choice);
  return type === "function" && typeof name === "string"
    ? { kind: "named", name }
    : { kind: "auto" };
}

function jsonOf(format: Json): Asked["json"] {
  if (format["type"] === "json_schema") return { kind: "schema", schema: format["schema"] };
  return { kind: format["type"] === "json_object" ? "object" : "none" };
}

function frameOf(asked: Asked, id: string): Json {
  return {
    id: `resp_${id}`,
    object: "response",
    created_at: 1_700_000_000,
    status: "in_progress",
    background: false,
    error: null,
    incomplete_details: null,
    model: asked.model,
    output: [],
    service_tier: "default",
    usage: null,
  };
}

function responseOf(asked: Asked, said: Said, id: string): Json {
  const cut = said.kind === "text" && said.cut;
  const output = saidTokens(said);
  return {
    ...frameOf(asked, id),
    status: cut ? "incomplete" : "completed",
    incomplete_details: cut ? { reason: "max_output_tokens" } : null,
    output: [itemOf(said, id)],
    usage: {
      input_tokens: asked.promptTokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: asked.promptTokens + output,
    },
  };
}

const partOf = (text: string): Json => ({
  type: "output_text",
  annotations: [],
  logprobs: [],
  text,
});

function itemOf(said: Said, id: string): Json {
  if (said.kind === "call")
    return { ...openItemOf(said, id), status: "completed", arguments: said.args };
  const status = said.cut ? "incomplete" : "completed";
  return { ...openItemOf(said, id), status, content: [partOf(said.words.join(""))] };
}

function openItemOf(said: Said, id: string): Json {
  return said.kind === "text"
    ? { id: `msg_${id}`, type: "message", status: "in_progress", role: "assistant", content: [] }
    : {
        id: `fc_${id}`,
        type: "function_call",
        status: "in_progress",
        call_id: `call_${id}`,
        name: said.name,
        arguments: "",
      };
}

function frames(asked: Asked, said: Said, id: string): Frames {
  let sequence = 0;
  const event = (type: string, fields: Json): string =>
    encodeSse(JSON.stringify({ type, sequence_number: sequence++, ...fields }), type);
  const opened = openItemOf(said, id);
  const begun = { response: frameOf(asked, id) };
  const at = { item_id: opened["id"], output_index: 0 };
  const opening =
    event("response.created", begun) +
    event("response.in_progress", begun) +
    event("response.output_item.added", { output_index: 0, item: opened });
  const body = said.kind === "text" ? textFrames(said, at, event) : callFrames(said, at, event);
  const response = responseOf(asked, said, id);
  const closing =
    event("response.output_item.done", { output_index: 0, item: itemOf(said, id) }) +
    event(`response.${String(response["status"])}`, { response });
  return {
    opening: opening + body.opening,
    tokens: body.tokens,
    closing: body.closing + closing,
  };
}

type MakeEvent = (type: string, fields: Json) => string;

function textFrames(said: Extract<Said, { kind: "text" }>, item: Json, event: MakeEvent): Frames {
  const at = { ...item, content_index: 0 };
  const text = said.words.join("");
  return {
    opening: event("response.content_part.added", { ...at, part: partOf("") }),
    tokens: said.words.map((delta) =>
      event("response.output_text.delta", { ...at, delta, logprobs: [] }),
    ),
    closing:
      event("response.output_text.done", { ...at, text, logprobs: [] }) +
      event("response.content_part.done", { ...at, part: partOf(text) }),
  };
}

function callFrames(said: Extract<Said, { kind: "call" }>, at: Json, event: MakeEvent): Frames {
  const parts = said.args.match(/[\s\S]{1,8}/g) ?? [];
  return {
    opening: "",
    tokens: parts.map((delta) => event("response.function_call_arguments.delta", { ...at, delta })),
    closing: event("response.function_call_arguments.done", { ...at, arguments: said.args }),
  };
}
