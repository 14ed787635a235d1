import { count, percent, requestsOf } from "../print-table.ts";
import type { Report } from "../report.ts";
import type { ReportNames } from "../reports/report-names.ts";
import { flowsOf } from "./flow.ts";
import { pageHead } from "./head.ts";
import { html, type Markup, nothing, shortName } from "./markup.ts";
import { money } from "./money.ts";
import { overTime } from "./over-time.ts";
import { pageOf } from "./page-of.ts";
import { comparison, costs, decisions, targets } from "./sections.ts";
import { sidesOf } from "./side.ts";
import { outcomeStrips } from "./strips.ts";
import { transitions } from "./transitions.ts";

/**
 * A report as one page of HTML that needs nothing else: no request goes out, and its policy of content lets none. Its size
 * is bounded, however long the log is.
 */
export function printPage(
  report: Report,
  names: ReportNames,
  broken: readonly string[] = [],
): string {
  const title =
    names.against === null ? names.policy : `${names.against} instead of ${names.policy}`;
  return pageOf(title, bodyOf(report, names, broken));
}

function bodyOf(report: Report, names: ReportNames, broken: readonly string[]): Markup {
  const sides = sidesOf(report, names);
  const flows = sides.map(({ title, replay }) => ({ title, flows: replay.flows }));
  const replayed = html`${overTime(sides)}
<section><h2>How requests ended</h2>${outcomeStrips(sides)}</section>
<section><h2>From rule to target</h2><p class="note">Which rule decided, and who answered${sides.length > 1 ? "; targets have the same colour and order in both" : ""}.</p>${flowsOf(flows)}</section>
${costs(sides)}
${money(report, names)}
${targets(sides)}`;
  return html`${pageHead(report, names, broken)}
${comparison(report)}
${sides.length === 0 ? decisions(report, names) : replayed}
${transitions(report)}
${footer(report)}`;
}

const factsShown = 20;

function footer({
  missing,
  incomplete,
  skipped,
  notCounted,
  replay,
  cost,
  compared,
}: Report): Markup {
  const notes: Markup[] = [];
  if (incomplete.requests > 0) {
    const facts = missing
      .slice(0, factsShown)
      .map(({ fact, why }) => `${shortName(fact)} (${shortName(why, 120)})`);
    notes.push(
      html`${requestsOf(incomplete.requests)} (${percent(incomplete.share)}) were decided without a fact that a policy asks for: ${facts.join(", ")}.`,
    );
  }
  if (skipped > 0)
    notes.push(html`${count(skipped)} lines of the log could not be read and were skipped.`);
  if (notCounted.length > 0)
    notes.push(html`Limits and budgets were not counted, since requests were only decided.`);
  if (replay !== undefined && replay.late > 0)
    notes.push(html`The log tells of ${requestsOf(replay.late)} too late for their place.`);
  if (replay !== undefined && replay.untimed > 0)
    notes.push(
      html`${requestsOf(replay.untimed)} have no time and came together with the one before.`,
    );
  const unpriced = replay?.cost.unpriced ?? cost.unpriced;
  if (unpriced > 0)
    notes.push(
      html`For ${count(unpriced)} ${replay === undefined ? "requests" : "attempts"} no price is known.`,
    );
  if (cost.withoutOutput > 0 && replay === undefined)
    notes.push(
      html`For ${requestsOf(cost.withoutOutput)} the log counts no completion: only the prompt is priced.`,
    );
  const method =
    compared === undefined
      ? nothing
      : html`<p>Bounds by bootstrap: requests are drawn again in groups, under both policies at once.</p>`;
  return html`<footer>${notes.map((note) => html`<p>${note}</p>`)}${method}<p>Made by <code>signalbox simulate</code>. Times are UTC, costs US dollars. Nothing was called, and this page calls nothing.</p></footer>`;
}
