import type { Description, Names, NeededFact, Spread } from "./description.ts";
import { count, dollars, ms, percent, requestsOf, table } from "./print-table.ts";

const shownRows = 12;
/** Cells of a table beyond which names are cut; paths are told from their end. */
const longestPath = 46;

/** What a log holds, as a person reads it on a terminal. */
export function printDescription(description: Description): string {
  const parts = [
    headOf(description),
    filesOf(description),
    skippedOf(description),
    timeOf(description),
    spreadsOf(description),
    endingsOf(description),
    ...namesOf(description),
    factsOf(description),
    needsOf(description),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function headOf({ requests, skipped, repeatedIds, formats }: Description): string {
  const all = formats.map((each) => `${each.name} (${count(each.requests)})`).join(", ");
  const lines = [`${requestsOf(requests)}${all === "" ? "" : `: ${all}`}`];
  if (skipped > 0) lines.push(`${count(skipped)} ${skipped === 1 ? "line" : "lines"} skipped`);
  if (repeatedIds.requests > 0) {
    const least = repeatedIds.atLeast ? "at least " : "";
    lines.push(
      `${least}${requestsOf(repeatedIds.requests)} with an id that came before: is a part of the log here twice?`,
    );
  }
  return lines.join("\n");
}

function filesOf({ files }: Description): string {
  const shown = files.slice(0, shownRows);
  const rest = files.length - shown.length;
  const rows = shown.map((each) => [
    each.name.length > longestPath ? `…${each.name.slice(1 - longestPath)}` : each.name,
    count(each.requests),
    each.skipped === 0 ? "" : count(each.skipped),
  ]);
  const more = rest === 0 ? "" : `\nand ${count(rest)} more files`;
  return `${table(["file", "requests", "skipped"], rows)}${more}`;
}

function skippedOf({ skippedBecause }: Description): string {
  if (skippedBecause.length === 0) return "";
  const lines = skippedBecause.slice(0, shownRows).map(({ reason, count: lines, line, file }) => {
    const place = file === null ? `line ${line}` : `${file}:${line}`;
    return `  ${count(lines)} × ${reason} (first: ${place})`;
  });
  return ["Skipped:", ...lines].join("\n");
}

function timeOf({ time, rate, requests }: Description): string {
  const lines: string[] = [];
  if (time.seconds === null) lines.push("The log does not say when requests came in.");
  else if (time.from === null) {
    lines.push(`Over ${lengthOf(time.seconds)}, counted from a zero of its own: no dates`);
  } else lines.push(`From ${time.from} to ${time.to}, ${lengthOf(time.seconds)}`);
  if (time.from !== null && time.dated < requests)
    lines.push(`  ${count(requests - time.dated)} of them without a time`);
  if (rate !== null) {
    const { busiestOverSeconds: over } = rate;
    const stretch = singular.get(over) ?? lengthOf(over);
    lines.push(
      `${plain(rate.mean)} requests a second on average, ${plain(rate.busiest)} in the busiest ${stretch}`,
    );
  }
  return lines.join("\n");
}

function spreadsOf({ tokens, latency }: Description): string {
  const row = (name: string, spread: Spread | null, show: (value: number) => string): string[][] =>
    spread === null
      ? []
      : [[name, count(spread.requests), ...[spread.p50, spread.p95, spread.p99].map(show)]];
  const rows = [
    ...row("tokens in", tokens.input, tokensOf),
    ...row("tokens out", tokens.output, tokensOf),
    ...row("whole answer", latency.total, ms),
    ...row("first token", latency.firstToken, ms),
  ];
  return table(["measure", "requests", "p50", "p95", "p99"], rows);
}

function endingsOf({ outcomes, cacheHits, cost, requests }: Description): string {
  const lines: string[] = [];
  const { ok, failed, untold, causes } = outcomes;
  if (untold < requests) {
    const why = causes.map((each) => `${each.name} ${count(each.requests)}`).join(", ");
    lines.push(
      `${count(ok)} answered, ${count(failed)} failed${why === "" ? "" : ` (${why})`}, ${count(untold)} untold`,
    );
  }
  if (cacheHits > 0) lines.push(`${count(cacheHits)} from a cache`);
  if (cost !== null)
    lines.push(
      `${dollars(cost.dollars)} by the log's own account, of ${requestsOf(cost.requests)}`,
    );
  return lines.join("\n");
}

function namesOf({ models, targets, users, keys, teams }: Description): readonly string[] {
  return [
    nameTable("model asked for", models),
    nameTable("target that served", targets),
    nameTable("key", keys),
    nameTable("team", teams),
    nameTable("user", users),
  ];
}

function nameTable(kind: string, { distinct, top }: Names): string {
  const shown = top.slice(0, shownRows);
  const rest = distinct - shown.length;
  const more = rest <= 0 ? "" : `\nand ${count(rest)} more`;
  const rows = shown.map((each) => [each.name, count(each.requests)]);
  return `${table([kind, "requests"], rows)}${rows.length === 0 ? "" : more}`;
}

function factsOf({ facts, texts, requests }: Description): string {
  if (requests === 0) return "";
  const whole = facts.filter((each) => each.requests === requests).map(({ fact }) => fact);
  const parts = facts.filter((each) => each.requests < requests);
  const held =
    texts.requests === 0
      ? "The log holds no prompts."
      : `Prompts of ${percent(texts.share)} of the requests are in the log.`;
  const lines = [held];
  if (whole.length > 0) lines.push(`Facts told of every request: ${whole.join(", ")}`);
  if (parts.length > 0) {
    lines.push(
      `Facts told of some: ${parts.map(({ fact, share }) => `${fact} ${percent(share)}`).join(", ")}`,
    );
  }
  return lines.join("\n");
}

function needsOf({ needs, requests }: Description): string {
  if (needs === undefined) return "";
  const lacking = needs.filter((each) => each.lacking > 0 || each.touched > 0);
  if (lacking.length === 0) return "The log tells every fact that the policy rests on.";
  const rows = lacking.map((each: NeededFact) => [
    each.fact,
    `${count(each.lacking)} (${percent(requests === 0 ? 0 : each.lacking / requests)})`,
    count(each.touched),
  ]);
  const because = lacking.flatMap(({ fact, why }) => (why === null ? [] : [`  ${fact}: ${why}`]));
  const head = "What the policy rests on and the log lacks; it is unknown there, never guessed:";
  return [
    head,
    table(["fact", "requests without it", "decisions that ask for it"], rows),
    ...because,
  ].join("\n");
}

/** Lengths that are one of their unit. */
const singular: ReadonlyMap<number, string> = new Map([
  [1, "second"],
  [60, "minute"],
  [3_600, "hour"],
  [86_400, "day"],
]);

function lengthOf(seconds: number): string {
  const [unit, size] =
    (
      [
        ["days", 86_400],
        ["hours", 3_600],
        ["minutes", 60],
      ] as const
    ).find(([, each]) => seconds >= 2 * each) ?? (["seconds", 1] as const);
  return `${plain(seconds / size)} ${unit}`;
}

function plain(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 1 });
}

function tokensOf(value: number): string {
  return count(Math.round(value));
}
