import type { PlayedFault } from "../replay/replay-report.ts";
import { dayMs, moment, shortMoment } from "./figures.ts";

/** `claude is down`, `local-gpu takes 3 times as long`. */
export function faultWords({ target, kind, amount }: PlayedFault): string {
  const who = target === "*" ? "every target" : target;
  if (kind === "outage") return `${who} is down`;
  if (kind === "slow") return `${who} takes ${(amount ?? 1).toLocaleString("en")} times as long`;
  return `${who} takes ${(amount ?? 0).toLocaleString("en")} a minute`;
}

/** `02:18 to 02:20`, or how far it goes on. */
export function faultTimes({ fromMs, toMs }: PlayedFault, spanMs: number): string {
  if (fromMs === null) return "all the time";
  const isToTheMinute = fromMs % 60_000 < 1_000 && (toMs ?? 0) % 60_000 < 1_000;
  const told = (atMs: number): string =>
    spanMs <= dayMs && !isToTheMinute ? moment(atMs).slice(11) : shortMoment(atMs, spanMs);
  return toMs === null ? `from ${told(fromMs)} on` : `${told(fromMs)} to ${told(toMs)}`;
}
