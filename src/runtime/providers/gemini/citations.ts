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
  const at = charactersAt(text);
  const citations: Fields[] = [];
  for (const support of listOf(metadata?.["groundingSupports"]).filter(isFields)) {
    const segment = isFields(support["segment"]) ? support["segment"] : {};
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

/** The wire counts bytes, chat completions count characters. */
function charactersAt(text: string): (byte: unknown) => number {
  let bytes: Buffer | null = null;
  return (byte) => {
    if (typeof byte !== "number" || byte <= 0) return 0;
    bytes ??= Buffer.from(text);
    return bytes.subarray(0, byte).toString("utf8").length;
  };
}
