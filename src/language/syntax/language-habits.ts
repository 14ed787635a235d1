import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import type { Diagnostic, SourceFile } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import { spanOf } from "./token-edits.ts";

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const dayPattern = "(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*";
const dayWord = new RegExp(`^${dayPattern}$`, "i");
const dayPair = new RegExp(`^(${dayPattern})-(${dayPattern})$`, "i");

/** Counts that every request has; a name made of one, a hyphen and digits is a subtraction without its spaces. */
const difference = /^((?:max_)?tokens|messages|turns|tools|images)-(\d+)$/;

/** What the grammar reads, but not as it was meant: `mon..fri`, `mon-fri`, `tokens-100 < 5`. */
export function languageHabits({ file }: SourceFile, tokens: readonly IToken[]): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const habit = habitAt(file, tokens, index);
    if (habit !== null) found.push(habit);
  }
  return found;
}

function habitAt(file: string, tokens: readonly IToken[], index: number): Diagnostic | null {
  const token = tokens[index];
  const twice = doubledWord(file, tokens, index) ?? unitOfTokens(file, tokens, index);
  if (twice !== null) return twice;
  if (token?.tokenType === t.Minus) return dashedRange(file, tokens, index);
  if (token?.tokenType === t.Range) return dayRange(file, tokens, index);
  if (token?.tokenType !== t.Name || !token.image.includes("-")) return null;
  return subtraction(file, tokens, index) ?? hyphenatedDays(file, tokens, index);
}

const doubles: ReadonlySet<TokenType> = new Set([
  ...[t.Name, t.Text, t.Decimal, t.Scaled, t.Duration, t.Percent, t.Money, t.Price],
]);

/** `retry retry 1`, `timeout 10s 10s`: an option takes words and numbers as they come, so that the grammar reads them. */
function doubledWord(file: string, tokens: readonly IToken[], index: number): Diagnostic | null {
  const [before, token] = [tokens[index - 1], tokens[index]];
  if (token === undefined || before?.image !== token.image || !doubles.has(token.tokenType)) {
    return null;
  }
  return takeOut(file, [before, token], `\`${token.image}\` stands here twice`);
}

/** `tokens in 100k-900k`, which is a difference as it stands. */
function dashedRange(file: string, tokens: readonly IToken[], index: number): Diagnostic | null {
  const [word, low, dash, high] = tokens.slice(index - 2, index + 2);
  if (word?.tokenType !== t.In || low === undefined || dash === undefined || high === undefined) {
    return null;
  }
  if (!/^[\d$]/.test(low.image) || !/^[\d$]/.test(high.image)) return null;
  const text = `${low.image}..${high.image}`;
  return makeDiagnostic("P0115", spanOf(file, low, high), "a range is written with `..`", {
    help: `write \`${text}\`, which ends before ${high.image}`,
    fix: { title: `write \`${text}\``, edits: [{ span: spanOf(file, low, high), text }] },
  });
}

/** `max_tokens 1k tokens`. */
function unitOfTokens(file: string, tokens: readonly IToken[], index: number): Diagnostic | null {
  const [before, token, next] = [tokens[index - 1], tokens[index], tokens[index + 1]];
  if (token?.image !== "tokens" || before === undefined) return null;
  const isCount = before.tokenType === t.Decimal || before.tokenType === t.Scaled;
  // `limit 100k tokens per hour` counts them.
  if (!isCount || next?.image === "per" || next?.image === "at") return null;
  return takeOut(file, [before, token], "a number of tokens needs no unit");
}

function takeOut(file: string, [before, token]: [IToken, IToken], message: string): Diagnostic {
  const span = spanOf(file, token);
  const edit = { span: { ...span, start: spanOf(file, before).end }, text: "" };
  return makeDiagnostic("P0105", span, message, {
    help: "take it out",
    fix: { title: `take \`${token.image}\` out`, edits: [edit] },
  });
}

function listOfDays(first: string, last: string): string {
  const [from, to] = [first, last].map((day) => days.indexOf(day.slice(0, 3).toLowerCase()));
  const list = [from ?? 0];
  while (list.at(-1) !== to) list.push(((list.at(-1) ?? 0) + 1) % days.length);
  return `[${list.map((day) => days[day]).join(", ")}]`;
}

function dayRange(file: string, tokens: readonly IToken[], index: number): Diagnostic | null {
  const [from, to] = [tokens[index - 1], tokens[index + 1]];
  if (from === undefined || to === undefined) return null;
  if (!dayWord.test(from.image) || !dayWord.test(to.image)) return null;
  const span = spanOf(file, from, to);
  const text = listOfDays(from.image, to.image);
  return makeDiagnostic("P0125", span, "weekdays are listed one by one", {
    help: `write \`${text}\``,
    fix: { title: `write \`${text}\``, edits: [{ span, text }] },
  });
}

/** `weekday in mon-fri`, `weekday is mon-fri`. */
function hyphenatedDays(file: string, tokens: readonly IToken[], index: number): Diagnostic | null {
  const [operator, token] = [tokens[index - 1], tokens[index]];
  const pair = dayPair.exec(token?.image ?? "");
  if (operator === undefined || token === undefined || pair === null) return null;
  const isMembership = operator.tokenType === t.In;
  if (!isMembership && operator.tokenType !== t.Is && operator.tokenType !== t.Equal) return null;
  const list = listOfDays(pair[1] ?? "", pair[2] ?? "");
  const span = isMembership ? spanOf(file, token) : spanOf(file, operator, token);
  const text = isMembership ? list : `in ${list}`;
  return makeDiagnostic("P0125", span, "weekdays are listed one by one", {
    help: `write \`${text}\``,
    fix: { title: `write \`${text}\``, edits: [{ span, text }] },
  });
}

const orders = new Set([
  t.Less,
  t.LessOrEqual,
  t.Greater,
  t.GreaterOrEqual,
  t.Plus,
  t.Minus,
  t.Times,
]);

function subtraction(file: string, tokens: readonly IToken[], index: number): Diagnostic | null {
  const token = tokens[index];
  const parts = difference.exec(token?.image ?? "");
  if (token === undefined || parts === null) return null;
  const neighbours = [tokens[index - 1]?.tokenType, tokens[index + 1]?.tokenType];
  if (!neighbours.some((type) => type !== undefined && orders.has(type))) return null;
  const text = `${parts[1]} - ${parts[2]}`;
  const span = spanOf(file, token);
  return makeDiagnostic("P0122", span, `\`${token.image}\` is one name`, {
    label: "names may hold hyphens",
    help: `write \`${text}\` to subtract`,
    fix: { title: `write \`${text}\``, edits: [{ span, text }] },
  });
}
