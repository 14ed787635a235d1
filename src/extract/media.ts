import { beyond, type ChatBody, type ContentPart } from "../protocol/chat-request.ts";
import { isTextBytes } from "./text-bytes.ts";

/** What a request shows a model beside text, wherever the bytes are. */
export interface Media {
  images: number;
  /** Of these, those in low detail. */
  lowImages: number;
  audio: number;
  files: number;
  /** Characters of base64 that sound is, and files that are no text. */
  data: number;
  /** The sound or file whose size as a prompt nobody can tell here, in words; null for none. */
  kept: string | null;
  /** Whether an image is named by its id or address: what it shows may change. */
  away: boolean;
}

const imageTypes: ReadonlySet<unknown> = new Set([
  "image",
  "image_url",
  "image_file",
  "input_image",
  "computer_screenshot",
  "image_generation_call",
]);
const audioTypes: ReadonlySet<unknown> = new Set(["input_audio", "audio", "audio_url"]);
const fileTypes: ReadonlySet<unknown> = new Set([
  "file",
  "file_url",
  "input_file",
  "document",
  "container_upload",
  "video_url",
  "input_video",
]);
/** Fields that say where bytes are which are not here. */
const places = ["file_id", "file_url", "fileUri", "url", "video_url", "audio_url"] as const;
/** Fields that hold bytes as base64. */
const holders = ["data", "file_data"] as const;

type Loose = Readonly<Record<string, unknown>>;

/** Counts images, sound and files of all messages. */
export function mediaOf(body: ChatBody): Media {
  const media: Media = {
    images: 0,
    lowImages: 0,
    audio: 0,
    files: 0,
    data: 0,
    kept: null,
    away: false,
  };
  for (const message of body.messages) {
    const { content } = message;
    if ("audio" in message && isLoose(message["audio"])) media.kept ??= "audio";
    if (typeof content !== "object" || content === null) continue;
    for (const part of content) if (part.type !== "text") addPart(part, media);
  }
  const rest = body[beyond]?.rest;
  if (rest !== undefined) addNested(rest, media);
  return media;
}

function addPart(part: ContentPart, media: Media): void {
  const more = part[beyond];
  if (part.type === "image_url") addImage(part, media);
  else addNested(more?.value ?? part, media);
  // Four letters hold three bytes.
  if (more?.size !== undefined) media.data += Math.ceil((more.size * 4) / 3);
}

function addImage(image: unknown, media: Media): void {
  media.images += 1;
  media.away ||= isAway(image);
  if (isLoose(image) && (detailOf(image) ?? detailOf(image["image_url"])) === "low")
    media.lowImages += 1;
}

/** Whether the bytes of an image are not in it: its `image_url` or `source` may say so, or it is a picture that a model made before. */
function isAway(image: unknown): boolean {
  if (!isLoose(image)) return false;
  if (image["type"] === "image_generation_call") return typeof image["result"] !== "string";
  for (const inner of [image, image["image_url"], image["source"]]) {
    if (!isLoose(inner)) continue;
    for (const name of ["file_id", "fileUri", "url", "image_url"]) {
      const place = inner[name];
      if (typeof place === "string" && place !== "" && !/^data:/i.test(place)) return true;
    }
  }
  return false;
}

function detailOf(image: unknown): unknown {
  return isLoose(image) ? image["detail"] : undefined;
}

/** A value of any wire: what it shows is told by its types and media types. */
function addNested(value: unknown, media: Media): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) addNested(item, media);
    return;
  }
  if (!isLoose(value)) return;
  const { type } = value;
  if (imageTypes.has(type)) addImage(value["image_file"] ?? value, media);
  else if (audioTypes.has(type)) addSound(value, media);
  else if (fileTypes.has(type)) addFile(value, media);
  else if (isByType(value)) addByType(value, media);
  else for (const name in value) addNested(value[name], media);
}

/** Whether a value is Gemini's data or file: it has a media type, or the address of a file. */
function isByType({ mimeType, fileUri, data }: Loose): boolean {
  return typeof fileUri === "string" || (typeof mimeType === "string" && typeof data === "string");
}

function addByType(value: Loose, media: Media): void {
  const type = String(value["mimeType"] ?? "").toLowerCase();
  if (type.startsWith("image/")) addImage(value, media);
  else if (type.startsWith("audio/")) addSound(value, media);
  else addFile(value, media);
}

function addSound(value: Loose, media: Media): void {
  media.audio += 1;
  addSize(value, media, "audio");
}

function addFile(value: Loose, media: Media): void {
  media.files += 1;
  addSize(value, media, "a file");
  const { source } = value;
  if (isLoose(source) && source["type"] === "content") addNested(source["content"], media);
}

/**
 * The bytes of sound or of a file stand in it, in its `file`, its `input_audio` or its `source`, or somewhere else. How many
 * tokens a file becomes its bytes do not tell, unless they are text: that is counted as such.
 */
function addSize(value: Loose, media: Media, what: "audio" | "a file"): void {
  for (const inner of [value, value["file"], value["input_audio"], value["source"]]) {
    if (!isLoose(inner)) continue;
    let isHere = false;
    for (const name of holders) {
      const data = inner[name];
      if (typeof data !== "string") continue;
      isHere = true;
      if (inner["type"] === "text" || isTextBytes(inner, name, data)) continue;
      media.data += data.length;
      if (what === "a file" && data !== "") media.kept ??= "a file that is no text";
    }
    if (!isHere && places.some((name) => isPlace(inner, name)))
      media.kept ??= `${what} by its id or address`;
  }
}

function isPlace(holder: Loose, name: string): boolean {
  const place = holder[name];
  return typeof place === "string" ? !isTextBytes(holder, name, place) : isLoose(place);
}

/** Tools offered to the model: functions, the provider's own, and servers of tools, each of which counts as one. */
export function countTools(body: ChatBody): number {
  const servers = body["mcp_servers"] ?? body[beyond]?.settings["mcp_servers"];
  return (body.tools?.length ?? 0) + lengthOf(body["functions"]) + lengthOf(servers);
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

function isLoose(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
