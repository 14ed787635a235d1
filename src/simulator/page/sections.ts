import { count, dollars, percent, requestsOf } from "../print-table.ts";
import type { Share, TargetWork } from "../replay/replay-report.ts";
import type { Report, TargetShare } from "../report.ts";
import { batchWords } from "../reports/batch-words.ts";
import { duration } from "../reports/figures.ts";
import type { ReportNames } from "../reports/report-names.ts";
import { causesText, neverFired, pairsOf } from "../reports/summary.ts";
import { type BarRow, barTable } from "./bars.ts";
import { html, type Markup, nothing, type Part, shortName } from "./markup.ts";
import type { PageSide } from "./side.ts";
import { type WhiskerRow, whiskers } from "./whiskers.ts";

const rowsShown = 16;

/** Of what is named within a sentence. */
const namesShown = 8;

/** Figures under both policies with the bounds of their difference. */
export function comparison({ compared }: Report): Markup {
  if (compared === undefined) return nothing;
  const { all, p50, p95, tenants, intents } = compared;
  const row = (
    name: string,
    change: WhiskerRow["change"] | null,
    how: Pick<WhiskerRow, "unit" | "wants">,
  ): readonly WhiskerRow[] => {
    const isNothing = change === null || (change.before === 0 && change.after === 0);
    return isNothing ? [] : [{ name, change, ...how }];
  };
  const [money, time] = [
    { unit: "dollars", wants: "less" },
    { unit: "ms", wants: "less" },
  ] as const;
  const costs = (kinds: typeof tenants): readonly WhiskerRow[] =>
    kinds.flatMap(({ name, cost }) => row(name, cost, money));
  const figures = [
    ...row("Cost", all.cost, money),
    ...[...row("Latency p50", p50, time), ...row("Latency p95", p95, time)],
    ...row("Latency, mean", all.meanMs, time),
  ];
  const shares = [
    ...row("Failed", all.failed, { unit: "share", wants: "less" }),
    ...row("From the cache", all.cached, { unit: "share", wants: "more" }),
    ...row("Answered at home", all.local, { unit: "share", wants: null }),
  ];
  return html`<section><h2>What changes</h2><p class="note">The same requests under both policies. A line holds the difference with 95 % confidence; an open dot means that it may as well be none.</p><div class="grid">${[
    whiskers({ title: "Cost and latency", what: "figure", rows: figures, isRelative: true }),
    whiskers({ title: "Shares of requests", what: "share", rows: shares, isRelative: false }),
    whiskers({ title: "Cost by tenant", what: "tenant", rows: costs(tenants), isRelative: true }),
    whiskers({ title: "Cost by intent", what: "intent", rows: costs(intents), isRelative: true }),
  ]}</div></section>`;
}

/** Bars of cost by whatever it can be told apart by. */
export function costs(sides: readonly PageSide[]): Markup {
  const [before, after] = sides;
  if (before === undefined) return nothing;
  const rows = <Item extends { readonly cost: number }>(
    of: (side: PageSide) => readonly Item[],
    nameOf: (item: Item) => string,
  ): readonly BarRow[] => {
    const pairs = pairsOf(of(before), after === undefined ? [] : of(after), nameOf);
    return pairs.map((pair) => ({
      name: pair.name,
      before: pair.before?.cost ?? 0,
      after: after === undefined ? null : (pair.after?.cost ?? 0),
    }));
  };
  const shares = (what: "tenants" | "intents" | "days" | "rules"): readonly BarRow[] =>
    rows(
      ({ replay }) => replay[what],
      ({ name }: Share) => name,
    );
  const several = (list: readonly BarRow[]): readonly BarRow[] => (list.length > 1 ? list : []);
  const byCost = (list: readonly BarRow[]): readonly BarRow[] =>
    list.toSorted((a, b) => Math.max(b.before, b.after ?? 0) - Math.max(a.before, a.after ?? 0));
  const providers = rows(
    ({ replay }) => replay.providers,
    ({ provider }) => provider,
  );
  const format = dollars;
  return html`<section><h2>Where the money goes</h2><div class="grid">${[
    barTable({ title: "Cost by provider", what: "provider", rows: byCost(providers), format }),
    barTable({
      title: "Cost by rule",
      what: "rule",
      rows: several(byCost(shares("rules"))),
      format,
    }),
    barTable({ title: "Cost by tenant", what: "tenant", rows: byCost(shares("tenants")), format }),
    barTable({ title: "Cost by intent", what: "intent", rows: byCost(shares("intents")), format }),
    barTable({ title: "Cost by day", what: "day", rows: several(shares("days")), format }),
  ]}</div></section>`;
}

/** A wide table that scrolls by itself. */
export function wideTable(label: string, heads: Markup, rows: readonly Markup[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** What each target did, and what stopped or moved requests. */
export function targets(sides: readonly PageSide[]): Markup {
  const told = sides.map(
    (side) =>
      html`<div class="card"><h3>${side.title}</h3>${targetTable(side.replay.targets)}${stopped(side)}</div>`,
  );
  return html`<section><h2>Targets and fallbacks</h2><div class="grid stack">${told}</div></section>`;
}

function targetTable(all: readonly TargetWork[]): Markup {
  const rows = all.slice(0, rowsShown).map((work) => {
    const cells: readonly Part[] = [
      ...[count(work.attempts), count(work.answered), count(work.answeredForOthers)],
      work.cost === null ? "unknown" : dollars(work.cost),
      work.latency === null ? "" : duration(work.latency.p50),
      work.latency === null ? "" : duration(work.latency.p95),
    ];
    const stops = work.aborted === 0 ? "" : `stopped ${count(work.aborted)}`;
    const why = [causesText(work.failed), stops].filter((text) => text !== "").join(", ");
    return html`<tr><th scope="row">${shortName(work.target)}</th>${cells.map((cell) => html`<td>${cell}</td>`)}<td class="l w">${why}</td></tr>`;
  });
  const heads = html`<th scope="col" class="l">target</th><th scope="col">attempts</th><th scope="col">answered</th><th scope="col">for others</th><th scope="col">cost</th><th scope="col">p50</th><th scope="col">p95</th><th scope="col" class="l">why it failed</th>`;
  return wideTable("Targets", heads, rows);
}

function stopped({ replay }: PageSide): Markup {
  const { fallbacks, batch, limited, guards, rules, notPlayed } = replay;
  const items: Markup[] = [];
  if (fallbacks.requests > 0) {
    const { requests, share, cost, latency, causes, paths } = fallbacks;
    const ways = paths
      .slice(0, namesShown)
      .map(
        ({ from, to, requests: each }) => `${shortName(from)} → ${shortName(to)} ${count(each)}`,
      );
    items.push(
      html`<li>Another target than the first answered ${requestsOf(requests)} (${percent(share)}), for ${dollars(cost)}${latency === null ? "" : ` and with a p95 of ${duration(latency.p95)}`}: ${causesText(causes)}. ${ways.join(", ")}.</li>`,
    );
  }
  if (batch !== null) items.push(html`<li>The batch lane: ${batchWords(batch)}.</li>`);
  for (const { option, requests } of limited.slice(0, namesShown))
    items.push(
      html`<li>The limit <code>${shortName(option)}</code> stopped ${requestsOf(requests)}.</li>`,
    );
  for (const { guard, enforced, refused } of guards.slice(0, namesShown))
    items.push(
      html`<li>The guard <code>${shortName(guard)}</code> changed the plan of ${requestsOf(enforced)} and refused ${count(refused)}.</li>`,
    );
  const never = neverFired(rules).slice(0, namesShown);
  if (never.length > 0)
    items.push(
      html`<li>Rules that never fired: ${never.map((name, index) => html`${index === 0 ? "" : ", "}<code>${shortName(name)}</code>`)}.</li>`,
    );
  for (const note of notPlayed.slice(0, namesShown))
    items.push(html`<li>Not played: ${shortName(note, 300)}</li>`);
  return items.length === 0 ? nothing : html`<ul class="plainlist">${items}</ul>`;
}

/** Where requests were only decided: rules, and the targets they would go to first. */
export function decisions(report: Report, { policy, against }: ReportNames): Markup {
  const { rules, targets: first, after } = report;
  const rows = <Item>(
    [before, then]: readonly [readonly Item[], readonly Item[] | undefined],
    nameOf: (item: Item) => string,
    of: (item: Item) => number,
  ): readonly BarRow[] =>
    pairsOf(before, then ?? [], nameOf).map((pair) => ({
      name: pair.name,
      before: amount(pair.before, of),
      after: then === undefined ? null : amount(pair.after, of),
    }));
  const targetRows = (of: (share: TargetShare) => number): readonly BarRow[] =>
    rows([first, after?.targets], ({ target }) => target, of);
  const ruleRows = rows(
    [rules, after?.rules],
    ({ rule }) => rule,
    ({ count: each }) => each,
  );
  const costRows = targetRows(({ cost }) => cost ?? 0);
  const under = against === null ? html` under <code>${shortName(policy)}</code>` : nothing;
  return html`<section><h2>Where requests go${under}</h2><p class="note">Where they are sent first, if all goes well. With <code>--replay</code> the report also tells how long they take, what fails and which limits hold.</p><div class="grid">${[
    barTable({ title: "Requests by rule", what: "rule", rows: ruleRows, format: count }),
    barTable({
      ...{ title: "Requests by first target", what: "target", format: count },
      rows: targetRows(({ requests }) => requests),
    }),
    barTable({ title: "Cost by first target", what: "target", rows: costRows, format: dollars }),
  ]}</div></section>`;
}

function amount<Item>(item: Item | null, of: (item: Item) => number): number {
  return item === null ? 0 : of(item);
}
