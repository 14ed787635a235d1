const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;
/** A stream whose chunks keep differing elsewhere, by random padding for example, is not worth comparing for ever. */
const patience = 8;

/**
 * Remembers what all chunks of one stream share around the text they carry. A chunk that differs in that text alone says nothing
 * new, and comparing bytes costs a third of searching them.
 */
export interface DeltaTemplate {
  /** Bytes of the text when these bytes are the last learned chunk with another text; -1 when they are not. */
  textOf(bytes: Uint8Array): number;
  /** Learns from a chunk that is known to be one plain delta. */
  learn(text: string): void;
}

const textField = /"(?:content|reasoning_content|arguments)":"/g;

/** Creates a template that has learned nothing. */
export function createDeltaTemplate(): DeltaTemplate {
  let head: Uint8Array | null = null;
  let tail: Uint8Array = new Uint8Array();
  let misses = 0;

  return {
    textOf(bytes) {
      if (head === null) return -1;
      const end = bytes.length - tail.length;
      const fits =
        end >= head.length &&
        same(bytes, end, tail) &&
        same(bytes, 0, head) &&
        isPlainText(bytes, head.length, end);
      misses = fits ? 0 : misses + 1;
      if (fits) return end - head.length;
      if (misses > patience) head = null;
      return -1;
    },
    learn(text) {
      if (misses > patience) return;
      textField.lastIndex = 0;
      if (!textField.test(text) || text.indexOf("\n\n") !== text.length - 2) return;
      const start = textField.lastIndex;
      const end = closingQuote(text, start);
      if (end < 0) return;
      head = Buffer.from(text.slice(0, start), "latin1");
      tail = Buffer.from(text.slice(end), "latin1");
    },
  };
}

/** Index of the quote that ends the string begun before `from`; -1 when there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === quote) return at;
    if (unit === backslash) at++;
  }
  return -1;
}

function same(bytes: Uint8Array, from: number, pattern: Uint8Array): boolean {
  for (let at = 0; at < pattern.length; at++) if (bytes[from + at] !== pattern[at]) return false;
  return true;
}

/** String content that cannot end the string: no quotes, no escapes, no control characters. */
function isPlainText(bytes: Uint8Array, from: number, end: number): boolean {
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === quote || byte === backslash || byte < space) return false;
  }
  return true;
}
