import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type { Provider } from "../../src/configuration/configuration.ts";
import type { SdkPackageName } from "../../src/configuration/sdk-packages.ts";
import { createBridge, type PackageFault } from "../../src/runtime/bridge/bridge.ts";
import type { AnswerLimits } from "../../src/runtime/transport/model-job.ts";
import type { HandClock } from "./hand-clock.ts";
import { createBenchPools, createSocketBench, type SocketBench } from "./socket-bench.ts";

/** A file beside which provider packages are installed: this checkout, or a folder that is named for a run with others. */
export const besidePackages = join(
  resolve(process.env["SIGNALBOX_SDK_FOLDER"] ?? "."),
  "signalbox.yaml",
);

/** Whether a provider package can be tried. Says aloud what its tests miss, where it cannot. */
export function isInstalled(name: SdkPackageName): boolean {
  try {
    createRequire(besidePackages).resolve(name);
    return true;
  } catch {
    console.warn(`skipped: ${name} is not installed; SIGNALBOX_SDK_FOLDER may name where it is`);
    return false;
  }
}

/** A provider that a package serves at a URL. */
export const bridgedProvider = (
  name: SdkPackageName,
  url: string,
  changes: Partial<Provider> = {},
): Provider => ({
  name: "p",
  kind: "ai-sdk",
  url,
  key: { kind: "value", value: "words-of-the-operator", from: "KEY" },
  headers: {},
  api: "chat",
  promptCache: "auto",
  connections: 8,
  sdk: { package: name, options: {}, secrets: [] },
  ...changes,
});

export interface BridgeBench extends SocketBench {
  readonly faults: readonly PackageFault[];
}

/** A socket World whose one provider is served by its package. */
export async function createBridgeBench(
  provider: Provider,
  limits: Partial<AnswerLimits> = {},
  hand: HandClock | null = null,
): Promise<BridgeBench> {
  const faults: PackageFault[] = [];
  const pools = createBenchPools();
  const bridge = createBridge(pools, (fault) => faults.push(fault));
  const providers = new Map([[provider.name, provider]]);
  const refused = await bridge.load({ providers, targets: new Map() }, [besidePackages]);
  const why = refused.get(provider.name);
  if (why !== undefined) throw new Error(why);
  const bench = createSocketBench(provider, limits, hand, { startBridged: bridge.start, pools });
  return Object.assign(bench, { faults });
}
