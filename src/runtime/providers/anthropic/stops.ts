import type { Carrier } from "../carrier.ts";

/** Stop sequences that this wire takes: not those of white space alone. One without any letter stops nothing and is none. */
export function takenStops(stops: readonly string[], carrier: Carrier): readonly string[] {
  const said = stops.filter((stop) => stop !== "");
  const taken = said.filter((stop) => stop.trim() !== "");
  if (taken.length < said.length) carrier.cannot("stop", "a stop sequence of white space alone");
  return taken;
}
