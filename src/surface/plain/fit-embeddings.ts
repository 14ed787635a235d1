import { isFields } from "../fields.ts";

/**
 * An embeddings answer in the encoding that the client asked for (`float` where it named none): base64 is the floats of 32 bits,
 * little-endian, which official clients ask for and not every server gives. `value` is what the bytes say. The bytes stay as they
 * are where a vector is no base64 of such floats.
 */
export function fitEmbeddings(
  bytes: Uint8Array,
  value: unknown,
  asked: unknown,
): Uint8Array | string {
  if (!isFields(value) || !Array.isArray(value["data"])) return bytes;
  const wantsBase64 = asked === "base64";
  let changed = false;
  const data: unknown[] = [];
  for (const item of value["data"] as readonly unknown[]) {
    const embedding = isFields(item) ? item["embedding"] : undefined;
    const isOther = wantsBase64 ? isNumbers(embedding) : typeof embedding === "string";
    if (!isFields(item) || !isOther) {
      data.push(item);
      continue;
    }
    const fitted = isNumbers(embedding) ? toBase64(embedding) : fromBase64(String(embedding));
    if (fitted === null) return bytes;
    changed = true;
    data.push({ ...item, embedding: fitted });
  }
  return changed ? JSON.stringify({ ...value, data }) : bytes;
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}

/** Characters at a time: `fromCharCode` takes its arguments from the stack. */
const stride = 8_192;

function toBase64(numbers: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(numbers.length * 4));
  for (const [at, each] of numbers.entries()) view.setFloat32(at * 4, each, true);
  const bytes = new Uint8Array(view.buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += stride)
    text += String.fromCharCode(...bytes.subarray(at, at + stride));
  return btoa(text);
}

/** Null for what is no base64 of whole floats. */
function fromBase64(base64: string): readonly number[] | null {
  const text = decoded(base64);
  if (text === null || text.length % 4 !== 0) return null;
  const view = new DataView(new ArrayBuffer(text.length));
  for (let at = 0; at < text.length; at += 1) view.setUint8(at, text.charCodeAt(at));
  return Array.from({ length: text.length >> 2 }, (_, at) => view.getFloat32(at * 4, true));
}

function decoded(base64: string): string | null {
  try {
    return atob(base64);
  } catch {
    return null;
  }
}
