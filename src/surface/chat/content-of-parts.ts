import { beyond, type ContentPart } from "../../protocol/chat-request.ts";
import type {
  CacheMark,
  Fields,
  FilePart,
  ForeignPart,
  ImagePart,
  Part,
} from "../../protocol/conversation.ts";

/** The cache mark of a part, a tool or a whole request as a field. */
export function cacheField(place: { readonly cache?: CacheMark | null }): Fields {
  const { cache } = place;
  if (cache === undefined || cache === null) return {};
  const { ttl } = cache;
  return { cache_control: ttl === null ? { type: "ephemeral" } : { type: "ephemeral", ttl } };
}

/** Types that this wire knows, so that what is foreign is never taken for one of them. */
const ownTypes: ReadonlySet<string> = new Set([
  "text",
  "image_url",
  "input_audio",
  "file",
  "refusal",
  "function",
  "custom",
]);

export function markerType(type: string): string {
  return ownTypes.has(type) ? `foreign_${type}` : type;
}

/** What a part is in a message's content; nothing for calls, results and thinking, which stand elsewhere in a message. */
export function contentOfPart(part: Part): readonly ContentPart[] {
  switch (part.kind) {
    case "text":
      return [{ type: "text", text: part.text, ...cacheField(part) }];
    case "refusal":
      return [{ type: "refusal", refusal: part.text }];
    case "image":
      return [imageContent(part)];
    case "audio":
      return [
        {
          type: "input_audio",
          input_audio: { data: part.data, format: part.format },
          ...cacheField(part),
        },
      ];
    case "file":
      return fileContent(part);
    case "foreign":
      return [foreignContent(part)];
    default:
      return [];
  }
}

function imageContent(part: ImagePart): ContentPart {
  const { source, path } = part;
  const detail = part.detail === null ? {} : { detail: part.detail };
  const cache = cacheField(part);
  switch (source.kind) {
    case "url":
      return { type: "image_url", image_url: { url: source.url, ...detail }, ...cache };
    case "data": {
      const url = `data:${source.mediaType};base64,${source.data}`;
      return { type: "image_url", image_url: { url, ...detail }, ...cache };
    }
    case "id":
      return marker("image_file", path, {
        image_file: { file_id: source.id, ...detail },
        ...cache,
      });
    case "text":
      return { type: "text", text: source.text, ...cache };
  }
}

function fileContent(part: FilePart): readonly ContentPart[] {
  const { source, name, context, path } = part;
  const cache = cacheField(part);
  const before: ContentPart[] = context === null ? [] : [{ type: "text", text: context }];
  const named = name === null ? {} : { filename: name };
  switch (source.kind) {
    case "id": {
      const { id: file_id, dialect = "chat" } = source;
      if (dialect !== "chat" && dialect !== "responses")
        return [...before, marker("input_file", path, { file_id, ...named, ...cache })];
      return [...before, { type: "file", file: { file_id, ...named }, ...cache }];
    }
    case "data": {
      const file_data = `data:${source.mediaType};base64,${source.data}`;
      const filename = name ?? defaultName(source.mediaType);
      return [...before, { type: "file", file: { file_data, filename }, ...cache }];
    }
    case "url":
      return [...before, marker("file_url", path, { file_url: source.url, ...named, ...cache })];
    case "text": {
      // Plain text is no file to most servers of this wire, and guards look into texts alone.
      const head = name === null ? "<document>" : `<document name=${JSON.stringify(name)}>`;
      return [...before, { type: "text", text: `${head}\n${source.text}\n</document>`, ...cache }];
    }
  }
}

/** Data without a name is refused on this wire. */
function defaultName(mediaType: string): string {
  return mediaType === "application/pdf" ? "document.pdf" : "document";
}

/** Foreign parts show their words as `text`, so that facts and guards see what is said. */
function foreignContent({ type, path, value }: ForeignPart): ContentPart {
  const text = textsIn(value).join("\n");
  const part = marker(type, path, { ...(text === "" ? {} : { text }), value });
  return { ...part, [beyond]: { value } };
}

function marker(type: string, path: string, fields: Fields): ContentPart {
  return { ...fields, type: markerType(type), path } as ContentPart;
}

/** Fields that hold no words: names, proofs, and bytes in letters. */
const wordless =
  /^(?:type|id|.*_id|data|media_type|mime_type|signature|encrypted_.*|cache_control)$/;

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    wordless.test(name) ? [] : textsIn(inner),
  );
}
