import { areWide, beginsAsUtf8, bytesOfBase64, readingsOf } from "../protocol/base64.ts";
import { readDataUrl, unescaped } from "../protocol/data-url.ts";
import { isTextType, textTypeOfName } from "../protocol/text-media.ts";

type Loose = Readonly<Record<string, unknown>>;

/** Where the bytes in a value are, how they are written, and who says that they are a text. */
interface Place {
  readonly start: number;
  readonly base64: boolean;
  readonly charset: string | null;
  readonly told: "by type" | "by name" | "by nobody";
  /** Where what is to be read begins: before the bytes, where their head says more than programs do. */
  readonly textStart: number;
}

/** Bytes at the beginning of a file that tell whether it is a text. */
const looked = 1024;
/** Base64 of unsaid kind that is shorter may be a word. */
const shortestBytes = 64;

/** Where bytes are: in a `data:` URL, or in a field for the base64 of a file; null for everything else. */
function placeOf(holder: Loose | null, name: string, value: string): Place | null {
  const url = readDataUrl(value);
  if (url !== null) {
    const { start, base64, charset, mediaType, isPlain } = url;
    const told = teller(mediaType, holder);
    return { start, base64, charset, told, textStart: isPlain ? start : 0 };
  }
  if (name !== "file_data" && (name !== "data" || !isForData(holder))) return null;
  const said = holder?.["media_type"] ?? holder?.["mimeType"] ?? holder?.["mime_type"];
  const type = name === "data" && typeof said === "string" ? said : "";
  const [mediaType = ""] = type.split(";", 1);
  const charset = /;\s*charset\s*=\s*["']?([\w.:+-]{1,64})/i.exec(type)?.[1] ?? null;
  const told = teller(mediaType.trim().toLowerCase(), holder);
  return { start: 0, base64: true, charset, told, textStart: 0 };
}

function teller(mediaType: string, holder: Loose | null): Place["told"] {
  if (isTextType(mediaType)) return "by type";
  const named = holder?.["filename"] ?? holder?.["displayName"];
  return textTypeOfName(named) === null ? "by nobody" : "by name";
}

/** Beside such a type a text stands as it is, or what only its maker can read. */
function isForData(holder: Loose | null): boolean {
  const type = holder?.["type"];
  return typeof type !== "string" || !/^text$|encrypted|redacted/.test(type);
}

/** A name tells what its type does not, but bytes tell more than a name; without either, they tell alone. */
function isText(value: string, { start, base64, told }: Place): boolean {
  if (told === "by type" || !base64) return true;
  const bytes = bytesOfBase64(value, start, looked);
  if (told === "by name") return !bytes.includes(0) || areWide(bytes);
  return bytes.length > 0 && !bytes.includes(0) && !isPdf(bytes) && beginsAsUtf8(bytes);
}

/** A PDF may begin with letters alone. */
function isPdf(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 5)) === "%PDF-";
}

/** Whether a field of an object holds a text whose bytes are written in letters. */
export function isTextBytes(holder: Loose | null, name: string, value: string): boolean {
  const place = placeOf(holder, name, value);
  return place !== null && isText(value, place);
}

interface Decoded {
  readonly value: string;
  readonly text: string;
}

/** What was decoded, for as long as its request lives: several facts look at one file. */
const decoded = new WeakMap<object, Decoded>();

/**
 * The text that a field holds as bytes in letters, in every way that it can be read; null where it holds none, so that it is
 * looked at as it stands. `holder` is the object of the field, null for what stands in a list.
 */
export function textOfBytes(holder: Loose | null, name: string, value: string): string | null {
  const known = holder === null ? undefined : decoded.get(holder);
  if (known?.value === value) return known.text;
  const place = placeOf(holder, name, value);
  if (place === null || !isText(value, place)) return null;
  const text = place.base64 ? decode(value, place) : unescaped(value.slice(place.textStart));
  if (holder !== null) decoded.set(holder, { value, text });
  return text;
}

/** What no program writes into base64, though those that read it pass over it. */
const odd = /[^A-Za-z0-9+/_=\r\n\t%-]/;

/** What may be no base64 at all is read as it stands too. */
function decode(value: string, { start, charset, told, textStart }: Place): string {
  const bytes = bytesOfBase64(value, start);
  const texts: string[] = [...readingsOf(bytes, charset)];
  const written = value.slice(start);
  const isDoubtful =
    told === "by nobody"
      ? written.length < shortestBytes || odd.test(written)
      : odd.test(written) && !beginsAsUtf8(bytes);
  if (isDoubtful) texts.push(written);
  if (textStart < start) texts.push(unescaped(value.slice(textStart, start)));
  return texts.join("\n");
}
