import { type ProviderRow, providers } from "./matrix.ts";

/** An API that is no conversation. */
export interface OtherApi {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** A form in place of JSON: the name and bytes of its file. */
  readonly file?: string;
  /** What an answer of it holds. */
  readonly holds: RegExp;
}

export const otherApis: readonly OtherApi[] = [
  { path: "/v1/embeddings", body: { input: "hello" }, holds: /"embedding":\[/ },
  { path: "/v1/images/generations", body: { prompt: "a box" }, holds: /"b64_json"/ },
  { path: "/v1/audio/speech", body: { input: "hi", voice: "alloy" }, holds: /^RIFF/ },
  { path: "/v1/audio/transcriptions", body: {}, file: "a.wav", holds: /heard nothing/ },
  { path: "/v1/moderations", body: { input: "hi" }, holds: /"flagged":false/ },
  { path: "/v1/rerank", body: { query: "q", documents: ["a"] }, holds: /"relevance_score"/ },
  {
    path: "/v1/messages/count_tokens",
    body: { messages: [{ role: "user", content: "hello" }] },
    holds: /"input_tokens":\d/,
  },
];

export type OtherOutcome = "handed on" | "counted here" | "counted there" | "refused";

/** What becomes of a request for one of these APIs. */
export function otherOutcome({ path }: OtherApi, { wire }: ProviderRow): OtherOutcome {
  const speaksOpenAi = wire === "chat" || wire === "responses";
  if (path.endsWith("/count_tokens")) return wire === "messages" ? "counted there" : "counted here";
  return speaksOpenAi ? "handed on" : "refused";
}

export const otherCells = otherApis.flatMap((api) =>
  providers.map((provider) => ({
    api,
    provider,
    outcome: otherOutcome(api, provider),
    name: `${api.path}, ${provider.name}: ${otherOutcome(api, provider)}`,
  })),
);
