import { inputRows } from "./rows/input.ts";
import { loadRows } from "./rows/load.ts";
import { operationRows } from "./rows/operations.ts";
import type { FaultRow } from "./rows/row.ts";
import { streamRows } from "./rows/streams.ts";
import { upstreamRows } from "./rows/upstream.ts";

/** Every fault that the gateway is held to, by number; `npm run test:faults` prints it with verdicts. */
export const catalogue: readonly FaultRow[] = [
  ...upstreamRows,
  ...streamRows,
  ...loadRows,
  ...inputRows,
  ...operationRows,
];

/** Whether a test's full title is one of a row's own: `row 7: …`, or `rows 39 to 46: …`. */
export function isOf(number: number, title: string): boolean {
  const one = /\brow (\d+):/.exec(title);
  if (one !== null) return Number(one[1]) === number;
  const many = /\brows (\d+) to (\d+):/.exec(title);
  return many !== null && Number(many[1]) <= number && number <= Number(many[2]);
}

/** A name of a table that stands in a title is cut to so many characters and an ellipsis. */
const shownOfName = 39;

/** Whether a test's full title may come from a title of the source, whose `%s` and `$name` were filled in, or from a name in its table. */
export function comesFrom(source: string, title: string): boolean {
  if (title.includes(`${source.slice(0, shownOfName)}…`)) return true;
  const literal = source
    .split(/%[sijdo]|\$[a-z]\w*/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(literal.join(".*"), "s").test(title);
}
