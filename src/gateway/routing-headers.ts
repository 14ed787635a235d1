import type { Commitment } from "../runtime/dispatch/world.ts";
import { droppedHeader } from "./dropped-header.ts";
import type { Exchange } from "./exchange.ts";
import type { ActivePolicy } from "./snapshot.ts";

/** How an answer came about. */
export interface Routed {
  readonly exchange: Exchange;
  readonly policy: ActivePolicy;
  /** The rule's id. */
  readonly rule: string;
}

/** The headers of a routed answer, as flat pairs: which policy, rule and target, after how many attempts. */
export function routingHeaders(
  { exchange, policy, rule }: Routed,
  { target, attempts, dropped = [] }: Commitment,
): string[] {
  const headers = [...exchange.headers];
  const { targets, configuration } = exchange.snapshot;
  if (configuration.server.routingHeaders) {
    headers.push("x-signalbox-policy", policy.header, "x-signalbox-rule", rule);
    if (target !== "") headers.push("x-signalbox-target", encodeURI(target));
    headers.push("x-signalbox-attempts", String(attempts));
    if (dropped.length > 0) headers.push("x-signalbox-dropped", droppedHeader(dropped));
  }
  if (targets.get(target)?.standIn === true) headers.push("x-signalbox-stand-in", "true");
  return headers;
}
