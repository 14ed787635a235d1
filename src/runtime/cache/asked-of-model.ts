import type { Conversation, Fields, Part, Tool, Turn } from "../../protocol/conversation.ts";

/** What a conversation asks, without what only tells how it was written down: plain data, the same for every wire it may come over. */
export interface AskedOfModel {
  readonly asked: Fields;
  /** Whether any of it has a meaning on the client's own wire alone. */
  readonly isForeign: boolean;
}

/**
 * Takes out of a conversation what no provider sees: places in the client's body, the model's name (the target tells it), and whether
 * the answer is streamed. All else stays, so that whatever may change an answer tells two requests apart.
 */
export function askedOfModel(conversation: Conversation): AskedOfModel {
  const { model: _model, stream: _stream, turns, tools, ...rest } = conversation;
  const said = turns.map(withoutPlaces);
  const offered = tools.map(withoutPlace);
  const isForeign =
    hasFields(conversation.foreign) ||
    turns.some((turn) => hasFields(turn.foreign) || turn.parts.some(isForeignPart)) ||
    tools.some((tool) => tool.kind === "foreign" || hasFields(tool.foreign));
  return { asked: { ...rest, turns: said, tools: offered }, isForeign };
}

function withoutPlaces({ path: _path, parts, ...turn }: Turn): Fields {
  return { ...turn, parts: parts.map(partWithoutPlace) };
}

function partWithoutPlace(part: Part): Fields {
  const { path: _path, ...rest } = part;
  return part.kind === "result" ? { ...rest, parts: part.parts.map(partWithoutPlace) } : rest;
}

function withoutPlace(tool: Tool): Fields {
  const { path: _path, ...rest } = tool;
  return rest;
}

function isForeignPart(part: Part): boolean {
  if (part.kind === "foreign" || hasFields(part.foreign)) return true;
  return part.kind === "result" && part.parts.some(isForeignPart);
}

function hasFields(fields: Fields | undefined): boolean {
  for (const _ in fields) return true;
  return false;
}
