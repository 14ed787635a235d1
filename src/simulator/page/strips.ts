import { count, percent } from "../print-table.ts";
import { type Ending, endings } from "../replay/ended-request.ts";
import type { ReplayReport } from "../replay/replay-report.ts";
import { endingWords, totalOf } from "../reports/summary.ts";
import { html, type Markup, nothing } from "./markup.ts";

const colours: Readonly<Record<Ending, string>> = {
  ok: "c0",
  cached: "c4",
  deferred: "c6",
  limited: "c1",
  rejected: "c5",
  "client-gone": "c7",
  failed: "cf",
};

const order: readonly Ending[] = endings.toSorted(
  (a, b) => Number(a === "failed") - Number(b === "failed"),
);

/** How requests ended, as one strip for each policy with its parts in words. */
export function outcomeStrips(
  sides: readonly { readonly title: Markup; readonly replay: ReplayReport }[],
): Markup {
  const told = sides.map(({ title, replay }) => {
    const total = totalOf(replay);
    if (total === 0) return nothing;
    let from = 0;
    const parts = order.filter((each) => replay.outcomes[each] > 0);
    const rects = parts.map((each) => {
      const width = (replay.outcomes[each] / total) * 100;
      const rect = html`<rect class="${colours[each]}" x="${round(from)}%" width="${round(width)}%" height="22"/>`;
      from += width;
      return rect;
    });
    const legend = parts.map(
      (each) =>
        html`<li><svg class="key" width="14" height="10" aria-hidden="true"><rect class="${colours[each]}" width="14" height="10" rx="2"/></svg>${endingWords[each]} ${count(replay.outcomes[each])} (${percent(replay.outcomes[each] / total)})</li>`,
    );
    return html`<h3>${title}</h3><svg width="100%" height="22" aria-hidden="true">${rects}</svg><ul class="legend">${legend}</ul>`;
  });
  return html`<div class="card strips">${told}</div>`;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
