import type { Span } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { readQuantity } from "../../facts/quantity.ts";
import { showFactValue } from "../../facts/value.ts";
import type { AstOption, Literal, Name } from "../syntax/ast.ts";
import type { CheckedOptions } from "./checked-policy.ts";
import { reportLater } from "./later-words.ts";
import { quoted, type Report, replacement } from "./report.ts";
import { isSettable, readSetting } from "./set-option.ts";

type Draft = { -readonly [Key in keyof CheckedOptions]: CheckedOptions[Key] };

const timers = {
  timeout: "timeoutMs",
  deadline: "deadlineMs",
  "first-token": "firstTokenMs",
  idle: "idleMs",
} as const satisfies Readonly<Record<string, keyof CheckedOptions>>;

const known: readonly string[] = [...Object.keys(timers), "retry", "max_tokens", "set", "tag"];

const dayMs = 86_400_000;
const mostRetries = 10;
const longestTag = 64;

/** The options of a plan; what is wrong is reported and left out. */
export function readOptions(report: Report, options: readonly AstOption[]): CheckedOptions {
  const draft: Draft = {};
  const set = new Map<string, number | string | boolean>();
  const tags: string[] = [];
  const seen = new Map<string, Span>();
  for (const each of options) {
    const name = each.name.text.replaceAll("_", "-");
    // Messages spell it as everybody does: like the fact.
    const option =
      name === "max-tokens" ? { ...each, name: { ...each.name, text: "max_tokens" } } : each;
    if (name === "set") readSetting(report, option, set);
    else if (name === "tag") readTag(report, option, tags);
    else if (isFirst(report, option, name, seen)) readSingle(report, option, name, draft);
  }
  if (set.size > 0) draft.set = Object.fromEntries(set);
  if (tags.length > 0) draft.tags = tags;
  warnOfIdleTimers(report, options, draft);
  return draft;
}

function isFirst(
  report: Report,
  option: AstOption,
  name: string,
  seen: Map<string, Span>,
): boolean {
  const first = seen.get(name);
  if (first === undefined) {
    seen.set(name, option.span);
    return true;
  }
  report.add("P0409", option.span, `\`${option.name.text}\` is given twice`, {
    label: "second time",
    related: [{ span: first, text: "first time" }],
    help: "keep one of the two",
  });
  return false;
}

function readSingle(report: Report, option: AstOption, name: string, draft: Draft): void {
  const timer = Object.entries(timers).find(([word]) => word === name)?.[1];
  if (timer !== undefined) {
    const value = readDuration(report, option);
    if (value !== null) draft[timer] = value;
  } else if (name === "retry") {
    const value = readWhole(report, option, { least: 0, most: mostRetries });
    if (value !== null) draft.retries = value;
  } else if (name === "max-tokens") {
    const value = readWhole(report, option, { least: 1, most: 1_000_000_000 });
    if (value !== null) draft.maxTokens = value;
  } else reportUnknown(report, option.name);
}

/** What other systems call an option. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ...["retries", "max_retries", "num_retries"].map((word) => [word, "retry"] as const),
  ...["max_output_tokens", "max_completion_tokens"].map((word) => [word, "max_tokens"] as const),
  ["ttft", "first-token"],
  ["request_timeout", "timeout"],
]);

function reportUnknown(report: Report, name: Name): void {
  if (reportLater(report, name, "option")) return;
  const { text, span } = name;
  if (isSettable(text)) {
    report.add("P0208", span, `\`${text}\` is a field of the request, not an option`, {
      label: "fields are written with `set`",
      help: `write \`set ${text} …\``,
      fix: replacement(`write \`set ${text}\``, span, `set ${text}`),
    });
    return;
  }
  const other = otherNames.get(text.replaceAll("-", "_")) ?? null;
  const near = didYouMean(text.replaceAll("-", "_"), [...known, "first_token"]);
  const meant = other ?? (near === "first_token" ? "first-token" : near);
  report.add("P0208", span, `\`${text}\` is not an option of this version`, {
    label: `not one of: ${known.join(", ")}`,
    ...(meant === null ? {} : { help: `did you mean \`${meant}\`?` }),
    fix: meant === null ? null : replacement(`replace with \`${meant}\``, span, meant),
  });
}

/** The one argument of an option; reports none, and more than one. */
function onlyArgument(report: Report, option: AstOption, example: string): Name | Literal | null {
  const [first, second] = option.arguments;
  if (first !== undefined && second === undefined) return first;
  const span = second?.span ?? option.span;
  const wrong = second === undefined ? "needs a value" : "takes one value";
  report.add("P0308", span, `\`${option.name.text}\` ${wrong}`, {
    label: second === undefined ? "nothing follows" : "one too many",
    help: `write \`${option.name.text} ${example}\``,
  });
  return null;
}

function readDuration(report: Report, option: AstOption): number | null {
  const argument = onlyArgument(report, option, "10s");
  if (argument === null) return null;
  const read = isNumber(argument) ? readQuantity(argument.raw) : null;
  if (read?.ok === true && read.type.kind === "duration") {
    if (read.value > 0 && read.value <= dayMs) return read.value;
    report.add("P0308", argument.span, `\`${option.name.text}\` is more than 0ms and at most 24h`, {
      label: "out of range",
    });
    return null;
  }
  const plain = isNumber(argument) && argument.unit === "none";
  report.add("P0308", argument.span, `\`${option.name.text}\` takes a duration`, {
    label: plain ? "which unit?" : "no duration",
    help: `write \`${option.name.text} ${plain ? `${argument.raw}s` : "10s"}\`; units are ms, s, m, h, d`,
    fix: plain
      ? replacement(`write \`${argument.raw}s\``, argument.span, `${argument.raw}s`)
      : null,
  });
  return null;
}

function isNumber(
  argument: Name | Literal,
): argument is Extract<Literal, { readonly kind: "number" }> {
  return "kind" in argument && argument.kind === "number";
}

function readWhole(
  report: Report,
  option: AstOption,
  { least, most }: { readonly least: number; readonly most: number },
): number | null {
  const argument = onlyArgument(report, option, String(Math.max(least, 1)));
  if (argument === null) return null;
  const read = isNumber(argument) ? readQuantity(argument.raw) : null;
  const isWhole = read?.ok === true && read.type.kind === "whole";
  if (isWhole && read.value >= least && read.value <= most) return read.value;
  const bounds = `${least} to ${most}`;
  const takes = isWhole ? `is ${bounds}` : `takes a whole number, ${bounds}`;
  report.add("P0308", argument.span, `\`${option.name.text}\` ${takes}`, {
    label: isWhole ? "out of range" : "no whole number",
    help: `write \`${option.name.text} ${Math.max(least, 1)}\``,
  });
  return null;
}

function readTag(report: Report, option: AstOption, tags: string[]): void {
  const argument = onlyArgument(report, option, '"batch"');
  if (argument === null) return;
  const text = "text" in argument ? argument.text : null;
  if (text !== null && text.length > 0 && text.length <= longestTag) {
    if (!tags.includes(text)) tags.push(text);
    return;
  }
  report.add("P0308", argument.span, "`tag` takes a text", {
    label: text === null ? "no text" : `1 to ${longestTag} characters`,
    help: 'write `tag "batch"`',
  });
}

/** A timer inside a shorter one never fires. */
function warnOfIdleTimers(report: Report, options: readonly AstOption[], draft: Draft): void {
  const outerOf = [
    ["timeout", "timeoutMs", "deadline", "deadlineMs"],
    ["first-token", "firstTokenMs", "timeout", "timeoutMs"],
    ["idle", "idleMs", "timeout", "timeoutMs"],
  ] as const;
  for (const [inner, innerKey, outer, outerKey] of outerOf) {
    const [innerMs, outerMs] = [draft[innerKey], draft[outerKey]];
    if (innerMs === undefined || outerMs === undefined || innerMs <= outerMs) continue;
    const place = (word: string): AstOption | undefined =>
      options.find(({ name }) => name.text.replaceAll("_", "-") === word);
    const [option, other] = [place(inner), place(outer)];
    if (option === undefined || other === undefined) continue;
    const shown = showFactValue({ kind: "duration" }, outerMs);
    report.add("P0410", option.span, `\`${inner}\` never fires: \`${outer}\` ends it first`, {
      label: `longer than ${shown}`,
      related: [{ span: other.span, text: "this fires first" }],
      help: `make ${quoted([inner])} shorter than ${quoted([outer])}`,
    });
  }
}
