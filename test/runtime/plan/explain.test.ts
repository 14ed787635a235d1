import { describe, expect, test } from "vitest";
import type { LiveTargets } from "../../../src/catalog/target-fact.ts";
import type { FactValue } from "../../../src/facts/fact.ts";
import {
  type ExplainInputs,
  type Explanation,
  explain,
} from "../../../src/runtime/plan/explain.ts";
import { aTarget, soundPolicy } from "../../support/checking.ts";
import { defaults, pricedAt } from "../../support/plan-making.ts";

const targets = new Map(
  [
    aTarget("local-gpu", { region: "eu", prices: pricedAt(10, 10), contextTokens: 1_000 }),
    aTarget("claude", { prices: pricedAt(3_000_000, 15_000_000), quality: { default: 0.9 } }),
    aTarget("gpt", { prices: pricedAt(2_000_000, 8_000_000), quality: {} }),
    aTarget("qwen", { region: "ap", prices: pricedAt(2_000_000, 8_000_000) }),
    aTarget("mistral-eu", { region: "eu" }),
  ].map((target) => [target.name, target]),
);

const live = (measured: Readonly<Record<string, number>>, sick: readonly string[] = []) =>
  ({
    healthy: (target) => !sick.includes(target),
    measured: (target, measure) => measured[`${target}.${measure}`],
  }) satisfies LiveTargets;

/** Explains a request of a policy text, its facts by operand key. */
function explained(
  text: string,
  facts: Readonly<Record<string, FactValue>> = {},
  changes: Partial<ExplainInputs> = {},
): Explanation {
  const policy = soundPolicy(text);
  return explain(policy, {
    targets,
    defaults,
    requested: null,
    requestId: "r",
    seed: 1,
    promptTokens: Number(facts["tokens"] ?? 100),
    maxTokens: null,
    atMs: 0,
    readOperand: (operand) => facts[policy.operands[operand]?.key ?? ""],
    live: live({}),
    ...changes,
  });
}

/** The candidates of the first step, a line each. */
const first = ({ steps }: Explanation): readonly string[] =>
  (steps[0]?.candidates ?? []).map(({ target, result, why }) => `${target} ${result}: ${why}`);

describe("candidates", () => {
  test.each<[string, string, Partial<ExplainInputs>, readonly string[]]>([
    [
      "by cost, what no price is known for last",
      "otherwise cheapest of [claude, qwen, gpt, mistral-eu] with max_tokens 100",
      {},
      [
        "claude passed over: $0.0018, against $0.001 of qwen",
        "qwen chosen: $0.001; first in the list of those alike",
        "gpt passed over: $0.001; as qwen, which stands earlier",
        "mistral-eu passed over: its price, or a bound on its output, is not known, against $0.001 of qwen",
      ],
    ],
    [
      "by quality, and those that a condition refuses",
      'otherwise best of [claude, gpt, local-gpu] where context >= tokens or region is "us"',
      { promptTokens: 2_000 },
      [
        "claude chosen: quality 0.9; the best",
        "gpt passed over: its quality is not known, against quality 0.9 of claude",
        "local-gpu refused: `context >= tokens` is false: context is 1000, tokens is 2000; `region is us` is false: region is eu",
      ],
    ],
    [
      "by load, but not the sick",
      "otherwise least-busy of [claude, gpt, qwen]",
      { live: live({ "claude.queue": 3, "gpt.queue": 0, "qwen.queue": 1 }, ["gpt"]) },
      [
        "claude passed over: 3 in flight, against 1 in flight of qwen",
        "gpt refused: it is not healthy",
        "qwen chosen: 1 in flight; the least-busy",
      ],
    ],
    [
      "by speed, one alone",
      "otherwise fastest of [claude, gpt] where supports(tools) and target is claude",
      { live: live({ "claude.ttft": 420.4 }) },
      [
        "claude chosen: 420ms to the first token; the only candidate",
        "gpt refused: `target is claude` is false: target is gpt",
      ],
    ],
    [
      "of which the client named one",
      "otherwise requested",
      { requested: "gpt" },
      ["gpt chosen: the client named it"],
    ],
  ])("%s", (_, text, changes, candidates) => {
    const facts = { tokens: changes.promptTokens ?? 100 };
    expect(first(explained(text, facts, changes))).toEqual(candidates);
  });

  test("of which two are drawn, and the lighter of these is taken", () => {
    const loads = live({ "claude.queue": 2, "gpt.queue": 2, "qwen.queue": 9 });
    for (let seed = 0; seed < 40; seed += 1) {
      const { steps } = explained(
        "otherwise any of [claude, gpt, qwen]",
        {},
        { seed, live: loads },
      );
      const lines = steps[0]?.candidates ?? [];
      const drawn = lines.filter(({ why }) => why.includes("of the other drawn"));
      expect(drawn).toHaveLength(2);
      const chosen = drawn.find(({ result }) => result === "chosen");
      expect(chosen?.why).toMatch(/^2 in flight/);
      expect(
        lines.filter(({ why }) => why === "not among the two drawn from the seed"),
      ).toHaveLength(1);
    }
  });

  test("of a split by the key whose share it is", () => {
    const split = "otherwise split by user: 90% claude, 10% gpt fallback cheapest of [claude, gpt]";
    const { steps } = explained(split, { user: "anna" });
    const chosen = steps[0]?.target;
    expect(steps[0]?.candidates).toContainEqual({
      target: chosen,
      result: "chosen",
      why: `user anna falls into its ${chosen === "claude" ? 90 : 10}%`,
    });
    expect(steps[1]?.candidates).toContainEqual({
      target: chosen,
      result: "refused",
      why: "an earlier step tries it",
    });
  });

  test("are none where the client named none, and the step says so", () => {
    const { steps } = explained("otherwise requested fallback claude");
    expect(steps[0]).toMatchObject({
      target: null,
      candidates: [],
      missing: "the client named no target that is known here",
    });
  });
});

const guarded = `never target.region is not eu when pii
ensure plan.cost <= $0.01 when grade is free
also if grade is free with max_tokens 200, timeout 5s, tag "free"
also if tokens > 50 with max_tokens 900, set temperature 0
if grade is free then cheapest of [claude, gpt] with set temperature 1, set seed 2, timeout 2s
otherwise cheapest of [gpt, mistral-eu, local-gpu] fallback requested
`;

describe("guards and alsos", () => {
  test("a guard in force says whom it keeps out, why, and what came of it", () => {
    const { guards, decision } = explained(
      guarded,
      { pii: true, tokens: 10, grade: "pro" },
      { requested: "qwen" },
    );
    expect(guards).toEqual([
      {
        guard: "never target.region is not eu when pii",
        result: "applied",
        why: "`pii is true` is true: pii is true",
        dropped: [
          { target: "gpt", why: "`region is not eu` is true: region is us" },
          { target: "qwen", why: "`region is not eu` is true: region is ap" },
        ],
        consequence: "no target is left at step 2",
      },
      {
        guard: "ensure plan.cost <= $0.01 when grade is free",
        result: "does not apply",
        why: "`grade is free` is false: grade is pro",
        dropped: [],
        consequence: null,
      },
    ]);
    expect(decision.targets).toEqual(["local-gpu"]);
  });

  test("a ceiling on cost is applied though it keeps nobody out", () => {
    const { guards } = explained(guarded, { pii: false, tokens: 10, grade: "free" });
    expect(guards).toMatchObject([
      { result: "does not apply" },
      { result: "applied", consequence: "all attempts together may cost at most $0.01" },
    ]);
  });

  test("a guard that was proved is not looked at", () => {
    const { guards } = explained(
      guarded,
      { pii: true, tokens: 1, grade: "pro" },
      { proved: new Set(["guard-1"]) },
    );
    expect(guards[0]).toMatchObject({ result: "proved", dropped: [] });
  });

  test("an also says which of its options are in force and which lost, and to whom", () => {
    const { alsos } = explained(guarded, { pii: false, tokens: 60, grade: "free" });
    expect(alsos).toMatchObject([
      {
        also: "also-1",
        result: "true",
        adds: { maxTokens: 200, tags: ["free"] },
        loses: [{ option: "timeout", why: "the plan has its own" }],
      },
      {
        also: "also-2",
        result: "true",
        adds: {},
        loses: [
          { option: "max-tokens", why: "a smaller ceiling is set" },
          { option: "set temperature", why: "the plan has its own" },
        ],
      },
    ]);
  });

  test("neither is looked at for a request that a rule rejects", () => {
    const { guards, alsos, steps, estimate } = explained(
      'never claude when pii\nalso if tokens > 1 with tag "x"\nif tokens > 5 then reject 413 else gpt',
      { tokens: 9 },
    );
    expect(guards).toMatchObject([{ result: "does not apply", why: "the request is rejected" }]);
    expect(alsos).toMatchObject([{ result: "not applied", why: "the request is rejected" }]);
    expect({ steps, estimate }).toEqual({ steps: [], estimate: null });
  });
});

describe("dear facts", () => {
  const text = "if tokens < 200 and intent is classify then claude else if code then gpt else qwen";
  const seen = (sights: Parameters<typeof explained>[2]) => explained(text, {}, sights).dear;
  const policy = soundPolicy(text);
  const key = (operand: number): string => policy.operands[operand]?.key ?? "";

  test("are read or avoided, with what decided instead", () => {
    const dear = seen({
      readOperand: (operand) => ({ tokens: 300, code: false })[key(operand)],
      see: (operand) => {
        const at = key(operand);
        if (at === "intent") return { kind: "unasked" };
        if (at === "tokens") return { kind: "bounds", low: 300, high: 340 };
        return { kind: "known", value: false };
      },
      asked: { kind: "asked", by: { code: "rules" }, told: [], counts: true },
    });
    expect(dear.map(({ fact, result, why }) => [fact, result, why])).toEqual([
      ["tokens", "avoided", "the bounds 300 to 340 were enough"],
      ["intent", "avoided", "not needed: tokens decided"],
      ["code", "read", "a rule needed it"],
    ]);
  });

  test("that only later rules test were not reached", () => {
    const dear = seen({
      readOperand: (operand) => ({ tokens: 30, intent: "classify" })[key(operand)],
      see: (operand) => {
        const value = { tokens: 30, intent: "classify" }[key(operand)];
        return value === undefined ? { kind: "unasked" } : { kind: "known", value };
      },
      asked: { kind: "asked", by: { intent: "rules", tokens: "rules" }, told: [], counts: true },
    });
    expect(dear).toMatchObject([
      { fact: "tokens", result: "read" },
      { fact: "intent", result: "read" },
      { fact: "code", result: "avoided", why: "not needed: rule-1 decided before" },
    ]);
  });

  test("of a request told by hand are given or not", () => {
    expect(explained(text, { tokens: 30, code: true }).dear).toMatchObject([
      { fact: "intent", result: "not given" },
      { fact: "code", result: "given" },
    ]);
  });
});

test("the estimate tells the first target's cost, and the whole chain's at worst", () => {
  const { estimate } = explained(
    "otherwise claude fallback gpt with max_tokens 1k, retry 0",
    {},
    { promptTokens: 1_000 },
  );
  expect(estimate).toEqual({
    target: "claude",
    cost: 0.018,
    promptTokens: 1_000,
    completionTokens: 1_000,
    worst: { cost: 0.028, attempts: 2, timeMs: 120_000 },
  });
});

test("the estimate has the price of the tier asked for, the worst case the dearest that may serve", () => {
  const tiers = { flex: 0.5, priority: 2 };
  const claude = targets.get("claude")!;
  const prices = claude.prices.map((table) => ({ ...table, tiers }));
  const tiered = new Map([...targets, ["claude", { ...claude, prices }]]);
  const estimated = (policy: string, more: Partial<ExplainInputs> = {}): unknown => {
    const { estimate } = explained(policy, {}, { promptTokens: 1_000, targets: tiered, ...more });
    return [estimate?.cost, estimate?.worst.cost];
  };
  const plain = "otherwise claude with max_tokens 1k, retry 0";
  expect(estimated(plain)).toEqual([0.018, 0.018]);
  // What is asked for may be served as usual.
  expect(estimated(`${plain}, tier flex`)).toEqual([0.009, 0.018]);
  expect(estimated(plain, { tier: "priority" })).toEqual([0.036, 0.036]);
  expect(estimated(`${plain}, tier flex`, { tier: "priority" })).toEqual([0.009, 0.018]);
});

test("without the prompt's size nothing is said of its cost", () => {
  const { estimate } = explained("otherwise mistral-eu", {}, { mostPromptTokens: null });
  expect(estimate).toMatchObject({ cost: null, promptTokens: null, worst: { cost: null } });
});

test("a near miss tells a distance in no more digits than can be meant", () => {
  const { nearMisses } = explained("if difficulty + 0.1 > 0.7 then claude\notherwise gpt", {
    "difficulty + 0.1": 0.323 + 0.1,
  });
  expect(nearMisses).toMatchObject([{ value: "0.423", distance: 0.277 }]);
  expect(nearMisses[0]?.why).toContain("(0.277 more)");
});
