import type { Exchange } from "../exchange.ts";

/** Logs what an operator changed and by whose key, at whatever level the gateway logs. */
export function audit(
  { core, id, snapshot }: Exchange,
  action: "reload" | "rollback" | "breaker" | "drain" | "key" | "cache" | "promote" | "put-back",
  fields: object,
): void {
  // The key's value is a secret; where it is kept names its holder.
  const actor = snapshot.configuration.adminKey?.from;
  const logger = core.logger.child({}, { level: "info" });
  logger.info({ audit: action, actor, requestId: id, ...fields }, "an operator's order");
}
