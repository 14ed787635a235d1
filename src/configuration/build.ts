import { dirname, join } from "node:path";
import type { SourceFile } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { FactTable } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import { beside } from "./beside.ts";
import { buildCache } from "./build-cache.ts";
import { withDifficultyModel } from "./build-difficulty.ts";
import { buildFacts } from "./build-facts.ts";
import { withIntentClassifier, withIntentModel } from "./build-intents.ts";
import { buildKeys } from "./build-keys.ts";
import { withMediaUrls } from "./build-media-urls.ts";
import { buildProviders } from "./build-providers.ts";
import { withRankings } from "./build-quality.ts";
import { buildReload, buildShadowPolicies } from "./build-reload.ts";
import { withServers } from "./build-servers.ts";
import { buildTargets } from "./build-targets.ts";
import type {
  BatchSettings,
  Configuration,
  HealthSettings,
  ServerSettings,
  TelemetrySettings,
} from "./configuration.ts";
import {
  defaultBatches,
  defaultDispatch,
  defaultHealth,
  defaultLedger,
  defaultPrefix,
  defaultRotation,
  defaultServer,
  defaultStore,
  defaultTelemetry,
} from "./default-configuration.ts";
import { type Environment, resolveSecret } from "./environment.ts";
import type { configurationKeys } from "./keys.ts";
import type { YamlReader } from "./read-yaml.ts";
import type { ValueOf } from "./shape.ts";
import { wrongWord } from "./wrong-word.ts";

/** `signalbox.yaml` as its shapes were read, before names are resolved. */
export type Sections = ValueOf<typeof configurationKeys>;

/** One section of `signalbox.yaml` as read. */
export type Section<N extends keyof Sections> = NonNullable<Sections[N]>["value"];

/** What building needs beside the sections; mistakes go to the reader. */
export interface BuildContext {
  readonly source: SourceFile;
  readonly environment: Environment;
  readonly reader: YamlReader;
  /** What else diagnostics may point into. */
  readonly sources: SourceFile[];
  /** Path of a file that the configuration names. */
  readonly beside: (path: string) => string;
}

/** Resolves names, secrets, defaults and the catalog into a Configuration. Reports what refers to nothing. */
export function buildConfiguration(
  sections: Sections,
  given: Omit<BuildContext, "beside">,
): Configuration {
  const { source, environment } = given;
  const context = { ...given, beside: (path: string) => beside(source, path) };
  const providers = withServers(
    buildProviders(sections.providers?.value ?? new Map(), context),
    sections.servers?.value ?? new Map(),
    context,
  );
  const own = buildFacts(sections.facts?.value ?? new Map(), context);
  const targets = withRankings(
    buildTargets(sections.targets?.value ?? new Map(), providers, context),
    { file: sections["quality-file"], names: sections.targets?.value.keys() ?? [] },
    context,
  );
  const told = withIntentModel(own, sections.intents?.value, context);
  const facts = withDifficultyModel(
    withIntentClassifier(told, sections.intents, targets, context),
    sections.difficulty?.value,
    context,
  );
  const dispatch = sections.dispatch?.value ?? {};
  const stores = buildStores(sections, context);
  const admin = buildAdmin(sections.admin?.value, environment);
  return {
    file: source.file,
    server: buildServer(sections.server?.value ?? {}),
    policies: beside(source, sections.policies?.value ?? "."),
    defaultPolicy: sections["default-policy"]?.value ?? "default",
    reload: buildReload(sections),
    shadowPolicies: buildShadowPolicies(sections, context),
    providers: withMediaUrls(providers.built, sections),
    targets,
    facts,
    keys: buildKeys(sections.keys?.value ?? new Map(), admin.adminKey, context),
    ...admin,
    dispatch: {
      timeoutMs: dispatch.timeout?.value ?? defaultDispatch.timeoutMs,
      deadlineMs: dispatch.deadline?.value ?? defaultDispatch.deadlineMs,
      firstTokenMs: dispatch["first-token"]?.value ?? defaultDispatch.firstTokenMs,
      idleMs: dispatch.idle?.value ?? defaultDispatch.idleMs,
      retries: dispatch.retry?.value ?? defaultDispatch.retries,
      maxAttempts: dispatch["max-attempts"]?.value ?? defaultDispatch.maxAttempts,
    },
    health: buildHealth(sections.health?.value ?? {}),
    telemetry: buildTelemetry(sections.telemetry?.value ?? {}, facts, context),
    ...stores,
    cache: buildCache(sections, { ...stores, targets, providers: providers.built }, context),
    batches: buildBatches(sections.batches?.value ?? {}),
  };
}

function buildStores(
  { store: asked, ledger, redis }: Sections,
  { source, environment }: BuildContext,
): Pick<Configuration, "store" | "ledger" | "redis"> {
  const store = beside(source, asked?.value.path?.value ?? defaultStore);
  const { path, keep, survives } = ledger?.value ?? {};
  const url = redis?.value.url?.value;
  return {
    store,
    ledger: {
      path: path === undefined ? join(dirname(store), "ledger.sqlite") : beside(source, path.value),
      always: ledger !== undefined,
      keepMs: keep?.value ?? defaultLedger.keepMs,
      survives: survives?.value ?? defaultLedger.survives,
    },
    redis:
      url === undefined
        ? null
        : {
            url: resolveSecret(url, environment),
            prefix: redis?.value.prefix?.value ?? defaultPrefix,
          },
  };
}

function buildAdmin(
  admin: Section<"admin"> | undefined,
  environment: Environment,
): Pick<Configuration, "adminKey" | "adminListener"> {
  const key = admin?.key?.value;
  const port = admin?.port?.value;
  const host = admin?.host?.value ?? defaultServer.host;
  return {
    adminKey: key === undefined ? null : resolveSecret(key, environment),
    adminListener: port === undefined ? null : { host, port },
  };
}

function buildServer(server: Section<"server">): ServerSettings {
  return {
    host: server.host?.value ?? defaultServer.host,
    port: server.port?.value ?? defaultServer.port,
    requireKeys: server["require-keys"]?.value ?? defaultServer.requireKeys,
    bodyLimitBytes: server["body-limit"]?.value ?? defaultServer.bodyLimitBytes,
    maxDepth: server["max-depth"]?.value ?? defaultServer.maxDepth,
    maxKeys: server["max-keys"]?.value ?? defaultServer.maxKeys,
    maxMessages: server["max-messages"]?.value ?? defaultServer.maxMessages,
    maxConnections: server["max-connections"]?.value ?? defaultServer.maxConnections,
    maxInFlightBytes: server["max-in-flight-bytes"]?.value ?? defaultServer.maxInFlightBytes,
    maxLoopDelayMs: server["max-loop-delay"]?.value ?? defaultServer.maxLoopDelayMs,
    maxHeapShare: server["max-heap"]?.value ?? defaultServer.maxHeapShare,
    drainMs: server.drain?.value ?? defaultServer.drainMs,
    routingHeaders: server["routing-headers"]?.value ?? defaultServer.routingHeaders,
    allowedOrigins: (server["allowed-origins"]?.value ?? []).map((each) => each.value),
    allowedHosts: (server["allowed-hosts"]?.value ?? []).map((each) => each.value.toLowerCase()),
  };
}

function buildHealth(health: Section<"health">): HealthSettings {
  return {
    ...defaultHealth,
    consecutive: health.failures?.value ?? defaultHealth.consecutive,
    failureShare: health["failure-share"]?.value ?? defaultHealth.failureShare,
    leastAttempts: health["least-attempts"]?.value ?? defaultHealth.leastAttempts,
    windowMs: health.window?.value ?? defaultHealth.windowMs,
    openMs: health.open?.value ?? defaultHealth.openMs,
    longestOpenMs: health["longest-open"]?.value ?? defaultHealth.longestOpenMs,
    slowStartMs: health["slow-start"]?.value ?? defaultHealth.slowStartMs,
    retryShare: health["retry-share"]?.value ?? defaultHealth.retryShare,
    maxEjected: health["max-ejected"]?.value ?? defaultHealth.maxEjected,
    longestPauseMs: health["longest-pause"]?.value ?? defaultHealth.longestPauseMs,
  };
}

function buildBatches(batches: Section<"batches">): BatchSettings {
  return {
    fileLimitBytes: batches["file-limit"]?.value ?? defaultBatches.fileLimitBytes,
    totalLimitBytes: batches["total-limit"]?.value ?? defaultBatches.totalLimitBytes,
    lines: batches.lines?.value ?? defaultBatches.lines,
    open: batches.open?.value ?? defaultBatches.open,
    concurrency: batches.concurrency?.value ?? defaultBatches.concurrency,
    keepMs: batches.keep?.value ?? defaultBatches.keepMs,
  };
}

function buildTelemetry(
  telemetry: Section<"telemetry">,
  facts: FactTable,
  { source, reader }: BuildContext,
): TelemetrySettings {
  const names: string[] = [];
  for (const { value: name, span } of telemetry.facts?.value ?? []) {
    if (lookUpFact(facts, name) !== null) {
      names.push(name);
      continue;
    }
    const meant = didYouMean(name, [...facts.keys()]);
    reader.report("C0208", span, `\`${name}\` is not a known fact`, wrongWord(span, meant, [], ""));
  }
  return {
    ...buildDecisionLog(telemetry["decision-log"]?.value, source),
    otlp: telemetry.otlp?.value ?? defaultTelemetry.otlp,
    logLevel: telemetry["log-level"]?.value ?? defaultTelemetry.logLevel,
    facts: names,
  };
}

function buildDecisionLog(
  log: NonNullable<Section<"telemetry">["decision-log"]>["value"] | undefined,
  source: SourceFile,
): Pick<TelemetrySettings, "decisionLog" | "decisionLogRotation"> {
  if (typeof log === "string")
    return { decisionLog: beside(source, log), decisionLogRotation: null };
  const file = log?.file?.value;
  if (log === undefined || file === undefined) {
    const { decisionLog, decisionLogRotation } = defaultTelemetry;
    return { decisionLog, decisionLogRotation };
  }
  const rotation = {
    maxBytes: log["max-size"]?.value ?? defaultRotation.maxBytes,
    keep: log.keep?.value ?? defaultRotation.keep,
  };
  return { decisionLog: beside(source, file), decisionLogRotation: rotation };
}
