import type {
  Conversation,
  Fields,
  OutputFormat,
  Part,
  Tool,
  Turn,
} from "../../protocol/conversation.ts";

/** What a conversation asks, without what only tells how it was written down: plain data, the same for every wire it may come over. */
export interface AskedOfModel {
  readonly asked: Fields;
  /** Whether any of it has a meaning on the client's own wire alone. */
  readonly isForeign: boolean;
}

/**
 * Takes out of a conversation what no provider sees: places in the client's body, the model's name (the target tells it), and whether
 * the answer is streamed. All else stays, so that whatever may change an answer tells two requests apart: what a model is shown as the
 * client wrote it, schemas above all, stands as JSON text, since models answer in the order of its members.
 */
export function askedOfModel(conversation: Conversation): AskedOfModel {
  const { model: _model, stream: _stream, turns, tools, format, foreign, ...rest } = conversation;
  const said = turns.map(turnAsked);
  const offered = tools.map(toolAsked);
  const isForeign =
    hasFields(conversation.foreign) ||
    turns.some((turn) => hasFields(turn.foreign) || turn.parts.some(isForeignPart)) ||
    tools.some((tool) => tool.kind === "foreign" || hasFields(tool.foreign));
  const asked = { turns: said, tools: offered, format: formatAsked(format) };
  return { asked: { ...rest, ...asked, foreign: asWritten(foreign) }, isForeign };
}

/** Members of a body by name, each as JSON text in the order in which it was written. */
export function asWritten(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, written(value)]));
}

function written(value: unknown): string {
  return JSON.stringify(value) ?? "null";
}

function turnAsked({ path: _path, parts, foreign, ...turn }: Turn): Fields {
  return { ...turn, parts: parts.map(partAsked), ...foreignAsked(foreign) };
}

function partAsked(part: Part): Fields {
  const { path: _path, foreign, ...rest } = part;
  const asked = { ...rest, ...foreignAsked(foreign) };
  if (part.kind === "result") return { ...asked, parts: part.parts.map(partAsked) };
  if (part.kind === "foreign") return { ...asked, value: written(part.value) };
  return asked;
}

function toolAsked({ path: _path, foreign, ...tool }: Tool): Fields {
  const asked = { ...tool, ...foreignAsked(foreign) };
  if (tool.kind === "function") return { ...asked, parameters: written(tool.parameters) };
  if (tool.kind === "custom") return { ...asked, format: written(tool.format) };
  return { ...asked, value: written(tool.value) };
}

function formatAsked(format: OutputFormat): Fields {
  return format.kind === "schema" ? { ...format, schema: written(format.schema) } : format;
}

function foreignAsked(foreign: Fields | undefined): Fields {
  return foreign === undefined ? {} : { foreign: asWritten(foreign) };
}

function isForeignPart(part: Part): boolean {
  if (part.kind === "foreign" || hasFields(part.foreign)) return true;
  return part.kind === "result" && part.parts.some(isForeignPart);
}

function hasFields(fields: Fields | undefined): boolean {
  for (const _ in fields) return true;
  return false;
}
