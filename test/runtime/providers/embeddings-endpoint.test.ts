import { expect, test } from "vitest";
import type { Provider } from "../../../src/configuration/configuration.ts";
import { embeddingsEndpoint } from "../../../src/runtime/providers/embeddings-endpoint.ts";

const provider = (changes: Partial<Provider>): Provider => ({
  ...{ name: "p", kind: "openai", url: "https://api.openai.com/v1", headers: {}, api: "chat" },
  key: { kind: "value", value: "sk-1", from: "KEY" },
  ...{ promptCache: "auto", connections: 1 },
  ...changes,
});

test.each<[Partial<Provider>, string, object]>([
  [{}, "https://api.openai.com/v1", { authorization: "Bearer sk-1" }],
  [
    { kind: "azure-openai", url: "https://x.openai.azure.com/openai/v1" },
    "https://x.openai.azure.com/openai/v1",
    { "api-key": "sk-1" },
  ],
  [{ kind: "vllm", url: "http://127.0.0.1:8000", key: null }, "http://127.0.0.1:8000/v1", {}],
  [
    { headers: { "x-of": "us", authorization: "Basic eA" } },
    "https://api.openai.com/v1",
    { "x-of": "us", authorization: "Basic eA" },
  ],
])("the provider %j is asked at %s, with %j", (changes, url, headers) => {
  const endpoint = embeddingsEndpoint(provider(changes));
  expect(endpoint?.url).toBe(url);
  expect(endpoint?.headers).toMatchObject(headers);
  if (changes.key === null) expect(endpoint?.headers).not.toHaveProperty("authorization");
});

test.each<Partial<Provider>>([
  { kind: "anthropic" },
  { kind: "gemini" },
  { kind: "ai-sdk", url: "" },
  { key: { kind: "missing", from: "KEY" } },
])("the provider %j is not asked", (changes) => {
  expect(embeddingsEndpoint(provider(changes))).toBeNull();
});
