import type { Sections } from "./build.ts";
import type { Provider } from "./configuration.ts";
import { kindDefaults } from "./provider-kinds.ts";
import { isPublicName, mayBePublic } from "./public-address.ts";

/**
 * Providers at home with which addresses in a client's body they may be sent: they would fetch them from inside, where others
 * cannot reach. At home is a kind that runs there, an address inside, and a provider of targets that are said to be local.
 */
export function withMediaUrls(
  providers: ReadonlyMap<string, Provider>,
  { server, targets }: Sections,
): ReadonlyMap<string, Provider> {
  const rule = server?.value["media-urls"]?.value ?? "public";
  if (rule === "any") return providers;
  const local = new Set<string>();
  for (const { value } of targets?.value.values() ?? [])
    if (value.local?.value === true && value.provider !== undefined)
      local.add(value.provider.value);
  return new Map(
    [...providers].map(([name, provider]) => [
      name,
      local.has(name) || isHome(provider) ? { ...provider, mediaUrls: rule } : provider,
    ]),
  );
}

function isHome({ kind, url }: Provider): boolean {
  if (kindDefaults[kind].local) return true;
  if (url === "") return false;
  const { hostname } = new URL(url);
  return !mayBePublic(hostname) || !isPublicName(hostname);
}
