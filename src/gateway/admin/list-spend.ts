import { type LedgerGroup, ledgerGroups } from "../../runtime/store/ledger.ts";
import { type Exchange, queryOf, refuse } from "../exchange.ts";
import { problems } from "../problems.ts";
import { sendJson } from "../to-response.ts";

const dayMs = 86_400_000;
const mostListed = 1_000;

/** Answers what attempts used and cost on the days (UTC) before `until` from `from` on, today where none are named, summed `by` one of their columns. */
export function listSpend(exchange: Exchange): void {
  const { core, response, headers } = exchange;
  const ledger = core.limits.opened?.ledger ?? null;
  if (ledger === null) {
    refuse(exchange, problems.noLedger());
    return;
  }
  const query = new URLSearchParams(queryOf(exchange.request));
  const by = query.get("by") ?? "key";
  if (!isGroup(by)) {
    refuse(exchange, problems.malformedOrder("by", `by is one of ${ledgerGroups.join(", ")}`));
    return;
  }
  const today = Math.floor(core.clock.now() / dayMs) * dayMs;
  const from = dayOf(query.get("from"), today);
  const until = dayOf(query.get("until"), today + dayMs);
  if (from === null || until === null) {
    const param = from === null ? "from" : "until";
    refuse(exchange, problems.malformedOrder(param, `${param} is a date such as 2026-11-27`));
    return;
  }
  const sums = ledger.sums(by, from, until, mostListed).map(({ costMicrodollars, ...sum }) => {
    return { ...sum, cost: `$${(costMicrodollars / 1_000_000).toFixed(6)}` };
  });
  const shown = { from: isoDate(from), until: isoDate(until) };
  sendJson(response, { by, ...shown, sums }, headers);
}

const isoDate = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

function isGroup(word: string): word is LedgerGroup {
  return ledgerGroups.some((group) => group === word);
}

const date = /^\d{4}-\d{2}-\d{2}$/;

/** The beginning of a day (UTC) in epoch milliseconds; null for what is no date. */
function dayOf(text: string | null, otherwise: number): number | null {
  if (text === null) return otherwise;
  const atMs = date.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : atMs;
}
