import type { Clock } from "../base/clock.ts";
import type { Target } from "../catalog/target.ts";
import type { RedisSettings } from "../configuration/configuration.ts";
import type { Timers } from "../runtime/limits/waiter.ts";
import type { HealthBook } from "../runtime/resilience/health-book.ts";
import type { HeldOffTarget, SharedSession, SharedState } from "../runtime/store/shared-state.ts";
import type { Logger } from "../runtime/telemetry/logger.ts";
import type { Metrics } from "../runtime/telemetry/metrics.ts";

export interface SharedGatewaysParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly health: HealthBook;
  /** The targets in force by name. */
  readonly targets: () => ReadonlyMap<string, Target>;
  readonly metrics: Pick<Metrics, "sharingFailed">;
  logger(): Pick<Logger, "info" | "warn">;
}

/** How often gateways tell each other what they leave alone. */
const everyMs = 1_000;

/** After a failure no request waits for the store for so long. */
const sparedMs = 1_000;

/**
 * What this gateway shares with others on one Redis: which targets it leaves alone, beside the requests, and where sticky sessions
 * stay. Without a store, and while it fails, every gateway goes by what it knows itself.
 */
export class SharedGateways {
  readonly #parts: SharedGatewaysParts;
  #state: SharedState | null = null;
  #failing = false;
  #sparedUntilMs = 0;
  #stop = (): void => {};

  constructor(parts: SharedGatewaysParts) {
    this.#parts = parts;
  }

  /** Begins to share over a Redis, without waiting for its connection; nothing where there is none. */
  async begin(redis: RedisSettings | null): Promise<void> {
    if (redis?.url.kind !== "value") return;
    // Loaded where it is used: most gateways stand alone.
    const { openRedisSharedState } = await import("../runtime/store/redis-shared-state.ts");
    this.share(openRedisSharedState({ url: redis.url.value, prefix: redis.prefix }));
  }

  /** Begins to share over a store that is open. */
  share(state: SharedState): void {
    this.#state = state;
    this.#later();
  }

  /** Where a session stays by what others know; null where nobody can be asked. Never rejects. */
  findSession(key: string): Promise<SharedSession | null> | null {
    const state = this.#state;
    if (state === null || this.#parts.clock.monotonic() < this.#sparedUntilMs) return null;
    return this.#told(state.findSession(key), null);
  }

  keepSession(key: string, session: SharedSession, forMs: number): void {
    if (this.#state === null || this.#parts.clock.monotonic() < this.#sparedUntilMs) return;
    void this.#told(this.#state.keepSession(key, session, forMs), undefined);
  }

  /** Tells the others what this gateway leaves alone, and hears of them. Never rejects. */
  async exchange(): Promise<void> {
    const state = this.#state;
    if (state === null) return;
    const { clock, health } = this.#parts;
    const atMs = clock.now();
    const heard = await this.#told(state.exchange(this.#own(atMs), atMs), []);
    const names = this.#namesByIdentity();
    for (const { target, openUntilMs, pausedUntilMs } of heard) {
      const openMs = Math.max(0, openUntilMs - atMs);
      const pauseMs = Math.max(0, pausedUntilMs - atMs);
      for (const name of names.get(target) ?? []) health.hear({ target: name, openMs, pauseMs });
    }
  }

  /** Whether there is a store that is shared. */
  get isShared(): boolean {
    return this.#state !== null;
  }

  /** What any gateway learned of something; undefined where that cannot be told now. Never rejects. */
  learned(what: string): Promise<string | null | undefined> {
    const state = this.#state;
    if (state === null) return Promise.resolve(undefined);
    return this.#told<string | null | undefined>(state.learned(what), undefined);
  }

  /** Whether it was kept. Never rejects. */
  keepLearned(what: string, learned: string): Promise<boolean> {
    const state = this.#state;
    if (state === null) return Promise.resolve(false);
    return this.#told(
      state.keepLearned(what, learned).then(() => true),
      false,
    );
  }

  async close(): Promise<void> {
    this.#stop();
    const state = this.#state;
    this.#state = null;
    await state?.close();
  }

  #later(): void {
    this.#stop = this.#parts.timers.start(everyMs, () => {
      void this.exchange().finally(() => {
        if (this.#state !== null) this.#later();
      });
    });
  }

  #own(atMs: number): readonly HeldOffTarget[] {
    const targets = this.#parts.targets();
    return this.#parts.health.heldOff().flatMap(({ target: name, openMs, pauseMs }) => {
      const target = targets.get(name);
      if (target === undefined) return [];
      const until = (ms: number): number => (ms === 0 ? 0 : Math.ceil(atMs + ms));
      return [
        {
          ...{ target: identityOf(target), openUntilMs: until(openMs) },
          pausedUntilMs: until(pauseMs),
        },
      ];
    });
  }

  #namesByIdentity(): ReadonlyMap<string, readonly string[]> {
    const names = new Map<string, string[]>();
    for (const [name, target] of this.#parts.targets()) {
      const identity = identityOf(target);
      names.set(identity, [...(names.get(identity) ?? []), name]);
    }
    return names;
  }

  async #told<T>(running: Promise<T>, otherwise: T): Promise<T> {
    try {
      const told = await running;
      if (this.#failing) this.#parts.logger().info("what gateways share can be had again");
      this.#failing = false;
      return told;
    } catch (err) {
      if (!this.#failing)
        this.#parts
          .logger()
          .warn({ err }, "what gateways share cannot be had; each goes by what it knows itself");
      this.#failing = true;
      this.#parts.metrics.sharingFailed();
      this.#sparedUntilMs = this.#parts.clock.monotonic() + sparedMs;
      return otherwise;
    }
  }
}

/** Gateways may call the same model by other names, and other models by the same. */
function identityOf({ provider, model }: Target): string {
  return `${provider}\n${model}`;
}
