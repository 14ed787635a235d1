import type { Clock } from "../base/clock.ts";
import type { Logger } from "../runtime/telemetry/logger.ts";
import type { Metrics } from "../runtime/telemetry/metrics.ts";
import type { Pools } from "../runtime/transport/pools.ts";
import { type ActivationParts, activate } from "./activate.ts";
import type { Core, ReloadEvent } from "./core.ts";
import { replacedTargets } from "./open-health.ts";
import { tellKeyTroubles } from "./open-keys.ts";
import { openLog } from "./open-log.ts";
import type { Gate } from "./reload/gate.ts";
import type { LoadProblem } from "./reload/load.ts";
import { createLoader, defaultLoaderLimits, type LoaderLimits } from "./reload/loader.ts";
import { type ReadyLoad, Reloader, type RoundOutcome } from "./reload/reloader.ts";
import { createWatcher, type Watcher } from "./reload/watcher.ts";
import type { Snapshot } from "./snapshot.ts";
import { tellTroubles } from "./tell-troubles.ts";
import { type Rollback, type RollbackProblem, VersionBook } from "./version-book.ts";

/** Where the files lie, and who has a say in what comes into force. */
export interface ReloadOptions {
  /** Null or absent: built-in defaults, which have no target. */
  readonly configurationFile?: string | null;
  /** A folder or file of policies in place of the configured one. A single file is the default policy. */
  readonly policies?: string | null;
  /** Stands for the environment's variables; the process's own when absent. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly gates?: readonly Gate[];
  /** Told after each time the files were read anew, the swap done. */
  readonly onReload?: (event: ReloadEvent) => void;
  readonly loaderLimits?: LoaderLimits;
}

export interface ReloadingParts {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly pools: Pools;
  readonly activation: ActivationParts;
  logger(): Logger;
  /** Null until the first snapshot is there. */
  core(): Core | null;
}

/** Puts versions of the files in force, one after the other, and keeps the last ones. */
export class Reloading {
  readonly #options: ReloadOptions;
  readonly #parts: ReloadingParts;
  readonly #reloader: Reloader;
  readonly #watcher: Watcher;
  readonly #loader;
  readonly #listeners = new Set<(event: ReloadEvent) => void>();
  readonly versions = new VersionBook();
  #first: Snapshot | null = null;
  #swapMs = 0;
  #rollingBackTo: number | null = null;

  constructor(options: ReloadOptions, parts: ReloadingParts) {
    this.#options = options;
    this.#parts = parts;
    this.#loader = createLoader(
      options.variables ?? null,
      options.loaderLimits ?? defaultLoaderLimits,
    );
    this.#watcher = createWatcher(
      () => void this.#filesChanged(),
      (err) => parts.logger().error({ err }, "watching the files failed"),
    );
    const { configurationFile = null, policies = null } = options;
    this.#reloader = new Reloader({
      loader: this.#loader,
      gates: options.gates ?? [],
      place: { configurationFile, policies },
      swap: (load) => this.#swap(load),
      watch: (files, folders) => this.#watcher.watch(files, folders),
      note: (gate, text) => parts.logger().info({ gate }, text),
    });
  }

  /** Reads the files for the first time; the snapshot is null where nothing can be in force. */
  async first(): Promise<{ readonly snapshot: Snapshot | null } & Pick<RoundOutcome, "problems">> {
    const { problems, kind } = await this.#reloader.round();
    return { snapshot: kind === "refused" ? null : this.#first, problems };
  }

  /** Reads the files anew now; see Core. */
  async reload(core: Core, putBack: string | null = null): Promise<ReloadEvent> {
    const startedAtMs = this.#parts.clock.monotonic();
    const before = core.snapshot;
    const outcome = await this.#reloader.round(putBack);
    const event = this.#eventOf(outcome, before, core.snapshot, startedAtMs);
    tellTroubles(core, outcome.problems);
    const { version, changed, tookMs, swapMs } = event;
    const fields = { version, changed, tookMs, swapMs };
    if (event.result === "swapped")
      this.#parts.logger().info(fields, "the changed files are in force");
    if (event.result === "refused") this.#parts.logger().warn(fields, "what was in force stays so");
    this.#tell(event);
    return event;
  }

  /** Puts a version that was in force there again, over what the files say until they change. */
  async rollBack(core: Core, order: Rollback): Promise<ReloadEvent | RollbackProblem> {
    const startedAtMs = this.#parts.clock.monotonic();
    let before = core.snapshot;
    let problem: RollbackProblem | null = null;
    const outcome = await this.#reloader.overrule(() => {
      before = core.snapshot;
      const load = this.versions.loadOf(order);
      if (typeof load === "string") {
        problem = load;
        return null;
      }
      this.#rollingBackTo = order.version;
      return load;
    });
    this.#rollingBackTo = null;
    if (outcome === null) return problem ?? "not-kept";
    const event = this.#eventOf(outcome, before, core.snapshot, startedAtMs);
    this.#tell(event);
    return event;
  }

  /** Fulfilled by the next event that `wanted` accepts. */
  next(wanted: (event: ReloadEvent) => boolean): Promise<ReloadEvent> {
    const { promise, resolve: found } = Promise.withResolvers<ReloadEvent>();
    const listener = (event: ReloadEvent): void => {
      if (!wanted(event)) return;
      this.#listeners.delete(listener);
      found(event);
    };
    this.#listeners.add(listener);
    return promise;
  }

  async close(): Promise<void> {
    await Promise.all([this.#watcher.close(), this.#loader.close()]);
  }

  #tell(event: ReloadEvent): void {
    this.#parts.metrics.reloaded(event.result, event.tookMs / 1000);
    this.#options.onReload?.(event);
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** Puts a load in force: one reference changes, and with it everything the next request is answered by. */
  async #swap(load: ReadyLoad): Promise<readonly LoadProblem[] | null> {
    const { configurationFile = null, policies = null } = this.#options;
    const { clock, activation: parts } = this.#parts;
    const core = this.#parts.core();
    const previous = core?.snapshot ?? null;
    const order = { configurationFile, policies, standing: null };
    const activation = await activate(load, order, parts, previous);
    if (!activation.ok) return activation.problems;
    const { snapshot, heldMs } = activation;
    this.#first ??= snapshot;
    if (core !== null) {
      const startedAtMs = clock.monotonic();
      core.snapshot = snapshot;
      this.#afterSwap(core, previous);
      this.#swapMs = heldMs + clock.monotonic() - startedAtMs;
    }
    this.versions.keep(snapshot, load, clock.now(), this.#rollingBackTo);
    return null;
  }

  #afterSwap(core: Core, previous: Snapshot | null): void {
    const { snapshot } = core;
    if (snapshot.targets !== previous?.targets) {
      const cast = [...snapshot.targets.providers.values()];
      this.#parts.pools.reload(cast.map(({ provider }) => provider));
      core.servers.follow(snapshot);
      core.health.forget(replacedTargets(previous, snapshot));
    }
    if (snapshot.configuration !== previous?.configuration) tellKeyTroubles(core, snapshot);
    if (listensElsewhere(previous, snapshot)) {
      this.#parts.logger().warn("another host or port takes effect at the next start");
    }
    const before = previous?.configuration.telemetry.otlp;
    if (before !== snapshot.configuration.telemetry.otlp) {
      this.#parts.logger().warn("another receiver of traces takes effect at the next start");
    }
    core.cache.meaning.follow();
    this.#moveLog(core, previous);
  }

  #moveLog(core: Core, previous: Snapshot | null): void {
    const { configuration } = core.snapshot;
    if (sameLog(configuration, previous?.configuration)) return;
    const before = core.decisionLog;
    try {
      core.decisionLog = openLog(configuration, (text) => this.#parts.logger().error(text));
      void before.close();
    } catch (err) {
      this.#parts.logger().error({ err }, "the decision log stays where it was");
    }
  }

  async #filesChanged(): Promise<void> {
    const core = this.#parts.core();
    if (core === null || core.stopping) return;
    try {
      await this.reload(core);
    } catch (err) {
      this.#parts
        .logger()
        .error({ err }, "reading the changed files failed; what was in force stays so");
    }
  }

  #eventOf(
    { kind, problems }: RoundOutcome,
    before: Snapshot,
    after: Snapshot,
    startedAtMs: number,
  ): ReloadEvent {
    const changed = [...after.policies.values()].filter(
      ({ name, hash }) => before.policies.get(name)?.hash !== hash,
    );
    return {
      result: kind,
      version: after.version,
      changed: changed.map(({ name }) => name),
      problems,
      tookMs: Math.round(this.#parts.clock.monotonic() - startedAtMs),
      swapMs: kind === "swapped" ? Math.round(this.#swapMs * 1000) / 1000 : 0,
    };
  }
}

type Settings = Snapshot["configuration"];

function sameLog({ telemetry }: Settings, before: Settings | undefined): boolean {
  const rotation = before?.telemetry.decisionLogRotation;
  return (
    telemetry.decisionLog === before?.telemetry.decisionLog &&
    telemetry.decisionLogRotation?.maxBytes === rotation?.maxBytes &&
    telemetry.decisionLogRotation?.keep === rotation?.keep
  );
}

function listensElsewhere(previous: Snapshot | null, { configuration }: Snapshot): boolean {
  const { server, adminListener } = configuration;
  const before = previous?.configuration;
  return (
    before?.server.host !== server.host ||
    before.server.port !== server.port ||
    before.adminListener?.host !== adminListener?.host ||
    before.adminListener?.port !== adminListener?.port
  );
}
