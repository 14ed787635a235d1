import { type ApiProblem, invalidRequest } from "../../protocol/api-error.ts";
import type { Fields } from "../../protocol/conversation.ts";
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
} from "../../protocol/field-checks.ts";
import { checkItem } from "./check-items.ts";

const tokens = integerIn(1, 2 ** 31 - 1);

/** Fields with a plain type; null stands for absent in all of them. */
const plainFields: ReadonlyMap<string, Check> = new Map([
  ["stream", flag],
  ["instructions", text],
  ["max_output_tokens", tokens],
  ["temperature", numberIn(0, 2)],
  ["top_p", numberIn(0, 1)],
  ["top_logprobs", integerIn(0, 100)],
  ["tool_choice", oneOfShapes("a string or an object", text, object)],
  ["parallel_tool_calls", flag],
  ["include", listOf("a list of strings", text)],
  ["previous_response_id", text],
  ["conversation", oneOfShapes("a string or an object", text, object)],
  ["background", (value) => (value === false ? null : "false, since answers are not kept here")],
  ["store", flag],
  ["prompt", object],
  ["user", text],
  ["safety_identifier", text],
  ["metadata", object],
  ["service_tier", text],
  ["prompt_cache_key", text],
  ["stream_options", object],
]);

/** What stands for an input that the provider keeps. */
const keptInput = ["previous_response_id", "conversation", "prompt"];

/** The first field of a body of `POST /v1/responses` that is not as the API has it, named as a problem; null when all fit. Unknown fields pass. */
export function checkResponsesBody(body: unknown, maxItems: number): ApiProblem | null {
  if (!isObject(body)) return invalidRequest(null, "the request body must be a JSON object");
  if (body["model"] === undefined || body["model"] === "")
    return missing("model", "the name of a policy, a target or a model");
  if (typeof body["model"] !== "string") return wrong("model", "a string");
  return (
    checkPlain(body) ??
    checkInput(body, maxItems) ??
    checkTools(body["tools"]) ??
    checkToolChoice(body["tool_choice"]) ??
    checkText(body["text"]) ??
    checkReasoning(body["reasoning"])
  );
}

function checkPlain(body: Fields): ApiProblem | null {
  for (const name in body) {
    const check = plainFields.get(name);
    const value = body[name];
    if (check === undefined || value === null) continue;
    const expected = check(value);
    if (expected !== null) return wrong(name, expected);
  }
  return null;
}

function checkInput(body: Fields, maxItems: number): ApiProblem | null {
  const input = body["input"];
  const isKept = keptInput.some((name) => body[name] !== undefined && body[name] !== null);
  if (typeof input === "string") return null;
  if (input === undefined || input === null)
    return isKept ? null : missing("input", "a string or a list of items");
  if (!Array.isArray(input)) return wrong("input", "a string or a list of items");
  if (input.length === 0 && !isKept)
    return invalidRequest("input", "'input' must hold at least one item", "empty_array");
  if (input.length > maxItems)
    return invalidRequest(
      "input",
      `'input' holds ${input.length} items; at most ${maxItems} are taken`,
      "array_above_max_length",
    );
  for (let at = 0; at < input.length; at++) {
    const problem = checkItem(input[at], `input[${at}]`);
    if (problem !== null) return problem;
  }
  return null;
}

function checkTools(tools: unknown): ApiProblem | null {
  if (tools === undefined || tools === null) return null;
  if (!Array.isArray(tools)) return wrong("tools", "a list of tools");
  for (let at = 0; at < tools.length; at++) {
    const problem = checkTool(tools[at], `tools[${at}]`);
    if (problem !== null) return problem;
  }
  return null;
}

function checkTool(tool: unknown, path: string): ApiProblem | null {
  if (!isObject(tool)) return wrong(path, "an object");
  if (typeof tool["type"] !== "string") return wrong(`${path}.type`, "a string");
  if (tool["type"] !== "function" && tool["type"] !== "custom") return null;
  if (typeof tool["name"] !== "string") return nameless(tool, path);
  const description = tool["description"] ?? "";
  if (typeof description !== "string") return wrong(`${path}.description`, "a string");
  const field = tool["type"] === "function" ? "parameters" : "format";
  const value = tool[field];
  if (value !== undefined && value !== null && !isObject(value))
    return wrong(`${path}.${field}`, field === "parameters" ? "a JSON schema" : "an object");
  const strict = tool["strict"] ?? false;
  return typeof strict === "boolean" ? null : wrong(`${path}.strict`, "true or false");
}

/** The commonest slip: a tool in the shape of chat completions. */
function nameless(tool: Fields, path: string): ApiProblem {
  const nested = isObject(tool["function"]) || isObject(tool["custom"]);
  return wrong(
    `${path}.name`,
    nested ? "a string: on this API a tool's fields stand in the tool itself" : "a string",
  );
}

function checkToolChoice(choice: unknown): ApiProblem | null {
  if (!isObject(choice)) return null;
  const { type } = choice;
  if (typeof type !== "string") return wrong("tool_choice.type", "a string");
  if (type === "function" || type === "custom")
    return typeof choice["name"] === "string" ? null : wrong("tool_choice.name", "a string");
  if (type !== "allowed_tools") return null;
  if (choice["mode"] !== "auto" && choice["mode"] !== "required")
    return wrong("tool_choice.mode", "auto or required");
  const { tools } = choice;
  return Array.isArray(tools) && tools.every(isObject)
    ? null
    : wrong("tool_choice.tools", "a list of objects");
}

function checkText(settings: unknown): ApiProblem | null {
  if (settings === undefined || settings === null) return null;
  if (!isObject(settings)) return wrong("text", "an object");
  const verbosity = settings["verbosity"] ?? "";
  if (typeof verbosity !== "string") return wrong("text.verbosity", "a string");
  const format = settings["format"];
  if (format === undefined || format === null) return null;
  if (!isObject(format)) return wrong("text.format", "an object");
  if (typeof format["type"] !== "string") return wrong("text.format.type", "a string");
  if (format["type"] !== "json_schema") return null;
  if (typeof format["name"] !== "string") return wrong("text.format.name", "a string");
  if (!isObject(format["schema"])) return wrong("text.format.schema", "a JSON schema");
  const strict = format["strict"] ?? false;
  if (typeof strict !== "boolean") return wrong("text.format.strict", "true or false");
  const description = format["description"] ?? "";
  return typeof description === "string" ? null : wrong("text.format.description", "a string");
}

function checkReasoning(reasoning: unknown): ApiProblem | null {
  if (reasoning === undefined || reasoning === null) return null;
  if (!isObject(reasoning)) return wrong("reasoning", "an object");
  for (const name of ["effort", "summary", "generate_summary"]) {
    const value = reasoning[name] ?? "";
    if (typeof value !== "string") return wrong(`reasoning.${name}`, "a string");
  }
  return null;
}
