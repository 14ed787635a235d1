import { isFields } from "./error-signal.ts";

/** Mean of the tokenizers in use for English text and code; other scripts take fewer bytes, so theirs come out low. */
const bytesPerToken = 4;

/**
 * Counts what a stream has said, for when its provider's own count never comes. Text, reasoning, refusals and the names and
 * arguments of calls count; what the model thought and did not show cannot.
 */
export class OutputMeter {
  #pieces = 0;
  #bytes = 0;

  /** One piece of so many bytes of UTF-8. */
  addBytes(bytes: number): void {
    this.#pieces += 1;
    this.#bytes += bytes;
  }

  /** One piece, when it is text at all; `bytesOf` is its size in UTF-8. */
  addText(text: unknown, bytesOf: (text: string) => number = Buffer.byteLength): void {
    if (typeof text === "string" && text !== "") this.addBytes(bytesOf(text));
  }

  /** All that one delta, or message, of the OpenAI dialect says. */
  addDelta(delta: Readonly<Record<string, unknown>>, bytesOf?: (text: string) => number): void {
    this.addText(delta["content"], bytesOf);
    this.addText(delta["reasoning_content"], bytesOf);
    this.addText(delta["refusal"], bytesOf);
    const calls = delta["tool_calls"];
    if (!Array.isArray(calls)) return;
    for (const call of calls as readonly unknown[]) {
      const called = isFields(call) ? call["function"] : null;
      if (!isFields(called)) continue;
      this.addText(called["name"], bytesOf);
      this.addText(called["arguments"], bytesOf);
    }
  }

  /** Estimated tokens: four bytes make one, and no piece is less than one, since no server cuts a token in two. */
  tokens(): number {
    return Math.max(this.#pieces, Math.ceil(this.#bytes / bytesPerToken));
  }
}

/** Size of a text whose bytes of UTF-8 were each read as a letter; what is no byte was escaped, and counts as what it is. */
export function bytesReadAsLatin1(text: string): number {
  for (let at = 0; at < text.length; at++)
    if (text.charCodeAt(at) > 0xff) return Buffer.byteLength(text);
  return text.length;
}
