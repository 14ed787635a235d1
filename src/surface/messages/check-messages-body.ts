import { type ApiProblem, invalidRequest } from "../../protocol/api-error.ts";
import {
  all,
  type Check,
  flag,
  listOf,
  maybe,
  numberIn,
  object,
  oneOf,
  shape,
  text,
  textOrListOf,
  unfit,
  wholeIn,
} from "../checks.ts";
import { isFields } from "../fields.ts";
import { blockIn, cacheControl } from "./check-blocks.ts";

const most = 2 ** 31 - 1;
/** Zero only warms the prompt cache. */
const maxTokens = wholeIn(0, most);

const systemBlock: Check = all(shape({ type: oneOf("text") }), blockIn("system"));

const customTool = shape({
  name: text,
  input_schema: object,
  description: maybe(text),
  strict: maybe(flag),
});

/** Tools without a type, or of type `custom`, are the client's; the provider runs or knows all others. */
const tool: Check = (value, path) => {
  if (!isFields(value)) return unfit(path, "an object", value);
  const type = value["type"];
  const check = type === undefined || type === null || type === "custom" ? customTool : otherTool;
  return check(value, path) ?? cacheControl(value["cache_control"], `${path}.cache_control`);
};
const otherTool = shape({ type: text });

const toolChoice: Check = (value, path) =>
  shape({
    type: oneOf("auto", "any", "tool", "none"),
    disable_parallel_tool_use: maybe(flag),
  })(value, path) ??
  (isFields(value) && value["type"] === "tool" ? text(value["name"], `${path}.name`) : null);

const thinking: Check = (value, path) =>
  shape({ type: text, display: maybe(text) })(value, path) ??
  (isFields(value) && value["type"] === "enabled"
    ? wholeIn(1, most)(value["budget_tokens"], `${path}.budget_tokens`)
    : null);

const format: Check = (value, path) =>
  shape({ type: text })(value, path) ??
  (isFields(value) && value["type"] === "json_schema"
    ? object(value["schema"], `${path}.schema`)
    : null);

const settings = shape({
  system: maybe(textOrListOf(systemBlock)),
  stream: maybe(flag),
  stop_sequences: maybe(listOf(text)),
  temperature: maybe(numberIn(0, 1)),
  top_p: maybe(numberIn(0, 1)),
  top_k: maybe(wholeIn(0, most)),
  tools: maybe(listOf(tool)),
  tool_choice: maybe(toolChoice),
  thinking: maybe(thinking),
  output_config: maybe(shape({ effort: maybe(text), format: maybe(format) })),
  output_format: maybe(format),
  metadata: maybe(shape({ user_id: maybe(text) })),
  service_tier: maybe(text),
  cache_control: cacheControl,
});

const contents: Readonly<Record<string, Check>> = {
  user: textOrListOf(blockIn("user")),
  assistant: textOrListOf(blockIn("assistant")),
  system: textOrListOf(blockIn("system")),
};
const role = oneOf(...Object.keys(contents));

const message: Check = (value, path) => {
  if (!isFields(value)) return unfit(path, "an object", value);
  return (
    role(value["role"], `${path}.role`) ??
    contents[String(value["role"])]?.(value["content"], `${path}.content`) ??
    null
  );
};

/**
 * The first field of a Messages body that is not as the API has it, named as a problem; null when all fit. Unknown fields pass.
 * A body that is only counted needs no `max_tokens`.
 */
export function checkMessagesBody(
  body: unknown,
  maxMessages: number,
  counting: boolean,
): ApiProblem | null {
  if (!isFields(body)) return invalidRequest(null, "the request body must be a JSON object");
  const model = body["model"];
  if (typeof model !== "string" || model === "")
    return unfit(
      "model",
      "the name of a policy, a target or a model",
      model === "" ? undefined : model,
    );
  return (
    (counting ? maybe(maxTokens) : maxTokens)(body["max_tokens"], "max_tokens") ??
    messages(body["messages"], maxMessages) ??
    settings(body, "")
  );
}

function messages(value: unknown, maxMessages: number): ApiProblem | null {
  if (Array.isArray(value) && value.length === 0)
    return invalidRequest("messages", "'messages' must hold at least one message", "empty_array");
  if (Array.isArray(value) && value.length > maxMessages)
    return invalidRequest(
      "messages",
      `'messages' holds ${value.length} messages; at most ${maxMessages} are taken`,
      "array_above_max_length",
    );
  return listOf(message)(value, "messages");
}
