/** The APIs that a policy can tell apart by the fact `endpoint`. */
export const endpoints = [
  "chat",
  "responses",
  "messages",
  "generate",
  "completions",
  "embeddings",
  "images",
  "audio",
  "moderations",
  "rerank",
] as const;

export type Endpoint = (typeof endpoints)[number];
