/** Endings of names of text files, without the dot, and the media type that goes with each; other texts are `text/plain`. */
const typesByEnding: ReadonlyMap<string, string> = new Map([
  ["md", "text/markdown"],
  ["markdown", "text/markdown"],
  ["csv", "text/csv"],
  ["tsv", "text/tab-separated-values"],
  ["html", "text/html"],
  ["htm", "text/html"],
  ["json", "application/json"],
  ["xml", "application/xml"],
  ["yaml", "application/yaml"],
  ["yml", "application/yaml"],
]);
const plainEnding =
  /^(?:txt|text|log|ini|cfg|conf|env|toml|tex|rst|diff|patch|eml|srt|vtt|ics|jsonl|ndjson|css|jsx?|mjs|tsx?|py|rb|php|java|kt|scala|c|cc|cpp|h|hpp|cs|go|rs|swift|sh|bash|ps1|bat|pl|lua|r|sql|graphql|proto)$/;

/** Media types of texts beside `text/*`, by how they end: `application/json`, `application/ld+json`, `application/x-yaml`. */
const textual =
  /^(?!image\/)(?:(?:text|message)\/|.*[/+.-](?:json|json5|jsonl|ndjson|xml|xhtml|yaml|toml|csv|javascript|ecmascript|typescript|sql|graphql|sh|python|php|latex|markdown|rtf)$)/;

/** Whether bytes of a media type (in lower case, without parameters) are letters that a model reads as they stand. */
export function isTextType(mediaType: string): boolean {
  return mediaType.length <= 128 && textual.test(mediaType);
}

/** The media type of a text file by the ending of its name; null for other files, and where there is no name. */
export function textTypeOfName(name: unknown): string | null {
  if (typeof name !== "string") return null;
  const ending = /\.([a-z0-9]{1,10})$/i.exec(name.slice(-12))?.[1]?.toLowerCase() ?? "";
  return typesByEnding.get(ending) ?? (plainEnding.test(ending) ? "text/plain" : null);
}
