import type {
  AudioPart,
  Fields,
  FilePart,
  ImagePart,
  Part,
  Source,
} from "../../../protocol/conversation.ts";
import type { Carrier } from "../carrier.ts";
import { ownDialect } from "./own-dialect.ts";

/** One part of a content on this wire. */
export type WirePart = Fields;

/** Images that the models read. */
const imageTypes: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/heic",
  "image/heif",
]);

/** The provider fetches from its own stores and from YouTube, from nowhere else (wire-formats §6.2). */
const fetchable =
  /^(?:https:\/\/generativelanguage\.googleapis\.com\/v1(?:alpha|beta)?\/files\/|gs:\/\/|https:\/\/(?:www\.)?youtube\.com\/watch\?v=|https:\/\/youtu\.be\/)/;

const filesUrl = "https://generativelanguage.googleapis.com/v1beta/";

/** Media, files and what is at home on this wire, as parts; anything else is told to the carrier. */
export function otherParts(
  part: Exclude<Part, { kind: "text" | "refusal" }>,
  carrier: Carrier,
): readonly WirePart[] {
  switch (part.kind) {
    case "image":
      return [imagePart(part, carrier)].filter((image) => image !== null);
    case "audio":
      return [audioPart(part)];
    case "file":
      return fileParts(part, carrier);
    case "foreign":
      if (part.dialect === ownDialect) return [part.value];
      carrier.cannot(part.path, `content of type ${part.type}`);
      return [];
    default:
      carrier.cannot(part.path, `content of type ${part.kind} in this turn`);
      return [];
  }
}

/** An image as a part; null when it cannot be carried. */
export function imagePart(image: ImagePart, carrier: Carrier): WirePart | null {
  const { source, path } = image;
  if (source.kind === "data" && !imageTypes.has(plainType(source.mediaType))) {
    carrier.cannot(path, `an image of type ${source.mediaType}`);
    return null;
  }
  return sourcePart(source, path, { what: "an image", carrier });
}

/** Sound as a part; its format names the media type. */
function audioPart({ data, format }: AudioPart): WirePart {
  return { inlineData: { mimeType: `audio/${format.toLowerCase()}`, data } };
}

/** A file and what was told beside it, as parts; none when it cannot be carried. */
export function fileParts(file: FilePart, carrier: Carrier): readonly WirePart[] {
  if (file.cites) carrier.cannot(file.path, "a file that the answer shall cite");
  const part = sourcePart(file.source, file.path, { what: "a file", carrier });
  if (part === null) return [];
  return file.context === null || file.context === "" ? [part] : [{ text: file.context }, part];
}

interface Place {
  readonly what: string;
  readonly carrier: Carrier;
}

function sourcePart(source: Source, path: string, { what, carrier }: Place): WirePart | null {
  switch (source.kind) {
    case "text":
      return source.text === "" ? null : { text: source.text };
    case "data":
      return { inlineData: { mimeType: plainType(source.mediaType), data: source.data } };
    case "url":
      if (fetchable.test(source.url)) return { fileData: { fileUri: source.url } };
      carrier.cannot(path, `${what} at an address that the provider does not fetch from`);
      return null;
    case "id":
      if (/^files\/[\w-]+$/.test(source.id))
        return { fileData: { fileUri: `${filesUrl}${source.id}` } };
      carrier.cannot(path, `${what} that was left with another provider`);
      return null;
  }
}

/** A media type without parameters, under its registered name. */
function plainType(mediaType: string): string {
  const type = (mediaType.split(";")[0] ?? "").trim().toLowerCase();
  return type === "image/jpg" ? "image/jpeg" : type;
}
