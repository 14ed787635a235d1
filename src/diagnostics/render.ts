import type { Diagnostic, Label, Severity, Span } from "./diagnostic.ts";
import { excerptsOf, printable } from "./excerpt.ts";
import { lineAndColumn } from "./position.ts";

export interface RenderOptions {
  /** ANSI colours. */
  readonly color: boolean;
}

const severityColors: Readonly<Record<Severity, string>> = {
  error: "31",
  warning: "33",
  info: "36",
};

type Paint = (text: string, code: string) => string;

/**
 * A diagnostic as people read it (LANGUAGE §8): code, message, place, the source line with carets and label, related
 * places, help. Ends without a line break. A span whose file is not among `sources` shows its place only.
 */
export function render(
  diagnostic: Diagnostic,
  sources: ReadonlyMap<string, string>,
  options: RenderOptions,
): string {
  const paint: Paint = (text, code) =>
    options.color && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text;
  const color = `1;${severityColors[diagnostic.severity]}`;
  const primary: Label = { span: diagnostic.span, text: diagnostic.label ?? "" };
  const related = diagnostic.related ?? [];
  const width = Math.max(
    2,
    ...[primary, ...related].map(({ span }) => String(lastLineOf(span, sources)).length),
  );
  const lines = [
    `${paint(`${diagnostic.severity}[${diagnostic.code}]`, color)}${paint(`: ${printable(diagnostic.message)}`, "1")}`,
    ...block({ label: primary, arrow: "-->", mark: "^", color }, sources, width, paint),
    ...related.flatMap((label) =>
      block({ label, arrow: ":::", mark: "-", color: "1;34" }, sources, width, paint),
    ),
  ];
  const help = helpLine(diagnostic);
  if (help !== null) {
    const bar = paint(`${" ".repeat(width)} |`, "34");
    lines.push(bar, `${paint("help", "1;32")}: ${help}`);
  }
  return lines.join("\n");
}

/** A diagnostic as one line, for what is only worth knowing: code, place, message and help, without the source. */
export function renderLine(
  diagnostic: Diagnostic,
  sources: ReadonlyMap<string, string>,
  options: RenderOptions,
): string {
  const { severity, code, span, message, help, fix } = diagnostic;
  const head = `${severity}[${code}]`;
  const { line, column } = placeOf(span, sources);
  const advice = help === undefined ? "" : `; ${printable(help)}`;
  const painted = options.color ? `\u001b[1;${severityColors[severity]}m${head}\u001b[0m` : head;
  const offer = fix === undefined ? "" : "  (fix available)";
  return `${painted}: ${span.file}:${line}:${column}: ${printable(message)}${advice}${offer}`;
}

interface Block {
  readonly label: Label;
  readonly arrow: string;
  readonly mark: string;
  readonly color: string;
}

function block(
  { label, arrow, mark, color }: Block,
  sources: ReadonlyMap<string, string>,
  width: number,
  paint: Paint,
): string[] {
  const { span, text } = label;
  const { line, column } = placeOf(span, sources);
  const gutter = " ".repeat(width);
  const head = `${paint(`${gutter}${arrow}`, "34")} ${span.file}:${line}:${column}`;
  const source = sources.get(span.file);
  if (source === undefined) return text === "" ? [head] : [head, `${gutter} ${printable(text)}`];
  const bar = paint(`${gutter} |`, "34");
  const lines = [head, bar];
  for (const excerpt of excerptsOf(source, span)) {
    if (excerpt === null) {
      lines.push(paint("...", "34"));
      continue;
    }
    const marks = " ".repeat(excerpt.indent) + paint(mark.repeat(excerpt.width), color);
    lines.push(`${paint(`${String(excerpt.number).padStart(width)} |`, "34")} ${excerpt.line}`);
    lines.push(`${bar} ${marks}`);
  }
  // The label stands behind the last marks.
  const note = text === "" ? "" : ` ${paint(printable(text), color)}`;
  return [...lines.slice(0, -1), `${lines.at(-1)}${note}`];
}

function lastLineOf(span: Span, sources: ReadonlyMap<string, string>): number {
  return lineAndColumn(sources.get(span.file) ?? "", Math.max(span.start, span.end - 1)).line;
}

/** Column of "(fix available)" when the help is short enough for it. */
const fixColumn = 74;

function helpLine({ help, fix }: Diagnostic): string | null {
  if (fix === undefined) return help === undefined ? null : printable(help);
  const text = printable(help ?? fix.title);
  return `${text.padEnd(fixColumn - "help: ".length - 2)}  (fix available)`;
}

function placeOf(
  span: Span,
  sources: ReadonlyMap<string, string>,
): { line: number; column: number } {
  return lineAndColumn(sources.get(span.file) ?? "", span.start);
}
