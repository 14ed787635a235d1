/** How a text of the picture is written; each is a class of its style sheet. */
export type TextStyle =
  | "title"
  | "plain"
  | "small"
  | "place"
  | "operand"
  | "type"
  | "cost"
  | "label"
  | "name"
  | "note";

/** One line of text at its baseline. */
export function svgText(
  text: string,
  { x, y, style }: { readonly x: number; readonly y: number; readonly style: TextStyle },
): string {
  return `<text class="${style}" x="${Math.round(x * 10) / 10}" y="${Math.round(y * 10) / 10}">${escapeXml(text)}</text>`;
}

/** What XML cannot hold, and marks that would turn the direction of all that follows. */
const unfit =
  /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\u0085\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Any text as XML text or attribute. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(unfit, "\ufffd")
    .replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Colours of the picture: page, text, quiet text, lines, then fill and stroke of tests, dear tests, plans, rejects, ends. */
interface Palette {
  readonly page: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly test: readonly [string, string];
  readonly dear: readonly [string, string];
  readonly badge: readonly [string, string];
  readonly plan: readonly [string, string];
  readonly reject: readonly [string, string];
  readonly end: readonly [string, string];
}

const light: Palette = {
  page: "#ffffff",
  text: "#1f2328",
  quiet: "#59636e",
  line: "#6e7781",
  test: ["#ddf4ff", "#0969da"],
  dear: ["#fff8c5", "#9a6700"],
  badge: ["#9a6700", "#ffffff"],
  plan: ["#f3fbf5", "#1a7f37"],
  reject: ["#fff1f0", "#cf222e"],
  end: ["#f6f8fa", "#818b98"],
};

const dark: Palette = {
  page: "#0d1117",
  text: "#e6edf3",
  quiet: "#9198a1",
  line: "#9198a1",
  test: ["#0c2d4a", "#4493f8"],
  dear: ["#3a2d06", "#d29922"],
  badge: ["#d29922", "#0d1117"],
  plan: ["#0f2417", "#3fb950"],
  reject: ["#2d1214", "#f85149"],
  end: ["#151b23", "#656c76"],
};

/** The style sheet: light, and dark where the reader prefers it. No variables, which not every viewer knows. */
export function styleSheet(): string {
  return [
    "text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px}",
    ".small,.place,.type,.cost,.label,.note{font-size:10.5px}",
    ".title,.operand,.name{font-weight:700}",
    ".name{font-size:15px}",
    ".operand,.type,.cost{text-anchor:middle}",
    ".place{text-anchor:end}",
    ".label{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}",
    ".line{fill:none;stroke-width:1.2}",
    ".unknown{stroke-dasharray:5 4}",
    ".bar{fill:none;stroke-width:4}",
    ".block,.beside{fill:none}",
    ".block{stroke-dasharray:2 3}",
    ".unreached{opacity:.55}",
    colours(light),
    `@media (prefers-color-scheme:dark){${colours(dark)}}`,
  ].join("");
}

function colours(palette: Palette): string {
  const box = (name: string, [fill, stroke]: readonly [string, string]): string =>
    `.${name} rect{fill:${fill};stroke:${stroke}}.${name} .bar{stroke:${stroke}}`;
  return [
    `.page{fill:${palette.page}}`,
    `text{fill:${palette.text}}`,
    `.small,.place,.type,.note{fill:${palette.quiet}}`,
    `.label{stroke:${palette.page}}`,
    `.line,.block,.beside{stroke:${palette.line}}`,
    `.head{fill:${palette.line}}`,
    box("test", palette.test),
    box("dear", palette.dear),
    box("plan", palette.plan),
    box("reject", palette.reject),
    box("elsewhere", palette.end),
    box("none", palette.end),
    `.dear .badge{fill:${palette.badge[0]};stroke:none}.dear .cost{fill:${palette.badge[1]}}`,
  ].join("");
}
