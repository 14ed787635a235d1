import type { Drawing, DrawnBlock, DrawnRow, DrawnTest } from "./drawing.ts";
import { besideLines, rowTitle } from "./row-lines.ts";
import {
  type Card,
  cardOf,
  drawCard,
  drawTestBox,
  round,
  smallSize,
  type TestBox,
  testBoxOf,
} from "./svg-card.ts";
import {
  columnsOf,
  type LaidTest,
  type Layout,
  type Line,
  layOut,
  portStep,
} from "./svg-layout.ts";
import { escapeXml, styleSheet, svgText } from "./svg-text.ts";
import { textWidth, wrapText } from "./text-width.ts";

const margin = 20;
/** Room for the word and the arrow that lead to the first test. */
const roomOfStart = 90;
const gapBetweenBands = 34;
const smallLine = 14;
/** Narrowest picture, so that its notes have room. */
const narrowest = 560;

/** A part of the picture that reaches over its whole width, or what has been drawn of it so far. */
interface Strip {
  readonly parts: readonly string[];
  readonly width: number;
  readonly height: number;
}

/**
 * A self-contained SVG picture, light or dark as the reader prefers: tests in columns from left to right, rows as cards
 * in source order on the right, guards above and alsos below.
 */
export function toSvg(drawing: Drawing): string {
  const bands = drawing.form === "table" ? [] : bandsOf(drawing);
  const middle = drawing.form === "table" ? drawTable(drawing) : drawBands(drawing, bands);
  const legend = drawing.form === "table" ? 0 : drawLegend(drawing, 0).width;
  const width = Math.max(narrowest, middle(0).width, legend);
  const strips: ((top: number) => Strip)[] = [
    (top) => drawHeading(drawing, top, width),
    ...besideLines({ ...drawing, alsos: [] }).map((beside) => box(beside, width)),
    middle,
    ...besideLines({ ...drawing, guards: [] }).map((beside) => box(beside, width)),
    ...(drawing.form === "table" ? [] : [(top: number) => drawLegend(drawing, top)]),
  ];
  const parts: string[] = [];
  let top = margin;
  for (const strip of strips) {
    const drawn = strip(top);
    parts.push(...drawn.parts);
    top += drawn.height + 18;
  }
  return svgDocument(drawing, parts, { width: width + 2 * margin, height: top - 18 + margin });
}

function drawHeading({ policy, notes }: Drawing, top: number, width: number): Strip {
  const [name = ""] = wrapText(policy.name, { size: 15, width: width - 200, lines: 1 });
  const parts = [
    svgText(name, { x: margin, y: top + 14, style: "name" }),
    svgText(policy.hash, { x: margin + textWidth(name, 15) + 14, y: top + 14, style: "note" }),
  ];
  const lines = notes.flatMap((note) => wrapText(note, { size: smallSize, width, lines: 6 }));
  for (const [at, line] of lines.entries()) {
    parts.push(svgText(line, { x: margin, y: top + 34 + at * smallLine, style: "note" }));
  }
  return { parts, width, height: 20 + lines.length * smallLine };
}

/** Most lines of a box beside the diagram. */
const mostLines = 60;

function box(
  { heading, lines }: { readonly heading: string; readonly lines: readonly string[] },
  width: number,
): (top: number) => Strip {
  const inner = width - 20;
  const wrapped = lines.flatMap((line) =>
    wrapText(line, { size: smallSize, width: inner, lines: 4 }),
  );
  const more = wrapped.length - mostLines;
  const shown = more > 0 ? [...wrapped.slice(0, mostLines), `and ${more} more lines`] : wrapped;
  const height = 26 + shown.length * smallLine;
  return (top) => ({
    parts: [
      `<rect class="beside" x="${margin}" y="${round(top)}" width="${round(width)}" height="${height}" rx="4"/>`,
      svgText(heading, { x: margin + 10, y: top + 17, style: "title" }),
      ...shown.map((line, at) =>
        svgText(line, { x: margin + 10, y: top + 32 + at * smallLine, style: "small" }),
      ),
    ],
    width,
    height,
  });
}

function drawTable({ rows }: Drawing): (top: number) => Strip {
  const cards = rows.map(cardOf);
  const width = Math.max(0, ...cards.map((card) => card.width));
  return (top) => {
    const parts: string[] = [];
    let y = top;
    for (const card of cards) {
      parts.push(drawCard(card, { x: margin, y: y + card.height / 2, width }));
      y += card.height + 6;
    }
    return { parts, width, height: y - top };
  };
}

/** A block of the graph, or the whole of it. */
interface BandContent {
  readonly block: DrawnBlock | null;
  readonly boxes: readonly TestBox[];
  readonly laid: readonly LaidTest[];
  readonly cards: readonly Card[];
}

/** The blocks of a graph from the top; what leads out of one ends in a card of its own, which says where it goes on. */
function bandsOf(drawing: Drawing): BandContent[] {
  const { blocks, tests, rows } = drawing;
  if (blocks.length === 0) return [bandOf(drawing, null, tests, rows)];
  const inBlock = new Set(blocks.flatMap((block) => block.rows));
  return blocks.map((block, at) => {
    const isLast = at === blocks.length - 1;
    const own = rows.filter(({ id }) => block.rows.includes(id) || (isLast && !inBlock.has(id)));
    const ownTests = tests.filter((test) => test.block === block.id);
    return bandOf(drawing, block, ownTests, own);
  });
}

function bandOf(
  drawing: Drawing,
  block: DrawnBlock | null,
  tests: readonly DrawnTest[],
  rows: readonly DrawnRow[],
): BandContent {
  const armsOf = (test: DrawnTest): LaidTest["arms"] =>
    drawing.edges
      .filter(({ from }) => from === test.id)
      .map(({ to, label, unknown }) => ({ to, label, unknown }));
  const boxes = tests.map((test) => testBoxOf(test, armsOf(test).length * portStep + 2));
  const ids = new Set([...tests, ...rows].map(({ id }) => id));
  const exits = new Map<string, Card>();
  const laid = boxes.map(({ test, width, height }): LaidTest => {
    const arms = armsOf(test);
    for (const { to } of arms) if (!ids.has(to)) exits.set(to, exitCard(drawing, to));
    return {
      id: test.id,
      width,
      height: height + 4,
      labels: Math.max(...arms.map(({ label }) => textWidth(label, smallSize))),
      arms,
    };
  });
  return { block, boxes, laid, cards: [...rows.map(cardOf), ...exits.values()] };
}

function exitCard({ rows, tests, blocks }: Drawing, to: string): Card {
  const row = rows.find(({ id }) => id === to);
  const block = blocks.findIndex(({ id }) => id === tests.find((test) => test.id === to)?.block);
  const step = row === undefined ? `on with block ${block + 1}` : `on with ${rowTitle(row)}`;
  return cardOf({
    id: to,
    kind: "elsewhere",
    rules: [],
    condition: null,
    steps: [step],
    options: [],
    alsos: [],
    reached: true,
  });
}

function drawBands(drawing: Drawing, bands: readonly BandContent[]): (top: number) => Strip {
  const columns = bands.map(({ laid }) => columnsOf(laid, margin + roomOfStart));
  const rowsLeft = Math.max(...columns.map(({ end }) => end));
  const cardWidth = Math.max(...bands.flatMap(({ cards }) => cards.map(({ width }) => width)));
  const width = rowsLeft + cardWidth - margin;
  return (start) => {
    const parts: string[] = [];
    let top = start;
    for (const [at, band] of bands.entries()) {
      const inner = band.block === null ? top : top + 26;
      const layout = layOut(band.laid, band.cards, columns[at] ?? columnsOf([], 0), {
        top: inner,
        rowsLeft,
      });
      if (band.block !== null) {
        parts.push(
          `<rect class="block" x="${margin - 10}" y="${round(top)}" width="${round(width + 20)}" height="${round(layout.height + 36)}" rx="6"/>`,
          svgText(band.block.title, { x: margin, y: top + 15, style: "note" }),
        );
      }
      parts.push(...drawBand(drawing, band, layout, { rowsLeft, cardWidth }));
      top = inner + layout.height + (band.block === null ? 0 : gapBetweenBands);
    }
    return { parts, width, height: top - start };
  };
}

function drawBand(
  drawing: Drawing,
  { boxes, cards }: BandContent,
  layout: Layout,
  { rowsLeft, cardWidth }: { readonly rowsLeft: number; readonly cardWidth: number },
): string[] {
  const root = layout.tests.get(drawing.root ?? "");
  const rootRow = layout.rows.get(drawing.root ?? "");
  const first = root ?? (rootRow === undefined ? null : { x: rowsLeft, y: rootRow });
  const start =
    first === null
      ? []
      : [
          svgText("request", { x: margin, y: first.y + 4, style: "plain" }),
          drawLine({
            points: [{ x: margin + 60, y: first.y }, first],
            unknown: false,
            ends: true,
          }),
        ];
  return [
    ...layout.lines.map(drawLine),
    ...start,
    ...layout.labels.map(({ x, y, text }) => svgText(text, { x, y, style: "label" })),
    ...boxes.map((box) => drawTestBox(box, layout.tests.get(box.test.id) ?? { x: 0, y: 0 })),
    ...cards.map((card) =>
      drawCard(card, { x: rowsLeft, y: layout.rows.get(card.id) ?? 0, width: cardWidth }),
    ),
  ];
}

/** A line through its points: level at each of them, bent between the last two. */
function drawLine({ points, unknown, ends }: Line): string {
  const path = points.map(({ x, y }, at) => {
    const before = points[at - 1];
    if (before === undefined) return `M${round(x)},${round(y)}`;
    if (before.y === y || at < points.length - 1) return `L${round(x)},${round(y)}`;
    const bend = (before.x + x) / 2;
    return `C${round(bend)},${round(before.y)} ${round(bend)},${round(y)} ${round(x)},${round(y)}`;
  });
  const arrow = ends ? ' marker-end="url(#arrow)"' : "";
  return `<path class="line${unknown ? " unknown" : ""}" d="${path.join("")}"${arrow}/>`;
}

function drawLegend({ tests, edges }: Drawing, top: number): Strip {
  const parts: string[] = [];
  let x = margin;
  const y = top + 10;
  const put = (sign: string, width: number, text: string): void => {
    parts.push(sign, svgText(text, { x: x + width + 8, y: y + 4, style: "note" }));
    x += width + textWidth(text, smallSize) + 32;
  };
  const line = (unknown: boolean): string =>
    drawLine({
      points: [
        { x, y },
        { x: x + 34, y },
      ],
      unknown,
      ends: true,
    });
  if (edges.length > 0) put(line(false), 34, "the fact has such a value");
  if (edges.some(({ unknown }) => unknown)) put(line(true), 34, "the fact is unknown");
  if (tests.some(({ dear }) => dear)) {
    const sign = `<g class="test dear"><rect x="${round(x)}" y="${round(y - 7)}" width="34" height="14" rx="7"/></g>`;
    put(sign, 34, "a dear fact: read late, and only where a line leads to it");
  }
  return { parts, width: x - margin, height: parts.length === 0 ? 0 : 20 };
}

function svgDocument(
  drawing: Drawing,
  parts: readonly string[],
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const { policy, rows, tests } = drawing;
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  const described = `${tests.length} tests lead to ${rows.length} outcomes, which stand in source order: ${rows.slice(0, 20).map(rowTitle).join("; ")}${rows.length > 20 ? "; …" : ""}.`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-labelledby="title desc">
<title id="title">${escapeXml(`The decision graph of ${policy.name}@${policy.hash}`)}</title>
<desc id="desc">${escapeXml(described)}</desc>
<style>${styleSheet()}</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0,0L8,4L0,8z"/></marker></defs>
<rect class="page" width="${w}" height="${h}"/>
${parts.join("\n")}
</svg>
`;
}
