import type { LogFormat } from "../../src/simulator/log-format.ts";
import type { LoggedOutcome, LoggedRequest } from "../../src/simulator/logged-request.ts";

/** A small log in the shape that its maker writes, made up whole, with what its first request tells. */
export interface LogSample {
  readonly format: LogFormat;
  readonly what: string;
  readonly text: string;
  /** Lines that are requests, and those that are skipped. */
  readonly lines: readonly number[];
  readonly skipped?: readonly number[];
  readonly first: Partial<Omit<LoggedRequest, "outcome">>;
  readonly outcome: Partial<LoggedOutcome>;
}

export const lines = (...rows: readonly object[]): string =>
  `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`;

const cell = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Rows of like objects as CSV. */
export function csvOf(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const body = rows.map((row) => names.map((name) => cell(row[name])).join(","));
  return `${[names.join(","), ...body].join("\n")}\n`;
}

export const messages = [
  { role: "system", content: "Answer in one word." },
  { role: "user", content: 'Is this spam?\n"Win, now"' },
];
