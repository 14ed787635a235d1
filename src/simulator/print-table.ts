import { printable, terminalWidth } from "../diagnostics/excerpt.ts";

const widestCell = 48;

export type Align = "left" | "right";

/** Columns of a terminal that a report keeps to. */
export const widestLine = 100;

/** What a column that is made smaller keeps. */
const narrowest = 8;

const gap = 2;

/**
 * A table in plain text: the first column to the left, others to the right unless told. Wide cells are cut, and columns of
 * text made smaller until a line fits.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  aligns: readonly Align[] = [],
): string {
  if (rows.length === 0) return "";
  const alignOf = (column: number): Align => aligns[column] ?? (column === 0 ? "left" : "right");
  const cells = [head, ...rows].map((row) => row.map((cell) => cutTo(printable(cell), widestCell)));
  const widths = head.map((_, column) =>
    Math.max(...cells.map((row) => terminalWidth(row[column] ?? ""))),
  );
  makeFit(widths, (column) => alignOf(column) === "left");
  const lines = cells.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0, alignOf(column)))
      .join(" ".repeat(gap))
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join(" ".repeat(gap));
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

/** Takes from the widest columns of text what a line is too long. */
function makeFit(widths: number[], isText: (column: number) => boolean): void {
  const length = (): number => widths.reduce((sum, width) => sum + width + gap, -gap);
  while (length() > widestLine) {
    let widest = -1;
    for (const [column, width] of widths.entries())
      if (isText(column) && width > (widths[widest] ?? narrowest)) widest = column;
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function padded(cell: string, width: number, align: Align): string {
  const shown = cutTo(cell, width);
  const space = " ".repeat(width - terminalWidth(shown));
  return align === "left" ? shown + space : space + shown;
}

/** A text in so many cells of a terminal, with an ellipsis where some of it is left out. */
export function cutTo(text: string, width: number): string {
  if (text.length <= width && terminalWidth(text) <= width) return text;
  let kept = Array.from(text.slice(0, 4 * width)).slice(0, width);
  while (kept.length > 0 && terminalWidth(kept.join("")) > width - 1) kept = kept.slice(0, -1);
  return width < 1 ? "" : `${kept.join("")}…`;
}

/** Text of any length as lines that fit; those after the first are set in. */
export function wrapped(text: string, indent = "  "): string {
  const lines: string[] = [];
  const [before = ""] = /^ */.exec(text) ?? [];
  const words = printable(text).trim().split(" ");
  let line = "";
  for (const word of words.map((each) => cutTo(each, widestLine - 4))) {
    const longer = line === "" ? `${before}${word}` : `${line} ${word}`;
    if (line === "" || terminalWidth(longer) <= widestLine) line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line].join("\n");
}

export function requestsOf(value: number): string {
  return `${count(value)} ${value === 1 ? "request" : "requests"}`;
}

export function count(value: number): string {
  return value.toLocaleString("en");
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

export function ms(value: number): string {
  return `${value.toLocaleString("en", { maximumFractionDigits: 0 })} ms`;
}

/** Report amounts are dollars already; below a dollar four digits tell them apart, and two stand there at least. */
export function dollars(value: number): string {
  if (value >= 1) {
    const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
    return `$${value.toLocaleString("en", digits)}`;
  }
  const text = value.toLocaleString("en", { maximumSignificantDigits: 4 });
  const [whole = "", cents = ""] = text.split(".");
  return `$${whole}.${cents.padEnd(2, "0")}`;
}
