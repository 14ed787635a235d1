import { expect, test } from "vitest";
import { defaultConfiguration } from "../../../src/configuration/default-configuration.ts";
import { type DraftReview, reviewDraft } from "../../../src/language/service/review-draft.ts";
import { vocabulary } from "../../support/checking.ts";
import { editText } from "../../support/editing.ts";

const { dispatch } = defaultConfiguration();

function review(text: string): DraftReview {
  const { draft } = editText(text).checked;
  if (draft === null) throw new Error("the rules can be read");
  return reviewDraft(draft, { ...vocabulary, dispatch });
}

const told = (text: string): readonly string[] =>
  review(text).remarks.map(({ at, text: words }) => `${text.slice(0, at)} → ${words}`);

const remarks: readonly (readonly [text: string, remarks: readonly string[]])[] = [
  [
    "if tokens < 500 then gpt if tokens < 800 then claude otherwise qwen",
    ["if tokens < 500 then gpt if tokens < 800 → left: tokens 500..800"],
  ],
  ["if tokens < 500 then gpt if tokens < 200 then claude otherwise qwen", []],
  ["if stream then gpt if grade is pro then claude otherwise qwen", []],
  ["never claude if stream then gpt otherwise qwen", ["never claude → proved"]],
  ["never claude if stream then requested otherwise qwen", ["never claude → enforced"]],
];

test.each(remarks)("%s is remarked on with %j", (text, expected) => {
  expect(told(text)).toEqual(expected);
});

test("where something else is an error only a lack of an outcome is told", () => {
  const rules = "if tokens < 500 then gpt if tokens < 200 then gpt";
  const codes = (text: string): readonly string[] =>
    review(text).diagnostics.map(({ code }) => code);
  expect(codes(`${rules} otherwise gpt`)).toContain("P0422");
  expect(review(`never clade ${rules} otherwise gpt`)).toEqual({ diagnostics: [], remarks: [] });
  expect(codes(`never clade ${rules}`)).toEqual(["P0401"]);
});

test("a cancelled review ends soon", () => {
  const rules = Array.from(
    { length: 300 },
    (_, at) => `if tokens < ${at + 1} and team is t${at} then gpt`,
  );
  const text = `${rules.join("\n")}\notherwise qwen`;
  const ask = { calls: 0 };
  const { draft } = editText(text).checked;
  if (draft === null) throw new Error("the rules can be read");
  const isCancelled = (): boolean => {
    ask.calls += 1;
    return true;
  };
  reviewDraft(draft, { ...vocabulary, dispatch }, { isCancelled });
  // Each of its spaces asks once more than never.
  expect(ask.calls).toBeGreaterThan(0);
  expect(ask.calls).toBeLessThan(10);
});
