import type { Seller } from "../catalog/models.ts";
import type { ProviderKind } from "./configuration.ts";

/** What a kind of provider implies when the configuration says nothing. */
export interface KindDefaults {
  /** Base URL to which the API's own paths are appended; null where there is no usual one. */
  readonly url: string | null;
  /** Path of the API below a bare origin, such as `/v1`. */
  readonly path: string;
  /** Whether models run at home: no price per token, no key needed. */
  readonly local: boolean;
  /** Whose list prices hold; null for relays and home servers. */
  readonly seller: Seller | null;
  /** Whether requests can wait in a batch there. */
  readonly batches?: true;
}

const local = (port: number): KindDefaults => ({
  url: `http://127.0.0.1:${port}/v1`,
  path: "/v1",
  local: true,
  seller: null,
});

const hosted = (url: string, seller: Seller | null): KindDefaults => ({
  url,
  path: new URL(url).pathname.replace(/\/$/, ""),
  local: false,
  seller,
});

/** Base URLs and the like, by kind (wire-formats §0.1). */
export const kindDefaults: Readonly<Record<ProviderKind, KindDefaults>> = {
  openai: { ...hosted("https://api.openai.com/v1", "openai"), batches: true },
  anthropic: { ...hosted("https://api.anthropic.com", "anthropic"), batches: true },
  gemini: hosted("https://generativelanguage.googleapis.com/v1beta", "google"),
  mistral: hosted("https://api.mistral.ai/v1", "mistral"),
  deepseek: hosted("https://api.deepseek.com", "deepseek"),
  qwen: hosted("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "alibaba"),
  openrouter: hosted("https://openrouter.ai/api/v1", null),
  tokenmix: hosted("https://api.tokenmix.ai/v1", null),
  "azure-openai": { url: null, path: "/openai/v1", local: false, seller: "openai" },
  ollama: local(11_434),
  llamacpp: local(8080),
  vllm: local(8000),
  sglang: local(30_000),
  lmstudio: local(1234),
  "openai-compatible": { url: null, path: "/v1", local: false, seller: null },
  // The package knows where its models are.
  "ai-sdk": { url: "", path: "", local: false, seller: null },
};

const sellersByHost: Readonly<Record<string, Seller>> = {
  "api.groq.com": "groq",
  "api.together.xyz": "together",
  "api.moonshot.ai": "moonshotai",
  "api.z.ai": "zai",
  "api.minimax.io": "minimax",
  "api.x.ai": "x-ai",
};

/** Whose list prices hold at a provider: its kind's seller, or the one known to stand behind its host. */
export function sellerOf(kind: ProviderKind, url: string): Seller | null {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return kindDefaults[kind].seller ?? sellersByHost[host] ?? null;
}

const regionalHost = /^[a-z]{2}\.api\.openai\.com$/;

/** What a provider adds to its list prices at an address that keeps the work in one region, as a share (wire-formats §8). */
export function surchargeAt(url: string): number {
  return regionalHost.test(new URL(url).hostname) ? 0.1 : 0;
}

/** A base URL in the one form adapters get: no slash at the end, and the API's path where only an origin was given. */
export function normaliseUrl(kind: ProviderKind, url: string): string {
  const trimmed = url.replace(/\/+$/, "");
  if (trimmed === "") return trimmed;
  if (kind === "anthropic") return trimmed.replace(/\/v1$/, "");
  return new URL(trimmed).pathname === "/" ? trimmed + kindDefaults[kind].path : trimmed;
}
