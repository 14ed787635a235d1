import type { FactTable } from "../facts/fact.ts";
import { azureColumns, type ColumnMap } from "./column-map.ts";
import type { LoggedRequest, ReadLine } from "./logged-request.ts";
import { isChatLine, readChatLine } from "./read-chat-line.ts";
import { CsvReader } from "./read-csv.ts";
import { isRecord, readRecord } from "./read-record.ts";
import { LineSplitter } from "./split-lines.ts";
import { unreadableForm } from "./unreadable-form.ts";
import { UnreadableLogError } from "./unreadable-log-error.ts";

export const logFormats = ["records", "chat", "csv", "azure"] as const;

/** Decision records or chat requests, a JSON object a line; CSV with a head; the Azure LLM trace's CSV. */
export type LogFormat = (typeof logFormats)[number];

export interface LogOptions {
  /** Null tells CSV from JSON by the first character, and a record from a chat line by line. */
  readonly format: LogFormat | null;
  /** For CSV; null takes columns for the facts whose names they bear. */
  readonly map: ColumnMap | null;
  readonly facts: FactTable;
}

/** What reading a log calls, in the order of its lines. */
export interface LogSink {
  /** A promise holds back the next line. */
  request(request: LoggedRequest): void | Promise<void>;
  skip(line: number, reason: string): void;
}

interface Line {
  readonly number: number;
  readonly read: ReadLine;
}

/** A log as bytes come in: gives each line to `give`; keeps nothing but a line that is not whole yet. */
interface LogReader {
  push(chunk: Uint8Array): void;
  end(): void | Promise<void>;
}

/**
 * Reads a log chunk by chunk. Lines that cannot be read are skipped with a reason; empty ones do not count. Throws an
 * UnreadableLogError for a log that is packed or no UTF-8, and when the columns of a CSV are not those it needs.
 */
export async function readLog(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: LogOptions,
  sink: LogSink,
): Promise<void> {
  let reader: LogReader | null = null;
  let lines: Line[] = [];
  const hand = async (): Promise<void> => {
    for (const { number, read } of lines) {
      if (!read.ok) {
        sink.skip(number, read.reason);
        continue;
      }
      const waits = sink.request(read.request);
      // Most requests are decided at once; awaiting nothing would cost more than deciding them.
      if (waits !== undefined) await waits;
    }
    lines = [];
  };
  for await (const chunk of chunks) {
    reader ??= openReader(chunk, options, (read, number) => lines.push({ number, read }));
    reader.push(chunk);
    await hand();
  }
  await reader?.end();
  await hand();
}

function openReader(
  first: Uint8Array,
  options: LogOptions,
  give: (read: ReadLine, number: number) => void,
): LogReader {
  const { format } = options;
  const why = unreadableForm(first);
  if (why !== null) throw new UnreadableLogError(why);
  const isCsv = format === null ? !startsWithBrace(first) : format === "csv" || format === "azure";
  if (isCsv) {
    const map = options.map ?? (format === "azure" ? azureColumns : null);
    return new CsvReader({ read: give }, options.facts, map);
  }
  return new LineSplitter({
    line: (text, line) => {
      if (text !== "" && text.trim() !== "") give(readJsonLine(text, line, format), line);
    },
    tooLong: (line) => give({ ok: false, reason: "longer than 64 MiB" }, line),
  });
}

function startsWithBrace(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes.subarray(0, 4096)).trimStart();
  return text === "" || text.startsWith("{") || text.startsWith("[");
}

/** Reads one line of a JSON log. */
export function readJsonLine(text: string, line: number, format: LogFormat | null): ReadLine {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 120) : "";
    return { ok: false, reason: `not JSON: ${why}` };
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return { ok: false, reason: "not a JSON object" };
  }
  if (format === "records" || (format === null && isRecord(json))) return readRecord(json, line);
  if (format === "chat" || isChatLine(json)) return readChatLine(json, line);
  return { ok: false, reason: "neither a decision record nor a chat request" };
}
