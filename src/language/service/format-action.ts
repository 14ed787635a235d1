import type { IToken } from "chevrotain";
import type {
  ActionCstNode,
  ArgumentCstNode,
  FallbackCstNode,
  OptionsCstNode,
  PlanCstNode,
  PlanOptionCstNode,
  RejectCstNode,
  RouteCstNode,
  SelectionCstNode,
  SplitCstNode,
} from "../../../grammar/generated/cst.ts";
import { only } from "../syntax/build-parts.ts";
import { concat, type Doc, fill, group, indent, line, text } from "./format-doc.ts";
import { formatExpression } from "./format-expression.ts";
import {
  formatFact,
  formatQuantity,
  formatTarget,
  type Layout,
  listBehind,
  listBetween,
  spaced,
  word,
  wordsOf,
} from "./format-parts.ts";
import {
  causeSpelling,
  fieldSpelling,
  optionSpelling,
  strategySpelling,
} from "./format-spelling.ts";

/** What a rule does, and whether the author gave a part of it a line of its own. */
export interface FormattedAction {
  readonly doc: Doc;
  readonly isBroken: boolean;
}

export function formatAction(layout: Layout, { children }: ActionCstNode): FormattedAction {
  const { reject, plan } = children;
  return reject?.[0] === undefined
    ? formatPlan(layout, only(plan))
    : { doc: formatReject(layout, reject[0]), isBroken: false };
}

function formatReject(layout: Layout, { children }: RejectCstNode): Doc {
  const { Reject, Decimal, Text } = children;
  const tokens = [...Reject, ...(Decimal ?? []), ...(Text ?? [])];
  return wordsOf(layout, tokens);
}

/** Broken with the group that it stands in: `with` on a line of its own, and fallbacks too where one names its causes. */
function formatPlan(layout: Layout, { children }: PlanCstNode): FormattedAction {
  const { route, fallback = [], With, options } = children;
  const steps = fallback.map((each) => concat([line, formatFallback(layout, each)]));
  const routes = concat([formatRoute(layout, only(route)), ...steps]);
  const namesCauses = fallback.some((each) => each.children.On !== undefined);
  const heads = [...fallback.map((each) => only(each.children.Fallback)), ...(With ?? [])];
  const isBroken = heads.some((head) => layout.gaps.hasNewline(head));
  const chain = namesCauses ? routes : group(routes);
  if (options?.[0] === undefined) return { doc: chain, isBroken };
  const behind = formatOptions(layout, only(With), options[0]);
  return { doc: concat([chain, line, behind]), isBroken };
}

function formatFallback(layout: Layout, { children }: FallbackCstNode): Doc {
  const { Fallback, route, On, Name, Or } = children;
  const head = spaced([word(layout, only(Fallback)), formatRoute(layout, only(route))]);
  if (On === undefined) return head;
  const causes = (Name ?? []).map((name, at) => {
    const before = at === 0 ? only(On) : only([Or?.[at - 1]]);
    return spaced([word(layout, before), word(layout, name, causeSpelling(name.image))]);
  });
  return indent(fill([head, ...causes].map((each) => group(each))));
}

function formatRoute(layout: Layout, { children }: RouteCstNode): Doc {
  const { split, selection, target } = children;
  if (target?.[0] !== undefined) return formatTarget(layout, target[0]);
  return split?.[0] === undefined
    ? formatSelection(layout, only(selection))
    : formatSplit(layout, split[0]);
}

function formatSelection(layout: Layout, { children }: SelectionCstNode): Doc {
  const { Name, Of, target, targets, LeftBracket, RightBracket, Where, expression } = children;
  const strategy = only(Name);
  const set =
    targets?.[0] === undefined
      ? formatTarget(layout, only(target))
      : listBetween(
          word(layout, only(LeftBracket)),
          targets[0].children.target.map((each) => formatTarget(layout, each)),
          word(layout, only(RightBracket)),
        );
  const name = word(layout, strategy, strategySpelling(strategy.image));
  const selection = spaced([name, word(layout, only(Of)), set]);
  if (expression?.[0] === undefined) return selection;
  const where = spaced([word(layout, only(Where)), formatExpression(layout, expression[0])]);
  return group(concat([selection, indent(concat([line, where]))]));
}

function formatSplit(layout: Layout, { children }: SplitCstNode): Doc {
  const { Split, By, fact, share } = children;
  const by = fact?.[0] === undefined ? [] : [word(layout, only(By)), formatFact(layout, fact[0])];
  const head = concat([spaced([word(layout, only(Split)), ...by]), text(":")]);
  const shares = share.map(({ children: { Percent, target } }) =>
    spaced([word(layout, only(Percent)), formatTarget(layout, only(target))]),
  );
  return listBehind(head, shares);
}

/** `with` and what stands behind it. */
export function formatOptions(layout: Layout, head: IToken, { children }: OptionsCstNode): Doc {
  const options = children.planOption.map((each) => formatOption(layout, each));
  return listBehind(word(layout, head), options);
}

function formatOption(layout: Layout, { children }: PlanOptionCstNode): Doc {
  const { Name, argument = [], When, expression } = children;
  const option = formatSetting(layout, only(Name), argument);
  if (expression?.[0] === undefined) return option;
  return spaced([option, word(layout, only(When)), formatExpression(layout, expression[0])]);
}

/** An option's name with its arguments, as a plan or a test's expectation has it. */
export function formatSetting(
  layout: Layout,
  name: IToken,
  values: readonly ArgumentCstNode[],
): Doc {
  const spelling = optionSpelling(name.image);
  const parts = values.map((each, at) => {
    const field = at === 0 && spelling === "set" ? each.children.Name?.[0] : undefined;
    return field === undefined
      ? formatArgument(layout, each)
      : word(layout, field, fieldSpelling(field.image));
  });
  return spaced([word(layout, name, spelling), ...parts]);
}

function formatArgument(layout: Layout, { children }: ArgumentCstNode): Doc {
  const { By, fact, quantity, Name, Or, True, False, Text } = children;
  if (fact?.[0] !== undefined) {
    return spaced([word(layout, only(By)), formatFact(layout, fact[0])]);
  }
  if (quantity?.[0] !== undefined) return formatQuantity(layout, quantity[0]);
  return word(layout, only(Name ?? Or ?? True ?? False ?? Text));
}
