const pad = 0x3d;
const percent = 0x25;

/** What each letter of either alphabet of base64 stands for; -1 for all that is no letter of them. */
const values = new Int8Array(256).fill(-1);
for (const [alphabet, first] of [
  ["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 0],
  ["-_", 62],
] as const)
  for (let at = 0; at < alphabet.length; at += 1) values[alphabet.charCodeAt(at)] = first + at;

/**
 * The bytes of base64 in either alphabet, from `start` on and at most `most` of them. As lenient as the most lenient reader: what
 * is no letter is passed over, what follows the padding is read on, and `%2B` is the letter that it stands for in an address.
 */
export function bytesOfBase64(
  data: string,
  start = 0,
  most = Number.POSITIVE_INFINITY,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.min(most, Math.ceil(((data.length - start) * 3) / 4)));
  let length = 0;
  let held = 0;
  let bits = 0;
  for (let at = start; at < data.length && length < bytes.length; at += 1) {
    if (bits === 0 && length + 3 <= bytes.length) {
      // Files are long, and nearly all of them is letters: four at a time.
      const four = fourAt(data, at);
      if (four >= 0) {
        bytes[length] = four >> 16;
        bytes[length + 1] = four >> 8;
        bytes[length + 2] = four;
        length += 3;
        at += 3;
        continue;
      }
    }
    let code = data.charCodeAt(at);
    if (code === percent && /^[0-9a-f]{2}$/i.test(data.slice(at + 1, at + 3))) {
      code = Number.parseInt(data.slice(at + 1, at + 3), 16);
      at += 2;
    }
    if (code === pad) bits = 0;
    const value = values[code] ?? -1;
    if (value < 0) continue;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length] = (held >> bits) & 0xff;
    length += 1;
  }
  return bytes.subarray(0, length);
}

/** What four letters stand for; negative where one of them is none. */
function fourAt(data: string, at: number): number {
  const one = values[data.charCodeAt(at)] ?? -1;
  const two = values[data.charCodeAt(at + 1)] ?? -1;
  const three = values[data.charCodeAt(at + 2)] ?? -1;
  const four = values[data.charCodeAt(at + 3)] ?? -1;
  return (one << 18) | (two << 12) | (three << 6) | four;
}

/**
 * How the bytes of a text can be read: first in the letters that its mark, its sender (`charset`) or its zeros tell, else in UTF-8; then, where
 * those are others and it says something else in UTF-8, in that, as a reader that heeds no such word would.
 */
export function readingsOf(
  bytes: Uint8Array,
  charset: string | null,
): readonly [string, ...string[]] {
  const plain = utf8Of(bytes);
  const told = decoderOf(markOf(bytes) ?? charset ?? wideOf(bytes));
  if (told === null || told.encoding === "utf-8") return [plain.text];
  const text = told.decode(bytes);
  if (text === plain.text) return [text];
  const isMeant = plain.isValid && !plain.text.includes("\0");
  return isMeant || simpleLetters(text) !== simpleLetters(plain.text) ? [text, plain.text] : [text];
}

/** The text of a file in base64: UTF-8 where nothing tells other letters. */
export function textOfBase64(data: string, charset: string | null): string {
  return readingsOf(bytesOfBase64(data), charset)[0];
}

/** Whether bytes are UTF-8, save for a letter that is cut off at their end. */
export function beginsAsUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function utf8Of(bytes: Uint8Array): { readonly text: string; readonly isValid: boolean } {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), isValid: true };
  } catch {
    return { text: new TextDecoder().decode(bytes), isValid: false };
  }
}

/** Null for letters that nobody knows. */
function decoderOf(label: string | null): InstanceType<typeof TextDecoder> | null {
  if (label === null) return null;
  try {
    return new TextDecoder(label);
  } catch {
    return null;
  }
}

function markOf([first, second]: Uint8Array): string | null {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : null;
}

const looked = 1024;

/** Whether bytes are letters of two bytes each, by their mark or their zeros. */
export function areWide(bytes: Uint8Array): boolean {
  return (markOf(bytes) ?? wideOf(bytes)) !== null;
}

/** The letters of two bytes that zeros tell: each is the latter half of a letter, or each the former. Null for others. */
function wideOf(bytes: Uint8Array): "utf-16le" | "utf-16be" | null {
  const zeros = [0, 0];
  const end = Math.min(bytes.length, looked);
  for (let at = 0; at < end; at += 1) if (bytes[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [former = 0, latter = 0] = zeros;
  // A zero here and there is no such letter.
  if (Math.max(former, latter) < end / 8 || Math.min(former, latter) > 0) return null;
  if (former === latter) return null;
  return latter > 0 ? "utf-16le" : "utf-16be";
}

/** The letters that all but the wide ones share, in one byte each. */
function simpleLetters(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, "");
}
