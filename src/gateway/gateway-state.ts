import type { GatewayState } from "../runtime/telemetry/gauges.ts";
import type { Pools } from "../runtime/transport/pools.ts";
import type { Core } from "./core.ts";
import { readiness } from "./readiness.ts";

/** What a scrape of the metrics reads from a gateway at this moment. */
export function gatewayState(core: Core, pools: Pools): GatewayState {
  const policies = readiness(core).policies.map(({ name, hash, since }) => ({
    name,
    hash,
    sinceEpochMs: since === null ? null : Date.parse(since),
    errorSinceEpochMs:
      core.troubles.find(({ policy }) => policy === name || policy === null)?.sinceEpochMs ?? null,
  }));
  return {
    nowEpochMs: core.clock.now(),
    requestsInFlight: core.live.size,
    heldBytes: core.admission.heldBytes,
    stalledReaders: core.admission.stalledReaders,
    upstreamInFlight: pools.inFlight(),
    limitsWaiting: core.limits.waiting,
    ledgerUnwritten: core.limits.opened?.rows?.unwritten ?? 0,
    ledgerLost: core.limits.opened?.rows?.lost ?? 0,
    ready: !core.stopping,
    decisionLogDropped: core.decisionLog.dropped(),
    decisionFactsLeftOut: core.recorder.leftOut(),
    policies,
    shadowPolicies: core.policyShadows.ages(),
    servers: core.servers.gauges(),
    targetPanic: core.health.panic,
    targets: core.health.all(),
    counts: core.counts.gauges(core.snapshot.configuration.targets.values()),
  };
}
