/**
 * How models are kept: "signalbx", the length of a header, eight bytes that stand for all that follows, the header (JSON)
 * and its sections, each on a multiple of four bytes, all numbers little-endian.
 */
const magic = "signalbx";
const headerAt = 20;
const longestHeader = 1 << 20;

/** What a packed file holds, its sections as views of the bytes. */
export interface PackedFile {
  readonly kind: string;
  /** 16 hex digits that stand for the whole content. */
  readonly hash: string;
  readonly fields: Readonly<Record<string, unknown>>;
  section(name: string): Uint8Array | null;
}

export type Unpacked =
  | { readonly ok: true; readonly file: PackedFile }
  | { readonly ok: false; readonly message: string };

const refused = (message: string): Unpacked => ({ ok: false, message });

/** Lays fields and sections out as one file; the same input gives the same bytes. */
export function packFile(
  fields: { readonly kind: string; readonly version: number } & Readonly<Record<string, unknown>>,
  sections: Readonly<Record<string, Uint8Array>>,
): Uint8Array {
  const lengths = Object.fromEntries(
    Object.entries(sections).map(([name, { length }]) => [name, length]),
  );
  const header = new TextEncoder().encode(JSON.stringify({ ...fields, sections: lengths }));
  const parts = [header, ...Object.values(sections)];
  const total = parts.reduce((sum, { length }) => sum + padded(length), headerAt);
  const bytes = new Uint8Array(total);
  bytes.set(new TextEncoder().encode(magic));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, header.length, true);
  let at = headerAt;
  for (const part of parts) {
    bytes.set(part, at);
    at += padded(part.length);
  }
  const [first, second] = sumOf(bytes);
  view.setUint32(12, first, true);
  view.setUint32(16, second, true);
  return bytes;
}

/** Reads a packed file of one kind and version; what is wrong with it otherwise, in words. Nothing in the bytes is trusted. */
export function unpackFile(given: Uint8Array, kind: string, version: number): Unpacked {
  const bytes =
    given.byteOffset % 4 === 0
      ? new Uint8Array(given.buffer, given.byteOffset, given.length)
      : new Uint8Array(given);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerAt || new TextDecoder().decode(bytes.subarray(0, 8)) !== magic) {
    return refused("it is no model of Signalbox's");
  }
  const headerLength = view.getUint32(8, true);
  if (headerLength > longestHeader || headerAt + headerLength > bytes.length) {
    return refused("it is cut off");
  }
  const fields = headerOf(bytes.subarray(headerAt, headerAt + headerLength));
  if (fields === null) return refused("its header cannot be read");
  if (fields["kind"] !== kind) {
    return refused(`it is a model of another kind: ${String(fields["kind"])}, not ${kind}`);
  }
  if (fields["version"] !== version) {
    return refused(`its format is version ${String(fields["version"])}; known is ${version}`);
  }
  const sections = sectionsOf(bytes, fields["sections"], headerAt + padded(headerLength));
  if (sections === null) return refused("it is cut off, or has something behind its end");
  const [first, second] = sumOf(bytes);
  if (view.getUint32(12, true) !== first || view.getUint32(16, true) !== second) {
    return refused("its content is damaged: the checksum does not fit");
  }
  const hash = [first, second].map((word) => word.toString(16).padStart(8, "0")).join("");
  return {
    ok: true,
    file: { kind, hash, fields, section: (name) => sections.get(name) ?? null },
  };
}

function headerOf(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function sectionsOf(
  bytes: Uint8Array,
  lengths: unknown,
  start: number,
): Map<string, Uint8Array> | null {
  if (typeof lengths !== "object" || lengths === null) return null;
  const sections = new Map<string, Uint8Array>();
  let at = start;
  for (const [name, length] of Object.entries(lengths)) {
    if (!Number.isSafeInteger(length) || length < 0 || at + padded(length) > bytes.length)
      return null;
    sections.set(name, bytes.subarray(at, at + length));
    at += padded(length);
  }
  return at === bytes.length ? sections : null;
}

const padded = (length: number): number => (length + 3) & ~3;

/** Two lanes over the file's words from the header on: finds damage, proves nothing about who made it. */
function sumOf(bytes: Uint8Array): readonly [number, number] {
  const words = new Uint32Array(
    bytes.buffer,
    bytes.byteOffset + headerAt,
    (bytes.length - headerAt) >> 2,
  );
  let [first, second] = [0x811c9dc5, 0x9e3779b9];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as number;
    first = Math.imul(first ^ word, 0x01000193);
    second = Math.imul(((second << 5) | (second >>> 27)) ^ word, 0x85ebca6b);
  }
  return [first >>> 0, second >>> 0];
}

/** A copy of a section as numbers of four bytes, or null where its length is not `count` of them. */
export function floatsOf(section: Uint8Array | null, count: number): Float32Array | null {
  if (section === null || section.length !== 4 * count) return null;
  return new Float32Array(new Uint8Array(section).buffer);
}
