import { count, dollars, percent, requestsOf } from "../print-table.ts";
import type { Change } from "../replay/compare.ts";
import type { ReplayReport } from "../replay/replay-report.ts";
import type { Report } from "../report.ts";
import {
  boundsOf,
  duration,
  figure,
  isClear,
  moment,
  relative,
  type Unit,
} from "../reports/figures.ts";
import type { ReportNames } from "../reports/report-names.ts";
import { requestWords } from "../reports/request-words.ts";
import { failedShare } from "../reports/summary.ts";
import { verdictOf } from "../reports/verdict.ts";
import { html, type Markup, nothing, printed, shortName } from "./markup.ts";
import { feelOf } from "./whiskers.ts";

/** What the page is about, its one sentence and the four figures that matter. */
export function pageHead(report: Report, names: ReportNames, broken: readonly string[]): Markup {
  const { about, says } = verdictOf(report);
  const name = about === "policy" ? names.policy : (names.against ?? "");
  const kicker =
    names.against === null
      ? html`Simulation of <code>${shortName(names.policy)}</code>`
      : html`Simulation: <code>${shortName(names.against)}</code> instead of <code>${shortName(names.policy)}</code>`;
  return html`<header><p class="kicker">${kicker}</p><h1><code>${shortName(name)}</code> ${printed(says)}</h1><p class="lede">${ledeOf(report)}</p>${brokenOf(broken)}</header>${tilesOf(report)}`;
}

const brokenShown = 20;

/** Conditions that do not hold. */
function brokenOf(broken: readonly string[]): Markup {
  if (broken.length === 0) return nothing;
  const items = broken.slice(0, brokenShown).map((each) => html`<li>${shortName(each, 300)}</li>`);
  return html`<div class="broken"><b>Failed</b><ul>${items}</ul></div>`;
}

function ledeOf(report: Report): Markup {
  const { requests, replay, diff } = report;
  const span =
    replay?.fromMs == null || replay.toMs === null
      ? nothing
      : html` from ${moment(replay.fromMs)} to ${moment(replay.toMs)} UTC`;
  const how = replay === undefined ? "only decided, not replayed" : "replayed on a virtual clock";
  const world =
    replay === undefined || replay.scenario === ""
      ? nothing
      : html` (${shortName(replay.scenario, 200)})`;
  const moved =
    diff === undefined || replay === undefined
      ? nothing
      : html` ${count(diff.changed)} of them (${percent(diff.changed / Math.max(1, requests))}) are sent to another target first.`;
  return html`${requestWords(report)}${span}, ${how}${world}.${moved}`;
}

interface Tile {
  readonly label: string;
  readonly unit: Unit;
  readonly wants: "less" | "more" | null;
  readonly value: number | null;
  readonly change: Change | null;
  /** What stands below it where there is nothing to compare. */
  readonly beside: string;
}

function tilesOf(report: Report): Markup {
  const tiles =
    report.replay === undefined ? decidedTiles(report) : replayTiles(report, report.replay);
  const shown = tiles.filter(({ value }) => value !== null).map(tileOf);
  return html`<ul class="tiles">${shown}</ul>`;
}

function replayTiles({ compared, against }: Report, replay: ReplayReport): readonly Tile[] {
  const now = against ?? replay;
  const { latency, cost, firstToken, localShare, outcomes } = now;
  const all = compared?.all;
  const first = firstToken === null ? "" : `first token p95 ${duration(firstToken.p95)}`;
  return [
    {
      ...{ label: "Cost", unit: "dollars", wants: "less", value: cost.total },
      change: all?.cost ?? null,
      beside: cost.wasted > 0 ? `${dollars(cost.wasted)} of it wasted` : "",
    },
    {
      ...{ label: "Latency p95", unit: "ms", wants: "less", value: latency?.p95 ?? null },
      ...{ change: compared?.p95 ?? null, beside: first },
    },
    {
      ...{ label: "Failed", unit: "share", wants: "less", value: failedShare(now) },
      ...{ change: all?.failed ?? null, beside: requestsOf(outcomes.failed) },
    },
    {
      ...{ label: "Answered at home", unit: "share", wants: null, value: localShare },
      ...{ change: all?.local ?? null, beside: "" },
    },
  ];
}

/** Of two policies, the figures of the second where they are told, as they are in the sentence above. */
function decidedTiles({
  requests,
  cost,
  latency,
  incomplete,
  diff,
  after,
}: Report): readonly Tile[] {
  const plain = { wants: null, change: null, beside: "" } as const;
  const { total, unpriced } = cost;
  const now = after?.cost.total ?? total;
  const delta = now - total;
  const exact = { before: total, after: now, delta, low: delta, high: delta };
  return [
    {
      ...{ label: "Cost", unit: "dollars", wants: "less", value: now },
      change: after === undefined ? null : exact,
      beside: unpriced === 0 ? "" : `${requestsOf(unpriced)} without a known price`,
    },
    { ...plain, label: "Recorded p95", unit: "ms", value: latency?.p95 ?? null },
    {
      ...{ ...plain, label: "Sent elsewhere", unit: "share" },
      value: diff === undefined ? null : diff.changed / Math.max(1, requests),
      beside: diff === undefined ? "" : `${requestsOf(diff.changed)}`,
    },
    {
      ...{ ...plain, label: "Decided without a fact", unit: "share" },
      value: incomplete.requests === 0 ? null : incomplete.share,
      beside: requestsOf(incomplete.requests),
    },
  ];
}

function tileOf({ label, unit, wants, value, change, beside }: Tile): Markup {
  const big = html`<span class="label">${label}</span><span class="big">${figure(value ?? 0, unit)}</span>`;
  if (change === null)
    return html`<li class="card">${big}<span class="was">${beside === "" ? nothing : beside}</span></li>`;
  const bounds =
    isClear(change) && change.low !== change.high
      ? html`<span class="was">95 % sure: ${printed(boundsOf(change, unit))}</span>`
      : nothing;
  return html`<li class="card">${big}<span class="move ${feelOf(change, wants)}">${printed(moveOf(change, unit))}</span><span class="was">was ${figure(change.before, unit)}</span>${bounds}</li>`;
}

function moveOf(change: Change, unit: Unit): string {
  if (!isClear(change)) return "no clear change";
  const size = Math.abs(change.delta);
  const share = unit === "share" ? null : relative(change);
  const told = unit === "share" ? `${(size * 100).toFixed(1)} points` : figure(size, unit);
  const part = share === null ? "" : ` (${percent(Math.abs(share))})`;
  const [down, up] = unit === "ms" ? ["shorter", "longer"] : ["less", "more"];
  return change.delta < 0 ? `▼ ${told}${part} ${down}` : `▲ ${told}${part} ${up}`;
}
