import type { ProviderKind } from "../../src/configuration/configuration.ts";

/** APIs of clients that hold a conversation. */
export type SurfaceName = "chat" | "responses" | "messages" | "completions" | "generate";

export interface SurfaceRow {
  readonly name: SurfaceName;
  readonly path: string;
  /** Where an image of the question stands in the client's body. */
  readonly imagePath: string;
}

/** The surfaces, in the order of the printed tables. */
export const surfaces: readonly SurfaceRow[] = [
  { name: "chat", path: "/v1/chat/completions", imagePath: "messages[0].content[1]" },
  { name: "responses", path: "/v1/responses", imagePath: "input[0].content[1]" },
  { name: "messages", path: "/v1/messages", imagePath: "messages[0].content[1]" },
  { name: "generate", path: "/v1beta/models/…:generateContent", imagePath: "contents[0].parts[1]" },
  { name: "completions", path: "/v1/completions", imagePath: "" },
];

/** What the suite asks for, each plain and streamed. */
export const features = [
  "text",
  "tools",
  "schema",
  "image",
  "reasoning",
  "long",
  "cache",
  "errors",
] as const;

export type Feature = (typeof features)[number];

export const featureWords: Readonly<Record<Feature, string>> = {
  text: "text",
  tools: "calls in parallel",
  schema: "JSON schema",
  image: "image",
  reasoning: "reasoning",
  long: "long answer",
  cache: "cached tokens",
  errors: "each error",
};

/** What goes over the socket to a provider. */
export type UpstreamWire = "chat" | "responses" | "messages" | "gemini" | "completions";

export interface ProviderRow {
  /** Its name in the suite's configuration, and the target's. */
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  /** The wire it is asked over by clients of other APIs. */
  readonly wire: "chat" | "responses" | "messages" | "gemini";
  /** Where it stands at the stand-in. */
  readonly base: string;
  /** Further settings of its entry; its key when left out. */
  readonly settings?: string;
  /** Whether clients of Responses are relayed to it. */
  readonly hasResponses?: boolean;
  /** Whether it has the older API of plain prompts. */
  readonly completes: boolean;
  readonly images: boolean;
  /** Whether it holds answers to a schema, or only to being JSON. */
  readonly schema: "held" | "in words";
  /** Whether it tells what it thought, or only counts it. */
  readonly thinking: "told" | "counted";
  /** What of its thinking has to go back with the next turn: a proof, its text, or nothing. */
  readonly replays: "proof" | "text" | "nothing";
}

const common = {
  wire: "chat",
  completes: true,
  images: true,
  schema: "held",
  thinking: "told",
  replays: "text",
} as const;

export const providers: readonly ProviderRow[] = [
  {
    ...common,
    name: "openai",
    kind: "openai",
    model: "gpt-5.4",
    base: "/oai/v1",
    hasResponses: true,
    thinking: "counted",
    replays: "nothing",
  },
  {
    ...common,
    name: "openai-responses",
    kind: "openai",
    model: "gpt-5.4",
    wire: "responses",
    base: "/oai-responses/v1",
    settings: "api: responses",
    hasResponses: true,
    thinking: "counted",
    replays: "proof",
  },
  {
    ...common,
    name: "azure-openai",
    kind: "azure-openai",
    model: "gpt-5.4",
    base: "/azure/openai/v1",
    hasResponses: true,
    thinking: "counted",
    replays: "nothing",
  },
  {
    ...common,
    name: "anthropic",
    kind: "anthropic",
    model: "claude-sonnet-4-6",
    wire: "messages",
    base: "/anthropic",
    completes: false,
    replays: "proof",
  },
  {
    ...common,
    name: "gemini",
    kind: "gemini",
    model: "gemini-3.5-flash",
    wire: "gemini",
    base: "/gemini/v1beta",
    completes: false,
    replays: "proof",
  },
  {
    ...common,
    name: "mistral",
    kind: "mistral",
    model: "mistral-medium-3-5",
    base: "/mistral/v1",
    completes: false,
    replays: "nothing",
  },
  {
    ...common,
    name: "deepseek",
    kind: "deepseek",
    model: "deepseek-v4-pro",
    base: "/deepseek",
    completes: false,
    images: false,
    schema: "in words",
  },
  {
    ...common,
    name: "qwen",
    kind: "qwen",
    model: "qwen3.7-plus",
    base: "/qwen/compatible-mode/v1",
    completes: false,
    images: false,
  },
  {
    ...common,
    name: "openrouter",
    kind: "openrouter",
    model: "anthropic/claude-x",
    base: "/openrouter/api/v1",
    replays: "proof",
  },
  { ...common, name: "tokenmix", kind: "tokenmix", model: "relayed-x", base: "/tokenmix/v1" },
  {
    ...common,
    name: "litellm",
    kind: "openai-compatible",
    model: "team/claude-x",
    base: "/litellm",
  },
  {
    ...common,
    name: "portkey",
    kind: "openai-compatible",
    model: "@vertex/claude-x",
    base: "/portkey/v1",
    settings: `headers: { x-portkey-api-key: "\${UP_KEY}", x-portkey-provider: vertex-ai }`,
  },
  {
    ...common,
    name: "openai-compatible",
    kind: "openai-compatible",
    model: "house-model",
    base: "/other/v1",
  },
  { ...common, name: "ollama", kind: "ollama", model: "qwen3:8b", base: "/ollama/v1" },
  { ...common, name: "llamacpp", kind: "llamacpp", model: "qwen3-8b-q4", base: "/llamacpp/v1" },
  { ...common, name: "vllm", kind: "vllm", model: "Qwen/Qwen3-8B", base: "/vllm/v1" },
  { ...common, name: "sglang", kind: "sglang", model: "zai-org/GLM-4.5-Air", base: "/sglang/v1" },
  {
    ...common,
    name: "lmstudio",
    kind: "lmstudio",
    model: "google/gemma-3-12b",
    base: "/lmstudio/v1",
  },
];

export interface Cell {
  readonly surface: SurfaceRow;
  readonly provider: ProviderRow;
  readonly feature: Feature;
}

/** What a client of one surface gets of one feature from one provider. */
export type Outcome =
  | { readonly kind: "served"; readonly note?: Note }
  /** A 400 that names this field; nothing is sent. */
  | { readonly kind: "refused"; readonly param: string; readonly note: Note };

/** Words beside a cell of the printed table. */
export type Note =
  | "no images"
  | "in words"
  | "counted"
  | "effort alone"
  | "no marks"
  | "text in, text out";

export const noteWords: Readonly<Record<Note, string>> = {
  "no images":
    "refused: the model is not known to see. The error names the image's place; a fallback that sees takes the request",
  "in words": "the provider holds answers to being JSON only; the schema goes into the prompt",
  counted: "the provider bills its thinking and does not tell it",
  "effort alone":
    "the effort goes on, thinking is not switched on: a client does that with `thinking` in its own words",
  "no marks":
    "the provider caches what is marked, and this API has no marks; the gateway marks sessions that go on, not a first turn",
  "text in, text out":
    "the API knows text alone. Providers without it are asked over chat, and give text alone",
};

/** What this API cannot say at all, so that there is no cell. */
const unsayable: ReadonlySet<Feature> = new Set<Feature>([
  "tools",
  "schema",
  "image",
  "reasoning",
  "cache",
]);

/** The outcome of a cell; null where the client's API has no words for the feature. */
export function outcomeOf({ surface, provider, feature }: Cell): Outcome | null {
  if (surface.name === "completions") {
    if (unsayable.has(feature)) return null;
    return { kind: "served", note: "text in, text out" };
  }
  if (feature === "image" && !provider.images)
    return { kind: "refused", param: surface.imagePath, note: "no images" };
  if (feature === "schema" && provider.schema === "in words")
    return { kind: "served", note: "in words" };
  if (feature === "reasoning") return reasoningOutcome(surface, provider);
  if (feature === "cache" && provider.wire === "messages" && !marks.has(surface.name))
    return { kind: "served", note: "no marks" };
  return { kind: "served" };
}

/** APIs whose clients say what of a prompt may be cached. */
const marks: ReadonlySet<SurfaceName> = new Set<SurfaceName>(["chat", "messages"]);

function reasoningOutcome(surface: SurfaceRow, provider: ProviderRow): Outcome {
  if (provider.wire === "messages" && surface.name !== "messages")
    return { kind: "served", note: "effort alone" };
  const summarised = surface.name !== "chat" && wireOf({ surface, provider }) === "responses";
  return provider.thinking === "counted" && !summarised
    ? { kind: "served", note: "counted" }
    : { kind: "served" };
}

/** What of the thinking has to reach the provider again with the next turn. */
export function replayOf(of: Pick<Cell, "surface" | "provider">): ProviderRow["replays"] {
  return wireOf(of) === "responses" ? "proof" : of.provider.replays;
}

/** Every cell that has an outcome. */
export const cells: readonly Cell[] = surfaces.flatMap((surface) =>
  providers.flatMap((provider) =>
    features
      .map((feature): Cell => ({ surface, provider, feature }))
      .filter((cell) => outcomeOf(cell) !== null),
  ),
);

/** The wire on which a provider is asked for a client of a surface. */
export function wireOf({ surface, provider }: Pick<Cell, "surface" | "provider">): UpstreamWire {
  if (surface.name === "completions" && provider.completes) return "completions";
  if (surface.name === "responses" && provider.hasResponses === true) return "responses";
  return provider.wire;
}
