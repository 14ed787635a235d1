import { type ApiProblem, invalidRequest } from "./api-error.ts";
import { mostChoices } from "./chat-request.ts";
import type { Fields } from "./conversation.ts";
import {
  type Check,
  flag,
  integerIn,
  isObject,
  listOf,
  missing,
  numberIn,
  object,
  oneOfShapes,
  text,
  wrong,
} from "./field-checks.ts";

const tokens = integerIn(1, 2 ** 31 - 1);
/** Fields with a plain type; null stands for absent in all of them. */
const plainFields: ReadonlyMap<string, Check> = new Map([
  ["stream", flag],
  ["max_tokens", tokens],
  ["max_completion_tokens", tokens],
  ["temperature", numberIn(0, 2)],
  ["top_p", numberIn(0, 1)],
  ["n", integerIn(1, mostChoices)],
  ["presence_penalty", numberIn(-2, 2)],
  ["frequency_penalty", numberIn(-2, 2)],
  ["seed", numberIn(-(2 ** 64), 2 ** 64)],
  ["logprobs", flag],
  ["top_logprobs", integerIn(0, 100)],
  ["stop", oneOfShapes("a string or a list of strings", text, listOf("a list of strings", text))],
  ["tool_choice", oneOfShapes("a string or an object", text, object)],
  ["parallel_tool_calls", flag],
  ["reasoning_effort", text],
  ["user", text],
  ["metadata", object],
  ["service_tier", text],
  ["prompt_cache_key", text],
  ["safety_identifier", text],
]);

const roles: ReadonlySet<unknown> = new Set([
  "system",
  "developer",
  "user",
  "assistant",
  "tool",
  "function",
]);

/** The first field of a chat body that is not as the API has it, named as a problem; null when all fit. Unknown fields pass. */
export function checkChatBody(body: unknown, maxMessages: number): ApiProblem | null {
  if (!isObject(body)) return invalidRequest(null, "the request body must be a JSON object");
  if (body["model"] === undefined || body["model"] === "")
    return missing("model", "the name of a policy, a target or a model");
  if (typeof body["model"] !== "string") return wrong("model", "a string");
  return (
    checkPlain(body) ??
    checkMessages(body["messages"], maxMessages) ??
    checkStreamOptions(body["stream_options"]) ??
    checkTools(body["tools"]) ??
    checkResponseFormat(body["response_format"])
  );
}

function checkPlain(body: Fields): ApiProblem | null {
  for (const name in body) {
    const check = plainFields.get(name);
    if (check === undefined) continue;
    const value = body[name];
    if (value === null) continue;
    const expected = check(value);
    if (expected !== null) return wrong(name, expected);
  }
  return null;
}

function checkMessages(messages: unknown, maxMessages: number): ApiProblem | null {
  if (messages === undefined) return missing("messages", "a list of messages");
  if (!Array.isArray(messages)) return wrong("messages", "a list of messages");
  if (messages.length === 0)
    return invalidRequest("messages", "'messages' must hold at least one message", "empty_array");
  if (messages.length > maxMessages)
    return invalidRequest(
      "messages",
      `'messages' holds ${messages.length} messages; at most ${maxMessages} are taken`,
      "array_above_max_length",
    );
  for (let index = 0; index < messages.length; index++) {
    const problem = checkMessage(messages[index], index);
    if (problem !== null) return problem;
  }
  return null;
}

function checkMessage(message: unknown, index: number): ApiProblem | null {
  if (!isObject(message)) return wrong(`messages[${index}]`, "an object");
  const role = message["role"];
  if (!roles.has(role)) {
    const expected = `one of ${[...roles].join(", ")}`;
    return role === undefined
      ? missing(`messages[${index}].role`, expected)
      : wrong(`messages[${index}].role`, expected, "invalid_value");
  }
  const mayLackContent = role === "assistant" || role === "function";
  const content = message["content"];
  if (typeof content !== "string") {
    const problem = checkContent(content, index, mayLackContent);
    if (problem !== null) return problem;
  }
  if (role === "user" && message["name"] === undefined) return null;
  return checkMessageFields(message, index, role);
}

function checkMessageFields(message: Fields, index: number, role: unknown): ApiProblem | null {
  const name = message["name"];
  if (name !== undefined && name !== null && typeof name !== "string")
    return wrong(`messages[${index}].name`, "a string");
  if (role === "tool" && typeof message["tool_call_id"] !== "string")
    return wrong(`messages[${index}].tool_call_id`, "the id of the call it answers");
  const refusal = message["refusal"];
  if (refusal !== undefined && refusal !== null && typeof refusal !== "string")
    return wrong(`messages[${index}].refusal`, "a string");
  const calls = message["tool_calls"];
  if (calls === undefined || calls === null) return null;
  if (!Array.isArray(calls)) return wrong(`messages[${index}].tool_calls`, "a list of calls");
  for (let at = 0; at < calls.length; at++) {
    const problem = checkToolCall(calls[at], `messages[${index}].tool_calls[${at}]`);
    if (problem !== null) return problem;
  }
  return null;
}

function checkToolCall(call: unknown, path: string): ApiProblem | null {
  if (!isObject(call)) return wrong(path, "an object");
  if (typeof call["id"] !== "string") return wrong(`${path}.id`, "a string");
  if (typeof call["type"] !== "string") return wrong(`${path}.type`, "a string");
  const called = call["function"];
  if (called === undefined)
    return call["type"] === "function" ? missing(`${path}.function`, "an object") : null;
  if (!isObject(called)) return wrong(`${path}.function`, "an object");
  if (typeof called["name"] !== "string") return wrong(`${path}.function.name`, "a string");
  if (typeof called["arguments"] !== "string")
    return wrong(`${path}.function.arguments`, "a string of JSON");
  return null;
}

function checkContent(content: unknown, index: number, mayLack: boolean): ApiProblem | null {
  const path = `messages[${index}].content`;
  if (content === undefined || content === null)
    return mayLack ? null : missing(path, "a string or a list of parts");
  if (!Array.isArray(content)) return wrong(path, "a string or a list of parts");
  for (let at = 0; at < content.length; at++) {
    const problem = checkPart(content[at], `${path}[${at}]`);
    if (problem !== null) return problem;
  }
  return null;
}

function checkPart(part: unknown, path: string): ApiProblem | null {
  if (!isObject(part)) return wrong(path, "an object");
  switch (part["type"]) {
    case "text":
      return typeof part["text"] === "string" ? null : wrong(`${path}.text`, "a string");
    case "refusal":
      return typeof part["refusal"] === "string" ? null : wrong(`${path}.refusal`, "a string");
    case "image_url":
      return checkInner(part["image_url"], `${path}.image_url`, ["url"]);
    case "input_audio":
      return checkInner(part["input_audio"], `${path}.input_audio`, ["data", "format"]);
    case "file":
      return isObject(part["file"]) ? null : wrong(`${path}.file`, "an object");
    default:
      return typeof part["type"] === "string" ? null : wrong(`${path}.type`, "a string");
  }
}

function checkInner(value: unknown, path: string, names: readonly string[]): ApiProblem | null {
  if (!isObject(value)) return wrong(path, "an object");
  for (const name of names)
    if (typeof value[name] !== "string") return wrong(`${path}.${name}`, "a string");
  return null;
}

function checkStreamOptions(options: unknown): ApiProblem | null {
  if (options === undefined || options === null) return null;
  if (!isObject(options)) return wrong("stream_options", "an object");
  const asked = options["include_usage"];
  return asked === undefined || asked === null || typeof asked === "boolean"
    ? null
    : wrong("stream_options.include_usage", "true or false");
}

function checkTools(tools: unknown): ApiProblem | null {
  if (tools === undefined || tools === null) return null;
  if (!Array.isArray(tools)) return wrong("tools", "a list of tools");
  for (let at = 0; at < tools.length; at++) {
    const tool: unknown = tools[at];
    if (!isObject(tool)) return wrong(`tools[${at}]`, "an object");
    if (typeof tool["type"] !== "string") return wrong(`tools[${at}].type`, "a string");
    const declared = tool["function"];
    if (declared === undefined && tool["type"] !== "function") continue;
    if (!isObject(declared)) return wrong(`tools[${at}].function`, "an object");
    if (typeof declared["name"] !== "string")
      return wrong(`tools[${at}].function.name`, "a string");
    const parameters = declared["parameters"];
    if (parameters !== undefined && parameters !== null && !isObject(parameters))
      return wrong(`tools[${at}].function.parameters`, "a JSON schema");
  }
  return null;
}

function checkResponseFormat(format: unknown): ApiProblem | null {
  if (format === undefined || format === null) return null;
  if (!isObject(format)) return wrong("response_format", "an object");
  if (typeof format["type"] !== "string") return wrong("response_format.type", "a string");
  if (format["type"] !== "json_schema") return null;
  const schema = format["json_schema"];
  if (!isObject(schema)) return wrong("response_format.json_schema", "an object");
  if (typeof schema["name"] !== "string")
    return wrong("response_format.json_schema.name", "a string");
  return schema["schema"] === undefined || isObject(schema["schema"])
    ? null
    : wrong("response_format.json_schema.schema", "a JSON schema");
}
