import { isTextType, textTypeOfName } from "../protocol/text-media.ts";

type Loose = Readonly<Record<string, unknown>>;

/** Media type, parameters, and where the data begins. */
const dataUrl = /^data:([\w/+.-]{0,128})((?:;[\w=+."-]{0,128}){0,8}),/i;
const longestHead = 1200;

/** Where the text in a value is, and how it is written. */
interface TextBytes {
  readonly start: number;
  readonly base64: boolean;
  readonly charset: string | null;
}

/**
 * Where a field holds a text whose bytes are written in letters: a `data:` URL of a text type, or base64 beside a text's media
 * type or file name. Null for everything else.
 */
function textBytes(holder: Loose, name: string, value: string): TextBytes | null {
  if (/^data:/i.test(value.slice(0, 5))) return ofDataUrl(holder, value);
  if (name === "file_data" ? isTextFile("", holder) : name === "data" && isTextData(holder))
    return { start: 0, base64: true, charset: null };
  return null;
}

function ofDataUrl(holder: Loose, value: string): TextBytes | null {
  const head = dataUrl.exec(value.slice(0, longestHead));
  if (head === null) return null;
  const [whole, type = "", parameters = ""] = head;
  if (!isTextFile(type.toLowerCase(), holder)) return null;
  const charset = /;charset="?([\w.:-]+)/i.exec(parameters)?.[1] ?? null;
  return { start: whole.length, base64: /;base64(?:;|$)/i.test(parameters), charset };
}

/** What has a type that says nothing goes by its name. */
function isTextFile(type: string, { filename, displayName }: Loose): boolean {
  if (type !== "" && type !== "application/octet-stream") return isTextType(type);
  return textTypeOfName(filename ?? displayName) !== null;
}

function isTextData(holder: Loose): boolean {
  // Beside such a type the text stands as it is.
  if (holder["type"] === "text") return false;
  const said = holder["media_type"] ?? holder["mimeType"] ?? holder["mime_type"];
  if (typeof said !== "string") return false;
  return isTextFile((said.split(";", 1)[0] ?? "").trim().toLowerCase(), holder);
}

/** Whether a field of an object holds a text whose bytes are written in letters. */
export function isTextBytes(holder: Loose, name: string, value: string): boolean {
  return textBytes(holder, name, value) !== null;
}

interface Decoded {
  readonly value: string;
  readonly text: string;
}

/** What was decoded, for as long as its request lives: several facts look at one file. */
const decoded = new WeakMap<object, Decoded>();

/** The text that a field of an object holds as bytes in letters; null where it holds none, so that it is looked at as it stands. */
export function textOfBytes(holder: Loose, name: string, value: string): string | null {
  const place = textBytes(holder, name, value);
  if (place === null) return null;
  const known = decoded.get(holder);
  if (known?.value === value) return known.text;
  const text = decode(value.slice(place.start), place);
  if (text === null) return null;
  decoded.set(holder, { value, text });
  return text;
}

/** Null for what is no base64 though it says so. */
function decode(written: string, { base64, charset }: TextBytes): string | null {
  const plain = written.includes("%") ? unescaped(written) : written;
  if (!base64) return plain;
  if (/[^A-Za-z0-9+/_=\s-]/.test(plain)) return null;
  const bytes = Buffer.from(plain, "base64");
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : null;
  try {
    return new TextDecoder(marked ?? charset ?? "utf-8").decode(bytes);
  } catch {
    // A set of letters that nobody knows.
    return bytes.toString("utf8");
  }
}

function unescaped(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}
