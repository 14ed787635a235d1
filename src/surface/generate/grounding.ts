import type { Fields } from "../../protocol/conversation.ts";
import { isFields, textOf } from "../fields.ts";

const encoder = new TextEncoder();

/**
 * Sources of a text as `groundingMetadata`: each once, with the pieces of the text that it bears out, whose places this wire counts
 * in bytes of UTF-8. Null where no citation names an address; this wire has no place for others.
 */
export function groundingOf(citations: readonly Fields[], text: string): Fields | null {
  const chunks = new Map<string, { readonly index: number; readonly title: string }>();
  const supports: Fields[] = [];
  for (const citation of citations) {
    const cited = citedIn(citation, text);
    if (cited === null) continue;
    const chunk = chunks.get(cited.url) ?? { index: chunks.size, title: cited.title };
    chunks.set(cited.url, chunk);
    if (cited.end > cited.start)
      supports.push({
        segment: segmentOf(text, cited.start, cited.end),
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

function segmentOf(text: string, start: number, end: number): Fields {
  const piece = text.slice(start, end);
  const startIndex = encoder.encode(text.slice(0, start)).length;
  return { startIndex, endIndex: startIndex + encoder.encode(piece).length, text: piece };
}
