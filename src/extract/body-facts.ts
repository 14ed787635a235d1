import type { ChatBody, ChatMessage, ContentPart } from "../protocol/chat-request.ts";

/** Parts of the messages that are of one type. */
export function countParts(body: ChatBody, type: string): number {
  let count = 0;
  for (const { content } of body.messages) {
    if (typeof content !== "object" || content === null) continue;
    for (const part of content) if (part.type === type) count += 1;
  }
  return count;
}

/** Messages of the user. */
export function countTurns(body: ChatBody): number {
  let count = 0;
  for (const { role } of body.messages) if (role === "user") count += 1;
  return count;
}

/** How the client wants tools to be used: what it says, else what the API takes by default. */
export function toolChoice(body: ChatBody): "none" | "auto" | "required" | "named" {
  const { tool_choice: said, tools } = body;
  if (said === "none" || said === "auto" || said === "required") return said;
  if (typeof said === "object" && said !== null) {
    if (said["type"] !== "allowed_tools") return "named";
    const allowed = said["allowed_tools"] as { readonly mode?: unknown } | undefined;
    return allowed?.mode === "required" ? "required" : "auto";
  }
  return (tools?.length ?? 0) > 0 ? "auto" : "none";
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

function isTextPart(part: ContentPart): part is ContentPart & { readonly text: string } {
  return typeof part.text === "string";
}

/** The text of one message, its parts on lines of their own. */
export function textOfMessage({ content }: ChatMessage): string {
  if (typeof content === "string") return content;
  if (content === null || content === undefined) return "";
  return content
    .filter(isTextPart)
    .map((part) => part.text)
    .join("\n");
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

/** Calls `visit` with every text of the request, whoever wrote it: messages, refusals, arguments of tool calls. */
export function eachText(body: ChatBody, visit: (text: string) => void): void {
  for (const message of body.messages) {
    const { content, refusal, name } = message;
    if (typeof content === "string") visit(content);
    else eachPartText(content ?? [], visit);
    if (typeof refusal === "string") visit(refusal);
    for (const call of message.tool_calls ?? []) {
      if (call.function === undefined) continue;
      visit(call.function.name);
      visit(call.function.arguments);
    }
    if (name !== undefined) visit(name);
  }
}

function eachPartText(parts: readonly ContentPart[], visit: (text: string) => void): void {
  for (const part of parts) {
    if (isTextPart(part)) visit(part.text);
    else if (typeof part.refusal === "string") visit(part.refusal);
  }
}
