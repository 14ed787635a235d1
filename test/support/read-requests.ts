import { readColumnMap } from "../../src/simulator/column-map.ts";
import type { LogFormat } from "../../src/simulator/log-format.ts";
import { createLogTargets } from "../../src/simulator/log-targets.ts";
import type { LoggedRequest } from "../../src/simulator/logged-request.ts";
import { readLog } from "../../src/simulator/read-log.ts";
import { configuration } from "./simulation.ts";

export interface Read {
  readonly requests: LoggedRequest[];
  readonly skipped: [number, string][];
}

/** Reads a log by the example configuration. */
export async function read(
  chunks: readonly Uint8Array[],
  format: LogFormat | null = null,
  mapText: string | null = null,
): Promise<Read> {
  const found: Read = { requests: [], skipped: [] };
  const { facts } = configuration;
  const map = mapText === null ? null : readColumnMap(mapText, facts);
  if (map !== null && !map.ok) throw new Error(map.message);
  const targetOf = createLogTargets(configuration).served;
  await readLog(
    chunks,
    { format, map: map === null ? null : map.map, facts, targetOf },
    {
      request: (request) => void found.requests.push(request),
      skip: (line, reason) => found.skipped.push([line, reason]),
    },
  );
  return found;
}
