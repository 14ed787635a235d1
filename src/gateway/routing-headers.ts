import type { Commitment } from "../runtime/dispatch/world.ts";
import { droppedHeader } from "./dropped-header.ts";
import type { Exchange } from "./exchange.ts";

/** What an answer was decided by, and what the cache has to do with it: undefined where that was not asked. */
export interface RoutedBy {
  readonly policy: string;
  readonly rule: string;
  readonly cache: string | undefined;
}

/** Flat header pairs of an answer: those of every answer, and what it was decided by. */
export function routingHeaders(
  { headers: given, snapshot }: Exchange,
  { target, attempts, dropped = [] }: Commitment,
  { policy, rule, cache }: RoutedBy,
): string[] {
  const headers = [...given];
  if (snapshot.configuration.server.routingHeaders) {
    headers.push("x-signalbox-policy", policy, "x-signalbox-rule", rule);
    if (target !== "") headers.push("x-signalbox-target", encodeURI(target));
    headers.push("x-signalbox-attempts", String(attempts));
    if (cache !== undefined) headers.push("x-signalbox-cache", cache);
    if (dropped.length > 0) headers.push("x-signalbox-dropped", droppedHeader(dropped));
  }
  if (snapshot.targets.get(target)?.standIn === true) headers.push("x-signalbox-stand-in", "true");
  return headers;
}
