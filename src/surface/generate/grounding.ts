import type { Fields } from "../../protocol/conversation.ts";
import { isFields, textOf } from "../fields.ts";

/**
 * Sources of a text as `groundingMetadata`: each once, with the pieces of the text that it bears out, whose places this wire counts
 * in bytes of UTF-8. Null where no citation names an address; this wire has no place for others.
 */
export function groundingOf(citations: readonly Fields[], text: string): Fields | null {
  const chunks = new Map<string, { readonly index: number; readonly title: string }>();
  const supports: Fields[] = [];
  const all = citations.map((citation) => citedIn(citation, text)).filter((one) => one !== null);
  const bytes = bytesAt(
    text,
    all.flatMap(({ start, end }) => [start, end]),
  );
  for (const cited of all) {
    const chunk = chunks.get(cited.url) ?? { index: chunks.size, title: cited.title };
    chunks.set(cited.url, chunk);
    if (cited.end > cited.start)
      supports.push({
        segment: {
          startIndex: bytes.get(cited.start) ?? 0,
          endIndex: bytes.get(cited.end) ?? 0,
          text: text.slice(cited.start, cited.end),
        },
        groundingChunkIndices: [chunk.index],
      });
  }
  if (chunks.size === 0) return null;
  return {
    groundingChunks: [...chunks].map(([uri, { title }]) => ({ web: { uri, title } })),
    ...(supports.length === 0 ? {} : { groundingSupports: supports }),
  };
}

interface Cited {
  readonly url: string;
  readonly title: string;
  /** In characters; both 0 where the citation names no place. */
  readonly start: number;
  readonly end: number;
}

function citedIn(citation: Fields, text: string): Cited | null {
  const inner = citation["url_citation"];
  const { url, title, start_index: start, end_index: end } = isFields(inner) ? inner : citation;
  if (typeof url !== "string" || url === "") return null;
  const inText = typeof start === "number" && typeof end === "number" && start >= 0;
  return {
    url,
    title: textOf(title) ?? url,
    start: inText ? Math.min(start, text.length) : 0,
    end: inText ? Math.min(end, text.length) : 0,
  };
}

/** The bytes of UTF-8 before each of these places in a text, which are counted in characters; one look over the text. */
function bytesAt(text: string, places: readonly number[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  let at = 0;
  let bytes = 0;
  for (const place of [...new Set(places)].sort((a, b) => a - b)) {
    for (; at < place; at++) bytes += bytesOfUnit(text, at);
    found.set(place, bytes);
  }
  return found;
}

/** The bytes of a unit of UTF-16; those of a pair are told by halves. */
function bytesOfUnit(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  const isHigh = unit >= 0xd800 && unit < 0xdc00;
  const isLow = unit >= 0xdc00 && unit < 0xe000;
  const other = text.charCodeAt(isHigh ? at + 1 : at - 1);
  const paired = isHigh
    ? other >= 0xdc00 && other < 0xe000
    : isLow && other >= 0xd800 && other < 0xdc00;
  return paired ? 2 : 3;
}
