import { hashToUnit } from "../../base/hash.ts";
import type { LoggedOutcome, LoggedRequest } from "../logged-request.ts";
import { tellsNothing } from "../logged-request.ts";

/** A request that stands for traffic which the log does not have: like one of its own, but with luck of its own. */
export function copiedRequest(
  request: LoggedRequest,
  copy: number,
  base: string | number,
): LoggedRequest {
  if (copy === 0) return request;
  const { line, file, format, id, atMs, offsetMs, facts, chat, seed, usage, latency } = request;
  const outcome: () => LoggedOutcome = tellsNothing;
  return {
    ...{ line, file, format, atMs, offsetMs, facts, chat, usage, latency, outcome },
    id: `${id}~${copy}`,
    seed: Math.floor(hashToUnit(`${base}/${seed ?? line}/${copy}`) * 4_294_967_296),
  };
}
