import type { Span } from "./diagnostic.ts";
import { lineAndColumn, lineAt } from "./position.ts";

/** One source line as a terminal shows it, with the place and the width of the marks below it, in terminal cells. */
export interface Excerpt {
  /** From 1. */
  readonly number: number;
  readonly line: string;
  readonly indent: number;
  readonly width: number;
}

const tabWidth = 4;
/** Cells of a line that are shown; a longer one is cut around the span. */
const widest = 120;
const context = 40;

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const zeroWidth = /^(?:\p{Mark}|[\u200b-\u200f\u2060\ufeff])+$/u;
/** Characters that would move the cursor, turn the writing direction or are half of one. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u;

/** What a person sees as one character, however many code points it takes. */
const characters = new Intl.Segmenter("en", { granularity: "grapheme" });

interface Cell {
  readonly shown: string;
  readonly width: number;
  /** Offset in the line where the character begins, and where it ends. */
  readonly from: number;
  readonly to: number;
}

/** Lines of a span that are shown; of a longer one the first two and the last. */
const mostLines = 4;

/**
 * The lines of a span, each with its part of it marked; null stands for lines that are left out. Empty lines and the space
 * before a line's first word bear no marks.
 */
export function excerptsOf(text: string, span: Span): readonly (Excerpt | null)[] {
  const first = lineAt(text, span.start);
  const last = lineAt(text, Math.max(span.start, span.end - 1));
  const { line: number } = lineAndColumn(text, span.start);
  if (last.start === first.start) return [excerpt(first, number, span)];
  const lines = [excerpt(first, number, span)];
  for (let at = nextLine(text, first.start); at <= last.start; at = nextLine(text, at)) {
    const line = lineAt(text, at);
    const start = at + line.text.search(/\S|$/);
    const marked = { start, end: Math.min(span.end, at + line.text.length) };
    lines.push(excerpt(line, number + lines.length, marked));
    if (lines.length > longestSpan) break;
  }
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, 2), null, ...lines.slice(-1)];
}

/** Lines of a span that are walked through; what is left of a longer one is not shown. */
const longestSpan = 10_000;

/** Offset of the line behind the one that begins at `start`. */
function nextLine(text: string, start: number): number {
  const { text: line } = lineAt(text, start);
  const end = start + line.length;
  return end + (text.startsWith("\r\n", end) ? 2 : 1);
}

/** One line, cut round the marked part, which is at least one cell. */
function excerpt(
  line: ReturnType<typeof lineAt>,
  number: number,
  marked: Pick<Span, "start" | "end">,
): Excerpt {
  const from = marked.start - line.start;
  const to = Math.min(
    Math.max(marked.end - line.start, from + 1),
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
  const markedWidth = widthOf(shown.filter((cell) => cell.to > from && cell.from < to));
  return {
    number,
    line: before + shown.map((cell) => cell.shown).join("") + after,
    indent,
    width: Math.max(1, markedWidth),
  };
}

function cellsOf(text: string, offset: number): Cell[] {
  const cells: Cell[] = [];
  let column = 0;
  for (const { segment, index } of characters.segment(text)) {
    const from = offset + index;
    const cell = { ...shownAs(segment, column), from, to: from + segment.length };
    cells.push(cell);
    column += cell.width;
  }
  return cells;
}

function shownAs(character: string, column: number): { shown: string; width: number } {
  if (character === "\t") {
    const width = tabWidth - (column % tabWidth);
    return { shown: " ".repeat(width), width };
  }
  if (unprintable.test(character)) {
    return { shown: printable(character), width: [...character].length };
  }
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
