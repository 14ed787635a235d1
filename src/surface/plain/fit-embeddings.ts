import { isFields } from "../fields.ts";

/**
 * An embeddings answer in the encoding that the client asked for (`float` where it named none): base64 is the floats of 32 bits,
 * little-endian, which official clients ask for and not every server gives.
 */
export function fitEmbeddings(bytes: Uint8Array, asked: unknown): Uint8Array | string {
  const value = parsed(bytes);
  const wantsBase64 = asked === "base64";
  if (!isFields(value) || !Array.isArray(value["data"])) return bytes;
  let changed = false;
  const data = value["data"].map((item: unknown) => {
    if (!isFields(item)) return item;
    const { embedding } = item;
    if (wantsBase64 && isNumbers(embedding)) {
      changed = true;
      return { ...item, embedding: toBase64(embedding) };
    }
    if (!wantsBase64 && typeof embedding === "string") {
      changed = true;
      return { ...item, embedding: fromBase64(embedding) };
    }
    return item;
  });
  return changed ? JSON.stringify({ ...value, data }) : bytes;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return null;
  }
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

function fromBase64(base64: string): readonly number[] {
  const text = atob(base64);
  const view = new DataView(new ArrayBuffer(text.length));
  for (let at = 0; at < text.length; at += 1) view.setUint8(at, text.charCodeAt(at));
  return Array.from({ length: text.length >> 2 }, (_, at) => view.getFloat32(at * 4, true));
}
