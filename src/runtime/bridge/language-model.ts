/** JSON objects, and what a package hands over as one. */
export type Fields = Readonly<Record<string, unknown>>;

/** Versions of the AI SDK's language model interface that the bridge speaks. */
export const servedVersions = ["v2", "v3", "v4"] as const;
export type ModelVersion = (typeof servedVersions)[number];

/** What a package's `doGenerate` gives, of which nothing is taken for granted. */
export interface Generated {
  readonly content?: unknown;
  readonly finishReason?: unknown;
  readonly usage?: unknown;
  readonly warnings?: unknown;
  readonly response?: unknown;
  readonly providerMetadata?: unknown;
}

/** A model as packages of the AI SDK make it (`LanguageModelV2`, `V3`, `V4` of `@ai-sdk/provider`), as far as it is used. */
export interface LanguageModel {
  readonly specificationVersion: ModelVersion;
  /** By media type, the addresses that the model's server fetches itself. */
  readonly supportedUrls?: unknown;
  doGenerate(options: Fields): PromiseLike<Generated>;
  doStream(options: Fields): PromiseLike<{ readonly stream: ReadableStream<unknown> }>;
}

/** Whether a value is a model of a version that is served. */
export function isServedModel(value: unknown): value is LanguageModel {
  if (typeof value !== "object" || value === null) return false;
  const { specificationVersion, doGenerate, doStream } = value as Fields;
  return (
    servedVersions.some((version) => version === specificationVersion) &&
    typeof doGenerate === "function" &&
    typeof doStream === "function"
  );
}

/** Addresses by media type, in the form in which the models tell them: wildcards and patterns. */
export type FetchedUrls = ReadonlyMap<string, readonly RegExp[]>;

/** The addresses that a model's server fetches itself. */
export async function fetchedUrlsOf(model: LanguageModel): Promise<FetchedUrls> {
  const told: unknown = await model.supportedUrls;
  if (typeof told !== "object" || told === null) return new Map();
  return new Map(
    Object.entries(told).map(([type, patterns]: [string, unknown]) => [
      type.toLowerCase(),
      Array.isArray(patterns) ? patterns.filter((each) => each instanceof RegExp) : [],
    ]),
  );
}

/** Whether a model's server fetches files of a media type, which may be `image/*`, from an address. */
export function fetches(urls: FetchedUrls, mediaType: string, url: string): boolean {
  const whole = mediaType.slice(0, mediaType.indexOf("/"));
  const address = url.toLowerCase();
  for (const [type, patterns] of urls) {
    if (type !== "*" && type !== "*/*" && type !== mediaType && type !== `${whole}/*`) continue;
    if (patterns.some((pattern) => new RegExp(pattern.source, pattern.flags).test(address)))
      return true;
  }
  return false;
}
