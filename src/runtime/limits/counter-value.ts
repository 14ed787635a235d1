import { createHash } from "node:crypto";

/** A client may choose a value, and how long it is; what is longer goes by its digest. */
const longest = 128;

/** Begins what stands for something else than itself. */
const mark = "\u0000";

/** The value that requests are counted under whose own is unknown. */
export const unknownValue = `${mark}unknown`;

/** The value that those without a counter of their own share. */
export const sharedValue = `${mark}others`;

/** The value of a counter, of bounded length, for a fact's: no other value has the same, nor one that stands for something else. */
export function counterValue(value: string | number | boolean | undefined): string {
  if (value === undefined) return unknownValue;
  const text = String(value);
  if (text.length <= longest && !text.startsWith(mark)) return text;
  return `${mark}${createHash("sha256").update(text, "utf16le").digest("base64url")}`;
}
