import type { Target } from "../../catalog/target.ts";
import type { Provider } from "../../configuration/configuration.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import type { Overrides, ProviderAdapter } from "./adapter.ts";
import { forbiddenUrl, mediaUrlRefused } from "./media-urls.ts";
import { unableToTake } from "./unable.ts";

/**
 * Builds the upstream request of an attempt. An address that the server must not fetch, what the target is known not to take, or its wire cannot carry, is a failure.
 */
export function prepareAttempt(
  adapter: ProviderAdapter,
  request: ModelRequest,
  { target, provider }: { readonly target: Target; readonly provider: Provider },
  overrides: Overrides,
): ReturnType<ProviderAdapter["prepare"]> {
  const rule = provider.mediaUrls;
  const place = rule === undefined ? null : forbiddenUrl(request.native, rule);
  if (rule !== undefined && place !== null)
    return { ok: false, failure: mediaUrlRefused(place, rule) };
  const unable = overrides.dropUnsupported === true ? null : unableToTake(request, target);
  if (unable !== null) return { ok: false, failure: unable };
  return adapter.prepare(request, target, provider, overrides);
}
