import { RE2JS } from "re2js";
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Context } from "./context.ts";
import { reportUnknownName } from "./names.ts";
import type { Report } from "./report.ts";
import { readSide, sideName } from "./sides.ts";
import {
  type Comparison,
  isFactTerm,
  isTerm,
  type Mode,
  type Side,
  type Term,
  type TypedCondition,
  typeName,
} from "./typed.ts";

/** `prompt matches /…/` and `prompt contains "…"`: a test of a text fact that is read as one boolean. */
export function readTextTest(
  context: Context,
  comparison: Comparison,
  mode: Mode,
): TypedCondition | null {
  const { span } = comparison;
  const test = comparison.op === "matches" ? "matches" : "contains";
  const left = readSide(context, comparison.left, mode);
  const right = readSide(context, comparison.right, mode);
  if (left === null || right === null) return null;
  const pattern = patternOf(context, test, right);
  const tested = textFact(context, left, { test, mode });
  if (pattern === null || tested === null) return null;
  const { fact } = tested;
  const of: Term = {
    kind: "text-test",
    test,
    fact,
    pattern,
    type: { kind: "boolean" },
    span,
    size: 1,
  };
  return { kind: "holds", of, span, size: 1 };
}

type TextTest = "matches" | "contains";

function textFact(
  context: Context,
  left: Side,
  { test, mode }: { readonly test: TextTest; readonly mode: Mode },
): Extract<Term, { readonly kind: "fact" }> | null {
  if (left.kind === "word") {
    reportUnknownName(context, left.name, mode);
    return null;
  }
  if (left.kind === "fact" && left.type.kind === "text") return left;
  const what = isTerm(left) ? typeName(left.type) : sideName(left);
  const isFact = isTerm(left) && isFactTerm(left);
  context.report.add("P0306", left.span, `\`${test}\` tests text, and this is ${what}`, {
    label: isFact && what === "text" ? "only facts of the request can be searched" : what,
    help: `search a text fact, as in \`prompt ${test} ${test === "matches" ? "/…/" : '"…"'}\``,
  });
  return null;
}

function patternOf(context: Context, test: TextTest, right: Side): string | null {
  const { report } = context;
  if (test === "matches" && right.kind === "regex") {
    return checkPattern(report, right.pattern, right.span) ? right.pattern : null;
  }
  const text = test === "contains" ? constantText(right) : null;
  if (text !== null && text !== "") return text;
  const example = test === "matches" ? "/…/" : '"…"';
  report.add("P0306", right.span, `\`${test}\` does not take this`, {
    label: text === "" ? "every text contains the empty one" : `write \`${test} ${example}\``,
  });
  return null;
}

function constantText(side: Side): string | null {
  if (side.kind === "word") return side.name.text;
  return side.kind === "constant" && typeof side.value === "string" ? side.value : null;
}

const longestPattern = 2_000;

/** Checks that the linear-time engine takes a pattern; reports its reason when it does not. */
export function checkPattern(report: Report, pattern: string, span: Span): boolean {
  if (pattern.length > longestPattern) {
    report.add("P0311", span, `the pattern is longer than ${longestPattern} characters`);
    return false;
  }
  try {
    RE2JS.compile(pattern);
    return true;
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : "";
    report.add("P0311", span, "the pattern does not compile", {
      label: reason,
      help: "patterns run in linear time: look-around and back-references do not exist (RE2 syntax)",
    });
    return false;
  }
}
