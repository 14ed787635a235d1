import { textOfBase64 } from "../../../protocol/base64.ts";
import { callInput } from "../../../protocol/call-input.ts";
import type {
  CallPart,
  Conversation,
  FilePart,
  ImagePart,
  Part,
  ReasoningPart,
  ResultPart,
} from "../../../protocol/conversation.ts";
import { type Carrier, isKeptElsewhere, keptElsewhere } from "../carrier.ts";
import { isFields } from "../error-signal.ts";
import { isSameModel } from "../same-model.ts";
import { cacheField } from "./cache-mark.ts";
import { CallIds } from "./call-ids.ts";

export type Block = Readonly<Record<string, unknown>>;

/** A turn under construction. */
export interface Message {
  readonly role: "user" | "assistant";
  content: Block[];
}

export interface Messages {
  /** System text in blocks, hoisted from wherever it stood. */
  readonly system: readonly Block[];
  readonly messages: readonly Message[];
  /** Names of tools called in the history. */
  readonly toolNames: readonly string[];
}

const placeholder: Block = { type: "text", text: "(The conversation goes on.)" };

/**
 * The turns of a conversation as Messages has them: system text hoisted, same-role turns merged, all results of one turn of calls
 * in the very next user turn and before its text.
 */
export function toMessages({ turns }: Conversation, model: string, carrier: Carrier): Messages {
  const system: Block[] = [];
  const messages: Message[] = [];
  const toolNames = new Set<string>();
  const around = { model, carrier, ids: new CallIds() };
  for (const { role, parts } of turns) {
    if (role === "assistant" && messages.at(-1)?.role !== "assistant") around.ids.begin();
    if (role === "system" || role === "developer")
      for (const block of parts.flatMap((part) => systemBlocks(part, around))) system.push(block);
    else
      append(
        messages,
        role,
        parts.flatMap((part) => blocksOf(part, around)),
      );
    for (const part of parts) if (part.kind === "call") toolNames.add(part.name);
  }
  settleResults(messages);
  if (messages.length === 0)
    return { system: [], messages: [{ role: "user", content: alone(system) }], toolNames: [] };
  if (messages[0]?.role === "assistant") messages.unshift({ role: "user", content: [placeholder] });
  return { system, messages, toolNames: [...toolNames] };
}

/** The wire refuses a message of nothing. */
function alone(system: Block[]): Block[] {
  return system.length === 0 ? [placeholder] : system;
}

/** The wire takes nothing but text here. */
function systemBlocks(part: Part, around: Around): readonly Block[] {
  if (part.kind === "text" || part.kind === "refusal") return blocksOf(part, around);
  around.carrier.cannot(part.path, "anything but text in a system turn");
  return [];
}

function append(messages: Message[], role: Message["role"], blocks: readonly Block[]): void {
  if (blocks.length === 0) return;
  const last = messages.at(-1);
  if (last?.role !== role) messages.push({ role, content: [...blocks] });
  else for (const block of blocks) last.content.push(block);
}

/** Pairs calls and results: missing results are made up as errors, results without a call become text. */
function settleResults(messages: Message[]): void {
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at];
    if (message?.role !== "assistant") {
      if (message !== undefined && at === 0)
        message.content = orphansAsText(message.content, new Set());
      continue;
    }
    const ids = new Set(
      message.content.filter((block) => block["type"] === "tool_use").map((block) => block["id"]),
    );
    const next = messages[at + 1];
    if (next === undefined && ids.size > 0) messages.push({ role: "user", content: [] });
    const answer = messages[at + 1];
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
  return Array.isArray(content)
    ? content.map((part) => (isFields(part) ? String(part["text"] ?? "") : "")).join("")
    : "";
}

interface Around {
  readonly model: string;
  readonly carrier: Carrier;
  readonly ids: CallIds;
}

/** The wire refuses text that is blank. */
function blocksOf(part: Part, around: Around): readonly Block[] {
  const { model, carrier, ids } = around;
  switch (part.kind) {
    case "text":
    case "refusal":
      return part.text.trim() === ""
        ? []
        : [{ type: "text", text: part.text, ...cacheField(part.cache) }];
    case "image":
      return imageBlocks(part, carrier);
    case "file":
      return fileBlocks(part, carrier);
    case "audio":
      carrier.cannot(part.path, "sound");
      return [];
    case "reasoning":
      return thinkingBlocks(part, model);
    case "call":
      return [callBlock(part, ids)];
    case "result":
      return [resultBlock(part, around)];
    case "foreign":
      return part.dialect === "messages" ? [part.value] : [];
  }
}

/** Thinking that this very model signed earlier, which it wants back unchanged; anything else is dropped. */
function thinkingBlocks({ reasoning }: ReasoningPart, model: string): readonly Block[] {
  const { text, signature, encrypted } = reasoning;
  if (reasoning.model === null || !isSameModel(reasoning.model, model)) return [];
  if (encrypted !== null) return [{ type: "redacted_thinking", data: encrypted }];
  return signature === null ? [] : [{ type: "thinking", thinking: text, signature }];
}

function callBlock({ id, name, args, custom, cache }: CallPart, ids: CallIds): Block {
  const input = custom ? { input: args } : callInput(args);
  return { type: "tool_use", id: ids.call(id), name, input, ...cacheField(cache) };
}

function resultBlock(part: ResultPart, around: Around): Block {
  const content = part.parts.flatMap((inner) => blocksOf(inner, around));
  return {
    type: "tool_result",
    tool_use_id: around.ids.result(part.callId),
    ...(content.length > 0 ? { content } : {}),
    ...(part.isError ? { is_error: true } : {}),
    ...cacheField(part.cache),
  };
}

const own = ["messages"] as const;

const imageTypes: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/webp",
]);

function imageBlocks({ source, path, cache }: ImagePart, carrier: Carrier): readonly Block[] {
  const mark = cacheField(cache);
  if (isKeptElsewhere(source, own)) {
    carrier.cannot(path, keptElsewhere);
    return [];
  }
  if (source.kind === "id")
    return [{ type: "image", source: { type: "file", file_id: source.id }, ...mark }];
  if (source.kind === "url" && /^https?:/i.test(source.url))
    return [{ type: "image", source: { type: "url", url: source.url }, ...mark }];
  if (source.kind !== "data" || !imageTypes.has(source.mediaType)) {
    const what = "an image that is neither a URL nor base64 JPEG, PNG, GIF or WebP";
    carrier.cannot(path, what);
    return [];
  }
  const { mediaType: media_type, data } = source;
  return [{ type: "image", source: { type: "base64", media_type, data }, ...mark }];
}

function fileBlocks(part: FilePart, carrier: Carrier): readonly Block[] {
  const source = isKeptElsewhere(part.source, own) ? null : documentSource(part.source);
  if (source === null) {
    const what = "a file that is neither PDF nor plain text";
    carrier.cannot(part.path, isKeptElsewhere(part.source, own) ? keptElsewhere : what);
    return [];
  }
  return [
    {
      type: "document",
      source,
      ...(part.name === null ? {} : { title: part.name }),
      ...(part.context === null ? {} : { context: part.context }),
      ...(part.cites ? { citations: { enabled: true } } : {}),
      ...cacheField(part.cache),
    },
  ];
}

function documentSource(source: FilePart["source"]): Block | null {
  switch (source.kind) {
    case "id":
      return { type: "file", file_id: source.id };
    case "text":
      return { type: "text", media_type: "text/plain", data: source.text };
    case "url":
      return /^https?:/i.test(source.url) ? { type: "url", url: source.url } : null;
    case "data":
      if (source.mediaType === "application/pdf")
        return { type: "base64", media_type: source.mediaType, data: source.data };
      if (source.mediaType !== "text/plain") return null;
      return {
        type: "text",
        media_type: "text/plain",
        data: textOfBase64(source.data, source.charset ?? null),
      };
  }
}
