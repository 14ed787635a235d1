import type { ByteSpan } from "../protocol/chat-request.ts";

const encoder = new TextEncoder();

/** The bytes with other text in one place. */
export function splice(bytes: Uint8Array, { start, end }: ByteSpan, text: string): Uint8Array {
  const put = encoder.encode(text);
  const out = new Uint8Array(bytes.length - (end - start) + put.length);
  out.set(bytes.subarray(0, start));
  out.set(put, start);
  out.set(bytes.subarray(end), start + put.length);
  return out;
}
