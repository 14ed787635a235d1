import type { Overrides } from "../adapter.ts";
import type { Carrier } from "../carrier.ts";

/**
 * Stop sequences that this wire takes: not those of white space alone. One without any letter stops nothing and is none. Where
 * the plan sets it, it means the targets that take it, and refuses nothing.
 */
export function takenStops(
  stops: readonly string[],
  set: Overrides["set"],
  carrier: Carrier,
): readonly string[] {
  const said = stops.filter((stop) => stop !== "");
  const taken = said.filter((stop) => stop.trim() !== "");
  if (taken.length === said.length) return taken;
  if (set?.["stop"] !== undefined) carrier.leavesOut("stop");
  else carrier.cannot("stop", "a stop sequence of white space alone");
  return taken;
}
