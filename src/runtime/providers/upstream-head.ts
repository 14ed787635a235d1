import type { Provider } from "../../configuration/configuration.ts";
import type { Failure } from "../../protocol/failure.ts";

/** Path and flat header pairs that every request to a provider shares. */
export interface UpstreamHead {
  readonly path: string;
  readonly headers: readonly string[];
}

type Pairs = readonly (readonly [name: string, value: string])[];

/** How a wire builds its head; `key` is null for providers without one. */
export type HeadRecipe = (
  basePath: string,
  key: string | null,
) => { readonly path: string; readonly headers: Pairs };

const common: Pairs = [
  ["content-type", "application/json"],
  // Without it a server may compress as it likes, which would delay streams, and bombs would have to be feared.
  ["accept-encoding", "identity"],
  ["user-agent", "signalbox"],
];

/**
 * Builds the head of a provider once and keeps it as long as the configuration lives; the provider's own headers take the place
 * of others of the same name. A missing key is an `auth` failure.
 */
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
    const headers = new Map([...common, ...made.headers, ...Object.entries(provider.headers)]);
    const head = { path: made.path, headers: [...headers].flat() };
    heads.set(provider, head);
    return head;
  };
}
