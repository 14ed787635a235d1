import type { ChatMessage, ContentPart, ToolCall } from "../../protocol/chat-request.ts";
import type {
  CacheMark,
  CallPart,
  Fields,
  ForeignPart,
  Part,
  Reasoning,
  ReasoningPart,
  ResultPart,
  Turn,
} from "../../protocol/conversation.ts";
import { cacheMarkOf, isFields, sourceOfUrl, textOf } from "../fields.ts";

/** The turns of a chat: results of calls, which stand in messages of their own here, become one turn of the user. */
export function turnsOf(messages: readonly ChatMessage[]): readonly Turn[] {
  const turns: Turn[] = [];
  let results: ResultPart[] | null = null;
  for (const [at, message] of messages.entries()) {
    const path = `messages[${at}]`;
    if (message.role === "tool" || message.role === "function") {
      const result = resultOf(message, path);
      if (results === null) {
        results = [];
        turns.push({ role: "user", name: null, parts: results, path });
      }
      results.push(result);
      continue;
    }
    results = null;
    const role = roles.get(message.role) ?? "user";
    const parts = partsOf(message, path);
    const beside = besideOf(message, role === "assistant" ? ofAssistant : ofOthers);
    turns.push({ role, name: message.name ?? null, parts, path, ...beside });
  }
  return turns;
}

const roles: ReadonlyMap<string, Turn["role"]> = new Map([
  ["system", "system"],
  ["developer", "developer"],
  ["user", "user"],
  ["assistant", "assistant"],
]);

/** Fields of messages that have a place in a turn or in one of its parts. */
const ofOthers: ReadonlySet<string> = new Set(["role", "content", "name"]);
const ofResult: ReadonlySet<string> = new Set([...ofOthers, "tool_call_id"]);
/** What an assistant said in more than text, in sound or pictures; no other wire takes that back. */
const furtherContent = ["audio", "images"] as const;
const ofAssistant: ReadonlySet<string> = new Set([
  ...ofOthers,
  ...furtherContent,
  "refusal",
  "tool_calls",
  "function_call",
  "reasoning",
  "reasoning_content",
  "reasoning_details",
]);

/** What a message holds beside these fields. */
function besideOf(message: ChatMessage, known: ReadonlySet<string>): { readonly foreign?: Fields } {
  const rest = Object.entries(message).filter(
    ([name, value]) => value !== null && !known.has(name),
  );
  return rest.length === 0 ? {} : { foreign: Object.fromEntries(rest) };
}

/** The old `function` role names the function and not the call: its name stands for the id, as it does for the call. */
function resultOf(message: ChatMessage, path: string): ResultPart {
  return {
    kind: "result",
    path,
    callId: message.tool_call_id ?? message.name ?? "",
    parts: contentOf(message.content, path).flatMap(partsOfResult),
    isError: false,
    ...besideOf(message, ofResult),
  };
}

/** A result holds nothing that a model refused, and on no other wire sound. */
function partsOfResult(part: Part): ResultPart["parts"] {
  switch (part.kind) {
    case "text":
    case "image":
    case "file":
    case "foreign":
      return [part];
    case "refusal":
      return [{ ...part, kind: "text" }];
    case "audio": {
      const { kind: _kind, path, ...value } = part;
      return [{ kind: "foreign", dialect: "chat", type: "input_audio", value, path }];
    }
    default:
      return [];
  }
}

function partsOf(message: ChatMessage, path: string): readonly Part[] {
  const content = contentOf(message.content, path);
  if (message.role !== "assistant") return content;
  return [
    ...reasoningOf(message as unknown as Fields, path),
    ...content,
    ...furtherParts(message as unknown as Fields, path),
    ...(message.refusal
      ? [{ kind: "refusal", text: message.refusal, path: `${path}.refusal` } as const]
      : []),
    ...callsOf(message, path),
  ];
}

function furtherParts(message: Fields, path: string): readonly ForeignPart[] {
  return furtherContent.flatMap((type) => {
    const value = message[type] ?? null;
    if (value === null || (Array.isArray(value) && value.length === 0)) return [];
    return [
      { kind: "foreign", dialect: "chat", type, value: { [type]: value }, path: `${path}.${type}` },
    ];
  });
}

/** Thinking under the names of its replay: signed or sealed details first; plain text where there are none. */
function reasoningOf(message: Fields, path: string): readonly ReasoningPart[] {
  const details = message["reasoning_details"];
  const parts: ReasoningPart[] = [];
  for (const [at, detail] of (Array.isArray(details) ? details : []).entries()) {
    const reasoning = reasoningOfDetail(detail);
    if (reasoning !== null)
      parts.push({ kind: "reasoning", reasoning, path: `${path}.reasoning_details[${at}]` });
  }
  if (parts.length > 0) return parts;
  const text = textOf(message["reasoning_content"]) ?? textOf(message["reasoning"]) ?? "";
  if (text === "") return [];
  const reasoning = { ...unsigned, text };
  return [{ kind: "reasoning", reasoning, path: `${path}.reasoning_content` }];
}

const unsigned: Reasoning = {
  text: "",
  summary: false,
  signature: null,
  encrypted: null,
  id: null,
  model: null,
};

function reasoningOfDetail(detail: unknown): Reasoning | null {
  if (!isFields(detail)) return null;
  const text = textOf(detail["text"]) ?? textOf(detail["summary"]) ?? "";
  const signature = textOf(detail["signature"]);
  const encrypted = textOf(detail["data"]);
  if (text === "" && signature === null && encrypted === null) return null;
  const summary = detail["type"] === "reasoning.summary" || detail["summary"] !== undefined;
  const { id, model } = detail;
  return { text, summary, signature, encrypted, id: textOf(id), model: textOf(model) };
}

function callsOf(message: ChatMessage, path: string): readonly (CallPart | ForeignPart)[] {
  const old = (message as unknown as Fields)["function_call"];
  const calls = (message.tool_calls ?? []).map((call, at) =>
    callOf(call, `${path}.tool_calls[${at}]`),
  );
  if (!isFields(old)) return calls;
  const name = textOf(old["name"]) ?? "";
  const args = textOf(old["arguments"]) ?? "";
  const place = { path: `${path}.function_call` };
  return [
    ...calls,
    { kind: "call", id: name, name, args, custom: false, signature: null, ...place },
  ];
}

function callOf(call: ToolCall, path: string): CallPart | ForeignPart {
  const fields = call as unknown as Fields;
  const signature = signatureOf(fields);
  const custom = fields["custom"];
  if (call.function !== undefined) {
    const { name, arguments: args } = call.function;
    return { kind: "call", id: call.id, name, args, custom: false, signature, path };
  }
  if (isFields(custom) && typeof custom["name"] === "string") {
    const args = textOf(custom["input"]) ?? "";
    return { kind: "call", id: call.id, name: custom["name"], args, custom: true, signature, path };
  }
  return { kind: "foreign", dialect: "chat", type: call.type, value: fields, path };
}

/** Where Google's own chat endpoint puts the signature of a call: `extra_content.google.thought_signature`. */
function signatureOf(call: Fields): string | null {
  const extra = isFields(call["extra_content"]) ? call["extra_content"]["google"] : null;
  return isFields(extra) ? textOf(extra["thought_signature"]) : null;
}

function contentOf(content: ChatMessage["content"], path: string): readonly Part[] {
  if (content === undefined || content === null || content === "") return [];
  if (typeof content === "string")
    return [{ kind: "text", text: content, path: `${path}.content` }];
  return content.map((part, at) => partOf(part, `${path}.content[${at}]`));
}

function partOf(part: ContentPart, path: string): Part {
  const fields = part as unknown as Fields;
  const mark = cacheMarkOf(part.cache_control) ?? cacheMarkOf(fields["prompt_cache_breakpoint"]);
  const place: { readonly path: string; readonly cache?: CacheMark } =
    mark === null ? { path } : { path, cache: mark };
  switch (part.type) {
    case "text":
      return { kind: "text", text: part.text ?? "", ...place };
    case "refusal":
      return { kind: "refusal", text: part.refusal ?? "", ...place };
    case "image_url": {
      const { url = "", detail = null } = part.image_url ?? {};
      return { kind: "image", source: sourceOfUrl(url), detail, ...place };
    }
    case "input_audio": {
      const { data = "", format = "" } = part.input_audio ?? {};
      return { kind: "audio", data, format, ...place };
    }
    case "file":
      return filePart(part, place);
    default:
      return { kind: "foreign", dialect: "chat", type: part.type, value: fields, ...place };
  }
}

function filePart(
  { file = {} }: ContentPart,
  place: { readonly path: string; readonly cache?: CacheMark },
): Part {
  const { file_id, file_data = "", filename = null } = file;
  const source =
    file_id === undefined
      ? sourceOfUrl(file_data)
      : ({ kind: "id", id: file_id, dialect: "chat" } as const);
  return { kind: "file", source, name: filename, context: null, cites: false, ...place };
}
