import type { Span } from "../../diagnostics/diagnostic.ts";
import { lineCounter } from "../../diagnostics/position.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { FactType, FactValue } from "../../facts/fact.ts";
import { readFactValue } from "../../facts/value.ts";
import type { Ast, AstExpectation, AstGiven, AstTestRow, Expression, Name } from "../syntax/ast.ts";
import { bindTargetCondition } from "./bind-condition.ts";
import type {
  CheckedGuard,
  CheckedTest,
  CheckedTestRow,
  CheckedTests,
  Expectation,
  RuleInfo,
} from "./checked-policy.ts";
import { readCondition } from "./conditions.ts";
import { type Context, textOf } from "./context.ts";
import { guardKey, readPlanBound } from "./guards.ts";
import { planFacts } from "./measured-facts.ts";
import { isTargetWord, reportUnknownName, resolveName } from "./names.ts";
import type { Operands } from "./operands.ts";
import { readOptions } from "./options.ts";
import { quoted, replacement } from "./report.ts";
import { reportUnknownTarget } from "./scope.ts";
import { readLet } from "./sides.ts";
import { isTerm, type Term, typeName } from "./typed.ts";
import { reportUnknownValue } from "./values.ts";

interface Setting {
  readonly context: Context;
  readonly operands: Operands;
  readonly rules: readonly RuleInfo[];
  readonly guards: readonly CheckedGuard[];
}

/** Reads the `test` statements of a router's own file. `operands` begin as the policy's; tests may add to them. */
export function readTests(ast: Ast, setting: Setting): CheckedTests {
  const tests: CheckedTest[] = [];
  const names = new Map<string, Span>();
  const lineOf = lineCounter(ast.text);
  for (const statement of ast.statements) {
    if (statement.kind !== "test") continue;
    const { name, span } = statement;
    const first = names.get(name.text);
    if (first === undefined) names.set(name.text, name.span);
    else {
      setting.context.report.add("P0204", name.span, `there is a test \`${name.text}\` already`, {
        label: "second test of this name",
        related: [{ span: first, text: "first one" }],
        help: "give one of the two another name, or write both as rows of one test",
      });
    }
    const rows = statement.rows.map((row) => readRow(setting, row));
    const line = lineOf(span.start);
    tests.push({ name: name.text, rows, line, span });
  }
  return { tests, operands: setting.operands.list };
}

function readRow(setting: Setting, { given, expect, span }: AstTestRow): CheckedTestRow {
  const facts: Record<string, FactValue | null> = {};
  const seen = new Map<string, Span>();
  for (const each of given) {
    const read = readGiven(setting.context, each);
    if (read === null) continue;
    const first = seen.get(read.name);
    if (first !== undefined) {
      setting.context.report.add("P0409", each.span, `\`${read.name}\` is given twice`, {
        label: "second time",
        related: [{ span: first, text: "first time" }],
        help: "keep one of the two, or write two rows",
      });
    }
    seen.set(read.name, each.span);
    facts[read.name] = read.value;
  }
  const expected = expect.map((each) => readExpectation(setting, each));
  return { given: facts, expect: expected.filter((each) => each !== null), span };
}

function readGiven(
  context: Context,
  { fact, value, span }: AstGiven,
): { readonly name: string; readonly value: FactValue | null } | null {
  const isLet = context.scope.lets.has(fact.text);
  const side = isLet ? readLet(context, fact, "rule") : resolveName(context, fact, "rule");
  if (side === null) return null;
  if (side.kind === "word") {
    reportUnknownName(context, fact, "rule");
    return null;
  }
  const name = isTerm(side) ? nameOf(side) : null;
  if (name === null || !isTerm(side)) {
    context.report.add("P0225", span, `\`${fact.text}\` is no fact that a test can give`, {
      label: "a fact of the request is needed",
      help: "give facts by name, as in `given tokens 40, intent classify`",
    });
    return null;
  }
  if (value.kind === "unknown") return { name, value: null };
  const json = jsonOf(context, value);
  if (json !== null && readFactValue(side.type, json) !== undefined) return { name, value: json };
  reportGiven(context, side, value);
  return null;
}

function nameOf(side: Term): string | null {
  if (side.kind === "fact") return side.fact.name;
  return side.kind === "target-of" ? `${side.target}.${side.fact}` : null;
}

/** The value as JSON of facts has it. */
function jsonOf(
  context: Context,
  value: Exclude<AstGiven["value"], { readonly kind: "unknown" }>,
): FactValue | null {
  switch (value.kind) {
    case "name":
      return value.name.text;
    case "string":
      return value.text;
    case "boolean":
      return value.value;
    case "number":
      return value.unit === "none" ? Number(value.raw) : value.raw;
    case "date":
    case "time":
      return value.raw;
    default:
      return textOf(context, value.span);
  }
}

function reportGiven(context: Context, fact: Term, value: AstGiven["value"]): void {
  const { type } = fact;
  if (type.kind === "text" && value.kind === "name") {
    reportUnknownValue(context, fact, value.name);
    return;
  }
  const written = textOf(context, value.span);
  const words = type.kind === "boolean" ? ["true", "false", "unknown"] : ["unknown"];
  const near = didYouMean(written, words);
  context.report.add("P0301", value.span, `\`${written}\` is no value of this fact`, {
    label: `${typeName(type)} is needed`,
    related: [{ span: fact.span, text: `this is ${typeName(type)}` }],
    help: near === null ? exampleOf(type) : `did you mean \`${near}\`?`,
    fix: near === null ? null : replacement(`write \`${near}\``, value.span, near),
  });
}

const examples: Readonly<Record<FactType["kind"], string>> = {
  whole: "`200` or `8k`",
  decimal: "`0.95` or `10%`",
  money: "`$0.02`",
  price: "`$3/M`",
  duration: "`200ms` or `2s`",
  time: '`09:30`, or `"2026-11-23T09:30:00Z"`',
  date: "`2026-11-23`",
  boolean: "`true` or `false`",
  text: "a word, or a text in quotes",
};

function exampleOf(type: FactType): string {
  return `write ${examples[type.kind]}, or \`unknown\``;
}

function readExpectation(setting: Setting, said: AstExpectation): Expectation | null {
  const { context, operands } = setting;
  const { span } = said;
  const base = { text: textOf(context, span).replaceAll(/\s+/g, " "), span };
  switch (said.kind) {
    case "chain":
      return readChain(context, said, base);
    case "reject": {
      const raw = said.status?.kind === "number" ? Number(said.status.raw) : null;
      return { ...base, kind: "reject", status: raw };
    }
    case "rule": {
      const id = ruleOf(setting, said.name);
      return id === null ? null : { ...base, kind: "rule", id };
    }
    case "condition": {
      if (!isOfPlan(said.of)) {
        if (reportNearPlanFact(context, said)) return null;
        const read = readCondition(context, said.of, "never");
        if (read === null) return null;
        const condition = bindTargetCondition(read, operands);
        return { ...base, kind: "targets", of: "every", condition };
      }
      const bound = readPlanBound(context, asPlanFact(said.of));
      return bound === null ? null : { ...base, ...bound };
    }
    case "never": {
      const read = readCondition(context, said.of, "never");
      if (read === null) return null;
      return {
        ...base,
        kind: "targets",
        of: "none",
        condition: bindTargetCondition(read, operands),
      };
    }
    case "option":
      return readOptionExpectation(setting, said, base);
  }
}

type Base = Pick<Expectation, "text" | "span">;
type Of<Kind extends AstExpectation["kind"]> = Extract<AstExpectation, { readonly kind: Kind }>;

function readChain(context: Context, { targets }: Of<"chain">, base: Base): Expectation | null {
  const { scope, report } = context;
  const known = scope.vocabulary.targets;
  const [only] = targets;
  if (targets.length === 1 && only?.text === "guard" && !only.quoted && !known.has("guard")) {
    return { ...base, kind: "guard", guard: null, acts: true };
  }
  const unknown = targets.filter((each) => !known.has(each.text));
  for (const each of unknown) {
    if (!scope.incomplete) reportUnknownTarget(report, each, [...known.keys()]);
  }
  if (unknown.length > 0) return null;
  return { ...base, kind: "chain", targets: targets.map(({ text }) => text) };
}

/** A rule by its name or its id. */
function ruleOf({ context, rules }: Setting, name: Name): string | null {
  const found = rules.find((rule) => rule.name === name.text || rule.id === name.text);
  if (found !== undefined) return found.id;
  const names = rules.map((rule) => rule.name ?? rule.id);
  const near = didYouMean(name.text, names);
  context.report.add("P0224", name.span, `there is no rule \`${name.text}\``, {
    label: names.length === 0 ? "the file has no rules" : `rules are ${quoted(names, 8)}`,
    ...(near === null ? {} : { help: `did you mean \`${near}\`?` }),
    fix:
      near === null
        ? null
        : replacement(`replace with \`${near}\``, name.span, JSON.stringify(near)),
  });
  return null;
}

/** Whether a comparison is of the plan: `cost < $0.01`, `plan.time < 30s`. */
export function isOfPlan(of: Expression): boolean {
  if (of.kind !== "comparison" || of.left.kind !== "name") return false;
  const { text, quoted: isText } = of.left.name;
  return !isText && (text.startsWith("plan.") || planFacts.has(text as never));
}

/** Reports `Cost` and `coost`, which are facts of nothing else. */
function reportNearPlanFact(context: Context, { of }: Of<"condition">): boolean {
  if (of.kind !== "comparison" || of.left.kind !== "name" || of.left.name.quoted) return false;
  const { text, span } = of.left.name;
  const { scope } = context;
  if (isTargetWord(text) || scope.vocabulary.facts.has(text) || scope.lets.has(text)) return false;
  const near = didYouMean(text, planFacts.keys());
  if (near === null) return false;
  context.report.add("P0201", span, `\`${text}\` is not a fact of a plan`, {
    help: `did you mean \`${near}\`?`,
    fix: replacement(`replace with \`${near}\``, span, near),
  });
  return true;
}

/** `cost` for `plan.cost`, which is how a test writes it. */
function asPlanFact(of: Of<"condition">["of"]): Of<"condition">["of"] {
  if (of.kind !== "comparison" || of.left.kind !== "name") return of;
  const { name } = of.left;
  if (name.text.startsWith("plan.")) return of;
  return { ...of, left: { ...of.left, name: { ...name, text: `plan.${name.text}` } } };
}

function readOptionExpectation(
  { context, operands, guards }: Setting,
  { option }: Of<"option">,
  base: Base,
): Expectation | null {
  const [first, second] = option.arguments;
  if (option.name.text === "guard" && first !== undefined && second === undefined) {
    const text = "kind" in first && first.kind === "string" ? first.text : null;
    if (text !== null) {
      const quotedGuard = guards.find((each) => guardKey(each.text) === guardKey(text));
      return { ...base, kind: "guard", guard: quotedGuard?.text ?? text, acts: true };
    }
  }
  const isNoGuard =
    option.name.text === "no" &&
    first !== undefined &&
    !("kind" in first) &&
    first.text === "guard";
  if (isNoGuard && second === undefined)
    return { ...base, kind: "guard", guard: null, acts: false };
  const before = context.report.diagnostics.length;
  const options = readOptions({ context, operands, place: "", isCarriedOut: false }, [option]);
  if (context.report.diagnostics.length > before) return null;
  return { ...base, kind: "options", options };
}
