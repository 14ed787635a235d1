import type { Fields } from "../../../protocol/conversation.ts";
import { isFields } from "../error-signal.ts";

/** Sources that the answer recites, from `citationMetadata`; places are in bytes of UTF-8, as the wire has them. */
export function recitedSources(metadata: unknown): readonly Fields[] {
  if (!isFields(metadata)) return [];
  const sources = metadata["citationSources"] ?? metadata["citations"];
  if (!Array.isArray(sources)) return [];
  return (sources as readonly unknown[])
    .filter(isFields)
    .filter(({ uri }) => typeof uri === "string")
    .map(({ uri, title, startIndex, endIndex }) =>
      urlCitation({ url: uri, title, start: startIndex, end: endIndex }),
    );
}

/** What the answer's search found, from `groundingMetadata`, by the pieces of the text that it bears out. */
export function groundingCitations(metadata: Fields | null, text: string): readonly Fields[] {
  const chunks = listOf(metadata?.["groundingChunks"]);
  const supports = listOf(metadata?.["groundingSupports"]).filter(isFields);
  const at = charactersAt(
    text,
    supports.map(segmentOf).flatMap(({ startIndex, endIndex }) => [startIndex, endIndex]),
  );
  const citations: Fields[] = [];
  for (const support of supports) {
    const segment = segmentOf(support);
    for (const index of listOf(support["groundingChunkIndices"])) {
      const chunk = typeof index === "number" ? chunks[index] : null;
      const web = isFields(chunk) ? chunk["web"] : null;
      if (!isFields(web) || typeof web["uri"] !== "string") continue;
      citations.push(
        urlCitation({
          url: web["uri"],
          title: web["title"],
          start: at(segment["startIndex"]),
          end: at(segment["endIndex"]),
        }),
      );
    }
  }
  return citations;
}

function segmentOf({ segment }: Fields): Fields {
  return isFields(segment) ? segment : {};
}

interface Cited {
  readonly url: unknown;
  readonly title: unknown;
  readonly start: unknown;
  readonly end: unknown;
}

/** In the shape of chat completions. */
function urlCitation({ url, title, start, end }: Cited): Fields {
  return {
    type: "url_citation",
    url_citation: {
      url,
      title: typeof title === "string" ? title : url,
      start_index: typeof start === "number" ? start : 0,
      end_index: typeof end === "number" ? end : 0,
    },
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** By the places that the wire counts in bytes of UTF-8, those that chat completions count in characters; one look over the text. */
function charactersAt(text: string, places: Iterable<unknown>): (byte: unknown) => number {
  const counted = new Set<number>();
  for (const place of places) if (typeof place === "number" && place > 0) counted.add(place);
  const characters = new Map<unknown, number>();
  let at = 0;
  let bytes = 0;
  for (const place of [...counted].sort((a, b) => a - b)) {
    while (at < text.length) {
      const point = text.codePointAt(at) ?? 0;
      const size = bytesOf(point);
      if (bytes + size > place) break;
      bytes += size;
      at += point > 0xffff ? 2 : 1;
    }
    characters.set(place, at);
  }
  return (byte) => characters.get(byte) ?? 0;
}

function bytesOf(point: number): number {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point > 0xffff ? 4 : 3;
}
