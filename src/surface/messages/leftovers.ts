import type { Fields } from "../../protocol/conversation.ts";
import { isFields } from "../fields.ts";
import { closed, leftoversOf, open, type Shape } from "../leftovers.ts";

/** Of what says in another way what it is, all is left. */
const unknown = closed();

const ephemeral = closed("type", "ttl");
const cache = [
  "cache_control",
  ({ type }: Fields) => (type === "ephemeral" ? ephemeral : unknown),
] as const;

const textBlock = closed("type", "text", cache);
const anySource = closed("type", "media_type", "data", "url", "file_id", [
  "content",
  ({ type }) => (type === "text" ? textBlock : null),
]);
/** A text is read as plain text whatever it is called. */
const oddText = closed("data");
const source = ({ type, media_type: mediaType }: Fields): Shape =>
  type === "text" && mediaType !== "text/plain" ? oddText : anySource;

/** Fields of blocks themselves stay with their parts; blocks of unknown types are taken whole. */
function blockOf({ type }: Fields): Shape | null {
  switch (type) {
    case "text":
    case "tool_use":
    case "thinking":
    case "redacted_thinking":
      return marked;
    case "image":
      return image;
    case "document":
      return document;
    case "tool_result":
      return result;
    default:
      return null;
  }
}

const marked = open(cache);
const image = open(cache, ["source", source]);
const document = open(cache, ["source", source], ["citations", closed("enabled")]);
const result = open(cache, ["content", blockOf]);
const format = closed("type", "schema");

const body = open(
  cache,
  ["system", blockOf],
  ["messages", closed("role", ["content", blockOf])],
  ["tools", marked],
  ["tool_choice", closed("type", "name", "disable_parallel_tool_use")],
  ["thinking", closed("type", "budget_tokens", "display")],
  ["output_config", open(["format", format])],
  ["output_format", format],
);
/** Where the schema stands in both places, the older one is not read. */
const twice = open(...[...body.fields].filter(([name]) => name !== "output_format"), [
  "output_format",
  "left",
]);

/** What a Messages body holds that its conversation does not: it goes on to providers of the same wire, and facts are read from it. */
export function leftoversOfMessages(received: Fields): readonly unknown[] {
  const { output_config: config } = received;
  const isTwice = isFields(config) && config["format"] !== undefined && config["format"] !== null;
  return leftoversOf(received, isTwice ? twice : body);
}
