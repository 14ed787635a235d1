/** Bytes without a UTF-8 byte order mark at their start: JSON and event streams do not hold one, some writers set it. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
