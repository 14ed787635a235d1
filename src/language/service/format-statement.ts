import type { IToken } from "chevrotain";
import type {
  AlsoCstNode,
  ArmCstNode,
  ClueCstChildren,
  DefinitionCstNode,
  EnsureCstNode,
  EveryPlanCstNode,
  ExpressionCstNode,
  IntentCstNode,
  NeverCstNode,
  OtherwiseCstNode,
  RuleCstNode,
  StatementCstNode,
} from "../../../grammar/generated/cst.ts";
import { only } from "../syntax/build-parts.ts";
import { type FormattedAction, formatAction, formatOptions } from "./format-action.ts";
import { concat, type Doc, group, hardline, indent, joined, line, text } from "./format-doc.ts";
import { formatCondition, formatExpression } from "./format-expression.ts";
import { formatTarget, type Layout, listBehind, spaced, word, wordsOf } from "./format-parts.ts";
import { optionSpelling } from "./format-spelling.ts";
import { formatTrial } from "./format-test.ts";

/** Arms of rules on one line are at most this wide. */
const armWidth = 80;

/** The first token of a statement. */
export function headOf({ children }: StatementCstNode): IToken {
  const rule = children.rule?.[0]?.children;
  if (rule !== undefined) return rule.Rule?.[0] ?? only(only(rule.arm).children.If);
  const { otherwise, also, never, ensure, trial } = children;
  const { definition, pool, intent, use, version } = children;
  return only(
    [
      otherwise?.[0]?.children.Otherwise[0] ?? also?.[0]?.children.Also[0],
      never?.[0]?.children.Never[0] ?? ensure?.[0]?.children.Ensure[0],
      trial?.[0]?.children.Test[0] ?? definition?.[0]?.children.Let[0],
      pool?.[0]?.children.Pool[0] ?? intent?.[0]?.children.Intent[0],
      use?.[0]?.children.Use[0] ?? version?.[0]?.children.Policy[0],
    ].filter((token) => token !== undefined),
  );
}

/** Prints one statement, of any kind. */
export function formatStatement(layout: Layout, { children }: StatementCstNode): Doc {
  const { rule, otherwise, also, never, ensure, trial } = children;
  const { definition, pool, intent, use, version } = children;
  if (rule?.[0] !== undefined) return formatRule(layout, rule[0]);
  if (otherwise?.[0] !== undefined) return formatOtherwise(layout, otherwise[0]);
  if (also?.[0] !== undefined) return formatAlso(layout, also[0]);
  if (never?.[0] !== undefined) return formatNever(layout, never[0]);
  if (ensure?.[0] !== undefined) return formatEnsure(layout, ensure[0]);
  if (trial?.[0] !== undefined) return formatTrial(layout, trial[0]);
  if (definition?.[0] !== undefined) return formatDefinition(layout, definition[0]);
  if (pool?.[0] !== undefined) {
    const { Pool, Name, Equal, targets } = pool[0].children;
    const head = wordsOf(layout, [...Pool, ...Name, ...Equal]);
    const members = only(targets).children.target.map((each) => formatTarget(layout, each));
    return listBehind(head, members);
  }
  if (intent?.[0] !== undefined) return formatIntent(layout, intent[0]);
  const tokens =
    use?.[0] === undefined
      ? [...only(version).children.Policy, ...only(version).children.Decimal]
      : [...use[0].children.Use, ...use[0].children.Text];
  return wordsOf(layout, tokens);
}

/** A named rule has its head and each arm on lines of their own; one without a name is on one line where it has room. */
function formatRule(layout: Layout, { children }: RuleCstNode): Doc {
  const { Rule, Text, Colon, arm, Else, action } = children;
  const arms = arm.map((each, at) =>
    formatArm(layout, each, at === 0 ? null : only([Else?.[at - 1]])),
  );
  if (action?.[0] !== undefined) {
    arms.push(formatPlain(layout, only([Else?.at(-1)]), formatAction(layout, action[0])));
  }
  const docs = arms.map(({ doc }) => doc);
  const head = [...(Rule ?? []), ...(Text ?? [])].map((each) => word(layout, each));
  if (Colon !== undefined) {
    const body = concat([hardline, joined(docs, hardline)]);
    return concat([spaced(head), text(":"), indent(body)]);
  }
  const isBroken =
    arms.some((each) => each.isBroken) || (Else ?? []).some((each) => layout.gaps.hasNewline(each));
  return indent(group(spaced([...head, joined(docs, line)]), { isBroken }));
}

/** `if C then A`; broken before `then`, where the author did so, else where it is long. */
function formatArm(
  layout: Layout,
  { children }: ArmCstNode,
  before: IToken | null,
): FormattedAction {
  const { If, expression, Then, action } = children;
  const done = formatAction(layout, only(action));
  const isBroken = done.isBroken || layout.gaps.hasNewline(only(Then));
  const head = wordsOf(layout, [...(before === null ? [] : [before]), ...If]);
  const condition = formatExpression(layout, only(expression));
  const taken = spaced([word(layout, only(Then)), done.doc]);
  const doc = group(concat([spaced([head, condition]), line, taken]), {
    most: armWidth,
    isBroken,
  });
  return { doc, isBroken };
}

/** `else A`, `otherwise A`. */
function formatPlain(
  layout: Layout,
  head: IToken,
  { doc, isBroken }: FormattedAction,
): FormattedAction {
  return { doc: group(spaced([word(layout, head), doc]), { isBroken }), isBroken };
}

function formatOtherwise(layout: Layout, { children }: OtherwiseCstNode): Doc {
  const action = formatAction(layout, only(children.action));
  return indent(formatPlain(layout, only(children.Otherwise), action).doc);
}

function formatAlso(layout: Layout, { children }: AlsoCstNode): Doc {
  const { Also, If, expression, With, options } = children;
  const condition = formatExpression(layout, only(expression));
  const head = spaced([wordsOf(layout, [...Also, ...If]), condition]);
  const behind = formatOptions(layout, only(With), only(options));
  return indent(group(concat([head, line, behind])));
}

function formatNever(layout: Layout, { children }: NeverCstNode): Doc {
  const { Never, expression, When } = children;
  const [of, when] = expression;
  const head = spaced([word(layout, only(Never)), formatExpression(layout, only([of]))]);
  return formatGuard(layout, head, when === undefined ? null : [only(When), when]);
}

function formatEnsure(layout: Layout, { children }: EnsureCstNode): Doc {
  const { Ensure, everyPlan, condition, When, expression } = children;
  const demand =
    everyPlan?.[0] === undefined
      ? formatCondition(layout, only(condition))
      : formatEveryPlan(layout, everyPlan[0]);
  const head = spaced([word(layout, only(Ensure)), demand]);
  const when = expression?.[0];
  return formatGuard(layout, head, when === undefined ? null : [only(When), when]);
}

function formatGuard(
  layout: Layout,
  head: Doc,
  when: readonly [IToken, ExpressionCstNode] | null,
): Doc {
  if (when === null) return indent(head);
  const [token, expression] = when;
  const condition = spaced([word(layout, token), formatExpression(layout, expression)]);
  return indent(group(concat([head, line, condition])));
}

function formatEveryPlan(layout: Layout, { children }: EveryPlanCstNode): Doc {
  const { Name, Fallback } = children;
  const words = wordsOf(layout, Name.slice(0, 3));
  const option = Name[3];
  const what =
    option === undefined
      ? word(layout, only(Fallback))
      : word(layout, option, optionSpelling(option.image));
  return spaced([words, what]);
}

function formatDefinition(layout: Layout, { children }: DefinitionCstNode): Doc {
  const { Let, Name, Equal, expression } = children;
  const head = wordsOf(layout, [...Let, ...Name, ...Equal]);
  return spaced([head, formatExpression(layout, only(expression))]);
}

function formatIntent(layout: Layout, { children }: IntentCstNode): Doc {
  const { Intent, Name, clue, furtherClue } = children;
  const head = wordsOf(layout, [...Intent, ...Name]);
  const clues = [
    formatClue(layout, only(clue).children),
    ...(furtherClue ?? []).map(({ children: { clue: whole, ...bare } }) =>
      formatClue(layout, whole?.[0]?.children ?? bare),
    ),
  ];
  return listBehind(head, clues);
}

/** A text or pattern, with the word before it where it has one. */
function formatClue(layout: Layout, children: ClueCstChildren): Doc {
  const { Matches, Contains, Like, Pattern, Text } = children;
  const tokens = [...(Matches ?? Contains ?? Like ?? []), ...(Pattern ?? Text ?? [])];
  return wordsOf(layout, tokens);
}
