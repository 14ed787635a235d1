import type { Discount, RunningCost, Target } from "../catalog/target.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import type { FactTable } from "../facts/fact.ts";
import type { SdkSettings } from "./sdk-packages.ts";

export const providerKinds = [
  "openai",
  "anthropic",
  "gemini",
  "mistral",
  "deepseek",
  "qwen",
  "openrouter",
  "tokenmix",
  "azure-openai",
  "ollama",
  "llamacpp",
  "vllm",
  "sglang",
  "lmstudio",
  "openai-compatible",
  "ai-sdk",
] as const;

export type ProviderKind = (typeof providerKinds)[number];

/** A secret: a value written nowhere but into the header it is for. `missing` names the variable or file that gave none. */
export type Secret =
  | { readonly kind: "value"; readonly value: string; readonly from: string }
  | { readonly kind: "missing"; readonly from: string };

export interface Provider {
  readonly name: string;
  readonly kind: ProviderKind;
  /** Base URL, without a trailing slash; empty where a package addresses its own hosts. */
  readonly url: string;
  readonly key: Secret | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates (PEM) of the authorities that vouch for it, in place of the system's. */
  readonly authorities?: string;
  /** Which of OpenAI's two APIs for conversations it is asked over; nothing to providers of other wires. */
  readonly api: "chat" | "responses";
  /** Whether the gateway marks prompts for the provider's cache where its wire wants marks and the client set none. */
  readonly promptCache: "auto" | "off";
  /** Most connections open at once. Four requests for each may wait for one, at least 64; further ones fail as `overloaded`. */
  readonly connections: number;
  /** By rising spend of the month. */
  readonly discounts?: readonly Discount[];
  /** Which addresses in a client's body it may be sent, where it is a server at home; all where nothing is said. */
  readonly mediaUrls?: "public" | "none";
  /** What it costs while it works, where it is a server of the operator's own. */
  readonly runningCost?: RunningCost;
  /** The package that serves it; only of kind `ai-sdk`. */
  readonly sdk?: SdkSettings;
}

/** What a client has to say: a secret, or one that is known by its SHA-256 alone (64 lower-case hexadecimal digits). */
export type KeySecret = Secret | { readonly kind: "hash"; readonly sha256: string };

/** Who sends a request, by the key that it bears. */
export interface Caller {
  readonly name: string;
  readonly user: string | null;
  readonly team: string | null;
  /** Any further attribute, e.g. `tier`, read by facts declared `from: key.tier`. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** Who a client is by its key, and what it may ask for. */
export interface KeyGrant extends Caller {
  /** The policy that its requests run; null for the default one. */
  readonly policy: string | null;
  /** Policies and targets it may name, its own policy besides; null for all. */
  readonly models: readonly string[] | null;
}

/** A client's key of the configuration. */
export interface ClientKey extends KeyGrant {
  readonly secret: KeySecret;
  /** Epoch milliseconds from which on it opens nothing; null for never. */
  readonly expiresAtMs: number | null;
  readonly disabled: boolean;
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  /** Whether requests need a key even where none is configured. */
  readonly requireKeys: boolean;
  readonly bodyLimitBytes: number;
  readonly maxDepth: number;
  readonly maxKeys: number;
  readonly maxMessages: number;
  readonly maxConnections: number;
  /** Beyond these new work is shed; see the room overload. */
  readonly maxInFlightBytes: number;
  readonly maxLoopDelayMs: number;
  /** Share of V8's heap limit, in 0..1. */
  readonly maxHeapShare: number;
  /** How long a graceful stop waits for streams, in milliseconds. */
  readonly drainMs: number;
  /** Whether answers carry the x-signalbox-* headers. */
  readonly routingHeaders: boolean;
  /** Origins (besides the gateway's own) that a browser may call from. */
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
}

/** Timers and attempts of a plan that says nothing of its own. */
export interface DispatchDefaults {
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly retries: number;
  readonly maxAttempts: number;
}

/** How targets are watched and spared. Durations in milliseconds, shares in 0..1. */
export interface HealthSettings {
  /** Failures in a row that open a breaker. */
  readonly consecutive: number;
  /** Time over which failures are counted. */
  readonly windowMs: number;
  /** The share of that window's attempts whose failure opens a breaker, where there were at least so many. */
  readonly failureShare: number;
  readonly leastAttempts: number;
  /** How long a breaker stays open before a request may probe: doubling while probes fail, up to the longest. */
  readonly openMs: number;
  readonly longestOpenMs: number;
  /** What is added to that by chance, at most, so that gateways do not probe together. */
  readonly openJitter: number;
  /** A breaker that stayed closed for so long starts anew with the shortest time. */
  readonly forgiveMs: number;
  /** After a recovery, requests in flight rise to what they were over so long. */
  readonly slowStartMs: number;
  /** Retries at a target, waiting ones included, for each first attempt in flight there; so many may always be. */
  readonly retryShare: number;
  readonly retryFloor: number;
  /** Memory of averages. */
  readonly memoryMs: number;
  /** An average that nothing was added to for so long is not known any more. */
  readonly staleMs: number;
  /** A target that has just failed counts as no faster than this, so that quick refusals attract nobody. */
  readonly penaltyMs: number;
  /** A rate limit without a hint when to return, and the longest that a hint is believed. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  /** How long an account without credit is left alone. */
  readonly quotaPauseMs: number;
  /** Beyond this share of the targets in use that are left alone at once, each of them is let a little through all the same. */
  readonly maxEjected: number;
}

/** Where the operator's own pages are served instead of on the clients' port. */
export interface AdminListener {
  readonly host: string;
  readonly port: number;
}

export interface TelemetrySettings {
  /** File of decision records (JSON lines); null writes none. */
  readonly decisionLog: string | null;
  /** When that file is put aside, in bytes, and how many of those are kept; null leaves it to others. */
  readonly decisionLogRotation: { readonly maxBytes: number; readonly keep: number } | null;
  /** URL of a receiver of OTLP over HTTP; null keeps no traces. */
  readonly otlp: string | null;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  /** Further facts computed off the path for the record, so that other policies can be replayed. */
  readonly facts: readonly string[];
}

/** What every attempt used and cost, and the counters of limits and budgets where no server shares them. */
export interface LedgerSettings {
  readonly path: string;
  /** Whether it is kept even where no policy counts anything. */
  readonly always: boolean;
  readonly keepMs: number;
  readonly survives: "process" | "power";
}

/** A server by which gateways share what they count. */
export interface RedisSettings {
  readonly url: Secret;
  readonly prefix: string;
}

/** Answers that are kept. */
export interface CacheSettings {
  readonly store: "memory" | "file" | "redis";
  readonly path: string;
  /** Most bytes of all answers together. */
  readonly mostBytes: number;
  /** Most bytes of one. */
  readonly answerBytes: number;
  /** Most prompts that semantic caches find answers by. */
  readonly mostPrompts: number;
  /** The target that places prompts by meaning; null for the table that the package brings. */
  readonly embeddings: string | null;
  /** Who may share one. */
  readonly scope: "key" | "team" | "all";
  /** Time between the pieces of a replayed stream, in milliseconds; 0 for all at once. */
  readonly paceMs: number;
}

/** The lane of requests that may wait. */
export interface BatchSettings {
  /** Largest file of requests that is taken. */
  readonly fileLimitBytes: number;
  /** Most bytes kept for one client's key, results included. */
  readonly totalLimitBytes: number;
  /** Most requests of one batch. */
  readonly lines: number;
  /** Most batches of one client's key that have not ended. */
  readonly open: number;
  /** Requests asked at once of targets whose provider has no batch API. */
  readonly concurrency: number;
  /** How long files and ended batches are kept, in milliseconds. */
  readonly keepMs: number;
}

/** What stands before a changed policy. */
export interface ReloadSettings {
  /** Null: nothing but its own tests. */
  readonly replay: {
    /** Most records of each changed policy. */
    readonly last: number;
    /** As they are written, and where; who judges by them reads them. */
    readonly failIf: readonly { readonly text: string; readonly span: Span }[];
    /** Whether records are carried out on a virtual clock; else they are decided alone. */
    readonly carriesOut: boolean;
    readonly timeMs: number;
  } | null;
}

/** A policy that decides beside another one. */
export interface ShadowPolicy {
  readonly policy: string;
  /** Share of the requests, in 0..1. */
  readonly share: number;
}

/** `signalbox.yaml` as read and resolved: plain data but for the maps. */
export interface Configuration {
  /** File it was read from; null for built-in defaults. */
  readonly file: string | null;
  readonly server: ServerSettings;
  /** Folder or file of policies, resolved against the configuration's folder. */
  readonly policies: string;
  readonly defaultPolicy: string;
  readonly reload: ReloadSettings;
  /** By the name of the policy in force. */
  readonly shadowPolicies: ReadonlyMap<string, ShadowPolicy>;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly targets: ReadonlyMap<string, Target>;
  /** Built-in facts and the declared ones. */
  readonly facts: FactTable;
  readonly keys: readonly ClientKey[];
  readonly adminKey: Secret | null;
  /** Null: on the port of the clients. */
  readonly adminListener: AdminListener | null;
  readonly dispatch: DispatchDefaults;
  readonly health: HealthSettings;
  readonly telemetry: TelemetrySettings;
  /** File of what has to survive a restart; made when it is first needed. */
  readonly store: string;
  readonly ledger: LedgerSettings;
  /** Null where every gateway counts for itself. */
  readonly redis: RedisSettings | null;
  readonly cache: CacheSettings;
  readonly batches: BatchSettings;
}
