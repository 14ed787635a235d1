import { BugError } from "../../base/assert.ts";
import type { Configuration, Provider } from "../../configuration/configuration.ts";
import type { StartAttempt, Upstream } from "../transport/model-job.ts";
import { fetchOver } from "../transport/outgoing-fetch.ts";
import type { Pools } from "../transport/pools.ts";
import { withoutSecrets } from "../transport/without-secrets.ts";
import { startBridgeAttempt } from "./bridge-attempt.ts";
import { loadSdk, type SdkProvider } from "./sdk-provider.ts";

/** Serves the providers of packages that the user has installed. */
export interface Bridge {
  /**
   * Loads the packages of a configuration whose secrets are all there. `beside` are files beside which packages are looked for.
   * What cannot be served is told, by the provider's name.
   */
  load(
    configuration: Pick<Configuration, "providers" | "targets">,
    beside: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
  /** Starts an attempt at a target of a loaded provider. */
  readonly start: StartAttempt;
}

/** A package failed in a way that is neither its provider's nor ours. */
export interface PackageFault {
  readonly provider: string;
  readonly name: string;
  readonly message: string;
}

/** A bridge whose packages send over the pools. `onFault` is told what a package says, without secrets. */
export function createBridge(pools: Pools, onFault: (fault: PackageFault) => void): Bridge {
  const loaded = new WeakMap<Provider, SdkProvider>();
  const sdkOf = ({ provider }: Upstream): SdkProvider => {
    const sdk = loaded.get(provider);
    if (sdk === undefined) throw new BugError("a provider whose package was not loaded");
    return sdk;
  };
  return {
    async load({ providers, targets }, beside) {
      const refused = new Map<string, string>();
      for (const provider of providers.values()) {
        if (provider.sdk === undefined || provider.key?.kind === "missing") continue;
        const own = [...targets.values()].find((target) => target.provider === provider.name);
        const fetch = fetchOver(pools, provider);
        const load = await loadSdk(provider, { beside, fetch, probe: own?.model ?? "probe" });
        if (load.ok) loaded.set(provider, load.sdk);
        else refused.set(provider.name, load.why);
      }
      return refused;
    },
    start(world, order, reports) {
      const tell = (error: unknown, name: string): void => {
        const provider = order.job.upstreamOf(order.target)?.provider;
        const said = error instanceof Error ? error.message : String(error);
        const failure = { cause: "unavailable", retrySame: false, message: said } as const;
        const message = provider ? withoutSecrets(failure, provider).message.slice(0, 500) : "";
        onFault({ provider: name, name: error instanceof Error ? error.name : "", message });
      };
      return startBridgeAttempt({ world, sdkOf, onFault: tell }, order, reports);
    },
  };
}
