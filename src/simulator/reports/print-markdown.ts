import { html, shortName } from "../page/markup.ts";
import { count, dollars, percent, requestsOf } from "../print-table.ts";
import type { KindChange } from "../replay/compare.ts";
import type { ReplayReport, Share } from "../replay/replay-report.ts";
import type { Report, Transition } from "../report.ts";
import { batchWords } from "./batch-words.ts";
import { faultTimes, faultWords } from "./fault-words.ts";
import { changed, duration, figure, relative, signed } from "./figures.ts";
import { moneyMarkdown } from "./markdown-money.ts";
import { fenced, folded, markdownTable, named } from "./markdown-text.ts";
import { changeOf } from "./print-replay.ts";
import type { ReportNames } from "./report-names.ts";
import { requestsOfLog } from "./request-words.ts";
import { seenJson, shownFacts } from "./safe-json.ts";
import { signedPercent } from "./signed-percent.ts";
import { causesText, neverFired, pairsOf, type SummaryRow, summaryOf } from "./summary.ts";
import { verdictOf } from "./verdict.ts";

const rowsShown = 20;
const longestCondition = 300;

/**
 * A report for a pull request, in GitHub's Markdown: a verdict, conditions that do not hold, the figures that matter, and the
 * tables folded away.
 */
export function printMarkdown(
  report: Report,
  names: ReportNames,
  broken: readonly string[] = [],
): string {
  const { replay, against } = report;
  const parts = [
    headOf(report, names),
    broken.map((each) => `- Failed: ${named(each, longestCondition)}`).join("\n"),
    keyFigures(report, names),
    worldOf(report),
    moneyMarkdown(report, names),
    folded("All figures", allFigures(report, names)),
    folded("Rules and targets", decisionsOf(report)),
    ...(replay === undefined ? [] : sideOf(replay, against === undefined ? "" : names.policy)),
    ...(against === undefined ? [] : sideOf(against, names.against ?? "")),
    ...kindsOf(report),
    folded("Requests that go elsewhere", transitionsOf(report)),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function headOf(report: Report, names: ReportNames): string {
  const { about, says } = verdictOf(report);
  const name = about === "policy" ? names.policy : (names.against ?? "");
  const { skipped, missing, incomplete } = report;
  const compared = names.against === null ? "" : `, held against ${named(names.policy)}`;
  const lines = [
    `**${named(name)} ${says}.**`,
    "",
    `${requestsOfLog(report)}${compared}${skipped === 0 ? "" : `; ${count(skipped)} lines skipped`}.`,
  ];
  if (incomplete.requests > 0) {
    const facts = missing.slice(0, rowsShown).map(({ fact }) => named(fact));
    lines.push(
      `For ${requestsOf(incomplete.requests)} (${percent(incomplete.share)}) the log lacks a fact that a policy asks for: ${facts.join(", ")}.`,
    );
  }
  return lines.join("\n");
}

const keyLabels: ReadonlySet<string> = new Set([
  "cost",
  "latency p95",
  "share that failed",
  "answered at home",
  "answered by a fallback",
]);

function keyFigures(report: Report, names: ReportNames): string {
  const { diff, requests } = report;
  const rows = summaryOf(report).filter(({ label }) => keyLabels.has(label));
  if (rows.length > 0) {
    const key = figureTable(rows, names);
    if (diff === undefined) return key;
    return `${key}\n\n${movedOf(diff.changed, requests)}`;
  }
  if (diff === undefined) return "";
  return `${movedOf(diff.changed, requests)} Cost: ${signed(diff.costDelta, "dollars")}.`;
}

function movedOf(moved: number, requests: number): string {
  const share = percent(requests === 0 ? 0 : moved / requests);
  return `${count(moved)} of ${count(requests)} requests (${share}) are sent to another target first.`;
}

function figureTable(rows: readonly SummaryRow[], names: ReportNames): string {
  const cell = (value: number | null, unit: SummaryRow["unit"]): string =>
    value === null ? "" : figure(value, unit);
  if (names.against === null) {
    return markdownTable(
      ["", named(names.policy)],
      rows.map(({ label, before, unit }) => [label, cell(before, unit)]),
    );
  }
  return markdownTable(
    ["", `before: ${named(names.policy)}`, `after: ${named(names.against)}`, "change (95 % sure)"],
    rows.map((row) => {
      const share = row.change === null || row.unit === "share" ? null : relative(row.change);
      const told = changeOf(row);
      const part = share === null || told === "" ? "" : `, ${signedPercent(share)}`;
      return [row.label, cell(row.before, row.unit), cell(row.after, row.unit), `${told}${part}`];
    }),
  );
}

function worldOf({ replay }: Report): string {
  if (replay === undefined) return "";
  const { faults, fromMs, toMs } = replay;
  if (faults.length === 0) return "";
  const span = fromMs === null || toMs === null ? 0 : toMs - fromMs;
  const told = faults
    .slice(0, rowsShown)
    .map((fault) => `- ${named(faultWords(fault))}: ${faultTimes(fault, span)}`);
  return `What if:\n\n${told.join("\n")}`;
}

function allFigures(report: Report, names: ReportNames): string {
  const rows = summaryOf(report);
  return rows.length === 0 ? "" : figureTable(rows, names);
}

function decisionsOf({ rules, targets }: Report): string {
  const rule = markdownTable(
    ["rule", "requests", "share", "facts missing"],
    rules
      .slice(0, rowsShown)
      .map((row) => [
        ...[named(row.rule), count(row.count), percent(row.share)],
        row.incomplete === 0 ? "" : count(row.incomplete),
      ]),
  );
  const target = markdownTable(
    ["sent first to", "requests", "share", "cost"],
    targets
      .slice(0, rowsShown)
      .map((row) => [
        ...[named(row.target), count(row.requests), percent(row.share)],
        row.cost === null ? "unknown" : dollars(row.cost),
      ]),
  );
  return `${rule}\n\n${target}`;
}

function sideOf(replay: ReplayReport, policy: string): readonly string[] {
  const under = policy === "" ? "" : ` under ${named(policy)}`;
  return [
    folded(`Targets${summaryName(policy)}`, `${targetsOf(replay)}${stoppedOf(replay, under)}`),
  ];
}

/** Inside of HTML no Markdown is read. */
function summaryName(policy: string): string {
  return policy === "" ? "" : html` under <code>${shortName(policy)}</code>`.text;
}

function targetsOf({ targets }: ReplayReport): string {
  return markdownTable(
    ["target", "why it failed", "attempts", "answered", "for others", "cost", "p50", "p95"],
    targets
      .slice(0, rowsShown)
      .map((work) => [
        ...[named(work.target), causesText(work.failed), count(work.attempts)],
        ...[count(work.answered), count(work.answeredForOthers)],
        work.cost === null ? "unknown" : dollars(work.cost),
        work.latency === null ? "" : duration(work.latency.p50),
        work.latency === null ? "" : duration(work.latency.p95),
      ]),
    2,
  );
}

function stoppedOf(
  { fallbacks, batch, limited, guards, rules, notPlayed }: ReplayReport,
  under: string,
): string {
  const lines: string[] = [];
  if (fallbacks.requests > 0) {
    const { requests, share, cost, latency, causes, paths } = fallbacks;
    const p95 = latency === null ? "" : `, p95 ${duration(latency.p95)}`;
    const ways = paths
      .slice(0, rowsShown)
      .map(({ from, to, requests: each }) => `${named(from)} → ${named(to)} ${count(each)}`);
    lines.push(
      `Another target than the first answered${under}: ${requestsOf(requests)} (${percent(share)}), ${dollars(cost)}${p95}; because of ${causesText(causes)}; ${ways.join(", ")}`,
    );
  }
  if (batch !== null) lines.push(`The batch lane${under}: ${batchWords(batch)}`);
  for (const { option, requests } of limited.slice(0, rowsShown))
    lines.push(`${named(option)} stopped ${requestsOf(requests)}`);
  for (const { guard, enforced, refused } of guards.slice(0, rowsShown))
    lines.push(
      `${named(guard)} changed the plan of ${requestsOf(enforced)} and refused ${count(refused)}`,
    );
  const never = neverFired(rules);
  if (never.length > 0)
    lines.push(
      `Rules that never fired: ${never
        .slice(0, rowsShown)
        .map((name) => named(name))
        .join(", ")}`,
    );
  for (const note of notPlayed.slice(0, rowsShown)) lines.push(`Not played: ${named(note)}`);
  return lines.length === 0 ? "" : `\n\n${lines.map((line) => `- ${line}`).join("\n")}`;
}

function kindsOf({ replay, against, compared }: Report): readonly string[] {
  if (replay === undefined) return [];
  const part = (
    title: string,
    of: (from: ReplayReport) => readonly Share[],
    changes: readonly KindChange[] = [],
  ) => {
    const after = against === undefined ? [] : of(against);
    return folded(
      title,
      kindTable(
        title,
        pairsOf(of(replay), after, ({ name }) => name),
        changes,
      ),
    );
  };
  return [
    folded("Providers", providerTable(replay, against)),
    part("Rules", ({ rules }) => rules.filter(({ requests }) => requests > 0)),
    part("Tenants", ({ tenants }) => tenants, compared?.tenants),
    part("Intents", ({ intents }) => intents, compared?.intents),
    part("Days", ({ days }) => days),
  ];
}

function providerTable(replay: ReplayReport, against: ReplayReport | undefined): string {
  const pairs = pairsOf(
    replay.providers,
    against?.providers ?? [],
    ({ provider }) => provider,
  ).slice(0, rowsShown);
  if (pairs.length === 0) return "";
  const after = (cost: number | undefined): readonly string[] =>
    against === undefined ? [] : [dollars(cost ?? 0)];
  return markdownTable(
    ["provider", "cost", ...(against === undefined ? [] : ["cost after"])],
    pairs.map((pair) => [
      ...[named(pair.name), dollars(pair.before?.cost ?? 0)],
      ...after(pair.after?.cost),
    ]),
  );
}

function kindTable(
  title: string,
  pairs: ReturnType<typeof pairsOf<Share>>,
  changes: readonly KindChange[],
): string {
  if (pairs.length === 0) return "";
  const isTwo = pairs.some(({ after }) => after !== null);
  const cost = new Map(changes.map((change) => [change.name, change.cost]));
  const told = (name: string): string => {
    const change = cost.get(name);
    return change === undefined ? "" : changed(change, "dollars");
  };
  const head = [title.toLowerCase(), "requests", "failed", "cost", "p95"];
  return markdownTable(
    isTwo ? [...head, "cost after", "p95 after", "cost changes by"] : head,
    pairs
      .slice(0, rowsShown)
      .map(({ name, before, after }) => [
        ...[named(name), count((before ?? after)?.requests ?? 0), count(before?.failed ?? 0)],
        ...costAndTime(before),
        ...(isTwo ? [...costAndTime(after), told(name)] : []),
      ]),
  );
}

function costAndTime(share: Share | null): readonly string[] {
  if (share === null) return ["", ""];
  return [dollars(share.cost), share.latency === null ? "" : duration(share.latency.p95)];
}

function transitionsOf({ diff }: Report): string {
  const [first] = diff?.transitions ?? [];
  if (diff === undefined || first === undefined) return "";
  const told = markdownTable(
    ["from", "to", "for example", "requests"],
    diff.transitions
      .slice(0, rowsShown)
      .map((row) => [named(row.from), named(row.to), placeOf(row.example), count(row.count)]),
    3,
  );
  const rules = markdownTable(
    ["decided by", "and now by", "requests"],
    diff.rules
      .slice(0, rowsShown)
      .map(({ from, to, count: n }) => [named(from), named(to), count(n)]),
    2,
  );
  const { shown } = shownFacts(first.example.facts);
  return `${told}\n\n${rules}\n\nThe facts of ${placeOf(first.example)}:\n\n${fenced(seenJson(shown))}`;
}

function placeOf({ line, file }: Transition["example"]): string {
  return file === undefined ? `line ${line}` : named(`${file}:${line}`);
}
