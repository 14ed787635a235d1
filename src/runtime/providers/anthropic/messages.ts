import type { ChatMessage, ContentPart } from "../../../protocol/chat-request.ts";
import type { Failure } from "../../../protocol/failure.ts";
import { isFields, parseJson } from "../error-signal.ts";
import { unsupported } from "./unsupported.ts";

export type Block = Readonly<Record<string, unknown>>;

/** A turn under construction. */
export interface Turn {
  readonly role: "user" | "assistant";
  content: Block[];
}

export interface Conversation {
  /** System text in blocks, hoisted from wherever it stood. */
  readonly system: readonly Block[];
  readonly turns: readonly Turn[];
  /** Names of tools called in the history. */
  readonly toolNames: readonly string[];
}

const placeholder: Block = { type: "text", text: "(The conversation goes on.)" };

/**
 * Turns chat messages into Anthropic's turns: system text hoisted, same-role turns merged, all results of one turn of calls in
 * the very next user turn and before its text. What cannot be said on this wire is a failure that names the field.
 */
export function toConversation(
  messages: readonly ChatMessage[],
  model: string,
): Conversation | Failure {
  const system: Block[] = [];
  const turns: Turn[] = [];
  const toolNames = new Set<string>();
  for (const [at, message] of messages.entries()) {
    const path = `messages[${at}]`;
    if (message.role === "function") return unsupported(`${path}.role`, "the old function role");
    const blocks = blocksOf(message, path, model);
    if (!Array.isArray(blocks)) return blocks as Failure;
    if (message.role === "system" || message.role === "developer") system.push(...blocks);
    else append(turns, message.role === "assistant" ? "assistant" : "user", blocks);
    for (const call of message.tool_calls ?? [])
      if (call.function !== undefined) toolNames.add(call.function.name);
  }
  settleResults(turns);
  if (turns.length === 0)
    return { system: [], turns: [{ role: "user", content: system }], toolNames: [] };
  if (turns[0]?.role === "assistant") turns.unshift({ role: "user", content: [placeholder] });
  return { system, turns, toolNames: [...toolNames] };
}

function append(turns: Turn[], role: Turn["role"], blocks: readonly Block[]): void {
  if (blocks.length === 0) return;
  const last = turns.at(-1);
  if (last?.role === role) last.content.push(...blocks);
  else turns.push({ role, content: [...blocks] });
}

/** Pairs calls and results: missing results are made up as errors, results without a call become text. */
function settleResults(turns: Turn[]): void {
  for (let at = 0; at < turns.length; at++) {
    const turn = turns[at];
    if (turn?.role !== "assistant") {
      if (turn !== undefined && at === 0) turn.content = orphansAsText(turn.content, new Set());
      continue;
    }
    const ids = new Set(
      turn.content.filter((block) => block["type"] === "tool_use").map((block) => block["id"]),
    );
    const next = turns[at + 1];
    if (next === undefined && ids.size > 0) turns.push({ role: "user", content: [] });
    const answer = turns[at + 1];
    if (answer === undefined) continue;
    const content = orphansAsText(answer.content, ids);
    const results = content.filter((block) => block["type"] === "tool_result");
    const answered = new Set(results.map((block) => block["tool_use_id"]));
    const missing = [...ids].filter((id) => !answered.has(id)).map(noResult);
    answer.content = [
      ...results,
      ...missing,
      ...content.filter((block) => block["type"] !== "tool_result"),
    ];
  }
}

function noResult(id: unknown): Block {
  return { type: "tool_result", tool_use_id: id, content: "No result was given.", is_error: true };
}

/** Results of no call of `ids`, and further ones of the same call, as text. */
function orphansAsText(blocks: readonly Block[], ids: ReadonlySet<unknown>): Block[] {
  const open = new Set(ids);
  return blocks.map((block) =>
    block["type"] === "tool_result" && !open.delete(block["tool_use_id"])
      ? { type: "text", text: `(Result of an earlier tool call) ${plainText(block["content"])}` }
      : block,
  );
}

function plainText(content: unknown): string {
  if (typeof content === "string") return content;
  return Array.isArray(content)
    ? content.map((part) => (isFields(part) ? String(part["text"] ?? "") : "")).join("")
    : "";
}

function blocksOf(message: ChatMessage, path: string, model: string): Block[] | Failure {
  const content = contentBlocks(message.content, path);
  if (!Array.isArray(content)) return content;
  if (message.role === "tool")
    return [
      {
        type: "tool_result",
        tool_use_id: fittingId(message.tool_call_id ?? ""),
        ...(content.length > 0 ? { content } : {}),
      },
    ];
  if (message.role !== "assistant") return content;
  const refusal = message.refusal ? [{ type: "text", text: message.refusal }] : [];
  const calls = (message.tool_calls ?? []).map((call) => ({
    type: "tool_use",
    id: fittingId(call.id),
    name: call.function?.name ?? "",
    input: inputOf(call.function?.arguments ?? ""),
  }));
  return [...replayedThinking(message, model), ...content, ...refusal, ...calls];
}

/** Thinking that this very model signed earlier, which it wants back unchanged; anything else is dropped. */
function replayedThinking(message: ChatMessage, model: string): Block[] {
  const details = (message as unknown as Block)["reasoning_details"];
  if (!Array.isArray(details)) return [];
  return details.flatMap((detail: unknown): Block[] => {
    if (!isFields(detail) || detail["model"] !== model) return [];
    if (typeof detail["signature"] === "string")
      return [{ type: "thinking", thinking: detail["text"] ?? "", signature: detail["signature"] }];
    return typeof detail["data"] === "string"
      ? [{ type: "redacted_thinking", data: detail["data"] }]
      : [];
  });
}

/** Arguments as an object; what is no JSON object is kept under `_raw`. */
function inputOf(args: string): unknown {
  if (args.trim() === "") return {};
  const value = parseJson(args);
  return isFields(value) ? value : { _raw: args };
}

/** Ids of other providers may hold characters that this wire refuses. */
function fittingId(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9_-]/g, "_") || "call";
}

function contentBlocks(content: ChatMessage["content"], path: string): Block[] | Failure {
  if (content === undefined || content === null || content === "") return [];
  if (typeof content === "string") return [{ type: "text", text: content }];
  const blocks: Block[] = [];
  for (const [at, part] of content.entries()) {
    const block = partBlock(part, `${path}.content[${at}]`);
    if (block === null) continue;
    if ("cause" in block) return block as unknown as Failure;
    blocks.push(part.cache_control ? { ...block, cache_control: part.cache_control } : block);
  }
  return blocks;
}

function partBlock(part: ContentPart, path: string): Block | Failure | null {
  switch (part.type) {
    case "text":
      return part.text ? { type: "text", text: part.text } : null;
    case "refusal":
      return part.refusal ? { type: "text", text: part.refusal } : null;
    case "image_url":
      return imageBlock(part.image_url?.url ?? "", path);
    case "file":
      return fileBlock(part, path);
    default:
      return unsupported(path, `content of type ${part.type}`);
  }
}

const imageTypes: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/webp",
]);

function imageBlock(url: string, path: string): Block | Failure {
  if (/^https?:/i.test(url)) return { type: "image", source: { type: "url", url } };
  const inline = dataUrl(url);
  if (inline === null || !imageTypes.has(inline.media_type))
    return unsupported(
      `${path}.image_url.url`,
      "an image that is neither a URL nor base64 JPEG, PNG, GIF or WebP",
    );
  return { type: "image", source: { type: "base64", ...inline } };
}

function fileBlock(part: ContentPart, path: string): Block | Failure {
  const { file_id, file_data = "", filename } = part.file ?? {};
  const title = filename === undefined ? {} : { title: filename };
  if (file_id !== undefined)
    return { type: "document", source: { type: "file", file_id }, ...title };
  const inline = dataUrl(file_data);
  if (inline?.media_type === "application/pdf")
    return { type: "document", source: { type: "base64", ...inline }, ...title };
  if (inline?.media_type === "text/plain") {
    const data = Buffer.from(inline.data, "base64").toString("utf8");
    return { type: "document", source: { type: "text", media_type: "text/plain", data }, ...title };
  }
  return unsupported(`${path}.file`, "a file that is neither PDF nor plain text");
}

function dataUrl(url: string): { readonly media_type: string; readonly data: string } | null {
  const comma = url.indexOf(",");
  const [type = "", ...parameters] = url.slice(5, Math.max(comma, 5)).toLowerCase().split(";");
  if (!url.startsWith("data:") || !parameters.includes("base64")) return null;
  return { media_type: type === "image/jpg" ? "image/jpeg" : type, data: url.slice(comma + 1) };
}
