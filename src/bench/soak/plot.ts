import type { Point, Trend } from "./trend.ts";

/** One series of a plot, in MiB. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly Point[];
  readonly trend: Trend | null;
}

export interface Plot {
  readonly title: string;
  /** What was left out of the trends, in hours from the start. */
  readonly warmUpHours: number;
  readonly hours: number;
  readonly series: readonly Series[];
}

const page = { width: 960, height: 480, left: 64, right: 24, top: 48, bottom: 84 };
const inner = {
  width: page.width - page.left - page.right,
  height: page.height - page.top - page.bottom,
};

/** Draws series over time as an SVG document that needs nothing else. */
export function drawPlot({ title, warmUpHours, hours, series }: Plot): string {
  const values = series.flatMap(({ points }) => points.map(({ value }) => value));
  const top = Math.max(1, ...values) * 1.05;
  const x = (at: number): string =>
    (page.left + (at / Math.max(hours, 1e-9)) * inner.width).toFixed(1);
  const y = (value: number): string => (page.top + (1 - value / top) * inner.height).toFixed(1);
  const step = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500].find((each) => top / each <= 9) ?? 1_000;
  const lines: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${page.width}" height="${page.height}" font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    `<rect width="${page.width}" height="${page.height}" fill="#fff"/>`,
    `<text x="${page.left}" y="26" font-size="15">${escaped(title)}</text>`,
    `<rect x="${x(0)}" y="${page.top}" width="${(Number(x(warmUpHours)) - page.left).toFixed(1)}" height="${inner.height}" fill="#eee"/>`,
    `<text x="${page.left + 6}" y="${page.top + 16}" fill="#777">warm-up</text>`,
  ];
  for (let value = 0; value <= top; value += step)
    lines.push(
      `<path d="M${page.left} ${y(value)}H${page.width - page.right}" stroke="#ddd"/>`,
      `<text x="${page.left - 8}" y="${Number(y(value)) + 4}" text-anchor="end">${value}</text>`,
    );
  for (let part = 0; part <= 6; part += 1)
    lines.push(
      `<text x="${x((hours * part) / 6)}" y="${page.top + inner.height + 18}" text-anchor="middle">${((hours * 60 * part) / 6).toFixed(hours < 0.5 ? 1 : 0)}</text>`,
    );
  lines.push(
    `<text x="${page.left + inner.width / 2}" y="${page.top + inner.height + 36}" text-anchor="middle">minutes</text>`,
    `<text x="16" y="${page.top - 8}">MiB</text>`,
  );
  for (const [at, each] of series.entries())
    lines.push(...drawSeries(each, at, { x, y, warmUpHours, hours }));
  return `${lines.join("\n")}\n</svg>\n`;
}

interface Scale {
  readonly x: (hours: number) => string;
  readonly y: (value: number) => string;
  readonly warmUpHours: number;
  readonly hours: number;
}

function drawSeries({ name, colour, points, trend }: Series, at: number, scale: Scale): string[] {
  const { x, y } = scale;
  const path = points.map(({ hours, value }) => `${x(hours)},${y(value)}`).join(" ");
  const slope =
    trend === null
      ? "no slope"
      : `${signed(trend.perHour)} MiB/h (95 %: ${signed(trend.low)} to ${signed(trend.high)})`;
  const legendAt = page.left + at * 310;
  const drawn = [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.2" opacity="0.75"/>`,
    `<rect x="${legendAt}" y="${page.height - 22}" width="12" height="4" fill="${colour}"/>`,
    `<text x="${legendAt + 18}" y="${page.height - 16}" font-size="11">${escaped(`${name}: ${slope}`)}</text>`,
  ];
  if (trend !== null)
    drawn.push(
      `<path d="M${x(scale.warmUpHours)} ${y(trend.from)}L${x(scale.hours)} ${y(trend.to)}" stroke="${colour}" stroke-width="2.5" stroke-dasharray="7 4"/>`,
    );
  return drawn;
}

/** A number with its sign, to two digits. */
export const signed = (value: number): string =>
  `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

const escaped = (text: string): string =>
  text.replaceAll(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
