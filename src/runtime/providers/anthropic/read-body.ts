import type { Answer, ResponseHead } from "../adapter.ts";
import { badResponse, classify } from "../classify.ts";
import { errorSignal, isFields, parseJson } from "../error-signal.ts";
import { headerOf, retryHintMs } from "../retry-hint.ts";
import { finishOfStop, thinkingDetail, usageObject, usageOf } from "./to-openai.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Reads a whole Messages answer and writes it as a `chat.completion`. */
export function readMessage(head: ResponseHead, bytes: Uint8Array): Answer {
  const text = new TextDecoder("utf-8").decode(bytes);
  const value = parseJson(text);
  if (value === undefined)
    return { ok: false, failure: badResponse("the provider's answer is not JSON", head.status) };
  const signal = errorSignal(value);
  if (signal !== null)
    return { ok: false, failure: classify(200, signal, retryHintMs(head, text)) };
  if (!isFields(value) || !Array.isArray(value["content"]))
    return { ok: false, failure: badResponse("the provider's answer is not a message") };
  const usage = isFields(value["usage"]) ? usageOf(value["usage"]) : null;
  const finishReason = finishOfStop(value["stop_reason"]);
  const completion = {
    id: value["id"],
    object: "chat.completion",
    created: createdAt(head),
    model: value["model"],
    choices: [
      {
        index: 0,
        message: messageOf(value),
        logprobs: null,
        finish_reason: finishReason ?? "stop",
      },
    ],
    ...(usage === null ? {} : { usage: usageObject(usage) }),
  };
  return { ok: true, reply: { body: JSON.stringify(completion), usage, finishReason } };
}

/** Seconds since the epoch by the provider's own clock; this wire carries no time in its body. */
export function createdAt(head: ResponseHead): number {
  const ms = Date.parse(headerOf(head, "date") ?? "");
  return Number.isFinite(ms) ? Math.floor(ms / 1000) : 0;
}

function messageOf(value: Fields): Fields {
  const blocks = (value["content"] as readonly unknown[]).filter(isFields);
  const textIn = (type: string, field: string): string =>
    blocks
      .filter((block) => block["type"] === type && typeof block[field] === "string")
      .map((block) => block[field])
      .join("");
  const content = textIn("text", "text");
  const reasoning = textIn("thinking", "thinking");
  const calls = blocks.filter((block) => block["type"] === "tool_use");
  const details = blocks
    .map((block) => thinkingDetail(block, String(value["model"])))
    .filter((detail) => detail !== null);
  const stop = isFields(value["stop_details"]) ? value["stop_details"] : {};
  const explained = value["stop_reason"] === "refusal" && typeof stop["explanation"] === "string";
  return {
    role: "assistant",
    content: content === "" && (calls.length > 0 || explained) ? null : content,
    refusal: explained ? stop["explanation"] : null,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(callOf) }),
  };
}

function callOf(block: Fields): Fields {
  const args = JSON.stringify(block["input"] ?? {});
  return { id: block["id"], type: "function", function: { name: block["name"], arguments: args } };
}
