import type { Provider } from "../../configuration/configuration.ts";
import type { Failure } from "../../protocol/failure.ts";

/** Path and flat header pairs that every request to a provider shares. */
export interface UpstreamHead {
  readonly path: string;
  readonly headers: readonly string[];
}

/** How a wire builds its head; `key` is null for providers without one. */
export type HeadRecipe = (basePath: string, key: string | null) => UpstreamHead;

/** Builds the head of a provider once and keeps it as long as the configuration lives. A missing key is an `auth` failure. */
export function createHeadCache(
  recipe: HeadRecipe,
): (provider: Provider) => UpstreamHead | Failure {
  const heads = new WeakMap<Provider, UpstreamHead>();
  return (provider) => {
    const known = heads.get(provider);
    if (known !== undefined) return known;
    const { key } = provider;
    if (key?.kind === "missing")
      return {
        cause: "auth",
        retrySame: false,
        message: `the key of provider ${provider.name} is not set`,
      };
    const made = recipe(new URL(provider.url).pathname.replace(/\/+$/, ""), key?.value ?? null);
    const head = {
      path: made.path,
      headers: [
        "content-type",
        "application/json",
        "user-agent",
        "signalbox",
        ...made.headers,
        ...Object.entries(provider.headers).flat(),
      ],
    };
    heads.set(provider, head);
    return head;
  };
}
