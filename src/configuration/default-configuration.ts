import { builtInFactTable } from "../facts/built-in.ts";
import type {
  BatchSettings,
  CacheSettings,
  Configuration,
  DispatchDefaults,
  HealthSettings,
  LedgerSettings,
  ServerSettings,
  TelemetrySettings,
} from "./configuration.ts";

export const defaultServer: ServerSettings = {
  host: "127.0.0.1",
  port: 8787,
  requireKeys: false,
  bodyLimitBytes: 33_554_432,
  maxDepth: 64,
  maxKeys: 100_000,
  maxMessages: 10_000,
  maxConnections: 10_000,
  maxInFlightBytes: 268_435_456,
  maxLoopDelayMs: 1_000,
  maxHeapShare: 0.85,
  drainMs: 30_000,
  routingHeaders: true,
  allowedOrigins: [],
  allowedHosts: [],
};

/** Long enough for a model that thinks before it speaks, short enough that a dead one is noticed. */
export const defaultDispatch: DispatchDefaults = {
  timeoutMs: 300_000,
  deadlineMs: 600_000,
  firstTokenMs: 60_000,
  idleMs: 60_000,
  retries: 1,
  maxAttempts: 6,
};

/** Envoy's, Linkerd's and Finagle's defaults, where they agree with how models behave. */
export const defaultHealth: HealthSettings = {
  consecutive: 5,
  windowMs: 30_000,
  failureShare: 0.5,
  leastAttempts: 20,
  openMs: 1_000,
  longestOpenMs: 60_000,
  openJitter: 0.5,
  forgiveMs: 60_000,
  slowStartMs: 10_000,
  retryShare: 0.2,
  retryFloor: 3,
  memoryMs: 10_000,
  staleMs: 300_000,
  penaltyMs: 5_000,
  pauseMs: 0,
  longestPauseMs: 300_000,
  quotaPauseMs: 60_000,
  maxEjected: 0.5,
};

export const defaultTelemetry: TelemetrySettings = {
  decisionLog: null,
  decisionLogRotation: null,
  otlp: null,
  logLevel: "info",
  facts: [],
};

/** Of a decision log that is given as a map. */
export const defaultRotation = { maxBytes: 104_857_600, keep: 10 };

/** Beside the configuration; the folder is no part of what is deployed. */
export const defaultStore = ".signalbox/store.sqlite";

export const defaultLedger: LedgerSettings = {
  path: ".signalbox/ledger.sqlite",
  always: false,
  keepMs: 34_560_000_000,
  survives: "process",
};

/** Begins the keys in a Redis server. */
export const defaultPrefix = "signalbox";

export const defaultCache: CacheSettings = {
  store: "memory",
  path: ".signalbox/cache.sqlite",
  mostBytes: 67_108_864,
  answerBytes: 1_048_576,
  mostPrompts: 100_000,
  embeddings: null,
  scope: "key",
  paceMs: 0,
};

export const defaultBatches: BatchSettings = {
  fileLimitBytes: 104_857_600,
  totalLimitBytes: 2_147_483_648,
  lines: 50_000,
  open: 100,
  concurrency: 4,
  keepMs: 2_592_000_000,
};

/** Of a replay before a reload that says no more than its conditions. */
export const defaultReloadReplay = { last: 1_000, timeMs: 30_000 };

/** Connections to a provider when its entry names no number. */
export const defaultConnections = 256;

/** What holds without a file: no targets, the built-in facts, loopback, policies of the working folder. */
export function defaultConfiguration(): Configuration {
  return {
    file: null,
    server: defaultServer,
    policies: ".",
    defaultPolicy: "default",
    reload: { replay: null },
    shadowPolicies: new Map(),
    providers: new Map(),
    targets: new Map(),
    facts: builtInFactTable(),
    keys: [],
    adminKey: null,
    adminListener: null,
    dispatch: defaultDispatch,
    health: defaultHealth,
    telemetry: defaultTelemetry,
    store: defaultStore,
    ledger: defaultLedger,
    redis: null,
    cache: defaultCache,
    batches: defaultBatches,
  };
}
