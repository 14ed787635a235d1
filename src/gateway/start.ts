import { randomInt } from "node:crypto";
import { type Clock, systemClock } from "../base/clock.ts";
import { spreadSeeds } from "../base/random.ts";
import { RunningSpend } from "../catalog/month-spend.ts";
import { loadEncoder } from "../meaning/token-count.ts";
import { type Bridge, createBridge } from "../runtime/bridge/bridge.ts";
import { Admission, type Load } from "../runtime/overload/admission.ts";
import { watchLoad } from "../runtime/overload/watch-load.ts";
import { adapterOf } from "../runtime/providers/adapters.ts";
import type { FoundServer } from "../runtime/servers/discover.ts";
import type { ServerReport } from "../runtime/servers/server-monitor.ts";
import { createLogger, type Logger } from "../runtime/telemetry/logger.ts";
import { createMetrics } from "../runtime/telemetry/metrics.ts";
import { createPools, type Pools } from "../runtime/transport/pools.ts";
import { SocketWorld } from "../runtime/transport/socket-world.ts";
import { createTimerWheel, type WheelHost } from "../runtime/transport/timer-wheel.ts";
import { type ActivationParts, activate } from "./activate.ts";
import { BatchAccess, type LaneTime } from "./batch-access.ts";
import type { Core, ReloadEvent } from "./core.ts";
import { createExplainer } from "./explainer.ts";
import { gatewayState } from "./gateway-state.ts";
import { LiveRequests } from "./live-requests.ts";
import { liveTargetsOf } from "./live-targets.ts";
import { LocalServers } from "./local-servers.ts";
import { openHealth, replacedTargets } from "./open-health.ts";
import { openLog } from "./open-log.ts";
import { PromptMemory } from "./prompt-memory.ts";
import { type PolicyStatus, readiness, type TargetStatus } from "./readiness.ts";
import { defaultRecorderLimits, Recorder, type RecorderLimits } from "./recorder.ts";
import type { Gate } from "./reload/gate.ts";
import type { LoadProblem } from "./reload/load.ts";
import { createLoader, defaultLoaderLimits, type LoaderLimits } from "./reload/loader.ts";
import { type ReadyLoad, Reloader, type RoundOutcome } from "./reload/reloader.ts";
import { createWatcher, type Watcher } from "./reload/watcher.ts";
import { type GatewayServer, listen } from "./server.ts";
import type { Snapshot } from "./snapshot.ts";
import { createStandIns, noStandIns } from "./stand-ins.ts";
import { listenReason, resumeBatches, StartError, startError } from "./start-error.ts";
import { tellTroubles } from "./tell-troubles.ts";

/** How a gateway is started. Everything not given comes from the configuration. */
export interface GatewayOptions {
  /** Null or absent: built-in defaults, which have no target. */
  readonly configurationFile?: string | null;
  /** A folder or file of policies in place of the configured one. A single file is the default policy. */
  readonly policies?: string | null;
  readonly host?: string;
  readonly port?: number;
  /** Plays targets without a key or an answer by embedded stand-ins; loopback only. */
  readonly standIns?: boolean;
  /** Stands for the environment's variables; the process's own when absent. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly gates?: readonly Gate[];
  /** Told after each time the files were read anew, the swap done. */
  readonly onReload?: (event: ReloadEvent) => void;
  /** Told of each state of a server at home that differs in its health from the one before. */
  readonly onServerChange?: (report: ServerReport) => void;
  readonly logger?: Logger;
  /** Takes the log's JSON lines in place of stderr; not asked when a logger is given. */
  readonly logTo?: { write(line: string): void };
  readonly clock?: Clock;
  /** Keeps the timers of attempts and probes; Node's own when absent. */
  readonly timerHost?: WheelHost;
  readonly loaderLimits?: LoaderLimits;
  readonly recorderLimits?: RecorderLimits;
  /** Samples the process's load until what it returns is called, in place of the watch on the event loop and the heap. */
  readonly watchLoad?: (report: (load: Load) => void) => () => void;
  /** The time that batches wait by; the clock and its timers when absent. */
  readonly laneTime?: LaneTime;
}

/** A gateway that listens. */
export interface Gateway {
  /** Origin without a trailing slash. */
  readonly url: string;
  policies(): readonly PolicyStatus[];
  targets(): readonly TargetStatus[];
  /** What the files held that is worth reading at the start: warnings, and policies that are not served. */
  readonly problems: readonly LoadProblem[];
  /** Local servers on these ports of this machine, the usual ones by default, that the configuration does not name. */
  findServers(ports?: readonly number[]): Promise<readonly FoundServer[]>;
  /** Asks each watched server now, and waits for the answers. */
  askServers(): Promise<void>;
  /** Reads the files anew now. */
  reload(): Promise<ReloadEvent>;
  /** Fulfilled by the next reading of changed files that `wanted` accepts; any by default. */
  nextReload(wanted?: (event: ReloadEvent) => boolean): Promise<ReloadEvent>;
  /** Fulfilled when nothing is being done for batches: what is left of them waits for a time to come. */
  batchesSettled(): Promise<void>;
  /** Opens the decision log anew, after it was rotated away. */
  reopenLogs(): void;
  /** Stops gracefully: no new connection, streams get `drainMs` (the configured time by default), logs are written. */
  close(drainMs?: number): Promise<void>;
  /** Stops at once; logs are written all the same. */
  kill(): Promise<void>;
}

/** Starts a gateway; rejects with a StartError for what the operator can mend. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const runtime = new Runtime(options);
  try {
    return await runtime.start();
  } catch (error) {
    await runtime.kill();
    throw error;
  }
}

class Runtime {
  readonly #options: GatewayOptions;
  readonly #clock: Clock;
  readonly #metrics = createMetrics();
  readonly #pools: Pools = createPools();
  readonly #bridge: Bridge = createBridge(this.#pools, (fault) =>
    this.#logger.error(fault, "the package of a provider failed"),
  );
  readonly #parts: ActivationParts;
  readonly #reloader: Reloader;
  readonly #watcher: Watcher;
  readonly #loader;
  readonly #explainer = createExplainer();
  readonly #listeners = new Set<(event: ReloadEvent) => void>();
  #logger: Logger;
  #first: Snapshot | null = null;
  #core: Core | null = null;
  #server: GatewayServer | null = null;
  #swapMs = 0;
  #endWatch = (): void => {};
  readonly #strangeFacts = new Set<string>();

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? createLogger("info", options.logTo);
    const standIns = options.standIns === true ? createStandIns() : null;
    const host = options.host ?? null;
    this.#parts = {
      clock: this.#clock,
      metrics: this.#metrics,
      standIns,
      plain: noStandIns,
      bridge: this.#bridge,
      strangeValue: (fact) => this.#strangeValue(fact),
      host,
    };
    this.#loader = createLoader(
      options.variables ?? null,
      options.loaderLimits ?? defaultLoaderLimits,
    );
    this.#watcher = createWatcher(
      () => void this.#filesChanged(),
      (err) => this.#logger.error({ err }, "watching the files failed"),
    );
    const { configurationFile = null, policies = null } = options;
    this.#reloader = new Reloader({
      loader: this.#loader,
      gates: options.gates ?? [],
      place: { configurationFile, policies },
      swap: (load) => this.#swap(load),
      watch: (files, folders) => this.#watcher.watch(files, folders),
    });
  }

  async start(): Promise<Gateway> {
    const { problems, kind } = await this.#reloader.round();
    const snapshot = this.#first;
    if (kind === "refused" || snapshot === null) throw startError(problems);
    const { server, telemetry } = snapshot.configuration;
    if (this.#options.logger === undefined)
      this.#logger = createLogger(telemetry.logLevel, this.#options.logTo);
    const core = this.#createCore(snapshot);
    this.#core = core;
    tellTroubles(core, problems);
    resumeBatches(core.batches);
    const host = this.#options.host ?? server.host;
    const port = this.#options.port ?? server.port;
    // Its loading holds the loop for a fifth of a second: now, rather than in the middle of somebody's stream.
    await Promise.all([loadEncoder(), core.servers.firstLook()]);
    this.#server = await listen(core, host, port).catch((error: unknown) => {
      throw new StartError(`cannot listen on ${host}:${port}: ${listenReason(error)}`, {
        cause: error,
      });
    });
    const telling = problems.filter(({ severity }) => severity !== "info");
    return this.#gateway(core, this.#server, telling);
  }

  async kill(): Promise<void> {
    if (this.#core !== null) this.#core.stopping = true;
    this.#server?.cut();
    await this.#release(() => this.#pools.destroy());
  }

  async #close(core: Core, server: GatewayServer, drainMs: number | undefined): Promise<void> {
    await server.drain(drainMs ?? core.snapshot.configuration.server.drainMs);
    await this.#release(() => this.#pools.close());
  }

  async #release(endPools: () => Promise<void>): Promise<void> {
    await Promise.all([this.#watcher.close(), this.#loader.close(), this.#explainer.close()]);
    this.#endWatch();
    this.#core?.batches.stop();
    await Promise.all([this.#parts.standIns?.close(), this.#core?.servers.close()]);
    await endPools();
    await this.#core?.batches.close();
    await this.#core?.recorder.close();
    await this.#core?.decisionLog.close();
  }

  #createCore(snapshot: Snapshot): Core {
    const clock = this.#clock;
    const timers = createTimerWheel(clock, this.#options.timerHost);
    const health = openHealth({
      ...{ clock, metrics: this.#metrics, logger: () => this.#logger },
      snapshot: () => core.snapshot,
    });
    const admission = new Admission(() => core.snapshot.configuration.server);
    const world = new SocketWorld({
      clock,
      gate: health,
      random: Math.random,
      timers,
      pools: this.#pools,
      held: admission,
      ...{ adapterOf, startBridged: this.#bridge.start },
      onBug: (err) => this.#logger.error({ err }, "a fault of the gateway itself, in an attempt"),
    });
    const servers = new LocalServers({
      ...{ clock, timers, random: Math.random, onChange: this.#options.onServerChange },
      logger: () => this.#logger,
      snapshot: () => core.snapshot,
      running: (target) => health.inFlight(target),
    });
    const core: Core = {
      snapshot,
      stopping: false,
      troubles: [],
      decisionLog: this.#openLog(snapshot),
      recorder: new Recorder({
        log: () => core.decisionLog,
        logger: () => this.#logger,
        limits: this.#options.recorderLimits ?? defaultRecorderLimits,
        weightsOf: (target) => servers.identityOf(target),
      }),
      explainer: this.#explainer,
      clock,
      logger: this.#logger,
      metrics: this.#metrics,
      world,
      admission,
      live: new LiveRequests(),
      batches: new BatchAccess(() => core, this.#options.laneTime ?? { clock, timers }),
      ...{ spend: new RunningSpend(), prompts: new PromptMemory() },
      liveTargets: liveTargetsOf(servers, health),
      ...{ health, servers },
      nextSeed: spreadSeeds(randomInt(2 ** 32)),
      reload: () => this.#reload(core),
    };
    servers.follow(snapshot);
    this.#endWatch = (this.#options.watchLoad ?? watchLoad)((load) => admission.sample(load));
    this.#metrics.observe(() => gatewayState(core, this.#pools));
    return core;
  }

  /** A value outside a fact's declared ones is unknown; counted each time, logged once per fact. */
  #strangeValue(fact: string): void {
    this.#metrics.strangeValue(fact);
    if (this.#strangeFacts.has(fact)) return;
    this.#strangeFacts.add(fact);
    this.#logger.warn({ fact }, "a value outside the fact's declared ones counts as unknown");
  }

  #openLog({ configuration }: Snapshot): Core["decisionLog"] {
    return openLog(configuration, (text) => this.#logger.error(text));
  }

  /** Puts a load in force: one reference changes, and with it everything the next request is answered by. */
  async #swap(load: ReadyLoad): Promise<readonly LoadProblem[] | null> {
    const { configurationFile = null, policies = null } = this.#options;
    const previous = this.#core?.snapshot ?? null;
    const order = { configurationFile, policies, standing: null };
    const activation = await activate(load, order, this.#parts, previous);
    if (!activation.ok) return activation.problems;
    const { snapshot, heldMs } = activation;
    this.#first ??= snapshot;
    if (this.#core !== null) {
      const startedAtMs = this.#clock.monotonic();
      this.#core.snapshot = snapshot;
      this.#afterSwap(this.#core, previous);
      this.#swapMs = heldMs + this.#clock.monotonic() - startedAtMs;
    }
    return null;
  }

  #afterSwap(core: Core, previous: Snapshot | null): void {
    const { snapshot } = core;
    if (snapshot.targets !== previous?.targets) {
      this.#pools.reload([...snapshot.targets.providers.values()].map(({ provider }) => provider));
      core.servers.follow(snapshot);
      core.health.forget(replacedTargets(previous, snapshot));
    }
    const { host, port } = snapshot.configuration.server;
    const before = previous?.configuration.server;
    if (before?.host !== host || before.port !== port) {
      this.#logger.warn("another host or port takes effect at the next start");
    }
    this.#moveLog(core, previous);
  }

  #moveLog(core: Core, previous: Snapshot | null): void {
    const { snapshot } = core;
    const log = snapshot.configuration.telemetry.decisionLog;
    if (log === previous?.configuration.telemetry.decisionLog) return;
    const before = core.decisionLog;
    try {
      core.decisionLog = this.#openLog(snapshot);
      void before.close();
    } catch (err) {
      this.#logger.error({ err }, "the decision log stays where it was");
    }
  }

  async #filesChanged(): Promise<void> {
    const core = this.#core;
    if (core === null || core.stopping) return;
    try {
      await this.#reload(core);
    } catch (err) {
      this.#logger.error({ err }, "reading the changed files failed; what was in force stays so");
    }
  }

  async #reload(core: Core): Promise<ReloadEvent> {
    const startedAtMs = this.#clock.monotonic();
    const before = core.snapshot;
    const outcome = await this.#reloader.round();
    const tookMs = Math.round(this.#clock.monotonic() - startedAtMs);
    const event = { ...this.#eventOf(outcome, before, core.snapshot), tookMs };
    this.#metrics.reloaded(event.result, event.tookMs / 1000);
    tellTroubles(core, outcome.problems);
    const { version, changed, swapMs } = event;
    const fields = { version, changed, tookMs, swapMs };
    if (event.result === "swapped") this.#logger.info(fields, "the changed files are in force");
    if (event.result === "refused") this.#logger.warn(fields, "what was in force stays so");
    this.#options.onReload?.(event);
    for (const listener of [...this.#listeners]) listener(event);
    return event;
  }

  #eventOf(
    { kind, problems }: RoundOutcome,
    before: Snapshot,
    after: Snapshot,
  ): Omit<ReloadEvent, "tookMs"> {
    const changed = [...after.policies.values()].filter(
      ({ name, hash }) => before.policies.get(name)?.hash !== hash,
    );
    return {
      result: kind,
      version: after.version,
      changed: changed.map(({ name }) => name),
      problems,
      swapMs: kind === "swapped" ? Math.round(this.#swapMs * 1000) / 1000 : 0,
    };
  }

  #gateway(core: Core, server: GatewayServer, problems: readonly LoadProblem[]): Gateway {
    return {
      url: server.url,
      policies: () => readiness(core).policies,
      targets: () => readiness(core).targets,
      problems,
      findServers: (ports) => core.servers.find(Number(new URL(server.url).port), ports),
      askServers: () => core.servers.askAll(),
      reload: () => this.#reload(core),
      nextReload: (wanted = () => true) => this.#nextReload(wanted),
      batchesSettled: () => core.batches.settled(),
      reopenLogs: () => core.decisionLog.reopen(),
      close: (drainMs) => this.#close(core, server, drainMs),
      kill: () => this.kill(),
    };
  }

  #nextReload(wanted: (event: ReloadEvent) => boolean): Promise<ReloadEvent> {
    const { promise, resolve: found } = Promise.withResolvers<ReloadEvent>();
    const listener = (event: ReloadEvent): void => {
      if (!wanted(event)) return;
      this.#listeners.delete(listener);
      found(event);
    };
    this.#listeners.add(listener);
    return promise;
  }
}
