import type { Span } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { Ast, AstRequirement, Expression, Name, Statement } from "../syntax/ast.ts";
import { bindCondition, bindTargetCondition } from "./bind-condition.ts";
import type { CheckedGuard, Condition, Requirement } from "./checked-policy.ts";
import { readCondition } from "./conditions.ts";
import type { Context } from "./context.ts";
import type { Operands } from "./operands.ts";
import { lookUpOption, optionTable } from "./option-table.ts";
import { replacement } from "./report.ts";
import type { TypedCondition } from "./typed.ts";

type GuardStatement = Extract<Statement, { readonly kind: "never" | "ensure" }>;

/** Reads the guards of a policy and its libraries, libraries first (LANGUAGE §6). */
export function readGuards(
  files: readonly Ast[],
  context: Context,
  operands: Operands,
): readonly CheckedGuard[] {
  const bound = new Map<TypedCondition, Condition>();
  const guards: CheckedGuard[] = [];
  let ordinal = 0;
  for (const file of files) {
    for (const statement of file.statements) {
      if (statement.kind !== "never" && statement.kind !== "ensure") continue;
      ordinal += 1;
      const guard = readGuard(statement, context, { operands, bound });
      const text = onOneLine(file, statement.span);
      if (guard !== null) guards.push({ id: `guard-${ordinal}`, text, ...guard });
    }
  }
  return guards;
}

/** The words of a statement as they are written, without its comments. */
function onOneLine({ text, comments }: Ast, { start, end }: Span): string {
  let words = text.slice(start, end);
  if (words.includes("#")) {
    for (const { span } of comments.toReversed()) {
      if (span.start < start || span.end > end) continue;
      words = words.slice(0, span.start - start) + words.slice(span.end - start);
    }
  }
  return words.replaceAll(/\s+/g, " ").trim() + ")".repeat(openParentheses(words));
}

/** Parentheses that words leave open: the span of an expression ends before those around it. */
function openParentheses(words: string): number {
  const bare = words
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, "")
    .replaceAll(/\bmatches\s*\/(?:[^/\\]|\\.)*\//g, "");
  const count = (parenthesis: string): number => bare.split(parenthesis).length - 1;
  return Math.max(count("(") - count(")"), 0);
}

/** The text of a guard in one spelling: a test may quote it as it was written before it was formatted. */
export function guardKey(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/!=|\bis not\b/g, " != ")
    .replaceAll(/==|\bis\b/g, " = ")
    .replaceAll("_", "-")
    .replaceAll(/ *([^\w\s.-]+) */g, "$1");
}

interface Binding {
  readonly operands: Operands;
  readonly bound: Map<TypedCondition, Condition>;
}

type GuardBody = CheckedGuard extends infer Guard
  ? Guard extends CheckedGuard
    ? Omit<Guard, "id" | "text">
    : never
  : never;

function readGuard(
  statement: GuardStatement,
  context: Context,
  { operands, bound }: Binding,
): GuardBody | null {
  const { span } = statement;
  const typed = statement.when === null ? null : readCondition(context, statement.when, "rule");
  const sound = statement.when === null || typed !== null;
  const when = typed === null ? null : bindCondition(typed, operands, bound);
  if (statement.kind === "never") {
    const read = readCondition(context, statement.of, "never");
    if (read === null || !sound) return null;
    return { kind: "never", when, span, target: bindTargetCondition(read, operands) };
  }
  const requirement = readRequirement(context, statement.requirement);
  if (requirement === null || !sound) return null;
  return { kind: "ensure", when, span, requirement };
}

function readRequirement(context: Context, said: AstRequirement): Requirement | null {
  if (said.kind === "compare") return readPlanBound(context, said.of);
  const [every, plan, has] = said.words;
  const isForm = every?.text === "every" && plan?.text === "plan" && has?.text === "has";
  if (!isForm) {
    const first = said.words[0]?.span ?? said.span;
    const span = { ...first, end: said.words.at(-1)?.span.end ?? first.end };
    context.report.add("P0223", span, "`ensure` demands something else of plans", {
      label: "no demand",
      help: "write `ensure every plan has fallback`, or `ensure plan.cost <= $0.05`",
      fix: replacement("write `every plan has`", span, "every plan has"),
    });
    return null;
  }
  return readHaving(context, said.what);
}

function readHaving(context: Context, what: Name): Requirement | null {
  if (what.text === "fallback") return { kind: "has", what: "fallback" };
  const option = lookUpOption(what.text);
  if (option !== null && option.word !== "no") return { kind: "has", what: option.key };
  const words = ["fallback", ...optionTable.map(({ word }) => word)];
  const near = didYouMean(what.text.replaceAll("_", "-"), words);
  context.report.add("P0223", what.span, `a plan cannot have \`${what.text}\``, {
    label: "neither `fallback` nor an option",
    ...(near === null ? {} : { help: `did you mean \`${near}\`?` }),
    fix: near === null ? null : replacement(`replace with \`${near}\``, what.span, near),
  });
  return null;
}

/** `plan.cost <= $0.05` as a bound; null when it was reported. */
export function readPlanBound(
  context: Context,
  expression: Expression,
): Extract<Requirement, { readonly kind: "bound" }> | null {
  const read = readCondition(context, expression, "plan");
  if (read === null) return null;
  if (read.kind === "compare" && read.left.kind === "plan-fact" && read.right.kind === "constant") {
    return { kind: "bound", of: read.left.name, op: read.op, value: Number(read.right.value) };
  }
  context.report.add("P0223", expression.span, "this is no demand on a plan", {
    label: "compare a fact of the plan with a constant",
    help: "facts of a plan are `plan.cost`, `plan.time` and `plan.attempts`",
  });
  return null;
}
