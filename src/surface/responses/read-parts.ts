import type {
  CacheMark,
  Fields,
  FilePart,
  ForeignPart,
  ImagePart,
  RefusalPart,
  Source,
  TextPart,
} from "../../protocol/conversation.ts";
import { isObject } from "../../protocol/field-checks.ts";
import { textTypeOfName } from "../../protocol/text-media.ts";
import { dataUrl } from "../fields.ts";

type ContentPart = TextPart | ImagePart | FilePart | RefusalPart | ForeignPart;

/** The parts of a message's content; a string is one part. */
export function readContent(content: unknown, path: string): readonly ContentPart[] {
  if (typeof content === "string") return [{ kind: "text", text: content, path }];
  return (content as readonly Fields[]).map((part, at) => readPart(part, `${path}[${at}]`));
}

/** The same of a call's output, which holds nothing that a model refused. */
export function readOutput(
  output: unknown,
  path: string,
): readonly (TextPart | ImagePart | FilePart | ForeignPart)[] {
  return readContent(output, path).map((part) =>
    part.kind === "refusal" ? { kind: "text", text: part.text, path: part.path } : part,
  );
}

function readPart(part: Fields, path: string): ContentPart {
  const placed = { path, ...cacheOf(part["prompt_cache_breakpoint"]) };
  switch (part["type"]) {
    case "input_text":
      return { kind: "text", text: String(part["text"]), ...placed };
    case "output_text":
      return { kind: "text", text: String(part["text"]), ...citationsOf(part), ...placed };
    case "refusal":
      return { kind: "refusal", text: String(part["refusal"]), ...placed };
    case "input_image":
      return {
        kind: "image",
        source: imageSource(part),
        detail: textOf(part["detail"]),
        ...placed,
      };
    case "input_file":
      return {
        kind: "file",
        source: fileSource(part),
        name: textOf(part["filename"]),
        context: null,
        cites: false,
        ...placed,
      };
    default:
      return {
        kind: "foreign",
        dialect: "responses",
        type: String(part["type"]),
        value: part,
        ...placed,
      };
  }
}

function citationsOf(part: Fields): { readonly citations?: readonly Fields[] } {
  const { annotations } = part;
  return Array.isArray(annotations) && annotations.length > 0
    ? { citations: annotations as readonly Fields[] }
    : {};
}

function cacheOf(mark: unknown): { readonly cache?: CacheMark } {
  return isObject(mark) ? { cache: { ttl: textOf(mark["ttl"]) } } : {};
}

function imageSource(part: Fields): Source {
  const url = textOf(part["image_url"]);
  if (url === null) return { kind: "id", id: textOf(part["file_id"]) ?? "", dialect: "responses" };
  return inlined(url) ?? { kind: "url", url };
}

function fileSource(part: Fields): Source {
  const data = textOf(part["file_data"]);
  if (data !== null)
    return inlined(data) ?? { kind: "data", mediaType: typeByName(part["filename"]), data };
  const url = textOf(part["file_url"]);
  if (url === null) return { kind: "id", id: textOf(part["file_id"]) ?? "", dialect: "responses" };
  return inlined(url) ?? { kind: "url", url };
}

/** The bytes of a base64 data URL; null for anything else. */
function inlined(url: string): Source | null {
  const inline = dataUrl(url);
  if (inline === null) return null;
  return {
    kind: "data",
    ...inline,
    mediaType: inline.mediaType || "application/octet-stream",
  };
}

/** Bare base64 says nothing of its type: the name does, and a PDF is what this field was made for. */
function typeByName(name: unknown): string {
  return textTypeOfName(name) ?? "application/pdf";
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
