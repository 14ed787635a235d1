import {
  beyond,
  type ChatBody,
  type ChatMessage,
  type ContentPart,
  type ToolCall,
} from "../protocol/chat-request.ts";
import { countTools } from "./media.ts";
import { eachPhrase, eachString, eachStringOfMedia } from "./strings.ts";
import { textOfBytes } from "./text-bytes.ts";

/** Messages of the user. */
export function countTurns(body: ChatBody): number {
  let count = 0;
  for (const { role } of body.messages) if (role === "user") count += 1;
  return count;
}

/** How the client wants tools to be used: what it says, else what the API takes by default. */
export function toolChoice(body: ChatBody): "none" | "auto" | "required" | "named" {
  const { tool_choice: said } = body;
  if (said === "none" || said === "auto" || said === "required") return said;
  if (typeof said === "object" && said !== null) {
    if (said["type"] !== "allowed_tools") return "named";
    const allowed = said["allowed_tools"] as { readonly mode?: unknown } | undefined;
    return allowed?.mode === "required" ? "required" : "auto";
  }
  return countTools(body) > 0 ? "auto" : "none";
}

/** The structured output asked for. */
export function jsonKind(body: ChatBody): "none" | "object" | "schema" {
  const type = body.response_format?.type;
  if (type === "json_schema") return "schema";
  return type === "json_object" ? "object" : "none";
}

/** The client's ceiling on completion tokens; undefined when it gives none. */
export function maxTokens(body: ChatBody): number | undefined {
  return body.max_completion_tokens ?? body.max_tokens ?? undefined;
}

/** The text of a part, or of the text file that it is; nothing for others. */
function textsOfPart({ text, file }: ContentPart): readonly string[] {
  if (typeof text === "string") return [text];
  if (typeof file?.file_data !== "string") return [];
  const told = textOfBytes(file, "file_data", file.file_data);
  return told === null ? [] : [told];
}

/** The text of one message, its parts on lines of their own, text files among them. */
export function textOfMessage({ content }: ChatMessage): string {
  if (typeof content === "string") return content;
  if (content === null || content === undefined) return "";
  return content.flatMap(textsOfPart).join("\n");
}

/** The last text of the user: of its last message that holds any; empty when there is none. */
export function promptText(body: ChatBody): string {
  for (let index = body.messages.length - 1; index >= 0; index -= 1) {
    const message = body.messages[index];
    if (message?.role !== "user") continue;
    const text = textOfMessage(message);
    if (text !== "") return text;
  }
  return "";
}

/** Under this name a record holds how many answers were asked for at once, where they are several. No fact can have it. */
export const choicesKey = "body.n";

/** Under this name a record holds the tier that the client asked for, where it is billed by a price of its own. */
export const tierKey = "body.service_tier";

/** The texts of system and developer messages, on lines of their own; empty when there is none. */
export function systemText(body: ChatBody): string {
  let text = "";
  for (const message of body.messages) {
    if (message.role !== "system" && message.role !== "developer") continue;
    text = text === "" ? textOfMessage(message) : `${text}\n${textOfMessage(message)}`;
  }
  return text;
}

/**
 * Calls `visit` with every text of the request that is sent on, whoever wrote it: messages, thinking, calls, documents, settings
 * with words in them, and last the tools and schemas, each of which `visitSchema` may take as a whole.
 */
export function eachText(
  body: ChatBody,
  visit: (text: string) => void,
  visitSchema: (schema: unknown) => void = (schema) => eachString(schema, visit),
): void {
  for (const message of body.messages) eachTextOfMessage(message, visit);
  const { tools, response_format: format, [beyond]: more } = body;
  eachTextOfSettings(body, visit);
  if (more !== undefined) {
    eachTextOfSettings(more.settings, visit);
    eachString(more.rest, visit);
  }
  if (tools !== undefined && tools !== null && tools.length > 0) visitSchema(tools);
  if (Array.isArray(body["functions"])) visitSchema(body["functions"]);
  if (format === undefined || format === null) return;
  for (const name in format)
    if (name !== "type") visitSchema(format[name as keyof typeof format] ?? "");
}

/**
 * Settings that are never looked at: what `eachText` takes elsewhere, and names that a client gives its users, its bills and its
 * caches, which no model reads.
 */
const unseen: ReadonlySet<string> = new Set([
  "functions",
  "labels",
  "messages",
  "metadata",
  "model",
  "models",
  "prompt_cache_key",
  "response_format",
  "safety_identifier",
  "tools",
  "user",
]);

/** Settings of names and switches: no text, unless something else stands there. */
const switches: ReadonlySet<string> = new Set([
  "audio",
  "background",
  "cache_control",
  "cachedContent",
  "container",
  "conversation",
  "imageConfig",
  "include",
  "logit_bias",
  "mediaResolution",
  "modalities",
  "previous_response_id",
  "prompt_cache_retention",
  "provider",
  "reasoning_effort",
  "responseModalities",
  "safetySettings",
  "service_tier",
  "speechConfig",
  "speed",
  "stream",
  "stream_options",
  "thinking",
  "tool_choice",
  "truncation",
  "verbosity",
]);

function eachTextOfSettings(
  settings: Readonly<Record<string, unknown>>,
  visit: (text: string) => void,
): void {
  for (const name in settings) {
    const value = settings[name];
    if (typeof value === "number" || typeof value === "boolean" || unseen.has(name)) continue;
    if (switches.has(name)) eachPhrase(value, visit);
    else eachString(value, visit, name);
  }
}

function eachTextOfMessage(message: ChatMessage, visit: (text: string) => void): void {
  for (const name in message) {
    switch (name) {
      case "role":
      case "tool_call_id":
        continue;
      case "cache_control":
        eachPhrase(message[name as keyof ChatMessage], visit);
        continue;
      case "content":
        if (typeof message.content === "string") visit(message.content);
        else for (const part of message.content ?? []) eachTextOfPart(part, visit);
        continue;
      case "tool_calls":
        for (const call of message.tool_calls ?? []) eachTextOfCall(call, visit);
        continue;
      case "reasoning_details":
        eachTextOfThinking(message, visit);
        continue;
      default:
        eachString(message[name as keyof ChatMessage], visit, name);
    }
  }
}

function eachTextOfPart(part: ContentPart, visit: (text: string) => void): void {
  const value = part[beyond]?.value;
  if (value !== undefined) {
    eachString(value, visit);
    return;
  }
  for (const name in part) {
    const field: unknown = part[name as keyof ContentPart];
    switch (name) {
      case "type":
        continue;
      case "text":
        if (typeof field === "string") visit(field);
        else eachString(field, visit, name);
        continue;
      case "image_url":
      case "input_audio":
        eachStringOfMedia(field, visit);
        continue;
      case "cache_control":
        eachPhrase(field, visit);
        continue;
      default:
        eachString(field, visit, name);
    }
  }
}

function eachTextOfCall(call: ToolCall, visit: (text: string) => void): void {
  for (const name in call) {
    if (name !== "function") eachString(call[name as keyof ToolCall], visit, name);
    else if (call.function !== undefined) eachTextOfFunction(call.function, visit);
  }
}

function eachTextOfFunction(
  called: NonNullable<ToolCall["function"]>,
  visit: (text: string) => void,
): void {
  for (const name in called) {
    const field: unknown = called[name as keyof typeof called];
    if (typeof field === "string" && (name === "name" || name === "arguments")) visit(field);
    else eachString(field, visit, name);
  }
}

/** Details often say again, piece by piece, what `reasoning_content` says: that is looked at once. */
function eachTextOfThinking(message: ChatMessage, visit: (text: string) => void): void {
  const { reasoning_content: whole, reasoning_details: details } = message as ChatMessage & {
    readonly reasoning_content?: unknown;
    readonly reasoning_details?: unknown;
  };
  if (!Array.isArray(details)) {
    eachString(details, visit);
    return;
  }
  let at = 0;
  for (const detail of details as readonly { readonly text?: unknown }[]) {
    const text = detail?.text;
    if (typeof whole === "string" && typeof text === "string" && whole.startsWith(text, at)) {
      at += text.length;
      while (whole[at] === "\n") at += 1;
      const { text: _, ...rest } = detail;
      eachString(rest, visit);
    } else eachString(detail, visit);
  }
}
