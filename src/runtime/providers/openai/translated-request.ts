import type { Target } from "../../../catalog/target.ts";
import type { ChatBody, ChatMessage, ContentPart } from "../../../protocol/chat-request.ts";
import type { Conversation, Part } from "../../../protocol/conversation.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import {
  type Carrier,
  isKeptElsewhere,
  isKnownNotToThink,
  keptElsewhere,
  refuseForeign,
  tellReasoning,
} from "../carrier.ts";
import { withoutCustomTools, withTools } from "./custom-tools.ts";
import type { Differences } from "./differences.ts";
import type { ChatAsked } from "./prepare.ts";

interface Asked {
  readonly row: Differences;
  readonly target: Target;
  readonly carrier: Carrier;
}

/**
 * A request of another wire as chat completions can say it, for this target: what they have no word for is told to the carrier and
 * stands no more in the body.
 */
export function translatedRequest(
  request: ModelRequest,
  { row, target, carrier }: Asked,
): ChatAsked {
  const conversation = request.conversation();
  refuseForeign(conversation, carrier, "chat");
  for (const { parts } of conversation.turns) refuseParts(parts, carrier);
  const placeOf = (at: number): string => conversation.tools[at]?.path ?? `tools[${at}]`;
  const asked = withoutCustomTools(request, { row, carrier, placeOf });
  return { ...asked, body: withoutIdleEffort(sayable(asked.body), conversation, target, carrier) };
}

function refuseParts(parts: Conversation["turns"][number]["parts"], carrier: Carrier): void {
  for (const part of parts) refusePart(part, carrier);
}

/** Clients of both wires leave their files with the same house. */
const own = ["chat", "responses"] as const;

function refusePart(part: Part, carrier: Carrier): void {
  if (part.kind === "result") refuseParts(part.parts, carrier);
  if (part.kind === "image" && part.source.kind === "id")
    carrier.cannot(part.path, "an image kept by another provider");
  if (part.kind === "file" && isKeptElsewhere(part.source, own))
    carrier.cannot(part.path, keptElsewhere);
  if (part.kind === "file" && part.source.kind === "url")
    carrier.cannot(part.path, "a file by its address");
  if (part.kind === "file" && part.cites) carrier.cannot(part.path, "a file to be cited");
}

/** Models that do not think are refused an effort by many hosts, and other wires' clients send one to whatever model. */
function withoutIdleEffort(
  body: ChatBody,
  { reasoning }: Conversation,
  target: Target,
  carrier: Carrier,
): ChatBody {
  const { reasoning_effort: effort, ...rest } = body;
  if (effort === undefined || !(isKnownNotToThink(target) || target.rejectsEffort)) return body;
  tellReasoning(carrier, reasoning);
  return rest;
}

/** The body without the marks that stand for what this wire cannot say. */
function sayable(body: ChatBody): ChatBody {
  const messages = body.messages.flatMap(sayableMessage);
  const isSame =
    messages.length === body.messages.length &&
    messages.every((message, at) => message === body.messages[at]);
  const said = isSame ? body : { ...body, messages };
  return body.tools?.some(isMark) === true
    ? withTools(
        said,
        body.tools.filter((tool) => !isMark(tool)),
      )
    : said;
}

/** Marks bear the place in the client's body, which no content and no tool of this wire does. */
function isMark(value: object): boolean {
  return "path" in value;
}

function sayableMessage(message: ChatMessage): readonly ChatMessage[] {
  const { content } = message;
  if (!Array.isArray(content) || !content.some(isMark)) return [message];
  const kept: readonly ContentPart[] = content.filter((part) => !isMark(part));
  if (kept.length > 0) return [{ ...message, content: kept }];
  if (message.role === "tool") return [{ ...message, content: "" }];
  return message.tool_calls === undefined ? [] : [{ ...message, content: null }];
}
