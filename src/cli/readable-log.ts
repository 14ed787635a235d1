import { styleText } from "node:util";
import { wantsColor } from "./output.ts";

interface LogLine {
  readonly level: number;
  readonly time: string;
  readonly msg: string;
  /** A policy's errors, drawn with their source. */
  readonly diagnostics?: string;
  readonly err?: { readonly stack?: string };
  readonly [field: string]: unknown;
}

const names: Readonly<Record<number, readonly [string, "dim" | "green" | "yellow" | "red"]>> = {
  10: ["trace", "dim"],
  20: ["debug", "dim"],
  30: ["info", "green"],
  40: ["warn", "yellow"],
  50: ["error", "red"],
  60: ["fatal", "red"],
};

/** The log for a person at a terminal: a line each, and a policy's errors drawn as `check` draws them. */
export function readableLog(stream: NodeJS.WriteStream): { write(line: string): void } {
  const color = wantsColor(stream);
  return { write: (line) => stream.write(readableLine(line, color)) };
}

/** One JSON line of the log as text; a line that is no JSON stays as it is. */
export function readableLine(line: string, color: boolean): string {
  let read: LogLine;
  try {
    read = JSON.parse(line) as LogLine;
  } catch {
    return line;
  }
  const { level, time, msg, diagnostics, err, ...fields } = read;
  const [name, style] = names[level] ?? ["log", "dim"];
  const paint = (how: "dim" | "green" | "yellow" | "red", text: string): string =>
    color ? styleText(how, text, { validateStream: false }) : text;
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const head = `${paint("dim", time.slice(11, 19))} ${paint(style, name)} ${[msg, ...rest].join(" ")}\n`;
  const below = diagnostics ?? err?.stack;
  return below === undefined ? head : `${head}${below}\n`;
}
