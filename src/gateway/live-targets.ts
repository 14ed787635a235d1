import type { LiveTargets } from "../catalog/target-fact.ts";
import type { HealthBook } from "../runtime/resilience/health-book.ts";
import type { LocalServers } from "./local-servers.ts";

/** What decisions see of targets: how attempts there fared, and what a server at home says of itself. */
export function liveTargetsOf(servers: LocalServers, health: HealthBook): LiveTargets {
  return {
    healthy: (target) => servers.healthy(target) && health.healthy(target),
    measured: (target, measure) =>
      // A server counts others' requests too; how fast it is to us our own attempts tell best.
      measure === "queue"
        ? servers.measured(target, measure)
        : (health.measured(target, measure) ?? servers.measured(target, measure)),
  };
}
