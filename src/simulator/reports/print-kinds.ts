import { count, dollars, table } from "../print-table.ts";
import type { KindChange } from "../replay/compare.ts";
import type { Share } from "../replay/replay-report.ts";
import type { Report } from "../report.ts";
import { changed, duration } from "./figures.ts";

const rowsShown = 8;

/** Rules, tenants, intents and days: what became of each kind of requests, and what changes under the second policy. */
export function printKinds({ replay, compared }: Report): readonly string[] {
  if (replay === undefined) return [];
  const several = (rows: readonly Share[]): readonly Share[] => (rows.length > 1 ? rows : []);
  return [
    kindTable(
      "rule",
      replay.rules.filter(({ requests }) => requests > 0),
      [],
    ),
    kindTable("tenant", replay.tenants, compared?.tenants ?? []),
    kindTable("intent", replay.intents, compared?.intents ?? []),
    kindTable("day", several(replay.days), []),
  ];
}

function kindTable(what: string, rows: readonly Share[], changes: readonly KindChange[]): string {
  const byName = new Map(changes.map((change) => [change.name, change]));
  const isCompared = changes.length > 0;
  const told = table(
    [what, "requests", "failed", "cost", "p50", "p95", ...(isCompared ? ["cost changes by"] : [])],
    rows.slice(0, rowsShown).map((row) => {
      const cost = byName.get(row.name)?.cost;
      return [
        ...[row.name, count(row.requests), row.failed === 0 ? "" : count(row.failed)],
        dollars(row.cost),
        row.latency === null ? "" : duration(row.latency.p50),
        row.latency === null ? "" : duration(row.latency.p95),
        ...(isCompared ? [cost === undefined ? "" : changed(cost, "dollars")] : []),
      ];
    }),
    ["left", "right", "right", "right", "right", "right", "left"],
  );
  const more = rows.length > rowsShown ? `\nand ${count(rows.length - rowsShown)} more` : "";
  return `${told}${more}`;
}
