/** What the gateway has to know of a provider package of the AI SDK: its interface says the rest. */
export interface SdkPackage {
  /** The function of the package that makes a provider from options. */
  readonly factory: string;
  /** Name under which its models take options of their own, and tell metadata. */
  readonly namespace: string;
  /** The option that takes the provider's `url`, where it is not `baseURL`. */
  readonly urlOption?: string;
  /** Whether it serves many providers and has to be told which, by a name. */
  readonly needsName?: boolean;
}

/**
 * The packages of the `@ai-sdk` scope whose providers make language models; no other code is loaded. Factories and namespaces
 * were read in the packages themselves, versions of November 2026.
 */
export const sdkPackages = {
  "@ai-sdk/alibaba": { factory: "createAlibaba", namespace: "alibaba" },
  "@ai-sdk/amazon-bedrock": { factory: "createAmazonBedrock", namespace: "bedrock" },
  "@ai-sdk/anthropic": { factory: "createAnthropic", namespace: "anthropic" },
  "@ai-sdk/azure": { factory: "createAzure", namespace: "openai" },
  "@ai-sdk/baseten": { factory: "createBaseten", namespace: "baseten" },
  "@ai-sdk/cerebras": { factory: "createCerebras", namespace: "cerebras" },
  "@ai-sdk/cohere": { factory: "createCohere", namespace: "cohere" },
  "@ai-sdk/deepinfra": { factory: "createDeepInfra", namespace: "deepinfra" },
  "@ai-sdk/deepseek": { factory: "createDeepSeek", namespace: "deepseek" },
  "@ai-sdk/fireworks": { factory: "createFireworks", namespace: "fireworks" },
  "@ai-sdk/gateway": { factory: "createGateway", namespace: "gateway" },
  "@ai-sdk/google": { factory: "createGoogleGenerativeAI", namespace: "google" },
  "@ai-sdk/google-vertex": { factory: "createVertex", namespace: "google" },
  "@ai-sdk/groq": { factory: "createGroq", namespace: "groq" },
  "@ai-sdk/huggingface": { factory: "createHuggingFace", namespace: "huggingface" },
  "@ai-sdk/mistral": { factory: "createMistral", namespace: "mistral" },
  "@ai-sdk/moonshotai": { factory: "createMoonshotAI", namespace: "moonshotai" },
  "@ai-sdk/open-responses": {
    factory: "createOpenResponses",
    namespace: "openResponses",
    urlOption: "url",
    needsName: true,
  },
  "@ai-sdk/openai": { factory: "createOpenAI", namespace: "openai" },
  "@ai-sdk/openai-compatible": {
    factory: "createOpenAICompatible",
    namespace: "openaiCompatible",
    needsName: true,
  },
  "@ai-sdk/perplexity": { factory: "createPerplexity", namespace: "perplexity" },
  "@ai-sdk/togetherai": { factory: "createTogetherAI", namespace: "togetherai" },
  "@ai-sdk/vercel": { factory: "createVercel", namespace: "vercel" },
  "@ai-sdk/xai": { factory: "createXai", namespace: "xai" },
} as const satisfies Readonly<Record<string, SdkPackage>>;

export type SdkPackageName = keyof typeof sdkPackages;

/** The names alone, for the configuration's words. */
export const sdkPackageNames = Object.keys(sdkPackages) as readonly SdkPackageName[];

/** What a provider that a package serves is set up with. */
export interface SdkSettings {
  readonly package: SdkPackageName;
  /** The package's own options, variables and files filled in. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Values among them that nobody may be told. */
  readonly secrets: readonly string[];
}
