import { didYouMean } from "../diagnostics/suggest.ts";
import type { BuildContext, Section } from "./build.ts";
import type { Providers } from "./build-providers.ts";
import type { Provider } from "./configuration.ts";
import { sellerOf } from "./provider-kinds.ts";
import { wrongWord } from "./wrong-word.ts";

type ServerSection = Section<"servers"> extends ReadonlyMap<string, infer S> ? S : never;

/** The providers, those that are servers of the operator's own with what they cost while they work. */
export function withServers(
  providers: Providers,
  section: Section<"servers">,
  context: BuildContext,
): Providers {
  const built = new Map(providers.built);
  for (const { value } of section.values()) {
    const provider = providerOf(value, { ...providers, built }, context);
    if (provider === null) continue;
    built.set(provider.name, {
      ...provider,
      runningCost: {
        watts: value.watts?.value ?? 0,
        kwh: value.kwh?.value ?? 0,
        hour: value.hour?.value ?? 0,
        slots: value.slots?.value ?? 1,
      },
    });
  }
  return { ...providers, built };
}

/** The provider that a server is; null and reported where it is none, sells by the token, or has a server already. */
function providerOf(
  { provider: named, watts, kwh }: ServerSection["value"],
  { built, names }: Providers,
  { reader }: BuildContext,
): Provider | null {
  if (named === undefined) return null;
  const provider = built.get(named.value);
  if (provider === undefined) {
    if (names.has(named.value)) return null;
    const known = [...names];
    const details = wrongWord(
      named.span,
      didYouMean(named.value, known),
      known,
      "the providers are",
    );
    reader.report("C0202", named.span, `there is no provider \`${named.value}\``, details);
    return null;
  }
  if (sellerOf(provider.kind, provider.url) !== null) {
    reader.report("C0210", named.span, `\`${named.value}\` bills by the token`, {
      help: "name the provider that stands for a machine of yours",
    });
    return null;
  }
  if (provider.runningCost !== undefined) {
    reader.report("C0210", named.span, `\`${named.value}\` has a server already`, {
      help: "give each machine a provider of its own",
    });
    return null;
  }
  if (watts !== undefined && kwh === undefined) {
    reader.report("C0210", watts.keySpan, "`watts` without `kwh` costs nothing", {
      help: "add the price of a kilowatt-hour, such as kwh: $0.30",
    });
  }
  return provider;
}
