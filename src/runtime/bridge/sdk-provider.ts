import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Provider } from "../../configuration/configuration.ts";
import { type SdkPackage, sdkPackages } from "../../configuration/sdk-packages.ts";
import { isServedModel, type LanguageModel, servedVersions } from "./language-model.ts";

/** A provider as its package made it. */
export interface SdkProvider {
  /** Name under which its models take options of their own. */
  readonly namespace: string;
  /** A model by the provider's own id. Throws what the package throws. */
  model(id: string): LanguageModel;
}

export type SdkLoad =
  | { readonly ok: true; readonly sdk: SdkProvider }
  /** Why it cannot be served, for the operator. */
  | { readonly ok: false; readonly why: string };

/** What a provider is loaded with. */
export interface SdkSurroundings {
  /** Files beside which packages are looked for, in this order, as absolute paths. */
  readonly beside: readonly string[];
  /** Our transport. */
  readonly fetch: typeof fetch;
  /** A model of the provider, to see whether the package's models can be spoken to. */
  readonly probe: string;
}

/** Imports the package of a provider and sets it up. Only packages of the allow-list can be named by a configuration. */
export async function loadSdk(provider: Provider, surroundings: SdkSurroundings): Promise<SdkLoad> {
  const { sdk } = provider;
  if (sdk === undefined) return { ok: false, why: "it names no package" };
  const name = sdk.package;
  const row: SdkPackage = sdkPackages[name];
  const file = find(name, surroundings.beside);
  if (file === null)
    return {
      ok: false,
      why: `package \`${name}\` is not installed: run \`npm install ${name}\` beside signalbox.yaml`,
    };
  try {
    const made = await make(file, row, provider, surroundings.fetch);
    const model = modelOf(made, surroundings.probe);
    if (isServedModel(model)) return { ok: true, sdk: sdkProvider(made, row, name) };
    return { ok: false, why: unserved(name, file, model) };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return { ok: false, why: `package \`${name}\` cannot be set up: ${told(what, provider)}` };
  }
}

function find(name: string, beside: readonly string[]): string | null {
  for (const place of beside) {
    try {
      return createRequire(place).resolve(name);
    } catch {
      // Not there: the next place.
    }
  }
  return null;
}

async function make(
  file: string,
  row: SdkPackage,
  provider: Provider,
  fetch: SdkSurroundings["fetch"],
): Promise<unknown> {
  const { name, url, key, headers, sdk } = provider;
  const loaded = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  const factory = loaded[row.factory];
  if (typeof factory !== "function") throw new Error(`it has no \`${row.factory}\``);
  return (factory as (options: unknown) => unknown)({
    ...(row.needsName === true ? { name } : {}),
    ...(key?.kind === "value" ? { apiKey: key.value } : {}),
    ...sdk?.options,
    ...(url === "" ? {} : { [row.urlOption ?? "baseURL"]: url }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    fetch,
  });
}

function modelOf(made: unknown, id: string): unknown {
  const { languageModel } = made as { readonly languageModel?: unknown };
  if (typeof languageModel !== "function") throw new Error("it makes no language models");
  return (languageModel as (id: string) => unknown).call(made, id);
}

function sdkProvider(made: unknown, row: SdkPackage, name: string): SdkProvider {
  return {
    namespace: row.namespace,
    model(id) {
      const model = modelOf(made, id);
      if (isServedModel(model)) return model;
      throw new Error(`\`${name}\` made something else than a language model`);
    },
  };
}

function unserved(name: string, file: string, model: unknown): string {
  const { specificationVersion: version } = (model ?? {}) as {
    readonly specificationVersion?: unknown;
  };
  const spoken = typeof version === "string" ? version.slice(0, 20) : "an unknown version";
  const versions = servedVersions.join(", ");
  return `package \`${name}\`${versionOf(name, file)} speaks ${spoken} of the language model interface, not one of ${versions}: run \`npm install ${name}@latest\``;
}

/** The version of an installed package, for messages; nothing where it cannot be read. */
function versionOf(name: string, file: string): string {
  const tail = join("node_modules", ...name.split("/"));
  const root = file.slice(0, file.lastIndexOf(tail) + tail.length);
  try {
    const read: unknown = JSON.parse(
      readFileSync(join(root || dirname(file), "package.json"), "utf8"),
    );
    const { version } = read as { readonly version?: unknown };
    return typeof version === "string" ? ` ${version}` : "";
  } catch {
    return "";
  }
}

/** A package's own words about its options, without the secrets among them. */
function told(text: string, { key, sdk }: Provider): string {
  const secrets = [...(sdk?.secrets ?? []), ...(key?.kind === "value" ? [key.value] : [])];
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text).slice(0, 500);
}
