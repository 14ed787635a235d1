import type { LogFormat } from "./log-format.ts";

/** Bytes from the beginning of an unpacked file by which it is told what it is. */
export const headBytes = 65_536;

/** How the bytes of a log are cut: JSON a line, JSON over lines, rows of a CSV, or Parquet. */
export type LogShape = "lines" | "values" | "csv" | "parquet";

const csvOnly: ReadonlySet<LogFormat | null> = new Set<LogFormat>(["csv", "azure", "burstgpt"]);
const jsonOnly: ReadonlySet<LogFormat | null> = new Set<LogFormat>([
  ...(["records", "chat", "messages", "responses"] as const),
  ...(["litellm", "mooncake", "json"] as const),
]);

/** Tells the shape of a log from its head, the whole of it where `isWhole`, and the format that was named. */
export function shapeOf(head: Uint8Array, isWhole: boolean, format: LogFormat | null): LogShape {
  if (startsAs(head, "PAR1")) return "parquet";
  if (csvOnly.has(format)) return "csv";
  const text = new TextDecoder().decode(head).trimStart();
  const isJson =
    jsonOnly.has(format) || text === "" || text.startsWith("{") || text.startsWith("[");
  return isJson ? shapeOfJson(text, isWhole) : "csv";
}

/** JSON that is written over several lines has a first one that is no value by itself. */
function shapeOfJson(text: string, isWhole: boolean): LogShape {
  const end = text.indexOf("\n");
  const first = (end < 0 ? text : text.slice(0, end)).trim();
  // A list that goes on past the head is read one by one; an object is a line, however long.
  if (end < 0 && !isWhole) return text.startsWith("[") ? "values" : "lines";
  return /[[{,]$/.test(first) && !isValue(first) ? "values" : "lines";
}

function isValue(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function startsAs(bytes: Uint8Array, word: string): boolean {
  return [...word].every((letter, at) => bytes[at] === letter.charCodeAt(0));
}
