import type { Clock } from "../../base/clock.ts";
import type { Provider } from "../../configuration/configuration.ts";
import { type Asked, askServer, headersOf, type RoundResult, rootOf } from "./ask-server.ts";
import type { BoundedFetch } from "./bounded-fetch.ts";
import { readerFor } from "./readers.ts";
import { bareState, type ServerState } from "./server-state.ts";

/** Rings once at a monotonic time, unless it is moved or cleared. */
export interface ServerAlarm {
  set(atMs: number): void;
  clear(): void;
}

export interface MonitorParts {
  readonly clock: Clock;
  readonly fetch: BoundedFetch;
  /** In [0, 1). */
  random(): number;
  createAlarm(ring: () => void): ServerAlarm;
  /** Told of each change of health, and of the first state. */
  onChange(report: ServerReport): void;
  /** Told of a fault of our own in a round, which then counts as none. */
  onBug(error: unknown): void;
}

export interface MonitorSettings {
  /** Between rounds while decisions rest on the state, or requests run. */
  readonly busyMs: number;
  readonly idleMs: number;
  /** How long after a decision that rested on the state a server counts as busy. */
  readonly busyForMs: number;
  /** The first wait after a server went down; each further one is twice as long, up to `idleMs`. */
  readonly downMs: number;
  /** Share of an interval by which rounds are spread, so that several gateways do not ask at once. */
  readonly jitter: number;
}

export const defaultMonitorSettings: MonitorSettings = {
  busyMs: 2_000,
  idleMs: 15_000,
  busyForMs: 10_000,
  downMs: 1_000,
  jitter: 0.1,
};

/** A server to watch, for the targets that it serves. */
export interface WatchedServer {
  readonly provider: Provider;
  /** The provider's ids of the models that targets name. */
  readonly models: readonly string[];
  /** Whether requests of ours run there now. */
  busy(): boolean;
}

/** The last state of a server. */
export interface ServerReport {
  readonly provider: string;
  readonly state: ServerState;
  /** Monotonic time of the round that told it. */
  readonly atMs: number;
}

/** Keeps an eye on the servers at home: one round of questions at a time for each, on a bounded schedule. */
export class ServerMonitor {
  readonly #parts: MonitorParts;
  readonly #settings: MonitorSettings;
  readonly #watches = new Map<string, Watch>();

  constructor(parts: MonitorParts, settings: MonitorSettings = defaultMonitorSettings) {
    this.#parts = parts;
    this.#settings = settings;
  }

  /** Watches these servers and no others. One that is asked as before keeps its state. */
  watch(servers: Iterable<WatchedServer>): void {
    const wanted = new Map([...servers].map((each) => [each.provider.name, each]));
    for (const [name, watch] of this.#watches) {
      const next = wanted.get(name);
      if (next !== undefined && watch.takes(next)) continue;
      watch.close();
      this.#watches.delete(name);
    }
    for (const [name, server] of wanted) {
      const reader = readerFor(server.provider.kind);
      if (this.#watches.has(name) || reader === null) continue;
      const watch = new Watch(server, reader, this.#parts, this.#settings);
      this.#watches.set(name, watch);
      void watch.ask();
    }
  }

  /** The last state of a provider's server; null before the first, and for a provider that is not watched. */
  report(provider: string): ServerReport | null {
    return this.#watches.get(provider)?.report ?? null;
  }

  /** The last state whose models were told: what a server that is down had, as far as anybody knows. */
  lastModels(provider: string): ServerState | null {
    return this.#watches.get(provider)?.lastModels ?? null;
  }

  reports(): readonly ServerReport[] {
    return [...this.#watches.values()].flatMap(({ report }) => report ?? []);
  }

  /** A decision rests on the state: it is to be fresh from now on. */
  touch(provider: string): void {
    this.#watches.get(provider)?.touch();
  }

  /** Asks every server now, and waits for what is told. */
  async askAll(): Promise<void> {
    await Promise.all([...this.#watches.values()].map((watch) => watch.ask()));
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }
}

/** Rounds that go unanswered in a row before a server that was up counts as down: one alone may be load. */
const unansweredRounds = 2;

class Watch {
  report: ServerReport | null = null;
  lastModels: ServerState | null = null;
  #server: WatchedServer;
  readonly #asked: Asked;
  readonly #parts: MonitorParts;
  readonly #settings: MonitorSettings;
  readonly #alarm: ServerAlarm;
  #round: Promise<void> | null = null;
  #nextAtMs = Number.POSITIVE_INFINITY;
  #touchedAtMs = Number.NEGATIVE_INFINITY;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #unanswered = 0;
  #downRounds = 0;
  #closed = false;

  constructor(
    server: WatchedServer,
    reader: Asked["reader"],
    parts: MonitorParts,
    settings: MonitorSettings,
  ) {
    this.#server = server;
    this.#asked = {
      reader,
      root: rootOf(server.provider),
      headers: headersOf(server.provider),
      ...(server.provider.authorities === undefined
        ? {}
        : { authorities: server.provider.authorities }),
    };
    this.#parts = parts;
    this.#settings = settings;
    this.#alarm = parts.createAlarm(() => void this.ask());
  }

  /** True, and the models are taken over, when another configuration means the same server, asked in the same way. */
  takes(next: WatchedServer): boolean {
    const way = ({ kind, url, authorities, ...rest }: Provider): string =>
      JSON.stringify([kind, url, headersOf(rest), authorities]);
    if (way(next.provider) !== way(this.#server.provider)) return false;
    this.#server = next;
    return true;
  }

  touch(): void {
    const nowMs = this.#parts.clock.monotonic();
    this.#touchedAtMs = nowMs;
    // A round that stands far off, as for an idle server, is brought forward; one that is down has its own pace.
    if (this.#downRounds > 0 || this.#round !== null) return;
    const soonestMs = Math.max(nowMs, this.#startedAtMs + this.#settings.busyMs);
    if (this.#nextAtMs > soonestMs + this.#settings.busyMs * this.#settings.jitter) {
      this.#schedule(soonestMs);
    }
  }

  /** One round; the one that runs already when there is one. */
  ask(): Promise<void> {
    this.#round ??= this.#ask().finally(() => {
      this.#round = null;
      if (!this.#closed) this.#schedule(this.#parts.clock.monotonic() + this.#waitMs());
    });
    return this.#round;
  }

  close(): void {
    this.#closed = true;
    this.#alarm.clear();
  }

  async #ask(): Promise<void> {
    this.#alarm.clear();
    this.#startedAtMs = this.#parts.clock.monotonic();
    try {
      const result = await askServer(
        this.#asked,
        {
          models: this.#server.models,
          previous: this.lastModels,
          wanted: this.#isWanted(),
        },
        this.#parts.fetch,
      );
      if (!this.#closed) this.#take(result);
    } catch (error) {
      this.#parts.onBug(error);
    }
  }

  #take(result: RoundResult): void {
    this.#unanswered = result.kind === "unsure" ? this.#unanswered + 1 : 0;
    const before = this.report;
    if (result.kind === "unsure" && before !== null && this.#unanswered < unansweredRounds) return;
    const state =
      result.kind === "state"
        ? result.state
        : bareState(this.#asked.reader.kind, "down", result.why);
    if (state.models !== null) this.lastModels = state;
    this.#downRounds = state.health === "down" ? this.#downRounds + 1 : 0;
    const report = {
      provider: this.#server.provider.name,
      state,
      atMs: this.#parts.clock.monotonic(),
    };
    this.report = report;
    if (before?.state.health !== state.health) this.#parts.onChange(report);
  }

  #waitMs(): number {
    const { busyMs, idleMs, downMs, jitter } = this.#settings;
    const spread = 1 + jitter * (this.#parts.random() - 0.5);
    if (this.#downRounds > 0) {
      return Math.min(idleMs, downMs * 2 ** Math.min(this.#downRounds - 1, 10)) * spread;
    }
    const isBusy = this.#unanswered > 0 || this.#isWanted();
    // One that is loading is about to be wanted.
    const isComing = this.report?.state.health === "loading";
    return (isBusy || isComing ? busyMs : idleMs) * spread;
  }

  /** Whether decisions rested on the state lately, or requests of ours run there. */
  #isWanted(): boolean {
    const sinceMs = this.#parts.clock.monotonic() - this.#touchedAtMs;
    return sinceMs < this.#settings.busyForMs || this.#server.busy();
  }

  #schedule(atMs: number): void {
    this.#nextAtMs = atMs;
    this.#alarm.set(atMs);
  }
}
