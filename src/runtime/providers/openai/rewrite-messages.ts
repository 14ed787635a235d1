import { hash } from "node:crypto";
import type { ChatMessage, ToolCall } from "../../../protocol/chat-request.ts";
import { asFunctionCall } from "./custom-tools.ts";
import type { Differences } from "./differences.ts";

type Loose = Record<string, unknown>;

/** Whether any message holds what this provider takes in another form. */
export function messagesDiffer(messages: readonly ChatMessage[], row: Differences): boolean {
  for (const message of messages) {
    if (message.role === "developer" && row.developerRole === "system") return true;
    if (row.cacheControl === "strip" && typeof message.content === "object" && hasMark(message))
      return true;
    if (message.role === "assistant" && assistantDiffers(message, row)) return true;
    if (
      message.role === "tool" &&
      fittingId(message.tool_call_id ?? "", row) !== message.tool_call_id
    )
      return true;
  }
  return false;
}

/** The messages in the form this provider takes; those that fit are kept as they are. */
export function rewriteMessages(
  messages: readonly ChatMessage[],
  row: Differences,
): readonly ChatMessage[] {
  return messages.map((message) =>
    messagesDiffer([message], row) ? rewrite(message, row) : message,
  );
}

function hasMark(message: ChatMessage): boolean {
  const { content } = message;
  return Array.isArray(content) && content.some((part) => part.cache_control !== undefined);
}

function assistantDiffers(message: ChatMessage, row: Differences): boolean {
  if (row.nullContent === "empty" && (message.content === null || message.content === undefined))
    return true;
  if (row.reasoningIn !== "keep" && "reasoning_content" in message) return true;
  const strips = row.proofs === "strip";
  if (strips && "reasoning_details" in message) return true;
  return (message.tool_calls ?? []).some(
    (call) =>
      fittingId(call.id, row) !== call.id ||
      (strips && "extra_content" in call) ||
      (!row.customTools && "custom" in call),
  );
}

function rewrite(message: ChatMessage, row: Differences): ChatMessage {
  const out: Loose = { ...message };
  if (message.role === "developer" && row.developerRole === "system") out["role"] = "system";
  if (row.cacheControl === "strip" && Array.isArray(message.content))
    out["content"] = message.content.map(({ cache_control: _mark, ...part }) => part);
  if (message.role === "assistant") {
    if (row.nullContent === "empty") out["content"] ??= "";
    if (row.reasoningIn !== "keep" && "reasoning_content" in out) {
      if (row.reasoningIn === "as-reasoning") out["reasoning"] ??= out["reasoning_content"];
      delete out["reasoning_content"];
    }
    if (row.proofs === "strip") delete out["reasoning_details"];
    if (message.tool_calls)
      out["tool_calls"] = message.tool_calls.map((call) => rewriteCall(call, row));
  }
  if (message.tool_call_id !== undefined)
    out["tool_call_id"] = fittingId(message.tool_call_id, row);
  return out as unknown as ChatMessage;
}

function rewriteCall(call: ToolCall, row: Differences): ToolCall {
  const known = row.customTools ? call : asFunctionCall(call);
  const out: Loose = { ...known, id: fittingId(call.id, row) };
  if (row.proofs === "strip") delete out["extra_content"];
  return out as unknown as ToolCall;
}

/** An id that the provider takes: its own pass, foreign ones become nine characters that depend on nothing but the id. */
function fittingId(id: string, row: Differences): string {
  if (row.toolIds === "any" || /^[A-Za-z0-9]{9}$/.test(id)) return id;
  return BigInt(`0x${hash("sha256", id).slice(0, 16)}`)
    .toString(36)
    .padStart(9, "0")
    .slice(-9);
}
