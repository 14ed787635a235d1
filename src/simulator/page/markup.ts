import { printable } from "../../diagnostics/excerpt.ts";
import { cutTo } from "../print-table.ts";

/** HTML that may be put into a page as it is. Only `html` makes it, so that nothing else reaches a page unescaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = string | number | Markup | readonly Part[] | null;

/** HTML from a template; texts in it are escaped, lists joined, null is nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = strings[0] ?? "";
  for (const [index, part] of parts.entries()) text += textOf(part) + (strings[index + 1] ?? "");
  return new Markup(text);
}

function textOf(part: Part): string {
  if (part === null) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return escaped(String(part));
}

/** Text that means nothing to HTML, inside of elements and of attributes in double quotes. */
export function escaped(text: string): string {
  return printable(text).replaceAll(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

const longestName = 72;

/** A name of a log or a policy; long ones are cut, so that no log makes a page large. */
export function shortName(text: string, longest = longestName): string {
  return cutTo(printable(text), longest);
}

/** Figures as print has them: with a minus sign in place of a hyphen, and on one line with it and with their unit. */
export function printed(text: string): string {
  return text
    .replaceAll(/(?<!\w)-(?=[$\d])/g, "\u2212\u2060")
    .replaceAll(/(?<=\d) (?=%|(?:pp|ms|s|min|h)\b)/g, "\u00a0");
}

export const nothing: Markup = html``;
