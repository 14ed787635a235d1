import { describe, expect, test } from "vitest";
import type { Requirement, TargetCondition } from "../../../src/language/checker/checked-policy.ts";
import type { EnforcedGuard } from "../../../src/language/program/program.ts";
import { plan, priced, pricedAt, span, table, to } from "../../support/plan-making.ts";

const kept = "previous_response_id";
const window = { contextTokens: 100_000 };
const targets = table(
  priced("a", 1_000_000, 0, window),
  priced("open", 1_000_000, 0, { contextTokens: null }),
  priced("free", 0, 0, { contextTokens: null }),
  {
    ...priced("banded", 1, 1),
    prices: pricedAt(1, 1).map((prices) => ({
      ...prices,
      bands: prices.bands.flatMap((band) => [
        band,
        { ...band, abovePromptTokens: 200_000, input: 5 },
      ]),
    })),
  },
);
const ensure = (requirement: Requirement): EnforcedGuard => ({
  ...{ kind: "ensure", id: "guard-1", text: "ensure it", span, requirement },
});
const bound = (op: "<=" | ">=", value: number): EnforcedGuard =>
  ensure({ kind: "bound", of: "cost", op, value });
const dear: TargetCondition = {
  kind: "compare",
  op: ">",
  left: { kind: "target-fact", name: "price.input", type: { kind: "money" } },
  right: { kind: "literal", value: 2, type: { kind: "money" } },
};
const never: EnforcedGuard = {
  ...{ kind: "never", id: "guard-1", text: "never price.input > 2", span, target: dear },
};
/** What 100 000 tokens cost at `a`. */
const all = 100_000 * 1_000_000;

describe("a prompt of which a provider keeps a part", () => {
  test.each([
    ["a ceiling on its tokens", "a", { options: { promptTokens: 5_000 } }, 413],
    ["a ceiling on cost below what all that fits costs", "a", { options: { cost: all - 1 } }, 413],
    ["a ceiling on cost at a target of any length", "open", { options: { cost: 10 * all } }, 413],
    ["a guard on cost", "a", { guards: [bound("<=", all - 1)] }, 403],
    ["a guard on cost at a target of any length", "open", { guards: [bound("<=", 10 * all)] }, 403],
    ["a guard on the least that it costs", "a", { guards: [bound(">=", 1)] }, 403],
    ["a guard on a price that goes with the size", "banded", { guards: [never] }, 403],
  ])(
    "is refused by %s, which says why",
    (_, target, {
      options = {},
      guards = [],
    }: {
      readonly options?: object;
      readonly guards?: readonly EnforcedGuard[];
    }, status) => {
      const known = plan([to(target)], { targets, guards, promptTokens: 10 }, options);
      expect(known.refusal).toBeNull();
      const { refusal } = plan([to(target)], { targets, guards, promptTokens: 10, kept }, options);
      expect(refusal?.status).toBe(status);
      expect(refusal?.message).toContain(kept);
      expect(refusal?.message).toContain("cannot be known");
    },
  );

  test.each([
    ["nothing that rests on its size", "open", {}, []],
    ["a ceiling that covers all that fits", "a", { cost: all }, []],
    ["a ceiling at a free target", "free", { cost: 0 }, []],
    ["a guard that covers all that fits", "a", {}, [bound("<=", all)]],
    ["a guard on one price for all sizes", "free", {}, [never]],
  ])("passes %s", (_, target, options, guards) => {
    const made = plan([to(target)], { targets, guards, promptTokens: 10, kept }, options);
    expect(made.refusal).toBeNull();
    expect(made.steps[0]?.target).toBe(target);
  });
});
