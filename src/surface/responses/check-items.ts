import type { ApiProblem } from "../../protocol/api-error.ts";
import type { Fields } from "../../protocol/conversation.ts";
import { isObject, missing, wrong } from "../../protocol/field-checks.ts";

const roles: ReadonlySet<unknown> = new Set(["user", "assistant", "system", "developer"]);

/** The first field of one input item that is not as the API has it; items of unknown types pass. */
export function checkItem(item: unknown, path: string): ApiProblem | null {
  if (!isObject(item)) return wrong(path, "an object");
  const type = item["type"] ?? "message";
  if (typeof type !== "string") return wrong(`${path}.type`, "a string");
  switch (type) {
    case "message":
      return checkMessage(item, path);
    case "function_call":
      return checkTexts(item, path, ["call_id", "name", "arguments"]);
    case "custom_tool_call":
      return checkTexts(item, path, ["call_id", "name", "input"]);
    case "function_call_output":
    case "custom_tool_call_output":
      return checkTexts(item, path, ["call_id"]) ?? checkContent(item["output"], `${path}.output`);
    case "reasoning":
      return checkReasoning(item, path);
    default:
      return null;
  }
}

function checkTexts(value: Fields, path: string, names: readonly string[]): ApiProblem | null {
  for (const name of names) {
    if (value[name] === undefined) return missing(`${path}.${name}`, "a string");
    if (typeof value[name] !== "string") return wrong(`${path}.${name}`, "a string");
  }
  return null;
}

function checkMessage(item: Fields, path: string): ApiProblem | null {
  const { role } = item;
  const expected = `one of ${[...roles].join(", ")}`;
  if (role === undefined)
    return item["type"] === undefined
      ? missing(`${path}.type`, "the type of the item, or a message's role")
      : missing(`${path}.role`, expected);
  if (!roles.has(role)) return wrong(`${path}.role`, expected, "invalid_value");
  return checkContent(item["content"], `${path}.content`);
}

function checkContent(content: unknown, path: string): ApiProblem | null {
  if (typeof content === "string") return null;
  if (content === undefined || content === null)
    return missing(path, "a string or a list of parts");
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
    case "input_text":
      return checkTexts(part, path, ["text"]);
    case "output_text":
      return checkTexts(part, path, ["text"]) ?? checkAnnotations(part["annotations"], path);
    case "refusal":
      return checkTexts(part, path, ["refusal"]);
    case "input_image":
      return checkSource(part, path, ["image_url", "file_id"]);
    case "input_file":
      return checkSource(part, path, ["file_data", "file_url", "file_id"]);
    default:
      return typeof part["type"] === "string" ? null : wrong(`${path}.type`, "a string");
  }
}

function checkAnnotations(annotations: unknown, path: string): ApiProblem | null {
  if (annotations === undefined || annotations === null) return null;
  return Array.isArray(annotations) && annotations.every(isObject)
    ? null
    : wrong(`${path}.annotations`, "a list of objects");
}

/** Of the places where the bytes may be, one must be named. */
function checkSource(part: Fields, path: string, names: readonly string[]): ApiProblem | null {
  let found = false;
  for (const name of [...names, "filename", "detail"]) {
    const value = part[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== "string") return wrong(`${path}.${name}`, "a string");
    found ||= names.includes(name);
  }
  return found ? null : missing(`${path}.${names[0]}`, `one of ${names.join(", ")}`);
}

function checkReasoning(item: Fields, path: string): ApiProblem | null {
  for (const name of ["id", "encrypted_content"]) {
    const value = item[name] ?? "";
    if (typeof value !== "string") return wrong(`${path}.${name}`, "a string");
  }
  for (const name of ["summary", "content"]) {
    const value = item[name] ?? [];
    if (!Array.isArray(value)) return wrong(`${path}.${name}`, "a list of parts");
    for (const [at, part] of value.entries())
      if (!isObject(part) || typeof part["text"] !== "string")
        return wrong(`${path}.${name}[${at}].text`, "a string");
  }
  return null;
}
