import type { Commitment } from "../runtime/dispatch/world.ts";
import { droppedHeader } from "./dropped-header.ts";
import type { Exchange } from "./exchange.ts";

/** Flat header pairs of an answer: those of every answer, and what it was decided by. */
export function routingHeaders(
  { headers: given, snapshot }: Exchange,
  { target, attempts, dropped = [] }: Commitment,
  policy: string,
  rule: string,
): string[] {
  const headers = [...given];
  if (snapshot.configuration.server.routingHeaders) {
    headers.push("x-signalbox-policy", policy, "x-signalbox-rule", rule);
    if (target !== "") headers.push("x-signalbox-target", encodeURI(target));
    headers.push("x-signalbox-attempts", String(attempts));
    if (dropped.length > 0) headers.push("x-signalbox-dropped", droppedHeader(dropped));
  }
  if (snapshot.targets.get(target)?.standIn === true) headers.push("x-signalbox-stand-in", "true");
  return headers;
}
