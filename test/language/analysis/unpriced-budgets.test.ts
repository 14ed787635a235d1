import { expect, test } from "vitest";
import { findUnpricedBudgets } from "../../../src/language/analysis/unpriced-budgets.ts";
import { flatPrice } from "../../support/analysing.ts";
import { aTarget, checkText, marked, vocabulary } from "../../support/checking.ts";

const targets = new Map([
  ["claude", aTarget("claude", { prices: flatPrice(3, 15) })],
  ["gpt", aTarget("gpt", { prices: [] })],
  [
    "local-gpu",
    aTarget("local-gpu", { prices: [], runningCost: { perHour: 1, slots: 1 } as never }),
  ],
]);

test.each([
  ["otherwise claude fallback gpt with budget $5 per day", ["P0434 fallback gpt"]],
  ["otherwise any of [claude, gpt] with budget $5 per day", ["P0434 any of [claude, gpt]"]],
  [
    "otherwise split: 50% claude, 50% gpt with budget $5 per day",
    ["P0434 split: 50% claude, 50% gpt"],
  ],
  ["also if stream with budget $5 per day\notherwise gpt", ["P0434 gpt"]],
  [
    "if stream then gpt with budget $5 per day\notherwise gpt with budget $1 per day",
    ["P0434 gpt"],
  ],
  ["otherwise claude fallback local-gpu with budget $5 per day", []],
  ["otherwise gpt with limit 5 per minute", []],
  ["if stream then gpt\notherwise claude with budget $5 per day", []],
])("`%s` finds %j", (text, expected) => {
  const checked = checkText(text, {}, { ...vocabulary, targets });
  if (checked.policy === null) throw new Error(checked.diagnostics[0]?.message);
  const found = findUnpricedBudgets(checked.policy, { targets });
  expect(found.map((each) => marked(checked, each))).toEqual(expected);
});
