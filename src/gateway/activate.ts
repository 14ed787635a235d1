import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../base/clock.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { veilSecrets } from "../configuration/secret.ts";
import type { StrangeValue } from "../extract/configured-facts.ts";
import { createExtractor } from "../extract/extractor.ts";
import { type FactReader, factReader } from "../extract/fact-readers.ts";
import { createFramePool } from "../extract/frame-pool.ts";
import { loadLanguagesApart } from "../files/load-languages-apart.ts";
import { unpack } from "../language/program/transfer.ts";
import type { Bridge } from "../runtime/bridge/bridge.ts";
import { ledgerFactsOf, type Tally } from "../runtime/plan/ledger-facts.ts";
import type { Metrics } from "../runtime/telemetry/metrics.ts";
import { createKeyRing } from "./client-keys.ts";
import { createDoors, isLoopback } from "./doors.ts";
import { createFurtherFacts, whyNeverRecorded } from "./further-facts.ts";
import type { Load, LoadedPolicy, LoadOrder, LoadProblem } from "./reload/load.ts";
import { defaultPolicyOf } from "./reload/load-workspace.ts";
import type { ActivePolicy, Snapshot } from "./snapshot.ts";
import { providersWithoutKey, type StandIns } from "./stand-ins.ts";
import { createTargetTable, type TargetTable } from "./target-table.ts";

/** What a snapshot is made with. */
export interface ActivationParts {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Null without `--stand-ins`: then a provider without its key is an error. */
  readonly standIns: StandIns | null;
  readonly plain: StandIns;
  readonly bridge: Pick<Bridge, "load">;
  readonly strangeValue: StrangeValue;
  /** Host given on the command line, in place of the configured one. */
  readonly host: string | null;
}

export type Activation =
  /** `heldMs` is how long making it held the event loop. */
  | { readonly ok: true; readonly snapshot: Snapshot; readonly heldMs: number }
  | { readonly ok: false; readonly problems: readonly LoadProblem[] };

/**
 * Makes the next snapshot of a load, without touching the present one. Fails where the files are right but must not be
 * served: a missing provider key, a host beyond loopback without client keys.
 */
export async function activate(
  load: Load & { readonly configuration: Configuration },
  order: LoadOrder,
  parts: ActivationParts,
  previous: Snapshot | null,
): Promise<Activation> {
  const { configuration } = load;
  veilSecrets(configuration);
  const problems = objections(configuration, parts);
  if (problems.length > 0) return { ok: false, problems };
  const kept = previous?.configuration === configuration ? previous.targets : null;
  const unloaded = kept === null ? await loadPackages(configuration, order, parts) : noneUnloaded;
  if (unloaded.size > 0 && parts.standIns === null)
    return { ok: false, problems: [...unloaded].map(unloadable) };
  const targets = kept ?? (await castTargets(configuration, unloaded, parts));
  // At the start nobody's stream is under way, and the whole at once is sooner there.
  if (previous !== null && tellsLanguages(load, configuration)) await loadLanguagesApart();
  const startedAtMs = parts.clock.monotonic();
  const policies = new Map<string, ActivePolicy>();
  for (const loaded of load.policies) {
    const policy = activePolicy(loaded, configuration, parts, previous);
    if (policy !== undefined) policies.set(policy.name, policy);
  }
  const defaultPolicy = policies.get(defaultPolicyOf(order, configuration));
  if (defaultPolicy === undefined) return { ok: false, problems: [] };
  const tallies = new Map<string, Tally<FactReader>>();
  for (const { asksLedger } of policies.values())
    for (const tally of asksLedger?.tallies ?? []) tallies.set(tally.fact, tally);
  const snapshot: Snapshot = {
    version: (previous?.version ?? 0) + 1,
    configuration,
    policies,
    defaultPolicy,
    targets,
    fixedPlans: new Map(),
    doors: createDoors(configuration.server, isOpen(configuration)),
    keys: createKeyRing(configuration.keys),
    tallies: [...tallies.values()],
  };
  return { ok: true, snapshot, heldMs: parts.clock.monotonic() - startedAtMs };
}

function activePolicy(
  { bundle, program: packed }: LoadedPolicy,
  configuration: Configuration,
  { clock, metrics, strangeValue }: ActivationParts,
  previous: Snapshot | null,
): ActivePolicy | undefined {
  const before = previous?.policies.get(bundle.name);
  if (packed === null) return before;
  const program = unpack(packed);
  const { name, hash } = program;
  const extractor = createExtractor(program, configuration, { strangeValue });
  return {
    name,
    hash,
    sinceEpochMs: before?.hash === hash ? before.sinceEpochMs : clock.now(),
    program,
    bundle,
    extractor,
    header: `${encodeURIComponent(name)}@${hash}`,
    meters: metrics.policy(name),
    frames: createFramePool(program.operands.length),
    trustJson: JSON.stringify(extractor.trust),
    weighsCache: [...bundle.texts.values()].some((text) => weighsCache.test(text)),
    further: createFurtherFacts(program, extractor, configuration),
    mayCount: [...bundle.texts.values()].some((text) => mayCount.test(text)),
    seeksMeaning: [...bundle.texts.values()].some((text) => seeksMeaning.test(text)),
    asksLedger: ledgerFactsOf(program, configuration.facts, (fact) =>
      factReader(fact, strangeValue),
    ),
  };
}

/** The words of the language that rest on caches; looked for in the text, since parsing every rule would hold the loop. */
const weighsCache = /\b(?:cheapest|cached)\b/;

/** The options that count requests, looked for in the same way. */
const mayCount = /\b(?:limit|budget|concurrency)\b/;

/** What needs languages told; looked for in the same way, and loaded later where it is written in none of these words. */
function tellsLanguages(load: Load, { telemetry }: Configuration): boolean {
  if (telemetry.facts.includes("language")) return true;
  const texts = load.policies.flatMap(({ bundle }) => [...bundle.texts.values()]);
  return texts.some((text) => /\blanguage\b/.test(text) || seeksMeaning.test(text));
}

/** What names a cache of prompts that mean the same. */
const seeksMeaning = /\bsemantic\b/;

const noneUnloaded: ReadonlyMap<string, string> = new Map();

/** Packages are the user's own: they lie beside the configuration, or else where we are installed ourselves. */
function loadPackages(
  configuration: Configuration,
  { configurationFile }: LoadOrder,
  { bridge }: ActivationParts,
): Promise<ReadonlyMap<string, string>> {
  const beside = configurationFile === null ? [] : [resolve(configurationFile)];
  return bridge.load(configuration, [...beside, fileURLToPath(import.meta.url)]);
}

function unloadable([name, why]: readonly [string, string]): LoadProblem {
  const summary = `provider \`${name}\`: ${why}`;
  return { policy: null, severity: "error", summary, text: summary };
}

async function castTargets(
  configuration: Configuration,
  unloaded: ReadonlyMap<string, string>,
  { standIns, plain, metrics }: ActivationParts,
): Promise<TargetTable> {
  const providers = await (standIns ?? plain).cast(configuration, new Set(unloaded.keys()));
  return createTargetTable(configuration, providers, metrics);
}

/** Whether the configuration lets requests in without a key. */
function isOpen({ keys, server }: Configuration): boolean {
  return keys.length === 0 && !server.requireKeys;
}

function objections(
  configuration: Configuration,
  { standIns, host: given }: ActivationParts,
): readonly LoadProblem[] {
  const found: LoadProblem[] = [];
  const object = (summary: string): void => {
    found.push({ policy: null, severity: "error", summary, text: summary });
  };
  for (const name of configuration.telemetry.facts) {
    const why = whyNeverRecorded(name, configuration.facts);
    if (why !== null) object(`\`telemetry.facts\`: \`${name}\` is never recorded: ${why}`);
  }
  const host = given ?? configuration.server.host;
  if (!isLoopback(host) && isOpen(configuration)) {
    object(
      `without client keys (\`keys:\`, or \`server.require-keys\`) the gateway listens on loopback only, not on ${host}`,
    );
  }
  if (standIns !== null) {
    if (!isLoopback(host)) object(`stand-ins are refused on ${host}: they are for loopback only`);
    return found;
  }
  for (const { name, key } of providersWithoutKey(configuration)) {
    const from = key?.from ?? "";
    object(`provider \`${name}\` has no key: ${from} is not set (or start with --stand-ins)`);
  }
  if (configuration.redis?.url.kind === "missing")
    object(`the \`redis.url\` is missing: ${configuration.redis.url.from} is not set`);
  for (const { name, secret } of configuration.keys) {
    if (secret.kind === "missing")
      object(`client key \`${name}\` is missing: ${secret.from} is not set`);
  }
  return found;
}
