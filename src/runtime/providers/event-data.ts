/** The `data:` lines of one event joined; null when it has none. A byte order mark before a line is passed over. */
export function dataOf(event: string): string | null {
  let data: string | null = null;
  for (const line of event.split(/\r\n|\n|\r/)) {
    const text = line.startsWith("\uFEFF") ? line.slice(1) : line;
    if (!text.startsWith("data:")) continue;
    const value = text.slice(text[5] === " " ? 6 : 5);
    data = data === null ? value : `${data}\n${value}`;
  }
  return data;
}

/** The same bytes as a buffer; nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
