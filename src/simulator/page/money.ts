import { type BreakEven, gpusFor } from "../economics/break-even.ts";
import type { Economics, Monthly } from "../economics/economics.ts";
import type { EconomicsReport, GpuCount } from "../economics/economics-report.ts";
import {
  breakEvenTexts,
  gpusText,
  moneyNotes,
  moneyRows,
  spanText,
  triedGpus,
} from "../economics/economics-texts.ts";
import { count, dollars, percent, requestsOf } from "../print-table.ts";
import type { Report } from "../report.ts";
import { duration } from "../reports/figures.ts";
import { monthOf } from "../reports/markdown-money.ts";
import type { ReportNames } from "../reports/report-names.ts";
import { html, type Markup, nothing, printed, shortName } from "./markup.ts";
import { type ChartPoint, lookOf, pointChart } from "./point-chart.ts";
import { wideTable } from "./sections.ts";

/** What a log comes to in money: where it goes, what answers at home spare, how many GPUs they take, and whether those pay. */
export function money(
  { economics, economicsBefore }: Pick<Report, "economics" | "economicsBefore">,
  names: ReportNames,
): Markup {
  if (economics === undefined) return nothing;
  const { gpus, breakEven } = economics;
  const under =
    names.against === null ? nothing : html` under <code>${shortName(names.against)}</code>`;
  return html`<section><h2>What it comes to in money${under}</h2><p class="note">${spanText(economics)}</p>${tilesOf(economics)}<div class="grid stack"><div class="card"><h3>In a month</h3>${moneyTable(economics, economicsBefore, names)}${listOf(moneyNotes(economics, shortName))}</div></div>${hybridOf(gpus, breakEven)}</section>`;
}

interface Tile {
  readonly label: string;
  readonly big: string;
  readonly was: string;
}

function tilesOf({ spend, local, waiting, breakEven }: EconomicsReport): Markup {
  const tiles: readonly Tile[] = [
    monthTile("All attempts", spend),
    {
      label: "Answered at home",
      big: percent(local.share ?? 0),
      was: `${requestsOf(local.requests)}, for ${dollars(local.cost.total)}`,
    },
    ...(local.requests === 0 ? [] : [monthTile("Spared elsewhere", local.avoided)]),
    // Four stand in a row.
    ...fourthTiles(waiting, breakEven),
  ];
  const shown = tiles.map(
    ({ label, big, was }) =>
      html`<li class="card"><span class="label">${label}</span><span class="big">${printed(big)}</span><span class="was">${printed(was)}</span></li>`,
  );
  return html`<ul class="tiles">${shown}</ul>`;
}

function fourthTiles(
  { tiers }: EconomicsReport["waiting"],
  even: BreakEven | undefined,
): readonly Tile[] {
  const label = "GPUs pay from";
  if (even?.breakEvenSpend != null)
    return [{ label, big: roundDollars(even.breakEvenSpend), was: "a month without them" }];
  if (even?.fullAvoidedHourly != null)
    return [{ label, big: "never", was: "at no traffic of this kind" }];
  return tiers.slice(0, 1).map(({ tier, saving }) => monthTile(`Saved by ${tier}`, saving));
}

function monthTile(label: string, { total, month, low, high }: Monthly): Tile {
  if (month === null) return { label, big: roundDollars(total), was: "over the log" };
  const bounds =
    low === null || high === null ? "" : `, ${roundDollars(low)} to ${roundDollars(high)}`;
  return { label, big: roundDollars(month), was: `a month${bounds}` };
}

function moneyTable(
  economics: EconomicsReport,
  before: Economics | undefined,
  names: ReportNames,
): Markup {
  const rows = moneyRows(economics, before).map(({ label, requests, money, before: was }) => {
    const { total } = money;
    const earlier = before === undefined ? [] : [was === null ? "" : monthOf(was)[0]];
    const told = [...monthOf(money), ...earlier].map((cell) => html`<td>${cell}</td>`);
    return html`<tr><th scope="row">${label}</th><td>${requests === null ? "" : count(requests)}</td><td>${dollars(total)}</td>${told}</tr>`;
  });
  const head = ["", "requests", "over the log", "a month", "95 % sure"];
  const heads = headsOf(
    before === undefined ? head : [...head, `a month under ${shortName(names.policy)}`],
  );
  return wideTable("What it comes to in a month", heads, rows);
}

function headsOf(heads: readonly string[]): Markup {
  const cells = heads.map((head, index) =>
    index === 0
      ? html`<th scope="col" class="l">${head === "" ? html`<span class="sr">what</span>` : head}</th>`
      : html`<th scope="col">${head}</th>`,
  );
  return html`${cells}`;
}

function listOf(lines: readonly string[]): Markup {
  return html`<ul class="plainlist">${lines.map((line) => html`<li>${printed(line)}</li>`)}</ul>`;
}

function hybridOf(gpus: GpuCount | undefined, even: BreakEven | undefined): Markup {
  if (gpus === undefined && even === undefined) return nothing;
  const counted = gpus === undefined ? nothing : html`${gpuChart(gpus)}${gpuCard(gpus)}`;
  const pays =
    even === undefined
      ? nothing
      : html`${evenChart(even)}<div class="card"><h3>Whether they pay</h3>${listOf(breakEvenTexts(even))}</div>`;
  return html`<div class="grid">${counted}${pays}</div>`;
}

function gpuChart({ target, p95Ms, needed, tried }: GpuCount): Markup {
  const points = tried.flatMap(({ gpus, p95 }): ChartPoint[] => {
    if (p95 === null) return [];
    const tells = `${gpusOf(gpus)}: p95 ${duration(p95)}`;
    const look = lookOf(gpus === needed, p95 <= p95Ms);
    return [{ x: gpus, y: p95, label: gpus === needed ? gpusOf(gpus) : count(gpus), tells, look }];
  });
  const name = shortName(target, 32);
  const enough =
    needed === null ? "None of them reaches it." : `${gpusOf(needed)} are the least that reach it.`;
  return pointChart({
    ...{ id: "gpus", title: `p95 at ${name} by its GPUs`, legend: nothing },
    axes: "↑ p95 of its answers, → GPUs; full dots are enough",
    tells: `With ${tried.map(({ gpus }) => count(gpus)).join(", ")} GPUs against the ${duration(p95Ms)} that are asked for. ${enough} The figures are in the table beside it.`,
    curves: [{ side: "after", points }],
    ...{ xText: count, yText: duration },
    limit: { y: p95Ms, label: `asked for: ${duration(p95Ms)}` },
  });
}

function gpusOf(gpus: number): string {
  return `${count(gpus)} ${gpus === 1 ? "GPU" : "GPUs"}`;
}

function gpuCard(gpus: GpuCount): Markup {
  const rows = triedGpus(gpus).map((each) => {
    const mark = each.isNeeded ? html` class="here"` : nothing;
    return html`<tr${mark}><th scope="row">${each.gpus}${each.isNeeded ? " ←" : ""}</th><td>${each.p95 === null ? "" : duration(each.p95)}</td><td>${count(each.answered)}</td><td>${count(each.failed)}</td><td>${dollars(each.cost)}</td></tr>`;
  });
  const heads = headsOf(["GPUs", "p95", "answered there", "failed", "cost of all"]);
  return html`<div class="card"><h3>GPUs that were tried at ${shortName(gpus.target, 32)}</h3>${wideTable("GPUs that were tried", heads, rows)}<p class="note">${gpusText(gpus, shortName)}</p></div>`;
}

/** What the GPUs cost and what they spare, by what a month would cost without any; nothing where they never pay. */
function evenChart(even: BreakEven): Markup {
  const { gpus, monthlyCost, monthlyAvoided } = even;
  const { breakEvenSpend: at, breakEvenTraffic: times } = even;
  if (monthlyAvoided === null || at === null || times === null) return nothing;
  const today = at / times;
  const most = Math.max(at, today) * 1.25;
  const point = (look: ChartPoint["look"], label: string, x: number, y: number): ChartPoint => ({
    ...{ x, y, look, label },
    tells: `${label}: ${roundDollars(x)} a month without GPUs, of which they spare ${roundDollars(y)}`,
  });
  const bend = (x: number, y: number): ChartPoint => point("none", "", x, y);
  const steps = stepsOf(even, most / today);
  const cost = [
    bend(0, monthlyCost),
    ...steps.flatMap(({ times: from, before, after }) => [
      bend(from * today, before),
      bend(from * today, after),
    ]),
    bend(most, steps.at(-1)?.after ?? monthlyCost),
  ];
  const more = steps.length === 0 ? "" : ", and more where it takes more";
  const names = {
    before: `what ${gpusOf(gpus)} ${gpus === 1 ? "costs" : "cost"}${more}`,
    after: "what they spare",
  } as const;
  const legend = html`<ul class="legend">${(["before", "after"] as const).map(
    (side) =>
      html`<li><svg class="key" width="14" height="10" aria-hidden="true"><line class="s-${side}" x1="1" x2="13" y1="5" y2="5"/></svg>${names[side]}</li>`,
  )}</ul>`;
  const spared = [
    ...[bend(0, 0), bend(most, (most / today) * monthlyAvoided)],
    point("full", "they pay from here", at, monthlyCost),
    point("now", "this traffic", today, monthlyAvoided),
  ];
  return pointChart({
    ...{ id: "even", title: "What they cost and what they spare", legend },
    axes: "↑ dollars a month, → what a month costs without any GPU",
    tells: `They cost ${roundDollars(monthlyCost)} a month as long as they are enough, and spare more the more comes. They pay from ${roundDollars(at)} a month on; this traffic costs ${roundDollars(today)} without them.`,
    curves: [
      { side: "before", points: cost },
      { side: "after", points: spared.toSorted((a, b) => a.x - b.x) },
    ],
    ...{ xText: roundDollars, yText: roundDollars },
  });
}

interface CostStep {
  /** So many times the traffic. */
  readonly times: number;
  readonly before: number;
  readonly after: number;
}

/** Steps that are drawn at most. */
const mostSteps = 64;

/** Where more traffic takes more GPUs, up to so many times the traffic. */
function stepsOf(even: BreakEven, most: number): readonly CostStep[] {
  const { gpus, monthlyCost, busiest, tooFew } = even;
  const each = monthlyCost / gpus;
  const full = Math.max(busiest, tooFew);
  const more = Math.max(0, gpusFor(most, even) - gpus);
  const width = Math.max(1, Math.ceil(more / mostSteps));
  return Array.from({ length: Math.ceil(more / width) }, (_, index) => {
    const before = gpus + index * width;
    return { times: before / full, before: before * each, after: (before + width) * each };
  });
}

/** Without cents where nobody would miss them. */
function roundDollars(value: number): string {
  return value >= 1_000 ? `$${count(Math.round(value))}` : dollars(value);
}
