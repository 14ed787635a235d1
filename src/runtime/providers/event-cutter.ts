const feed = 0x0a;
const carriage = 0x0d;

/**
 * Cuts a byte stream behind its last complete server-sent event, so that no half event is ever handed on. Linear however
 * the stream is chopped; where a chunk ends with an event and nothing is held, that very chunk comes back.
 */
export interface EventCutter {
  /** Bytes of whole events; null when none is complete. */
  push(chunk: Uint8Array): Uint8Array | null;
  /** What never got its blank line; null when nothing. */
  rest(): Uint8Array | null;
  /** True once one event outgrew the cap; nothing more comes. */
  readonly overflowed: boolean;
}

/** Creates a cutter; `maxEventBytes` bounds what it holds. */
export function createEventCutter(maxEventBytes: number): EventCutter {
  let pieces: Uint8Array[] = [];
  let held = 0;
  /** Whether the held bytes stand at the start of a line. */
  let atLineStart = true;
  let afterCarriage = false;
  let overflowed = false;

  /** End of the last event in the chunk, or -1; leaves the line state behind the chunk. */
  function lastEnd(chunk: Uint8Array): number {
    let end = -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === feed && afterCarriage) {
        afterCarriage = false;
        if (end === at) end = at + 1;
        continue;
      }
      afterCarriage = byte === carriage;
      const breaks = afterCarriage || byte === feed;
      if (breaks && atLineStart) end = at + 1;
      atLineStart = breaks;
    }
    return end;
  }

  function hold(bytes: Uint8Array): void {
    if (bytes.length > 0) pieces.push(bytes);
    held += bytes.length;
    if (held > maxEventBytes) overflowed = true;
  }

  return {
    push(chunk) {
      if (overflowed) return null;
      const size = chunk.length;
      if (held === 0 && !afterCarriage && chunk[size - 1] === feed && chunk[size - 2] === feed)
        return chunk;
      const startsFresh = held === 0 && afterCarriage && chunk[0] === feed;
      const end = lastEnd(chunk);
      const from = startsFresh ? 1 : 0;
      if (end <= from) {
        hold(chunk.subarray(from));
        return null;
      }
      const head = chunk.subarray(from, end);
      const whole = held === 0 ? head : Buffer.concat([...pieces, head]);
      pieces = [];
      held = 0;
      hold(chunk.subarray(end));
      return whole;
    },
    rest: () => (held === 0 ? null : Buffer.concat(pieces)),
    get overflowed() {
      return overflowed;
    },
  };
}

/** End of the event that starts at `from`, its blank line included; the length when it has none. */
export function eventEnd(bytes: Uint8Array, from: number): number {
  let atLineStart = true;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    const breaks = byte === feed || byte === carriage;
    if (byte === carriage && bytes[at + 1] === feed) at++;
    if (breaks && atLineStart) return at + 1;
    atLineStart = breaks;
  }
  return bytes.length;
}
