import { html, type Markup, nothing, shortName } from "./markup.ts";

/** One row of bars; null where the policy has none of it. */
export interface BarRow {
  readonly name: string;
  readonly before: number;
  readonly after: number | null;
}

export interface BarParts {
  readonly title: string;
  /** What a row is: the head of the first column. */
  readonly what: string;
  readonly rows: readonly BarRow[];
  readonly format: (value: number) => string;
}

const rowsShown = 10;

/** A table with a bar in each row, two where a second policy is there. */
export function barTable({ title, what, rows, format }: BarParts): Markup {
  if (rows.length === 0) return nothing;
  const isTwo = rows.some(({ after }) => after !== null);
  const shown = rows.slice(0, rowsShown);
  const most = shown.reduce((top, row) => Math.max(top, row.before, row.after ?? 0), 0);
  const told = shown.map(
    (row) =>
      html`<tr><th scope="row">${shortName(row.name)}${barOf(row, isTwo, most)}</th><td>${format(row.before)}</td>${isTwo ? html`<td>${format(row.after ?? 0)}</td>` : nothing}</tr>`,
  );
  const heads = isTwo
    ? html`<th scope="col">before</th><th scope="col">after</th>`
    : html`<th scope="col"><span class="sr">${title}</span></th>`;
  const more =
    rows.length > rowsShown
      ? html`<p class="note">and ${rows.length - rowsShown} more</p>`
      : nothing;
  return html`<section class="card"><h3>${title}</h3><div class="scroll"><table class="bars"><thead><tr><th scope="col" class="l">${what}</th>${heads}</tr></thead><tbody>${told}</tbody></table></div>${more}</section>`;
}

function barOf({ before, after }: BarRow, isTwo: boolean, most: number): Markup {
  const widthOf = (value: number): string => `${Math.round((value / (most || 1)) * 10_000) / 100}%`;
  if (!isTwo)
    return html`<svg width="100%" height="10" aria-hidden="true"><rect class="f-after" width="${widthOf(before)}" height="10" rx="2"/></svg>`;
  return html`<svg width="100%" height="17" aria-hidden="true"><rect class="f-before" width="${widthOf(before)}" height="7" rx="2"/><rect class="f-after" y="9" width="${widthOf(after ?? 0)}" height="7" rx="2"/></svg>`;
}
