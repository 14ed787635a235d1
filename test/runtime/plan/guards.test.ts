import { describe, expect, test } from "vitest";
import type {
  CheckedOptions,
  Requirement,
  TargetCondition,
} from "../../../src/language/checker/checked-policy.ts";
import type { EnforcedGuard } from "../../../src/language/program/program.ts";
import {
  inRegion,
  plan,
  priced,
  select,
  span,
  splitBy,
  table,
  targetsOf,
  to,
} from "../../support/plan-making.ts";
import { targetNamed } from "../../support/socket-bench.ts";

const never = (target: TargetCondition, text = "never it"): EnforcedGuard => ({
  ...{ kind: "never", id: "guard-1", text, span, target },
});

describe("guards", () => {
  const targets = table(
    { ...targetNamed("a"), region: "us" },
    { ...targetNamed("b"), region: "eu" },
    { ...targetNamed("c"), region: null },
    { ...targetNamed("d"), region: "eu" },
  );
  const guards = [never(inRegion("us"))];
  const semantic = { kind: "semantic", above: 0.9, forMs: 5, within: null } as const;

  test("drop a target that is forbidden, and one of which that is not known", () => {
    const { steps, dropped, refusal } = plan([to("a"), to("c"), to("b")], { targets, guards });
    expect(steps.map(({ target, missing }) => target ?? missing)).toEqual(["guard", "guard", "b"]);
    expect(dropped).toEqual([
      { target: "a", guard: "never it" },
      { target: "c", guard: "never it" },
    ]);
    expect(refusal).toBeNull();
  });

  test("leave forbidden candidates out of selections, splits and what the client names", () => {
    const chosen = plan([select("any", ["a", "b", "c"])], { targets, guards });
    expect(targetsOf(chosen)).toEqual(["b"]);
    const split = plan([splitBy(null, { a: 10_000 }), to("d")], { targets, guards });
    expect(targetsOf(split)).toEqual([null, "d"]);
    const named = plan([{ kind: "requested" }, to("d")], { targets, guards, requested: "a" });
    expect(targetsOf(named)).toEqual([null, "d"]);
  });

  test("keep a shadow away as well", () => {
    const shadow = { parts: 100, target: "a", salt: "s", by: null };
    expect(plan([to("b")], { targets, guards }, { shadow, retries: 0 })).toMatchObject({
      options: { retries: 0 },
      dropped: [{ target: "a" }],
    });
    expect(plan([to("b")], { targets, guards }, { shadow }).options.shadow).toBeUndefined();
  });

  test.each([
    ["a", [{ target: "a", guard: "never it" }], { kind: "exact", forMs: 5 }],
    ["c", [{ target: "c", guard: "never it" }], { kind: "exact", forMs: 5 }],
    ["b", [], semantic],
    [null, [], semantic],
  ])(
    "keep the prompt from %s, which would place it: equal requests are found then",
    (embeddings, dropped, cache) => {
      const made = plan(
        [to("b")],
        { targets, guards, embeddings },
        { cache: semantic, retries: 0 },
      );
      expect(made).toMatchObject({ dropped, refusal: null, options: { cache, retries: 0 } });
      expect(targetsOf(made)).toEqual(["b"]);
    },
  );

  test("ask nobody who places prompts for a plan that places none, and of no ceiling on cost", () => {
    for (const cache of [undefined, { kind: "exact", forMs: 5 } as const]) {
      const options = cache === undefined ? {} : { cache };
      expect(plan([to("b")], { targets, guards, embeddings: "a" }, options).dropped).toEqual([]);
    }
    const dear = { targets: table(priced("a", 1, 1)), guards: [bound("cost", "<", 1e12)] };
    const made = plan([to("a")], { ...dear, embeddings: "c" }, { cache: semantic });
    expect(made.options.cache).toEqual(semantic);
  });

  test("refuse a request that has no target left, in their own words", () => {
    const { refusal } = plan([to("a"), select("cheapest", ["a", "c"])], { targets, guards });
    expect(refusal).toMatchObject({ status: 403, code: "guard" });
    expect(refusal?.message).toContain("never it");
    expect(plan([select("any", [])], { targets, guards }).refusal).toBeNull();
  });

  const ensure = (requirement: Requirement): EnforcedGuard => ({
    ...{ kind: "ensure", id: "guard-1", text: "ensure it", span, requirement },
  });
  const bound = (
    of: "cost" | "time" | "attempts",
    op: "<" | "<=" | ">",
    value: number,
  ): EnforcedGuard => ensure({ kind: "bound", of, op, value });

  const noCache: CheckedOptions = { cache: { kind: "off" } };

  test.each<[string, EnforcedGuard, CheckedOptions, boolean]>([
    ["a fallback that is there", ensure({ kind: "has", what: "fallback" }), {}, true],
    ["an option that is not", ensure({ kind: "has", what: "firstTokenMs" }), {}, false],
    ["an option that is", ensure({ kind: "has", what: "retries" }), { retries: 0 }, true],
    ["a cache, and there is none", ensure({ kind: "has", what: "cache" }), noCache, false],
    ["few attempts", bound("attempts", "<=", 4), {}, true],
    ["fewer attempts", bound("attempts", "<", 4), {}, false],
    ["time by the deadline", bound("time", "<=", 5_000), { deadlineMs: 5_000 }, true],
    ["time by attempts", bound("time", "<=", 5_000), { timeoutMs: 4_000, retries: 0 }, false],
  ])("demand %s", (_, guard, options, met) => {
    const { refusal } = plan([to("a"), to("b")], { guards: [guard] }, options);
    expect(refusal === null).toBe(met);
  });

  test("demand a shadow, and another one forbids it", () => {
    const shadow = { parts: 100, target: "a", salt: "s", by: null };
    const demand = ensure({ kind: "has", what: "shadow" });
    const both = { targets, guards: [...guards, demand] };
    expect(plan([to("b")], { targets, guards: [demand] }, { shadow }).refusal).toBeNull();
    expect(plan([to("b")], both, { shadow }).refusal).toMatchObject({ code: "guard" });
  });

  test("drop what is dearer than they allow, and hold the rest to the ceiling together", () => {
    const priced3 = table(priced("a", 1, 1), priced("b", 5, 5), targetNamed("c"));
    const { steps, costLimit } = plan([to("a"), to("b"), to("c")], {
      targets: priced3,
      guards: [bound("cost", "<=", 4_000)],
    });
    expect(steps.map(({ target }) => target)).toEqual(["a", null, null]);
    expect(costLimit).toEqual({ most: 4_000, attempts: { a: 2_000 } });
  });
});

describe("ceilings", () => {
  test("a prompt above its ceiling is refused with 413", () => {
    expect(plan([to("a")], {}, { promptTokens: 1_000 }).refusal).toBeNull();
    expect(plan([to("a")], {}, { promptTokens: 999 }).refusal).toMatchObject({
      status: 413,
      code: "tokens_exceeded",
    });
  });

  test("the lowest ceiling on cost holds, whoever set it", () => {
    const targets = table(priced("a", 1, 1));
    const alsos = [{ cost: 7_000 }, { cost: 9_000, maxTokens: 10 }];
    const { costLimit, maxTokens } = plan([to("a")], { targets, alsos }, { cost: 8_000 });
    expect(costLimit).toEqual({ most: 7_000, attempts: { a: 1_010 } });
    expect(maxTokens).toBe(10);
  });
});
