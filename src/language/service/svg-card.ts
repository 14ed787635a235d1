import type { DrawnRow, DrawnTest } from "./drawing.ts";
import { conditionLine, rowTitle } from "./row-lines.ts";
import { svgText } from "./svg-text.ts";
import { textWidth, wrapText } from "./text-width.ts";

export const textSize = 12;
export const smallSize = 10.5;
const lineHeight = 16;
const smallLineHeight = 14;
const padding = 9;
/** Widest text of a card. */
const widestText = 440;

/** A line of a card and how it is written. */
interface CardLine {
  readonly text: string;
  readonly style: "title" | "plain" | "small";
}

/** A row as a card, measured. */
export interface Card {
  readonly id: string;
  readonly kind: DrawnRow["kind"];
  readonly reached: boolean;
  readonly lines: readonly CardLine[];
  /** Stands right of the title: `line 12`. */
  readonly place: string;
  readonly width: number;
  readonly height: number;
}

/** Measures a row. */
export function cardOf(row: DrawnRow): Card {
  const { id, kind, rules, steps, options, alsos, reached } = row;
  const small = (text: string, lines: number): CardLine[] =>
    wrap(text, "small", lines).map((each) => ({ text: each, style: "small" }));
  const isEnd = kind === "elsewhere" || kind === "none";
  const place = rules.length === 1 ? `line ${rules[0]?.line}` : "";
  const lines: CardLine[] = [
    ...wrap(rowTitle(row), "title", 2).map((text) => ({ text, style: "title" as const })),
    ...small(conditionLine(row), 3),
    ...(isEnd ? [] : steps.flatMap((step) => wrap(step, "plain", 4))).map((text) => ({
      text,
      style: "plain" as const,
    })),
    ...small(options.length === 0 ? "" : `with ${options.join(", ")}`, 4),
    ...small(alsos.length === 0 ? "" : `may add ${alsos.join(", ")}`, 2),
    ...small(reached ? "" : "no request comes here", 1),
  ];
  const widths = lines.map(({ text, style }) => textWidth(text, sizeOf(style)));
  const titleWidth = (widths[0] ?? 0) + (place === "" ? 0 : textWidth(place, smallSize) + 16);
  return {
    id,
    kind,
    reached,
    lines,
    place,
    width: Math.max(titleWidth, ...widths) + 2 * padding + 4,
    height: lines.reduce((sum, { style }) => sum + heightOf(style), 0) + 2 * padding - 2,
  };
}

function wrap(text: string, style: CardLine["style"], lines: number): string[] {
  return wrapText(text, { size: sizeOf(style), width: widestText, lines });
}

function sizeOf(style: CardLine["style"]): number {
  return style === "small" ? smallSize : textSize;
}

function heightOf(style: CardLine["style"]): number {
  return style === "small" ? smallLineHeight : lineHeight;
}

/** A card at its left edge and vertical middle. */
export function drawCard(
  card: Card,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): string {
  const top = y - card.height / 2;
  const parts = [
    `<rect x="${round(x)}" y="${round(top)}" width="${round(width)}" height="${round(card.height)}" rx="4"/>`,
    `<path class="bar" d="M${round(x + 2)},${round(top + 2)}v${round(card.height - 4)}"/>`,
  ];
  let baseline = top + padding - 4;
  for (const { text, style } of card.lines) {
    baseline += heightOf(style);
    parts.push(svgText(text, { x: x + padding + 3, y: baseline, style }));
  }
  if (card.place !== "") {
    const end = { x: x + width - padding, y: top + padding + 12, style: "place" } as const;
    parts.push(svgText(card.place, end));
  }
  const faded = card.reached ? "" : " unreached";
  return `<g class="row ${card.kind}${faded}">${parts.join("")}</g>`;
}

/** A test as a box, measured. */
export interface TestBox {
  readonly test: DrawnTest;
  readonly lines: readonly string[];
  readonly badge: string;
  readonly width: number;
  readonly height: number;
}

/** Measures a test: its operand, and for a dear one a badge that says what it takes; at least as high as its ports need. */
export function testBoxOf(test: DrawnTest, ports: number): TestBox {
  const lines = wrapText(test.operand, { size: textSize, width: 220, lines: 3 });
  const badge = test.dear ? test.cost : "";
  const badgeWidth = badge === "" ? 0 : textWidth(badge, smallSize) + 12;
  const widths = lines.map((line) => textWidth(line, textSize));
  return {
    test,
    lines,
    badge,
    width: Math.max(...widths, textWidth(test.type, smallSize), badgeWidth) + 2 * padding,
    height: Math.max(ports, content(lines, badge) + padding + 3),
  };
}

/** The height of what a test's box holds. */
function content(lines: readonly string[], badge: string): number {
  return lines.length * lineHeight + smallLineHeight + (badge === "" ? 0 : 19);
}

/** A test at its left edge and vertical middle. */
export function drawTestBox(
  { test, lines, badge, width, height }: TestBox,
  { x, y }: { readonly x: number; readonly y: number },
): string {
  const top = y - height / 2;
  const middle = x + width / 2;
  const parts = [
    `<rect x="${round(x)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" rx="10"/>`,
  ];
  let baseline = y - content(lines, badge) / 2 - 3;
  for (const line of lines) {
    baseline += lineHeight;
    parts.push(svgText(line, { x: middle, y: baseline, style: "operand" }));
  }
  baseline += smallLineHeight;
  parts.push(svgText(test.type, { x: middle, y: baseline, style: "type" }));
  if (badge !== "") {
    const badgeWidth = textWidth(badge, smallSize) + 12;
    parts.push(
      `<rect class="badge" x="${round(middle - badgeWidth / 2)}" y="${round(baseline + 5)}" width="${round(badgeWidth)}" height="15" rx="7.5"/>`,
      svgText(badge, { x: middle, y: baseline + 16, style: "cost" }),
    );
  }
  return `<g class="test${test.dear ? " dear" : ""}">${parts.join("")}</g>`;
}

/** A length with one decimal. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
