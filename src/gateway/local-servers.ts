import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../base/clock.ts";
import type { Measure } from "../catalog/target-fact.ts";
import { discoverServers, type FoundServer, wellKnownPorts } from "../runtime/servers/discover.ts";
import { ServerMonitor, type ServerReport } from "../runtime/servers/server-monitor.ts";
import type { ServerState } from "../runtime/servers/server-state.ts";
import {
  identityOf,
  isHealthy,
  measuredAt,
  type ServedState,
  servedState,
} from "../runtime/servers/server-targets.ts";
import type { ServerGauges } from "../runtime/telemetry/gauges.ts";
import type { Logger } from "../runtime/telemetry/logger.ts";
import { createFetcher, type Fetcher } from "../runtime/transport/bounded-fetch.ts";
import type { TimerWheel } from "../runtime/transport/timer-wheel.ts";
import { isLoopback } from "./doors.ts";
import type { Snapshot } from "./snapshot.ts";

export interface LocalServersParts {
  readonly clock: Clock;
  readonly timers: TimerWheel;
  random(): number;
  logger(): Logger;
  snapshot(): Snapshot;
  /** The gateway's own requests in flight at a target. */
  running(target: string): number;
  /** Told of each change of a server's health. */
  readonly onChange?: ((report: ServerReport) => void) | undefined;
}

/** How long the first look at the servers may hold the start back, in milliseconds. */
const firstLookMs = 1_000;

/** The servers at home that the configuration names, watched, and what decisions ask about them. */
export class LocalServers {
  readonly #parts: LocalServersParts;
  readonly #fetcher: Fetcher = createFetcher();
  readonly #monitor: ServerMonitor;
  /** How each model fares, worked out once for each state. */
  readonly #served = new WeakMap<ServerState, Map<string, ServedState>>();

  constructor(parts: LocalServersParts) {
    this.#parts = parts;
    this.#monitor = new ServerMonitor({
      clock: parts.clock,
      fetch: this.#fetcher.fetch,
      random: () => parts.random(),
      createAlarm: (ring) => parts.timers.createAlarm(ring),
      onChange: (report) => this.#changed(report),
      onBug: (err) => parts.logger().error({ err }, "a fault of the gateway itself, in a probe"),
    });
  }

  /** Whether a target's server takes requests; true where it is not watched. */
  healthy(target: string): boolean {
    const served = this.servedState(target, true);
    return served === null || isHealthy(served);
  }

  /** A measure as its server tells it; undefined where it does not. */
  measured(target: string, measure: Measure): number | undefined {
    const own = this.#parts.running(target);
    return measuredAt(this.#report(target, true)?.state ?? null, measure, own);
  }

  /** Watches the servers of a snapshot; those it shares with the one before keep their states. What a stand-in plays is left alone. */
  follow({ targets, configuration }: Snapshot): void {
    const watched = [...targets.providers.values()].flatMap(({ provider, standIn }) => {
      if (standIn) return [];
      const served = [...configuration.targets.values()].filter(
        (target) => target.provider === provider.name,
      );
      const busy = (): boolean => served.some(({ name }) => this.#parts.running(name) > 0);
      return [{ provider, models: [...new Set(served.map(({ model }) => model))], busy }];
    });
    this.#monitor.watch(watched);
  }

  /** Waits for the first state of each server, but not for long. */
  async firstLook(): Promise<void> {
    await Promise.race([this.#monitor.askAll(), delay(firstLookMs, undefined, { ref: false })]);
  }

  /** Asks each watched server now. */
  askAll(): Promise<void> {
    return this.#monitor.askAll();
  }

  /** How a target at a watched server is; null for any other, and before the first round. */
  servedState(target: string, forDecision = false): ServedState | null {
    const state = this.#report(target, forDecision)?.state;
    const model = this.#parts.snapshot().targets.get(target)?.target.model;
    if (state === undefined || model === undefined) return null;
    let known = this.#served.get(state);
    if (known === undefined) {
      known = new Map();
      this.#served.set(state, known);
    }
    let served = known.get(model);
    if (served === undefined) {
      served = servedState(state, model);
      known.set(model, served);
    }
    return served;
  }

  /** What tells the weights behind a target from others, `digest:…`; null where its server does not say. For keys of caches. */
  identityOf(target: string): string | null {
    const active = this.#parts.snapshot().targets.get(target);
    if (active === undefined || active.standIn) return null;
    const { provider, model } = active.target;
    const identity = identityOf(this.#monitor.lastModels(provider), model);
    return identity === null ? null : `${identity.kind}:${identity.value}`;
  }

  /** What a scrape shows of the watched servers. */
  gauges(): readonly ServerGauges[] {
    const now = this.#parts.clock.monotonic();
    return this.#monitor.reports().map(({ provider, state, atMs }) => ({
      server: provider,
      up: state.health === "up" || state.health === "saturated",
      running: state.running,
      queue: state.queued,
      kvUse: state.kvUse,
      specAcceptance: state.speculative?.acceptance ?? null,
      tokensPerSecond: state.tokensPerSecond,
      ageSeconds: (now - atMs) / 1000,
    }));
  }

  /** Servers on their usual ports of this machine that the configuration does not name, and that are not this gateway. */
  find(
    ownPort: number,
    ports: readonly number[] = wellKnownPorts,
  ): Promise<readonly FoundServer[]> {
    const taken = new Set([ownPort]);
    for (const { url } of this.#parts.snapshot().configuration.providers.values()) {
      // A package's own address is not known.
      if (url === "") continue;
      const { hostname, port } = new URL(url);
      if (isLoopback(hostname)) taken.add(Number(port));
    }
    return discoverServers(
      ports.filter((port) => !taken.has(port)),
      this.#fetcher.fetch,
    );
  }

  async close(): Promise<void> {
    this.#monitor.close();
    await this.#fetcher.close();
  }

  #report(target: string, forDecision: boolean): ServerReport | null {
    const active = this.#parts.snapshot().targets.get(target);
    if (active === undefined || active.standIn) return null;
    const { provider } = active.target;
    if (forDecision) this.#monitor.touch(provider);
    return this.#monitor.report(provider);
  }

  #changed(report: ServerReport): void {
    const { provider, state } = report;
    const { kind, health, why } = state;
    const fields = { server: provider, kind, health, ...(why === null ? {} : { why }) };
    const isFine = health === "up" || health === "saturated";
    if (isFine) this.#parts.logger().debug(fields, "a local server takes requests");
    else this.#parts.logger().warn(fields, "a local server does not take requests as it should");
    this.#parts.onChange?.(report);
  }
}
