/** One server-sent event as the specification reads it. */
export interface SseEvent {
  /** The `event:` field; `message` when there was none. */
  readonly event: string;
  /** The `data:` lines, joined with a line feed. */
  readonly data: string;
  /** False for a last event whose blank line never came. */
  readonly terminated: boolean;
}

export interface SseDecoder {
  /** Events completed by these bytes. After an overflow: none, ever. */
  push(chunk: Uint8Array): SseEvent[];
  /** The stream ended: what a missing last blank line held back. */
  end(): SseEvent[];
  /** True once an event outgrew the cap. */
  readonly overflowed: boolean;
}

/** Characters of one event, all its lines together; images in deltas are large. */
export const maxEventLength = 8 * 1024 * 1024;

interface LineSplitter {
  /** Lines completed by the text, without their ends. */
  push(text: string): string[];
  /** The unfinished last line. */
  rest(): string;
  /** Length of the unfinished line. */
  readonly held: number;
}

/** Splits at LF, CR and CRLF; a CRLF may be cut in two. Linear in the text however it is cut. */
function createLineSplitter(): LineSplitter {
  let pieces: string[] = [];
  let held = 0;
  let afterReturn = false;
  return {
    push(received) {
      if (received === "") return [];
      const text = afterReturn && received.startsWith("\n") ? received.slice(1) : received;
      afterReturn = received.endsWith("\r");
      const lines = text.split(/\r\n|\n|\r/);
      const last = lines.pop() ?? "";
      if (lines.length > 0) {
        lines[0] = pieces.join("") + lines[0];
        pieces = [];
        held = 0;
      }
      if (last !== "") pieces.push(last);
      held += last.length;
      return lines;
    },
    rest: () => pieces.join(""),
    get held() {
      return held;
    },
  };
}

/**
 * Decodes an event stream: any cut of the bytes gives the same events; line feeds, carriage returns, both; a byte order
 * mark at the start; comments and unknown fields are skipped. Invalid UTF-8 reads as U+FFFD. `onStray` gets the lines that
 * begin with no field of the format, for servers that break off a stream with something else.
 */
export function createSseDecoder(
  maxLength = maxEventLength,
  onStray?: (line: string) => void,
): SseDecoder {
  const decoder = new TextDecoder("utf-8");
  const splitter = createLineSplitter();
  let data: string[] = [];
  let dataLength = 0;
  let name = "";
  let overflowed = false;

  function flush(events: SseEvent[], terminated: boolean): void {
    if (data.length > 0)
      events.push({ event: name || "message", data: data.join("\n"), terminated });
    data = [];
    dataLength = 0;
    name = "";
  }

  function takeLine(line: string, events: SseEvent[]): void {
    if (line === "") {
      flush(events, true);
      return;
    }
    const at = line.indexOf(":");
    const field = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? "" : line.slice(line[at + 1] === " " ? at + 2 : at + 1);
    if (field === "data") {
      data.push(value);
      dataLength += value.length + 1;
      if (dataLength > maxLength) overflowed = true;
    } else if (field === "event") name = value;
    else if (at !== 0 && field !== "id" && field !== "retry") onStray?.(line);
  }

  function takeText(text: string): SseEvent[] {
    const events: SseEvent[] = [];
    for (const line of splitter.push(text)) {
      takeLine(line, events);
      if (overflowed) return events;
    }
    if (splitter.held + dataLength > maxLength) overflowed = true;
    return events;
  }

  return {
    push: (chunk) => (overflowed ? [] : takeText(decoder.decode(chunk, { stream: true }))),
    end() {
      if (overflowed) return [];
      const events = takeText(decoder.decode());
      const line = splitter.rest();
      if (line !== "") takeLine(line, events);
      flush(events, false);
      return events;
    },
    get overflowed() {
      return overflowed;
    },
  };
}
/** Encodes one event; without a name for the dialects that use none. */
export function encodeSse(data: string, event?: string): string {
  const body = data.includes("\n") ? data.replaceAll("\n", "\ndata: ") : data;
  return event === undefined ? `data: ${body}\n\n` : `event: ${event}\ndata: ${body}\n\n`;
}

/** What ends an OpenAI stream. */
export const doneEvent = "data: [DONE]\n\n";
