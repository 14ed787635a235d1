import type { Fields } from "../../protocol/conversation.ts";
import { closed, leftoversOf, open, type Shape } from "../leftovers.ts";

const breakpoint = ["prompt_cache_breakpoint", closed("type", "mode", "ttl")] as const;

const parts: ReadonlyMap<unknown, Shape> = new Map([
  ["input_text", closed("type", "text", breakpoint)],
  // The likelihoods tell the same text again.
  ["output_text", closed("type", "text", "annotations", "logprobs", breakpoint)],
  ["refusal", closed("type", "refusal", breakpoint)],
]);

const imageByUrl = closed("type", "image_url", "detail", breakpoint);
const imageById = closed("type", "file_id", "detail", breakpoint);
const file = ["type", "filename", "detail", breakpoint] as const;
const fileOfData = closed(...file, "file_data");
const fileByUrl = closed(...file, "file_url");
const fileById = closed(...file, "file_id");

/** Of several places of the bytes the first is read. Parts of unknown types are taken whole. */
function partOf(part: Fields): Shape | null {
  switch (part["type"]) {
    case "input_image":
      return typeof part["image_url"] === "string" ? imageByUrl : imageById;
    case "input_file":
      if (typeof part["file_data"] === "string") return fileOfData;
      return typeof part["file_url"] === "string" ? fileByUrl : fileById;
    default:
      return parts.get(part["type"]) ?? null;
  }
}

const head = ["type", "id", "status"] as const;
const thought = closed("type", "text");
/** The summary of a thought that is told in full too, which a conversation does without. */
const told = closed(...head, "encrypted_content", ["content", thought], ["summary", "left"]);
const summed = closed(...head, "encrypted_content", "content", ["summary", thought]);
const output = closed(...head, "call_id", ["output", partOf]);

const items: ReadonlyMap<unknown, Shape> = new Map([
  ["message", closed(...head, "role", "phase", ["content", partOf])],
  ["function_call", closed(...head, "call_id", "name", "arguments")],
  ["custom_tool_call", closed(...head, "call_id", "name", "input")],
  ["function_call_output", output],
  ["custom_tool_call_output", output],
]);

/** Items of unknown types are taken whole. */
function itemOf({ type = "message", content }: Fields): Shape | null {
  if (type === "reasoning") return Array.isArray(content) && content.length > 0 ? told : summed;
  return items.get(type) ?? null;
}

const tools: ReadonlyMap<unknown, Shape> = new Map([
  ["function", closed("type", "name", "description", "parameters", "strict")],
  ["custom", closed("type", "name", "description", "format")],
]);

const chosen = closed("type", "name");
const choices: ReadonlyMap<unknown, Shape> = new Map([
  ["function", chosen],
  ["custom", chosen],
  ["allowed_tools", closed("type", "mode", ["tools", chosen])],
]);

const formats: ReadonlyMap<unknown, Shape> = new Map([
  ["text", closed("type")],
  ["json_object", closed("type")],
  ["json_schema", closed("type", "name", "description", "schema", "strict")],
]);

const body = open(
  ["input", itemOf],
  ["tools", ({ type }) => tools.get(type) ?? null],
  ["tool_choice", ({ type }) => choices.get(type) ?? null],
  ["text", open(["format", ({ type }) => formats.get(type) ?? null])],
);

/** What a body holds that its conversation does not: it goes on to providers of the same wire, and facts are read from it. */
export function leftoversOfResponses(received: Fields): readonly unknown[] {
  return leftoversOf(received, body);
}
