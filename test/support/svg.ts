import { textWidth } from "../../src/language/service/text-width.ts";

/** An element of a picture, with the text directly in it. */
export interface SvgElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: SvgElement[];
  text: string;
}

/** Where something is drawn. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly what: string;
}

/** Reads XML strictly as far as pictures need it; throws on what is not well-formed. */
export function readSvg(xml: string): SvgElement {
  const root: SvgElement = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const tag =
    /<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<&]*(?:&#\d+;[^"<&]*)*")*)(\/?)>|([^<]+)|([\s\S])/gy;
  for (const [whole, closing, name = "", attributes = "", empty, text, stray] of xml.matchAll(
    tag,
  )) {
    const top = open.at(-1)!;
    if (stray !== undefined) throw new Error(`stray ${JSON.stringify(whole)}`);
    if (text !== undefined) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has none of them.
      if (/&(?!#\d+;)|[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text))
        throw new Error(`bad text ${text}`);
      top.text += text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
    } else if (closing === "/") {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      const pairs = [...attributes.matchAll(/ ([a-zA-Z:-]+)="([^"]*)"/g)];
      const element: SvgElement = {
        name,
        attributes: Object.fromEntries(pairs.map(([, key, value]) => [key, value])),
        children: [],
        text: "",
      };
      top.children.push(element);
      if (empty !== "/") open.push(element);
    }
  }
  if (open.length !== 1) throw new Error(`${open.at(-1)?.name} is not closed`);
  return root.children[0]!;
}

const sizes: Readonly<Record<string, number>> = { name: 15, title: 12, plain: 12, operand: 12 };

/** Texts and cards of a picture as boxes; labels of edges are texts too. */
export function boxesOf(svg: SvgElement): {
  texts: Box[];
  labels: Box[];
  cards: Box[];
  page: Box;
} {
  const texts: Box[] = [];
  const labels: Box[] = [];
  const cards: Box[] = [];
  const visit = (element: SvgElement, group: string): void => {
    const { name, attributes, text, children } = element;
    const number = (key: string): number => Number(attributes[key]);
    const style = attributes["class"] ?? "";
    if (name === "text") texts.push(textBox(element));
    if (name === "text" && style === "label") labels.push(textBox(element));
    if (name === "rect" && style === "" && /^(?:row|test)/.test(group) && number("width") > 34) {
      const [left, top] = [number("x"), number("y")];
      cards.push({
        left,
        top,
        right: left + number("width"),
        bottom: top + number("height"),
        what: `${group} ${text}`,
      });
    }
    for (const child of children) visit(child, name === "g" ? style : group);
  };
  visit(svg, "");
  const page = {
    left: 0,
    top: 0,
    right: Number(svg.attributes["width"]),
    bottom: Number(svg.attributes["height"]),
    what: "page",
  };
  return { texts, labels, cards, page };
}

function textBox({ attributes, text }: SvgElement): Box {
  const style = attributes["class"] ?? "";
  const size = sizes[style] ?? 10.5;
  const width = textWidth(text, size);
  const [x, y] = [Number(attributes["x"]), Number(attributes["y"])];
  const middle = ["operand", "type", "cost"].includes(style) ? x - width / 2 : x;
  const left = style === "place" ? x - width : middle;
  return { left, top: y - size * 0.8, right: left + width, bottom: y + size * 0.2, what: text };
}

/** Pairs of boxes that lie upon each other by more than a pixel. */
export function overlapping(boxes: readonly Box[]): string[] {
  return boxes.flatMap((a, at) =>
    boxes
      .slice(at + 1)
      .filter(
        (b) =>
          Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
          Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1,
      )
      .map((b) => `${a.what} | ${b.what}`),
  );
}
