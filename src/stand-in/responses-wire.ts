import { encodeSse } from "../protocol/sse.ts";
import {
  type Asked,
  type AskedTool,
  callId,
  proofOf,
  roughTokens,
  type Said,
  type SaidCall,
  saidTokens,
  textSaid,
} from "./answer.ts";
import { refused } from "./openai-errors.ts";
import { openAiWire } from "./openai-wire.ts";
import {
  asJson,
  asList,
  type Frames,
  inStream,
  type Json,
  shownBy,
  textOf,
  type Wire,
  type WireError,
} from "./wire.ts";

/** OpenAI Responses, as the provider speaks them; errors and models are those of its other wire. */
export const responsesWire: Wire = {
  read,
  whole: (asked, said, id) => JSON.stringify(responseOf(asked, said, id)),
  frames,
  error(failure, streamed = false) {
    const { status, body, headers } = openAiWire.error(failure);
    if (failure !== "overloaded_in_stream" || !streamed) return { status, body, headers };
    const { code, message } = asJson(asJson(JSON.parse(body))["error"]);
    const event = { type: "error", code, message, param: null, sequence_number: 0 };
    return inStream(encodeSse(JSON.stringify(event), "error"));
  },
  limits: openAiWire.limits,
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
    oneCall: body["parallel_tool_calls"] === false,
    ...thinkingOf(body),
    images: asList(items.at(-1)?.["content"]).map(asJson).flatMap(imageOf),
    beginning: JSON.stringify([body["instructions"] ?? "", items]),
  };
}

/** Thinking is never told but in a summary, and sealed for those who ask. */
function thinkingOf(body: Json): Pick<Asked, "thinks" | "showsThoughts" | "sealsThoughts"> {
  const { effort, summary } = asJson(body["reasoning"]);
  const thinks = typeof effort === "string" && effort !== "none";
  return {
    thinks,
    showsThoughts: thinks && typeof summary === "string",
    sealsThoughts: asList(body["include"]).includes("reasoning.encrypted_content"),
  };
}

function imageOf(part: Json): readonly string[] {
  return part["type"] === "input_image" ? [shownBy(part["image_url"])] : [];
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
  const output = saidTokens(said) + said.thoughts.length;
  const { read, written } = asked.cached ?? { read: 0, written: 0 };
  return {
    ...frameOf(asked, id),
    status: cut ? "incomplete" : "completed",
    incomplete_details: cut ? { reason: "max_output_tokens" } : null,
    output: itemsOf(asked, said, id).map(({ whole }) => whole),
    usage: {
      input_tokens: asked.promptTokens,
      input_tokens_details: { cached_tokens: read, cache_write_tokens: written },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: said.thoughts.length },
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

/** An item as it begins and as it ends, with what its stream says between. */
interface Item {
  readonly opened: Json;
  readonly whole: Json;
  frames(at: Json, event: MakeEvent): Frames;
}

type MakeEvent = (type: string, fields: Json) => string;

function itemsOf(asked: Asked, said: Said, id: string): readonly Item[] {
  const thought = said.thoughts.length === 0 ? [] : [reasoningItem(asked, said, id)];
  if (said.kind === "text") return [...thought, messageItem(said, id)];
  return [...thought, ...said.calls.map((call, at) => callItem(call, callId(id, at)))];
}

function reasoningItem(asked: Asked, { thoughts }: Said, id: string): Item {
  const text = thoughts.join("");
  const part = { type: "summary_text", text };
  const told = asked.showsThoughts === true;
  const opened = { id: `rs_${id}`, type: "reasoning", summary: [] };
  const sealed = asked.sealsThoughts === true ? { encrypted_content: proofOf(id) } : {};
  return {
    opened,
    whole: { ...opened, summary: told ? [part] : [], ...sealed },
    frames(item, event) {
      if (!told) return { opening: "", tokens: [], closing: "" };
      const at = { ...item, summary_index: 0 };
      return {
        opening: event("response.reasoning_summary_part.added", {
          ...at,
          part: { ...part, text: "" },
        }),
        tokens: thoughts.map((delta) =>
          event("response.reasoning_summary_text.delta", { ...at, delta }),
        ),
        closing:
          event("response.reasoning_summary_text.done", { ...at, text }) +
          event("response.reasoning_summary_part.done", { ...at, part }),
      };
    },
  };
}

function messageItem(said: Extract<Said, { kind: "text" }>, id: string): Item {
  const text = textSaid(said);
  const opened = {
    id: `msg_${id}`,
    type: "message",
    status: "in_progress",
    role: "assistant",
    content: [],
  };
  return {
    opened,
    whole: { ...opened, status: said.cut ? "incomplete" : "completed", content: [partOf(text)] },
    frames(item, event) {
      const at = { ...item, content_index: 0 };
      return {
        opening: event("response.content_part.added", { ...at, part: partOf("") }),
        tokens: said.words.map((delta) =>
          event("response.output_text.delta", { ...at, delta, logprobs: [] }),
        ),
        closing:
          event("response.output_text.done", { ...at, text, logprobs: [] }) +
          event("response.content_part.done", { ...at, part: partOf(text) }),
      };
    },
  };
}

function callItem({ name, args }: SaidCall, id: string): Item {
  const call = { type: "function_call", call_id: `call_${id}`, name };
  const opened = { id: `fc_${id}`, ...call, status: "in_progress", arguments: "" };
  return {
    opened,
    whole: { ...opened, status: "completed", arguments: args },
    frames: (at, event) => ({
      opening: "",
      tokens: (args.match(/[\s\S]{1,8}/g) ?? []).map((delta) =>
        event("response.function_call_arguments.delta", { ...at, delta }),
      ),
      closing: event("response.function_call_arguments.done", { ...at, arguments: args }),
    }),
  };
}

/** Items come one after the other. */
function frames(asked: Asked, said: Said, id: string): Frames {
  let sequence = 0;
  const event: MakeEvent = (type, fields) =>
    encodeSse(JSON.stringify({ type, sequence_number: sequence++, ...fields }), type);
  const begun = { response: frameOf(asked, id) };
  let pending = event("response.created", begun) + event("response.in_progress", begun);
  const opening = pending;
  pending = "";
  const tokens: string[] = [];
  for (const [output_index, item] of itemsOf(asked, said, id).entries()) {
    pending += event("response.output_item.added", { output_index, item: item.opened });
    const body = item.frames({ item_id: item.opened["id"], output_index }, event);
    const [first = "", ...rest] = body.tokens;
    tokens.push(pending + body.opening + first, ...rest);
    pending = body.closing + event("response.output_item.done", { output_index, item: item.whole });
  }
  const response = responseOf(asked, said, id);
  return {
    opening,
    tokens,
    closing: pending + event(`response.${String(response["status"])}`, { response }),
  };
}
