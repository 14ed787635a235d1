import type {
  ExpectationCstNode,
  GivenCstNode,
  TrialCstNode,
  TrialRowCstNode,
} from "../../../grammar/generated/cst.ts";
import { only } from "../syntax/build-parts.ts";
import { formatSetting } from "./format-action.ts";
import {
  concat,
  type Doc,
  fill,
  hardline,
  indent,
  joined,
  lineWidth,
  space,
  text,
} from "./format-doc.ts";
import { formatComparison, formatExpression } from "./format-expression.ts";
import {
  formatFact,
  formatQuantity,
  formatTarget,
  type Layout,
  listBehind,
  spaced,
  word,
  wordsOf,
} from "./format-parts.ts";

/** One row: what is given, null where nothing is, and what is expected. */
interface Row {
  readonly given: Doc | null;
  readonly expect: Doc;
}

/** A test of one row has a line for each half; several rows are a table where each has room on one line. */
export function formatTrial(layout: Layout, { children }: TrialCstNode): Doc {
  const { Test, Text, trialRow } = children;
  const head = wordsOf(layout, [...Test, ...Text]);
  const rows = trialRow.map((each) => formatRow(layout, each));
  const widest = rows.reduce((most, { given }) => Math.max(most, given?.flat ?? 0), 0);
  const isTable =
    rows.length > 1 &&
    rows.every(({ given, expect }) => {
      const room = given === null ? expect.flat : widest + 1 + expect.flat;
      return room + 2 <= lineWidth && !(given !== null && expect.leads);
    });
  const lines = rows.map((row) => (isTable ? asTableRow(row, widest) : asLines(row, rows.length)));
  return concat([head, indent(concat([hardline, joined(lines, hardline)]))]);
}

function asTableRow({ given, expect }: Row, widest: number): Doc {
  if (given === null) return expect;
  const padding = " ".repeat(widest - given.flat);
  return concat(padding === "" ? [given, space, expect] : [given, text(padding), space, expect]);
}

function asLines({ given, expect }: Row, rows: number): Doc {
  if (given === null) return expect;
  const expected = concat([hardline, expect]);
  return concat([given, rows === 1 ? expected : indent(expected)]);
}

function formatRow(layout: Layout, { children }: TrialRowCstNode): Row {
  const { Given, given, Expect, expectation } = children;
  return {
    given:
      given === undefined
        ? null
        : listBehind(
            word(layout, only(Given)),
            given.map((each) => formatGiven(layout, each)),
          ),
    expect: listBehind(
      word(layout, only(Expect)),
      expectation.map((each) => formatExpectation(layout, each)),
    ),
  };
}

function formatGiven(layout: Layout, { children }: GivenCstNode): Doc {
  const { fact, quantity, Unknown, True, False, Text, Name, Day, TimeOfDay } = children;
  const value =
    quantity?.[0] === undefined
      ? word(layout, only(Unknown ?? True ?? False ?? Text ?? Name ?? Day ?? TimeOfDay))
      : formatQuantity(layout, quantity[0]);
  return spaced([formatFact(layout, only(fact)), value]);
}

function formatExpectation(layout: Layout, { children }: ExpectationCstNode): Doc {
  const { Reject, Decimal, Rule, Text, Name, Otherwise, Never, expression } = children;
  const { sum, test, settledOption, chain } = children;
  if (Reject !== undefined) {
    return wordsOf(layout, [...Reject, ...(Decimal ?? [])]);
  }
  if (Rule !== undefined) {
    return spaced([word(layout, only(Rule)), word(layout, only(Text ?? Name ?? Otherwise))]);
  }
  if (Never !== undefined) {
    return spaced([word(layout, only(Never)), formatExpression(layout, only(expression))]);
  }
  if (sum !== undefined) return formatComparison(layout, only(sum), only(test));
  if (settledOption?.[0] !== undefined) {
    const { Name: name, argument } = settledOption[0].children;
    return formatSetting(layout, only(name), argument);
  }
  const { target, Fallback } = only(chain).children;
  const [first, ...further] = target.map((each) => formatTarget(layout, each));
  const fallbacks = further.map((each, at) => {
    return spaced([word(layout, only([Fallback?.[at]])), each]);
  });
  return fill([only([first]), ...fallbacks]);
}
