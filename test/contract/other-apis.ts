import { type ProviderRow, providers } from "./matrix.ts";

/** An API that is no conversation. */
export interface OtherApi {
  /** `{model}` stands for the target's name. */
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
  {
    path: "/v1beta/models/{model}:countTokens",
    body: { contents: [{ role: "user", parts: [{ text: "hello" }] }] },
    holds: /"totalTokens":\d/,
  },
];

export type OtherOutcome = "handed on" | "counted here" | "counted there" | "refused";

/** What becomes of a request for one of these APIs. */
export function otherOutcome({ path }: OtherApi, { wire }: ProviderRow): OtherOutcome {
  const speaksOpenAi = wire === "chat" || wire === "responses";
  if (/count_?tokens$/i.test(path)) return speaksOpenAi ? "counted here" : "counted there";
  return speaksOpenAi ? "handed on" : "refused";
}

/** Where an API that is not refused is asked for, below the provider's base. */
export function pathAt({ path }: OtherApi, { wire, model }: ProviderRow): string {
  if (wire === "messages") return "/v1/messages/count_tokens";
  return wire === "gemini" ? `/models/${model}:countTokens` : path.replace(/^\/v1/, "");
}

export const otherCells = otherApis.flatMap((api) =>
  providers.map((provider) => ({
    api,
    provider,
    outcome: otherOutcome(api, provider),
    name: `${api.path}, ${provider.name}: ${otherOutcome(api, provider)}`,
  })),
);
