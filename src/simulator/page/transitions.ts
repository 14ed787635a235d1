import { count, percent } from "../print-table.ts";
import type { Report, Transition } from "../report.ts";
import { seenJson, shownFacts } from "../reports/safe-json.ts";
import { html, type Markup, nothing, shortName } from "./markup.ts";

const rowsShown = 24;

/** Characters of a page that the facts of examples take together. */
const roomForFacts = 24_000;

/** Longest example that is given to be fed back, in characters. */
const longestJson = 2_000;

/** Where requests go that go elsewhere, each way with an example of the log to open. */
export function transitions({ diff, requests }: Report): Markup {
  if (diff === undefined || diff.transitions.length === 0) return nothing;
  let room = roomForFacts;
  const shown = diff.transitions.slice(0, rowsShown).map((row) => {
    const facts = factsOf(row.example.facts);
    room -= facts.text.length;
    const told =
      room < 0 ? html`<p class="note">Its facts are left out for want of room.</p>` : facts;
    return transitionOf(row, requests, told);
  });
  const more = diff.transitions.length - rowsShown;
  const rest = more > 0 ? html`<p class="note">and ${count(more)} more ways</p>` : nothing;
  return html`<section><h2>Requests that go elsewhere</h2><p class="note">${count(diff.changed)} of ${count(requests)}, by where they are sent first. Open one to see an example of the log.</p>${shown}${rest}</section>`;
}

function transitionOf(
  { from, to, count: each, example }: Transition,
  requests: number,
  facts: Markup,
): Markup {
  const { line, file } = example;
  const place = file === undefined ? `line ${line}` : `${file}:${line}`;
  const share = percent(each / Math.max(1, requests));
  return html`<details class="go"><summary><span class="way">${shortName(from)}<span class="arrow" aria-hidden="true">→</span><span class="sr"> to </span>${shortName(to)}</span><span>${count(each)} <span class="note">(${share})</span></span></summary><div class="in"><p class="note">For example ${shortName(place)} of the log:</p>${facts}</div></details>`;
}

function factsOf(facts: Transition["example"]["facts"]): Markup {
  const { shown, isWhole } = shownFacts(facts);
  const rows = Object.entries(shown).map(
    ([name, value]) => html`<dt>${shortName(name)}</dt><dd>${shownValue(value)}</dd>`,
  );
  const json = seenJson(facts);
  const back =
    isWhole && json.length <= longestJson
      ? html`<p class="note">Why a policy decides so: <code>signalbox explain FILE --request</code> with</p><pre>${json}</pre>`
      : nothing;
  return html`<dl>${rows}</dl>${back}`;
}

function shownValue(value: unknown): string {
  if (value === null) return "unknown";
  return typeof value === "string" ? value : seenJson(value);
}
