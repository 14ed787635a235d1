import type { Clock } from "../base/clock.ts";
import { HealthBook } from "../runtime/resilience/health-book.ts";
import type { Logger } from "../runtime/telemetry/logger.ts";
import type { Metrics } from "../runtime/telemetry/metrics.ts";
import type { Snapshot } from "./snapshot.ts";

export interface HealthSurroundings {
  readonly clock: Clock;
  readonly metrics: Metrics;
  logger(): Logger;
  snapshot(): Snapshot;
}

/** The health of all targets of a gateway, its turns logged and counted. */
export function openHealth({ clock, metrics, logger, snapshot }: HealthSurroundings): HealthBook {
  return new HealthBook({
    now: () => clock.monotonic(),
    random: Math.random,
    settings: () => snapshot().configuration.health,
    concurrencyOf: (target) => snapshot().configuration.targets.get(target)?.concurrency ?? null,
    changed(target, change) {
      metrics.healthChanged(target, change);
      if (change === "opened")
        logger().warn({ target }, "a target failed too often and is left alone for a while");
      else if (change === "closed") logger().info({ target }, "a target answers again");
      else if (change === "tried")
        logger().debug({ target }, "a target that is left alone was tried, for want of another");
      else if (change === "heard")
        logger().warn({ target }, "another gateway leaves a target alone, and so does this one");
      else logger().debug({ target }, "a target asked to be left alone for a while");
    },
  });
}

/** Targets of a configuration behind whose names others stand in the next, or none. */
export function replacedTargets(before: Snapshot | null, after: Snapshot): readonly string[] {
  const named = [...(before?.configuration.targets.values() ?? [])];
  return named.flatMap(({ name, provider, model }) => {
    const now = after.configuration.targets.get(name);
    return now?.provider === provider && now.model === model ? [] : [name];
  });
}
