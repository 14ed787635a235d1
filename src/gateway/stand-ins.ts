import { connect } from "node:net";
import type { Configuration, Provider } from "../configuration/configuration.ts";
import { type StandIn, startStandIn } from "../stand-in/server.ts";
import { modelledSpeed, type StandInModel } from "../stand-in/speed.ts";

/** Decides which providers are played by a stand-in, and runs it. */
export interface StandIns {
  /** The provider that serves each name: itself, or a stand-in where it has no key, no package (`unloaded`), or does not answer. */
  cast(
    configuration: Configuration,
    unloaded: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, CastProvider>>;
  close(): Promise<void>;
}

export interface CastProvider {
  readonly provider: Provider;
  readonly standIn: boolean;
}

/** How long a provider may take to accept a connection before it counts as not answering. */
const probeMs = 300;

/** No stand-ins: every provider serves itself. */
export const noStandIns: StandIns = {
  cast: (configuration) => Promise.resolve(itself(configuration)),
  close: () => Promise.resolve(),
};

function itself({ providers }: Configuration): ReadonlyMap<string, CastProvider> {
  return new Map([...providers].map(([name, provider]) => [name, { provider, standIn: false }]));
}

/** Providers with a target that have no key although they name one. */
export function providersWithoutKey(configuration: Configuration): readonly Provider[] {
  const used = new Set([...configuration.targets.values()].map(({ provider }) => provider));
  return [...configuration.providers.values()].filter(
    ({ name, key }) => used.has(name) && key?.kind === "missing",
  );
}

/** Stand-ins in this process, on loopback, at the modelled speed of each target. */
export function createStandIns(): StandIns {
  return new EmbeddedStandIns();
}

class EmbeddedStandIns implements StandIns {
  /** Stand-ins by the models they play; one is started anew when the configuration names other models. */
  readonly #running = new Map<string, StandIn>();

  async cast(
    configuration: Configuration,
    unloaded: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, CastProvider>> {
    const providers = [...configuration.providers.values()];
    const absent = await Promise.all(
      providers.map(
        async (provider) =>
          provider.key?.kind === "missing" ||
          unloaded.has(provider.name) ||
          !(await answers(provider)),
      ),
    );
    if (!absent.includes(true)) return itself(configuration);
    const { url } = await this.#standIn(configuration);
    return new Map(
      providers.map((provider, index) => [
        provider.name,
        absent[index] === true
          ? { provider: playedAt(provider, url), standIn: true }
          : { provider, standIn: false },
      ]),
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((standIn) => standIn.close()));
  }

  async #standIn({ targets }: Configuration): Promise<StandIn> {
    const models: Record<string, StandInModel> = {};
    for (const target of targets.values()) models[target.model] ??= modelledSpeed(target);
    const print = JSON.stringify(models);
    let standIn = this.#running.get(print);
    if (standIn === undefined) {
      standIn = await startStandIn({ models });
      this.#running.set(print, standIn);
    }
    return standIn;
  }
}

const playedKind = "openai-compatible";

function playedAt(provider: Provider, url: string): Provider {
  const key = { kind: "value", value: "stand-in", from: "stand-in" } as const;
  const { sdk, ...rest } = provider;
  // What a package speaks is played on the wire that we speak best.
  if (sdk !== undefined) return { ...rest, kind: playedKind, url: `${url}/v1`, key, headers: {} };
  const path = new URL(provider.url).pathname.replace(/\/$/, "");
  // The operator's own headers may hold secrets, and a stand-in needs none.
  return { ...provider, url: `${url}${path}`, key, headers: {} };
}

/** Whether somebody accepts a connection at a provider's address. */
function answers({ url }: Provider): Promise<boolean> {
  // The hosts of a package are nobody's to know.
  if (url === "") return Promise.resolve(true);
  const { protocol, hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? defaultPort(protocol) : Number(port),
  });
  const end = (answer: boolean) => (): void => {
    clearTimeout(timer);
    socket.destroy();
    resolve(answer);
  };
  const timer = setTimeout(end(false), probeMs);
  socket.once("connect", end(true)).once("error", end(false));
  return promise;
}

function defaultPort(protocol: string): number {
  return protocol === "https:" ? 443 : 80;
}
