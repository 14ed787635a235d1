import type { Span } from "./diagnostic.ts";
import { lineAt } from "./position.ts";

/** One source line as a terminal shows it, with the place and the width of the marks below it, in terminal cells. */
export interface Excerpt {
  readonly line: string;
  readonly indent: number;
  readonly width: number;
}

const tabWidth = 4;
/** Cells of a line that are shown; a longer one is cut around the span. */
const widest = 120;
const context = 40;

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const zeroWidth = /\p{Mark}|[\u200b-\u200f\u2060\ufeff]/u;
/** Characters that would move the cursor, turn the writing direction or are half of one. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u;

interface Cell {
  readonly shown: string;
  readonly width: number;
  /** Offset in the line where the character begins, and where it ends. */
  readonly from: number;
  readonly to: number;
}

/** The line in which a span begins; a span that goes on beyond it is marked to the line's end. */
export function excerptOf(text: string, span: Span): Excerpt {
  const line = lineAt(text, span.start);
  const from = span.start - line.start;
  const to = Math.min(
    Math.max(span.end - line.start, from + 1),
    Math.max(line.text.length, from + 1),
  );
  // Far more than can be shown is not worth splitting into characters.
  const first = line.text.length > 4 * widest ? Math.max(0, from - 2 * context) : 0;
  const window = line.text.slice(
    first,
    Math.min(line.text.length, Math.max(from, first) + 4 * widest),
  );
  const cells = cellsOf(window, first);
  const cutBefore =
    first > 0 || widthOf(cells) > widest ? cells.findIndex((cell) => cell.to > from - context) : 0;
  const start = Math.max(0, cutBefore);
  const shown: Cell[] = [];
  let width = 0;
  for (const cell of cells.slice(start)) {
    if (width + cell.width > widest) break;
    shown.push(cell);
    width += cell.width;
  }
  const before = start > 0 || first > 0 ? "…" : "";
  const lastShown = shown.at(-1)?.to ?? from;
  const after = lastShown < line.text.length ? "…" : "";
  const indent = before.length + widthOf(shown.filter((cell) => cell.to <= from));
  const marked = widthOf(shown.filter((cell) => cell.to > from && cell.from < to));
  return {
    line: before + shown.map((cell) => cell.shown).join("") + after,
    indent,
    width: Math.max(1, marked),
  };
}

function cellsOf(text: string, offset: number): Cell[] {
  const cells: Cell[] = [];
  let at = offset;
  let column = 0;
  for (const character of text) {
    const to = at + character.length;
    const cell = { ...shownAs(character, column), from: at, to };
    cells.push(cell);
    column += cell.width;
    at = to;
  }
  return cells;
}

function shownAs(character: string, column: number): { shown: string; width: number } {
  if (character === "\t") {
    const width = tabWidth - (column % tabWidth);
    return { shown: " ".repeat(width), width };
  }
  if (unprintable.test(character)) return { shown: "\ufffd", width: 1 };
  if (zeroWidth.test(character)) return { shown: character, width: 0 };
  return { shown: character, width: wide.test(character) ? 2 : 1 };
}

/** Cells that a line without tabs takes on a terminal. */
export function terminalWidth(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : widthOf(cellsOf(text, 0));
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.width, 0);
}

/** Text that is safe to print: a policy cannot write control characters to the terminal. */
export function printable(text: string): string {
  return unprintable.test(text)
    ? Array.from(text, (each) => (unprintable.test(each) ? "\ufffd" : each)).join("")
    : text;
}
