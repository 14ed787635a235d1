/** A place as people count it: line and column from 1, the column in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Line and column of an offset; LF, CRLF and a lone CR each end a line. An offset past the end is the end. */
export function lineAndColumn(text: string, offset: number): Position {
  const end = Math.min(Math.max(offset, 0), text.length);
  let line = 1;
  let start = 0;
  for (let index = 0; index < end; index += 1) {
    const code = text.charCodeAt(index);
    const ends = code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10);
    if (!ends) continue;
    line += 1;
    start = index + 1;
  }
  return { line, column: end - start + 1 };
}

/** The line that holds an offset: its text without the line break, and where it begins. */
export function lineAt(
  text: string,
  offset: number,
): { readonly start: number; readonly text: string } {
  const at = Math.min(Math.max(offset, 0), text.length);
  const isBreak = (index: number): boolean => {
    const code = text.charCodeAt(index);
    return code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10);
  };
  let start = at;
  while (start > 0 && !isBreak(start - 1)) start -= 1;
  let end = at;
  while (end < text.length && text.charCodeAt(end) !== 10 && text.charCodeAt(end) !== 13) end += 1;
  if (end > start && text.charCodeAt(end - 1) === 13) end -= 1;
  return { start, text: text.slice(start, end) };
}

/** Line numbers of rising offsets, each counted from where the last one ended: a file of statements is walked through once. */
export function lineCounter(text: string): (offset: number) => number {
  let at = 0;
  let line = 1;
  return (offset) => {
    if (offset < at) return lineAndColumn(text, offset).line;
    line += lineAndColumn(text.slice(at, offset), offset - at).line - 1;
    at = offset;
    return line;
  };
}
