import type { ReplayReport } from "../replay/replay-report.ts";
import type { Report } from "../report.ts";
import type { ReportNames } from "../reports/report-names.ts";
import { html, type Markup, nothing, shortName } from "./markup.ts";

/** A replay with what it is called in headings. */
export interface PageSide {
  readonly side: "before" | "after";
  readonly title: Markup;
  readonly replay: ReplayReport;
}

/** The replays of a report; a policy alone is drawn as `after`, since nothing stands against it. */
export function sidesOf({ replay, against }: Report, names: ReportNames): readonly PageSide[] {
  if (replay === undefined) return [];
  if (against === undefined)
    return [{ side: "after", title: html`<code>${shortName(names.policy)}</code>`, replay }];
  return [
    { side: "before", title: html`Before: <code>${shortName(names.policy)}</code>`, replay },
    {
      side: "after",
      title: html`After: <code>${shortName(names.against ?? "")}</code>`,
      replay: against,
    },
  ];
}

/** What the colours of a chart stand for; nothing for a policy alone. */
export function sideLegend(sides: readonly PageSide[]): Markup {
  if (sides.length < 2) return nothing;
  const items = sides.map(
    ({ side }) =>
      html`<li><svg class="key" width="14" height="10" aria-hidden="true"><line class="s-${side}" x1="1" x2="13" y1="5" y2="5"/></svg>${side}</li>`,
  );
  return html`<ul class="legend">${items}</ul>`;
}
