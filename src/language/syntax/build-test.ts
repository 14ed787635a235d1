import type {
  ExpectationCstNode,
  GivenCstNode,
  TrialCstNode,
  TrialRowCstNode,
} from "../../../grammar/generated/cst.ts";
import type { AstExpectation, AstGiven, AstTestRow, Name, Statement } from "./ast.ts";
import { buildOption } from "./build-action.ts";
import { buildComparison, buildExpression } from "./build-expression.ts";
import {
  booleanLiteral,
  cover,
  factName,
  numberLiteral,
  only,
  quantityLiteral,
  spanOfToken,
  targetName,
  textLiteral,
  wordName,
} from "./build-parts.ts";
import { readText } from "./escapes.ts";

/** Builds a `test` statement; the grammar calls it a trial, since a test is also what compares. */
export function buildTest(file: string, node: TrialCstNode): Statement {
  const { Test, Text, trialRow } = node.children;
  const rows = trialRow.map((each) => buildRow(file, each));
  const head = { span: spanOfToken(file, only(Test)) };
  const title = only(Text);
  const name: Name = {
    text: readText(title.image),
    quoted: true,
    span: spanOfToken(file, title),
  };
  return { kind: "test", name, rows, span: cover(head, rows.at(-1) ?? head) };
}

function buildRow(file: string, node: TrialRowCstNode): AstTestRow {
  const { Given, given, Expect, expectation } = node.children;
  const expect = expectation.map((each) => buildExpectation(file, each));
  const head = { span: spanOfToken(file, Given?.[0] ?? only(Expect)) };
  return {
    given: (given ?? []).map((each) => buildGiven(file, each)),
    expect,
    span: cover(head, expect.at(-1) ?? head),
  };
}

function buildGiven(file: string, node: GivenCstNode): AstGiven {
  const fact = factName(file, only(node.children.fact).children);
  const value = buildValue(file, node);
  return { fact, value, span: cover(fact, value) };
}

function buildValue(file: string, { children }: GivenCstNode): AstGiven["value"] {
  const { Unknown, True, False, Text, Name: names, Day, TimeOfDay, quantity } = children;
  if (quantity?.[0] !== undefined) return quantityLiteral(file, quantity[0].children);
  if (Text?.[0] !== undefined) return textLiteral(file, Text[0]);
  if (names?.[0] !== undefined) {
    const name = wordName(file, names[0]);
    return { kind: "name", name, span: name.span };
  }
  const truth = True?.[0] ?? False?.[0];
  if (truth !== undefined) return booleanLiteral(file, truth);
  if (Day?.[0] !== undefined) {
    return { kind: "date", raw: Day[0].image, span: spanOfToken(file, Day[0]) };
  }
  if (TimeOfDay?.[0] !== undefined) {
    return { kind: "time", raw: TimeOfDay[0].image, span: spanOfToken(file, TimeOfDay[0]) };
  }
  return { kind: "unknown", span: spanOfToken(file, only(Unknown)) };
}

function buildExpectation(file: string, { children }: ExpectationCstNode): AstExpectation {
  const { Reject, Decimal, Rule, Never, expression, sum, test, settledOption, chain } = children;
  if (Reject?.[0] !== undefined) {
    const status = Decimal?.[0] === undefined ? null : numberLiteral(file, Decimal[0]);
    const head = { span: spanOfToken(file, Reject[0]) };
    return { kind: "reject", status, span: cover(head, status ?? head) };
  }
  if (Rule?.[0] !== undefined) {
    const token = children.Text?.[0] ?? children.Name?.[0] ?? only(children.Otherwise);
    const quoted = children.Text !== undefined;
    const text = quoted ? readText(token.image) : token.image;
    const name: Name = { text, quoted, span: spanOfToken(file, token) };
    return { kind: "rule", name, span: cover({ span: spanOfToken(file, Rule[0]) }, name) };
  }
  if (Never?.[0] !== undefined) {
    const of = buildExpression(file, only(expression));
    return { kind: "never", of, span: cover({ span: spanOfToken(file, Never[0]) }, of) };
  }
  if (sum?.[0] !== undefined) {
    const of = buildComparison(file, sum[0], only(test));
    return { kind: "condition", of, span: of.span };
  }
  if (settledOption?.[0] !== undefined) {
    const { Name: name, argument } = settledOption[0].children;
    const option = buildOption(file, { name: only(name), values: argument, when: null });
    return { kind: "option", option, span: option.span };
  }
  const targets = only(chain).children.target.map((each) => targetName(file, each));
  return { kind: "chain", targets, span: cover(only(targets), targets.at(-1) ?? only(targets)) };
}
