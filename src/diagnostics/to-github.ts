import type { Diagnostic, Severity } from "./diagnostic.ts";
import { lineAndColumn } from "./position.ts";

const commands: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  info: "notice",
};

/** A diagnostic as a workflow command of GitHub Actions, which shows it beside the line it is about. */
export function toGithub(
  { code, severity, message, span, label, help }: Diagnostic,
  sources: ReadonlyMap<string, string>,
): string {
  const text = sources.get(span.file) ?? "";
  const [start, end] = [lineAndColumn(text, span.start), lineAndColumn(text, span.end)];
  const place: Readonly<Record<string, string | number>> = {
    file: span.file,
    line: start.line,
    col: start.column,
    endLine: end.line,
    endColumn: end.column,
    title: `${code}: ${message}`,
  };
  const properties = Object.entries(place).map(([key, value]) => `${key}=${property(`${value}`)}`);
  const said = [message, label, help].filter((part) => part !== undefined && part !== "");
  return `::${commands[severity]} ${properties.join(",")}::${data(said.join("; "))}`;
}

/** The runner ends a command at a line break, and reads `%0A` as one. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
