import type { ChatMessage, ContentPart, ToolCall } from "../../protocol/chat-request.ts";
import type {
  CallPart,
  Fields,
  Part,
  Reasoning,
  ReasoningPart,
  ResultPart,
  Turn,
} from "../../protocol/conversation.ts";
import { contentOfPart } from "./content-of-parts.ts";

/** A message with the thinking that goes with it, as hosts beside OpenAI write it. */
type ReplayedMessage = ChatMessage & {
  readonly reasoning_content?: string;
  readonly reasoning_details?: readonly Fields[];
};

/**
 * The messages that a turn is on this wire: results of calls are messages of their own and must follow the calls at once, so they
 * come before what else the user says. What such a result shows beside text, which it cannot hold here, opens the user's message.
 */
export function messagesOfTurn(turn: Turn): readonly ChatMessage[] {
  const results = turn.parts.filter((part) => part.kind === "result");
  const others = turn.parts.filter((part) => part.kind !== "result");
  const answers = results.map(resultMessage);
  const shown = results.flatMap((result) => result.parts.filter(isShown)).flatMap(contentOfPart);
  if (turn.role === "assistant") {
    const said = [assistantMessage(turn, others), ...answers];
    return shown.length === 0 ? said : [...said, { role: "user", content: shown }];
  }
  if (results.length > 0 && others.length === 0 && shown.length === 0) return answers;
  const content = joined([...shown, ...others.flatMap(contentOfPart)], turn.role);
  return [...answers, { role: turn.role, content, ...nameOf(turn) }];
}

function nameOf(turn: Turn): { readonly name?: string } {
  return turn.name === null ? {} : { name: turn.name };
}

/** One string where nothing is lost by it, since not every server takes parts; a user's parts are told apart. */
function joined(
  content: readonly ContentPart[],
  role: Turn["role"],
): string | readonly ContentPart[] {
  if (content.length === 0) return "";
  const plain = content.every((part) => part.type === "text" && part.cache_control === undefined);
  if (!plain || (role === "user" && content.length > 1)) return content;
  return content.map((part) => part.text).join(role === "assistant" ? "" : "\n\n");
}

function assistantMessage(turn: Turn, parts: readonly Part[]): ReplayedMessage {
  const calls = parts.filter((part) => part.kind === "call");
  const content = joined(parts.flatMap(contentOfPart), "assistant");
  return {
    role: "assistant",
    content: content === "" && calls.length > 0 ? null : content,
    ...nameOf(turn),
    ...thinkingOf(parts.filter((part) => part.kind === "reasoning")),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(callOf) }),
  };
}

function callOf(part: CallPart): ToolCall {
  const { id, name, args } = part;
  if (!part.custom) return { id, type: "function", function: { name, arguments: args } };
  return { id, type: "custom", custom: { name, input: args } } as ToolCall;
}

function thinkingOf(parts: readonly ReasoningPart[]): Partial<ReplayedMessage> {
  const text = parts
    .map((part) => part.reasoning.text)
    .filter((thought) => thought !== "")
    .join("\n\n");
  const details = parts.flatMap((part) => detailsOf(part.reasoning));
  return {
    ...(text === "" ? {} : { reasoning_content: text }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
  };
}

/** What only the maker of the thinking takes back; the model is named so that no other is sent it. */
function detailsOf(reasoning: Reasoning): readonly Fields[] {
  const { text, signature, encrypted, id, model } = reasoning;
  const maker = {
    ...(id === null ? {} : { id }),
    ...(model === null ? {} : { model }),
  };
  return [
    ...(signature === null ? [] : [{ type: "reasoning.text", text, signature, ...maker }]),
    ...(encrypted === null ? [] : [{ type: "reasoning.encrypted", data: encrypted, ...maker }]),
  ];
}

type Shown = ResultPart["parts"][number];

/** What a message with a result cannot hold: images, and files that are no text. */
function isShown(part: Shown): boolean {
  return part.kind === "image" || (part.kind === "file" && part.source.kind !== "text");
}

const failed: ContentPart = { type: "text", text: "(The tool reported an error.)" };
const follows: ContentPart = {
  type: "text",
  text: "(What the tool returned is shown in the next message.)",
};

function resultMessage(result: ResultPart): ChatMessage {
  const told = result.parts.filter((part) => !isShown(part)).flatMap(contentOfPart);
  const content = marked(
    [
      ...(result.isError ? [failed] : []),
      ...told,
      ...(result.parts.some(isShown) ? [follows] : []),
    ],
    result,
  );
  const plain = content.every((part) => part.type === "text" && part.cache_control === undefined);
  return {
    role: "tool",
    tool_call_id: result.callId,
    content: plain ? content.map((part) => part.text).join("\n") : content,
  };
}

/** A mark of the whole result moves to its last part. */
function marked(content: readonly ContentPart[], result: ResultPart): readonly ContentPart[] {
  const last: ContentPart = content.at(-1) ?? { type: "text", text: "" };
  if (result.cache === undefined) return content;
  const { ttl } = result.cache;
  const cache_control = ttl === null ? { type: "ephemeral" } : { type: "ephemeral", ttl };
  return [...content.slice(0, -1), { cache_control, ...last }];
}
