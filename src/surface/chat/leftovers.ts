import type { ChatBody } from "../../protocol/chat-request.ts";
import type { Fields } from "../../protocol/conversation.ts";
import { isFields } from "../fields.ts";
import { closed, leftoversOf, open, type Shape } from "../leftovers.ts";

/** Of what says in another way what it is, all is left. */
const unknown = closed();

const ephemeral = closed("type", "ttl");
const mark = ({ type }: Fields): Shape => (type === "ephemeral" ? ephemeral : unknown);
const marks = [
  ["cache_control", mark],
  ["prompt_cache_breakpoint", mark],
] as const;

const parts: ReadonlyMap<unknown, Shape> = new Map([
  ["text", closed("type", "text", ...marks)],
  ["refusal", closed("type", "refusal", ...marks)],
  ["image_url", closed("type", ["image_url", closed("url", "detail")], ...marks)],
  ["input_audio", closed("type", ["input_audio", closed("data", "format")], ...marks)],
]);
const fileById = closed("type", ["file", closed("file_id", "filename")], ...marks);
const fileOfData = closed("type", ["file", closed("file_data", "filename")], ...marks);

/** Parts of unknown types are taken whole. */
function partOf(part: Fields): Shape | null {
  const { type, file } = part;
  if (type === "file")
    return isFields(file) && file["file_id"] !== undefined ? fileById : fileOfData;
  return parts.get(type) ?? null;
}

const signature = ["extra_content", closed(["google", closed("thought_signature")])] as const;
const call = closed("id", "type", ["function", closed("name", "arguments")], signature);
const customCall = closed("id", "type", ["custom", closed("name", "input")], signature);

/** Calls of unknown types are taken whole. */
function callOf({ function: declared, custom }: Fields): Shape | null {
  if (declared !== undefined) return call;
  return isFields(custom) && typeof custom["name"] === "string" ? customCall : null;
}

const details: ReadonlyMap<unknown, Shape> = new Map([
  ["reasoning.text", closed("type", "id", "text", "signature", "model")],
  ["reasoning.summary", closed("type", "id", "summary", "signature", "model")],
  ["reasoning.encrypted", closed("type", "id", "data", "model")],
]);
const detailOf = ({ type }: Fields): Shape => details.get(type) ?? unknown;
const oldCall = ["function_call", closed("name", "arguments")] as const;
const content = ["content", partOf] as const;
const calls = ["tool_calls", callOf] as const;
const said = open(content, calls, oldCall);
/** Thinking in details is read, and then no other. */
const saidWithDetails = open(
  ...[content, calls, oldCall, ["reasoning_details", detailOf] as const],
  ...[["reasoning", "left"] as const, ["reasoning_content", "left"] as const],
);

/** What a message holds beside what is read of it stays with its turn. */
function messageOf({ role, reasoning_details: details }: Fields): Shape {
  return role === "assistant" && Array.isArray(details) ? saidWithDetails : said;
}

const declaredTool = closed(
  "type",
  ["function", closed("name", "description", "parameters", "strict")],
  ["cache_control", mark],
);
const customTool = closed(
  "type",
  ["custom", closed("name", "description", "format")],
  ["cache_control", mark],
);

/** Tools of unknown types are taken whole. */
function toolOf({ type, function: declared, custom }: Fields): Shape | null {
  if (type === "function" && isFields(declared)) return declaredTool;
  return type === "custom" && isFields(custom) && typeof custom["name"] === "string"
    ? customTool
    : null;
}

const named = closed("name");
const chosen: ReadonlyMap<unknown, Shape> = new Map([
  ["function", closed("type", ["function", named])],
  ["custom", closed("type", ["custom", named])],
  ["allowed_tools", closed("type", ["allowed_tools", closed("mode", ["tools", choiceOf])])],
]);
function choiceOf({ type }: Fields): Shape {
  return chosen.get(type) ?? unknown;
}

const predictedText = closed("type", "text");
const predicted = closed("type", [
  "content",
  ({ type }) => (type === "text" ? predictedText : unknown),
]);
const formats: ReadonlyMap<unknown, Shape> = new Map([
  ["text", closed("type")],
  ["json_object", closed("type")],
  [
    "json_schema",
    closed("type", ["json_schema", closed("name", "description", "schema", "strict")]),
  ],
]);

const body = open(
  ["messages", messageOf],
  ["tools", toolOf],
  ["tool_choice", choiceOf],
  ["response_format", ({ type }) => formats.get(type) ?? unknown],
  ["reasoning", closed("effort", "max_tokens", "enabled", "summary")],
  ["thinking", closed("type", "budget_tokens", "display")],
  ["prediction", ({ type }) => (type === "content" ? predicted : unknown)],
  ["cache_control", mark],
);

/** Of two words for one thing a conversation holds the first. */
const pairs = [
  ["max_completion_tokens", "max_tokens"],
  ["safety_identifier", "user"],
] as const;
/** Fields of one type, which a conversation holds nothing of where they are of another. */
const texts = [
  "verbosity",
  "service_tier",
  "prompt_cache_key",
  "safety_identifier",
  "user",
] as const;
const numbers = ["temperature", "top_p", "top_k", "min_p", "presence_penalty"] as const;
const furtherNumbers = ["frequency_penalty", "seed"] as const;
const choices: ReadonlySet<unknown> = new Set(["auto", "none", "required"]);
const severalWays = ["reasoning_effort", "reasoning", "thinking"] as const;

/**
 * What a checked chat body holds that its conversation does not: it goes on to providers of the same wire. Empty for every ordinary
 * body.
 */
export function leftoversOfChat(received: ChatBody): readonly unknown[] {
  const found = leftoversOf(received, body);
  const twice = pairs.flatMap(([first, second]) =>
    isSaid(received[first]) && isSaid(received[second]) ? [{ [second]: received[second] }] : [],
  );
  const ways = severalWays.filter((name) => isSaid(received[name]));
  const thinking = ways.length > 1 ? ways.map((name) => ({ [name]: received[name] })) : [];
  const odd = [...twice, ...thinking, ...strangeOf(received)];
  return odd.length === 0 ? found : [...found, ...odd];
}

/** Fields whose value is none that this wire knows. */
function strangeOf(received: ChatBody): readonly Fields[] {
  const { tool_choice: choice, logprobs } = received;
  const names: string[] = texts.filter((name) => isOther(received[name], "string"));
  for (const name of [...numbers, ...furtherNumbers])
    if (isOther(received[name], "number")) names.push(name);
  if (typeof choice === "string" && !choices.has(choice)) names.push("tool_choice");
  if (logprobs !== true && isSaid(received["top_logprobs"])) names.push("top_logprobs");
  return names.map((name) => ({ [name]: received[name] }));
}

function isOther(value: unknown, type: "string" | "number"): boolean {
  return isSaid(value) && typeof value !== type;
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}
