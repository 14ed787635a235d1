import { didYouMean } from "../../diagnostics/suggest.ts";
import { lookUpFact } from "../../facts/look-up.ts";
import { lookUpTargetFact } from "../../facts/target-facts.ts";
import type { Expression, Name } from "../syntax/ast.ts";
import { writeText } from "../syntax/escapes.ts";
import type { Context } from "./context.ts";
import { resolveName } from "./names.ts";
import { type Report, replacement } from "./report.ts";
import { reportUnknownTarget } from "./scope.ts";
import { readLet, readSide, textTerm } from "./sides.ts";
import { fits, isFactTerm, isPerTarget, isTerm, type Mode, type Side, type Term } from "./typed.ts";
import { asWritten } from "./written.ts";

/**
 * Reads what stands against a fact in `is`, `=` or `in` (LANGUAGE §5): a let or pool of fitting type, else a value of the
 * fact; both at once is an error.
 */
export function readValue(
  context: Context,
  fact: Term,
  expression: Expression,
  mode: Mode,
): Side | null {
  if (expression.kind !== "name" || expression.name.quoted) {
    return readSide(context, expression, mode);
  }
  const { name } = expression;
  const values = fact.type.kind === "text" ? fact.type.values : undefined;
  const isValue = values?.includes(name.text) ?? false;
  if (context.scope.lets.has(name.text))
    return readLetValue(context, fact, name, { isValue, mode });
  if (isValue) return textTerm(name);
  if (fact.type.kind !== "text") return resolveName(context, name, mode);
  if (context.scope.pools.has(name.text) && takesPool(fact)) {
    return { kind: "pool", name: name.text, span: name.span };
  }
  if (values === undefined) return readOpenText(context, name, mode);
  if (fact.kind === "target-name") {
    reportUnknownTarget(context.report, name, [...values, ...context.scope.pools.keys()]);
  } else {
    reportUnknownValue(context, fact, name);
  }
  return null;
}

/** Pools are sets of targets: they fit the candidate itself, and the `model` a client names. */
export function takesPool(fact: Term): boolean {
  return fact.kind === "target-name" || (fact.kind === "fact" && fact.fact.name === "model");
}

function readLetValue(
  context: Context,
  fact: Term,
  name: Name,
  { isValue, mode }: { readonly isValue: boolean; readonly mode: Mode },
): Side | null {
  // `let classify = intent is classify` means the value: while a let is read, its name cannot mean itself.
  if (isValue && context.letPath.includes(name.text)) return textTerm(name);
  const side = readLet(context, name, mode);
  if (side === null) return null;
  const fitting = isTerm(side)
    ? fits(side.type, fact.type) && !isFactTerm(side)
    : side.kind !== "condition" && side.kind !== "regex";
  if (!isValue) return side;
  if (!fitting) return textTerm(name);
  context.report.add("P0205", name.span, `\`${name.text}\` is both a let and a value here`, {
    label: "the let or the value?",
    help: `quote it to mean the value, or give the let another name`,
    fix: replacement("quote the value", name.span, writeText(name.text)),
  });
  return null;
}

/** What other languages call a value that is not there. */
const missingWords: ReadonlySet<string> = new Set([
  ...["null", "nil", "none", "undefined", "None", "NULL", "Unknown", "UNKNOWN"],
]);

/** Whether a word is what other languages call a missing value. */
export function isMissingWord({ text, quoted }: Name): boolean {
  return !quoted && missingWords.has(text);
}

/** Warns that such a word is a text like any other. */
export function warnOfMissingWord(report: Report, { text, span }: Name, help: string): void {
  report.add("P0412", span, `\`${text}\` is read as text`, {
    label: "a value like any other",
    help,
  });
}

/** A bare word against text without declared values: the word itself, unless it can only be a fact. */
function readOpenText(context: Context, name: Name, mode: Mode): Side | null {
  const other = name.text.includes(".") ? resolveName(context, name, mode) : null;
  if (other !== null && other.kind !== "word") return other;
  if (isMissingWord(name)) {
    const help = "a missing value is asked for with `is unknown`; quote the text to say so";
    warnOfMissingWord(context.report, name, help);
  }
  const isFact =
    lookUpFact(context.scope.vocabulary.facts, name.text) !== null ||
    (isPerTarget(mode) && lookUpTargetFact(name.text) !== null);
  if (isFact) {
    context.report.add("P0412", name.span, `\`${name.text}\` is read as text, not as the fact`, {
      label: "a word on this side is a value",
      help: "quote it to say so",
      fix: replacement("quote the value", name.span, writeText(name.text)),
    });
  }
  return textTerm(name);
}

/** Reports a value that a fact with declared values never has. */
export function reportUnknownValue(
  context: Context,
  fact: Term,
  { text, span, quoted }: Name,
): void {
  const values = fact.type.kind === "text" ? (fact.type.values ?? []) : [];
  if (context.scope.incomplete && fact.kind === "fact" && fact.fact.name === "intent") return;
  // `monday` is more letters away from `mon` than a slip may be.
  const shorter = values.find((value) => value.length >= 3 && text.toLowerCase().startsWith(value));
  const near = shorter ?? didYouMean(text, values);
  const what = fact.kind === "fact" ? fact.fact.name : "value";
  context.report.add("P0203", span, `\`${text}\` is not a known ${what}`, {
    label: `not one of: ${values.slice(0, 12).join(", ")}${values.length > 12 ? ", …" : ""}`,
    help: near === null ? howToDeclare(what) : `did you mean \`${near}\`?`,
    fix:
      near === null
        ? null
        : replacement(`replace with \`${near}\``, span, quoted ? writeText(near) : asWritten(near)),
  });
}

function howToDeclare(what: string): string {
  return what === "intent"
    ? `declare it with \`intent NAME contains "…"\``
    : "only declared values can be compared with";
}
