import { randomInt } from "node:crypto";
import { type Clock, systemClock } from "../base/clock.ts";
import { spreadSeeds } from "../base/random.ts";
import { RunningSpend } from "../catalog/month-spend.ts";
import type { AdminListener } from "../configuration/configuration.ts";
import { loadEncoder } from "../meaning/token-count.ts";
import { type Bridge, createBridge } from "../runtime/bridge/bridge.ts";
import { Admission, type Load } from "../runtime/overload/admission.ts";
import { watchLoad } from "../runtime/overload/watch-load.ts";
import { adapterOf } from "../runtime/providers/adapters.ts";
import type { HealthBook } from "../runtime/resilience/health-book.ts";
import type { FoundServer } from "../runtime/servers/discover.ts";
import type { ServerReport } from "../runtime/servers/server-monitor.ts";
import { createLogger, type Logger } from "../runtime/telemetry/logger.ts";
import { createMetrics } from "../runtime/telemetry/metrics.ts";
import { createPools, type Pools } from "../runtime/transport/pools.ts";
import { SocketWorld } from "../runtime/transport/socket-world.ts";
import {
  createTimerWheel,
  type TimerWheel,
  type WheelHost,
} from "../runtime/transport/timer-wheel.ts";
import type { ActivationParts } from "./activate.ts";
import { answerCacheOf, openCache } from "./answer-cache.ts";
import { BatchAccess, type LaneTime } from "./batch-access.ts";
import { Classifier } from "./classifier.ts";
import type { Core, ReloadEvent } from "./core.ts";
import { createExplainer } from "./explainer.ts";
import { gatewayState } from "./gateway-state.ts";
import { Impatience } from "./impatience.ts";
import { type KeepCounts, keepCountsOf } from "./keep-counts.ts";
import { LiveRequests } from "./live-requests.ts";
import { liveTargetsOf } from "./live-targets.ts";
import { LocalServers } from "./local-servers.ts";
import { openHealth } from "./open-health.ts";
import { keyBookOf, openKeys } from "./open-keys.ts";
import { openLog } from "./open-log.ts";
import { openTraces } from "./open-traces.ts";
import { PolicyShadows } from "./policy-shadows.ts";
import { PromptMemory } from "./prompt-memory.ts";
import { type PolicyStatus, readiness, type TargetStatus } from "./readiness.ts";
import { defaultRecorderLimits, Recorder, type RecorderLimits } from "./recorder.ts";
import type { LoadProblem } from "./reload/load.ts";
import { Reloading, type ReloadOptions } from "./reloading.ts";
import { openLimits, RequestLimits, timersOf } from "./request-limits.ts";
import type { Door } from "./routes.ts";
import { type GatewayServer, listen } from "./server.ts";
import { Shadows } from "./shadows.ts";
import { SharedGateways } from "./shared-gateways.ts";
import type { Snapshot } from "./snapshot.ts";
import { createStandIns, noStandIns } from "./stand-ins.ts";
import { listenReason, resumeBatches, StartError, startError } from "./start-error.ts";
import { StickyMemory } from "./sticky.ts";
import { tellTroubles } from "./tell-troubles.ts";
import { TokenCounts } from "./token-counts.ts";

/** How a gateway is started. Everything not given comes from the configuration. */
export interface GatewayOptions extends ReloadOptions {
  readonly host?: string;
  readonly port?: number;
  /** Plays targets without a key or an answer by embedded stand-ins; loopback only. */
  readonly standIns?: boolean;
  /** Told of each state of a server at home that differs in its health from the one before. */
  readonly onServerChange?: (report: ServerReport) => void;
  readonly logger?: Logger;
  /** Takes the log's JSON lines in place of stderr; not asked when a logger is given. */
  readonly logTo?: { write(line: string): void };
  readonly clock?: Clock;
  /** Keeps the timers of attempts and probes; Node's own when absent. */
  readonly timerHost?: WheelHost;
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
  /** The same of the operator's own port; null where it has none. */
  readonly adminUrl: string | null;
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
  /** Fulfilled when no request waits to be decided by a candidate. */
  shadowsSettled(): Promise<void>;
  /** Opens the decision log anew, after it was rotated away. */
  reopenLogs(): void;
  /** Fulfilled once it has stopped, whoever asked for it; rejects where a graceful stop failed. */
  readonly stopped: Promise<void>;
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

/** How long those who watch a drain may take with their last answers, in milliseconds. */
const lastAnswersMs = 500;

/** Listens for some; rejects with a StartError where the address cannot be had. */
function open(core: Core, { host, port }: AdminListener, door: Door): Promise<GatewayServer> {
  return listen(core, { host, port, door }).catch((error: unknown) => {
    throw new StartError(`cannot listen on ${host}:${port}: ${listenReason(error)}`, {
      cause: error,
    });
  });
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
  readonly #reloading: Reloading;
  readonly #explainer = createExplainer();
  #logger: Logger;
  #core: Core | null = null;
  #server: GatewayServer | null = null;
  #adminServer: GatewayServer | null = null;
  #closing: Promise<void> | null = null;
  readonly #stopped = Promise.withResolvers<void>();
  #endWatch = (): void => {};
  #keepCounts: KeepCounts | null = null;
  readonly #strangeFacts = new Set<string>();
  #nextLimitsFailureMs = Number.NEGATIVE_INFINITY;

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
    this.#reloading = new Reloading(options, {
      ...{ clock: this.#clock, metrics: this.#metrics, pools: this.#pools },
      activation: this.#parts,
      logger: () => this.#logger,
      core: () => this.#core,
    });
    // Whoever stops it by a method is told by that one's promise.
    this.#stopped.promise.catch(() => {});
  }

  async start(): Promise<Gateway> {
    const { problems, snapshot } = await this.#reloading.first();
    if (snapshot === null) throw startError(problems);
    const { server, telemetry, adminListener } = snapshot.configuration;
    if (this.#options.logger === undefined)
      this.#logger = createLogger(telemetry.logLevel, this.#options.logTo);
    const core = this.#createCore(snapshot);
    this.#core = core;
    this.#metrics.observe(() => gatewayState(core, this.#pools));
    tellTroubles(core, problems);
    resumeBatches(core.batches);
    await Promise.all([openLimits(core), core.shared.begin(snapshot.configuration.redis)]);
    await this.#keepCounts?.begin();
    await openKeys(core);
    await openCache(core);
    const host = this.#options.host ?? server.host;
    const port = this.#options.port ?? server.port;
    // Its loading holds the loop for a fifth of a second: now, rather than in the middle of somebody's stream.
    const traces = openTraces(snapshot.configuration, this.#metrics, this.#logger);
    await Promise.all([loadEncoder(), core.servers.firstLook(), traces]);
    core.traces = await traces;
    this.#server = await open(core, { host, port }, adminListener === null ? "all" : "clients");
    if (adminListener !== null) this.#adminServer = await open(core, adminListener, "operators");
    const telling = problems.filter(({ severity }) => severity !== "info");
    return this.#gateway(core, this.#server, telling);
  }

  async kill(): Promise<void> {
    if (this.#core !== null) this.#core.stopping = true;
    this.#server?.cut();
    this.#adminServer?.cut();
    await this.#release(() => this.#pools.destroy());
    this.#stopped.resolve();
  }

  #close(core: Core, server: GatewayServer, drainMs?: number): Promise<void> {
    this.#closing ??= this.#drain(core, server, drainMs);
    return this.#closing;
  }

  async #drain(core: Core, server: GatewayServer, drainMs: number | undefined): Promise<void> {
    core.stopping = true;
    try {
      await server.drain(drainMs ?? core.snapshot.configuration.server.drainMs);
      // Whoever watches the drain sees it to its end.
      await this.#adminServer?.drain(lastAnswersMs);
      await this.#release(() => this.#pools.close());
      this.#stopped.resolve();
    } catch (error) {
      this.#stopped.reject(error);
      throw error;
    }
  }

  async #release(endPools: () => Promise<void>): Promise<void> {
    await Promise.all([this.#reloading.close(), this.#explainer.close()]);
    this.#endWatch();
    this.#core?.batches.stop();
    this.#core?.shadows.stop();
    this.#core?.classifier.stop();
    this.#core?.cache.stop();
    await Promise.all([this.#parts.standIns?.close(), this.#core?.servers.close()]);
    await endPools();
    await this.#core?.batches.close();
    await this.#keepCounts?.close();
    await Promise.all([this.#core?.limits.close(), this.#core?.shared.close()]);
    await this.#core?.keys.close();
    await this.#core?.cache.close();
    await this.#core?.policyShadows.close();
    await this.#core?.recorder.close();
    await this.#core?.decisionLog.close();
    await this.#core?.traces?.close();
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
    const liveTargets = liveTargetsOf(servers, health);
    const impatience = new Impatience(() => core.snapshot.configuration.health, Math.random);
    const shared = this.#shareBy(timers, health, () => core.snapshot);
    const core: Core = {
      snapshot,
      stopping: false,
      troubles: [],
      decisionLog: openLog(snapshot.configuration, (text) => this.#logger.error(text)),
      recorder: new Recorder({
        log: () => core.decisionLog,
        logger: () => this.#logger,
        limits: this.#options.recorderLimits ?? defaultRecorderLimits,
        weightsOf: (target) => servers.identityOf(target),
      }),
      explainer: this.#explainer,
      clock,
      ...{ logger: this.#logger, metrics: this.#metrics, traces: null },
      world,
      admission,
      limits: new RequestLimits({
        ...{ clock, timers: timersOf(timers, clock) },
        configuration: () => core.snapshot.configuration,
        failed: (err) => this.#limitsFailed(err),
      }),
      cache: answerCacheOf(() => core, this.#metrics.cache),
      live: new LiveRequests(),
      batches: new BatchAccess(() => core, this.#options.laneTime ?? { clock, timers }),
      keys: keyBookOf(() => core, { clock, timers }),
      ...{ spend: new RunningSpend(), prompts: new PromptMemory(), counts: new TokenCounts() },
      ...{ liveTargets, health, servers, shared, sticky: new StickyMemory(shared) },
      classifier: new Classifier({ world, live: liveTargets, admission, impatience }),
      ...{ nextSeed: spreadSeeds(randomInt(2 ** 32)), shadows: new Shadows(world), impatience },
      policyShadows: new PolicyShadows(() => core),
      ...this.#reloadsOf(() => core),
      drain: () => {
        core.stopping = true;
        // A failure of it is told by `stopped`.
        if (this.#server !== null) this.#close(core, this.#server).catch(() => {});
      },
    };
    this.#keepCounts = keepCountsOf(core, timersOf(timers, clock));
    servers.follow(snapshot);
    this.#endWatch = (this.#options.watchLoad ?? watchLoad)((load) => admission.sample(load));
    return core;
  }

  #reloadsOf(core: () => Core): Pick<Core, "reload" | "rollBack" | "versions"> {
    return {
      reload: (putBack) => this.#reloading.reload(core(), putBack),
      rollBack: (order) => this.#reloading.rollBack(core(), order),
      versions: this.#reloading.versions,
    };
  }

  #shareBy(wheel: TimerWheel, health: HealthBook, snapshot: () => Snapshot): SharedGateways {
    const clock = this.#clock;
    return new SharedGateways({
      ...{ clock, timers: timersOf(wheel, clock), health, metrics: this.#metrics },
      ...{ logger: () => this.#logger, targets: () => snapshot().configuration.targets },
    });
  }

  #limitsFailed(err: unknown): void {
    this.#metrics.ledgerFailed();
    // Each request fails alike while a disk is full: all are counted, one a second is told.
    const atMs = this.#clock.monotonic();
    if (atMs < this.#nextLimitsFailureMs) return;
    this.#nextLimitsFailureMs = atMs + 1_000;
    this.#logger.error({ err }, "what requests count against, or what they cost, was not written");
  }

  /** A value outside a fact's declared ones is unknown; counted each time, logged once per fact. */
  #strangeValue(fact: string): void {
    this.#metrics.strangeValue(fact);
    if (this.#strangeFacts.has(fact)) return;
    this.#strangeFacts.add(fact);
    this.#logger.warn({ fact }, "a value outside the fact's declared ones counts as unknown");
  }

  #gateway(core: Core, server: GatewayServer, problems: readonly LoadProblem[]): Gateway {
    return {
      url: server.url,
      adminUrl: this.#adminServer?.url ?? null,
      stopped: this.#stopped.promise,
      policies: () => readiness(core).policies,
      targets: () => readiness(core).targets,
      problems,
      findServers: (ports) => core.servers.find(Number(new URL(server.url).port), ports),
      askServers: () => core.servers.askAll(),
      reload: () => this.#reloading.reload(core),
      nextReload: (wanted = () => true) => this.#reloading.next(wanted),
      batchesSettled: () => core.batches.settled(),
      shadowsSettled: () => core.policyShadows.settled(),
      reopenLogs: () => core.decisionLog.reopen(),
      close: (drainMs) => this.#close(core, server, drainMs),
      kill: () => this.kill(),
    };
  }
}
