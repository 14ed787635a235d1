import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../../src/base/random.ts";
import type { CostClass, FactType, FactValue, Operand } from "../../../src/facts/fact.ts";
import type { CheckedPolicy, Condition } from "../../../src/language/checker/checked-policy.ts";
import { noOutcome } from "../../../src/language/graph/decision-graph.ts";
import { lower } from "../../../src/language/graph/lower.ts";
import { edgesOf } from "../../../src/language/graph/node-table.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { compile } from "../../../src/language/program/compile.ts";
import { decideByTable } from "../../support/decide.ts";
import { policyOf, randomPolicy } from "../../support/random-policy.ts";

const span = { file: "x.policy", start: 0, end: 0 };
const whole: FactType = { kind: "whole" };
const text: FactType = { kind: "text" };
const boolean: FactType = { kind: "boolean" };

function operand(key: string, type: FactType, costClass: CostClass = 0): Operand {
  const shape = { kind: "fact", name: key } as const;
  return { shape, key, type, costClass, trust: "gateway", mayBeUnknown: true };
}
function compare(at: number, op: "<" | "<=" | ">=" | "=" | "!=", value: FactValue): Condition {
  return { kind: "compare", operand: at, op, value, span };
}
const all = (...of: readonly Condition[]): Condition => ({ kind: "and", of, span });
const any = (...of: readonly Condition[]): Condition => ({ kind: "or", of, span });

const sizeLimits = { states: 100, statesPerBranch: 0, statesOfRule: 100 };

function keyed(ruleCount: number): CheckedPolicy {
  const operands = [operand("tokens", whole), operand("stream", boolean), operand("team", text)];
  const conditions = Array.from({ length: ruleCount }, (_, rule) =>
    all(
      compare(2, "=", `team-${rule >> 2}`),
      compare(0, "<", 100 + ((rule * 37) % 97)),
      ...(rule % 2 === 0 ? [compare(1, "=", true)] : []),
    ),
  );
  return policyOf(operands, [...conditions, null]);
}

/** Rules over any two to four of twenty operands: nothing to dispatch on. */
function unstructured(ruleCount: number): CheckedPolicy {
  const random = createRandom(ruleCount);
  const operands = Array.from({ length: 20 }, (_, at) =>
    at < 8 ? operand(`text-${at}`, text) : operand(`number-${at}`, whole),
  );
  const conditions = Array.from({ length: ruleCount }, () =>
    all(
      ...Array.from({ length: 2 + random.integer(3) }, () => {
        const at = random.integer(operands.length);
        return at < 8
          ? compare(at, "=", `v${random.integer(4)}`)
          : compare(at, random.integer(2) === 0 ? "<" : ">=", random.integer(50));
      }),
    ),
  );
  return policyOf(operands, [...conditions, null]);
}

function factsOf(policy: CheckedPolicy, seed: number): FactValue[] {
  const random = createRandom(seed);
  return policy.operands.map(({ type }) =>
    type.kind === "text" ? `v${random.integer(5)}` : random.integer(55),
  );
}

describe("the diagram", () => {
  test("of the user's sentence asks for the intent of short prompts only", () => {
    const policy = policyOf(
      [operand("intent", text, 3), operand("tokens", whole)],
      [all(compare(1, "<", 200), compare(0, "=", "classify")), null],
    );
    expect(lower(policy)).toMatchObject({
      order: [1, 0],
      root: 1,
      nodes: [
        { kind: "text", operand: 0, values: ["classify"], edges: [~0], other: ~1, unknown: ~1 },
        {
          kind: "number",
          operand: 1,
          cuts: [{ value: 200, after: false }],
          edges: [0, ~1],
          unknown: ~1,
        },
      ],
    });
  });

  test("does not test what no longer matters", () => {
    const either = any(compare(0, "=", true), compare(0, "!=", true), {
      kind: "is-unknown",
      operand: 0,
      span,
    });
    const policy = policyOf([operand("pii", boolean, 2)], [either, compare(0, "=", true), null]);
    expect(lower(policy)).toMatchObject({ root: ~0, nodes: [] });
  });

  test("cuts whole numbers at whole numbers: between 199 and 200 lies nothing", () => {
    const none = all(compare(0, ">=", 199.5), compare(0, "<", 200));
    const policy = policyOf([operand("tokens", whole)], [none, null]);
    expect(lower(policy).nodes).toEqual([]);
  });

  test("keeps a segment between neighbouring decimals", () => {
    const between = all(compare(0, ">=", 0.1), compare(0, "<=", 0.1));
    const policy = policyOf([operand("weight", { kind: "decimal" })], [between, null]);
    expect(lower(policy).nodes).toMatchObject([
      {
        cuts: [
          { value: 0.1, after: false },
          { value: 0.1, after: true },
        ],
        edges: [~1, ~0, ~1],
      },
    ]);
  });

  test("of rules that may leave a request without outcome says so, and no table is made of it", () => {
    const policy = policyOf([operand("pii", boolean)], [compare(0, "=", true)]);
    const graph = lower(policy);
    expect(graph.nodes).toMatchObject([{ edges: [noOutcome, ~0], unknown: noOutcome }]);
    expect(() => compile(policy, graph)).toThrow("has no outcome");
  });

  test("is reduced, children first, and tests each operand once on a path, in one order", () => {
    fc.assert(
      fc.property(randomPolicy({ maxBranches: 12 }), (policy) => {
        const { nodes, order } = lower(policy);
        const rankOf = (at: number): number => order.indexOf(nodes[at]!.operand);
        for (const [at, node] of nodes.entries()) {
          const edges = edgesOf(node);
          expect(new Set(edges).size).toBeGreaterThan(1);
          for (const edge of edges) {
            expect(edge).not.toBe(noOutcome);
            if (edge < 0) continue;
            expect(edge).toBeLessThan(at);
            expect(rankOf(edge)).toBeGreaterThan(rankOf(at));
          }
        }
        expect(new Set(nodes.map((node) => JSON.stringify(node))).size).toBe(nodes.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe("operands are tested", () => {
  const dear = [operand("intent", text, 3), operand("pii", boolean, 2), operand("spend", whole, 1)];

  test.each<[string, readonly Operand[], readonly Condition[], readonly string[]]>([
    [
      "cheap ones first",
      [...dear, operand("stream", boolean)],
      [
        all(
          compare(0, "=", "code"),
          compare(1, "=", true),
          compare(2, "<", 5),
          compare(3, "=", true),
        ),
      ],
      ["stream", "spend", "pii", "intent"],
    ],
    [
      "tokens after what is at hand, for their exact number is not",
      [operand("tokens", whole), ...dear],
      [all(compare(0, "<", 5), compare(1, "=", "code"), compare(2, "=", true), compare(3, "<", 5))],
      ["spend", "tokens", "pii", "intent"],
    ],
    [
      "what has many values before what has few",
      [operand("stream", boolean), operand("team", text)],
      ["a", "b", "c"].map((team) => all(compare(0, "=", true), compare(1, "=", team))),
      ["team", "stream"],
    ],
    [
      "what stands first in the source, where nothing else tells",
      [operand("b", boolean), operand("a", boolean)],
      [compare(1, "=", true), compare(0, "=", true)],
      ["a", "b"],
    ],
  ])("%s", (_, operands, conditions, order) => {
    const policy = policyOf(operands, [...conditions, null]);
    expect(lower(policy).order.map((at) => operands[at]?.key)).toEqual(order);
  });
});

describe("size", () => {
  test("grows with the rules, not with rules times keys: 10,000 keyed rules are one block", () => {
    const [small, large] = [1_000, 10_000].map((ruleCount) => lower(keyed(ruleCount)));
    expect(large?.blocks).toHaveLength(1);
    expect(large!.nodes.length / small!.nodes.length).toBeLessThan(11);
    expect(large!.nodes.length).toBeLessThan(40_000);
  });

  test("of a hundred regex rules, each on an operand of its own, is one node each", () => {
    const operands = Array.from({ length: 100 }, (_, at) => operand(`matches ${at}`, boolean, 2));
    const policy = policyOf(operands, [...operands.map((_, at) => compare(at, "=", true)), null]);
    expect(lower(policy).nodes).toHaveLength(100);
  });

  test.each([30, 100, 300])(
    "of %i unstructured rules keeps to the budget by blocks",
    (ruleCount) => {
      const policy = unstructured(ruleCount);
      const graph = lower(policy);
      const program = compile(policy, graph);
      expect(graph.nodes.length).toBeLessThan(12_000 + 11 * ruleCount);
      expect(graph.blocks.length > 1).toBe(ruleCount > 30);
      let next = 0;
      for (const { firstBranch, lastBranch } of graph.blocks) {
        expect(firstBranch).toBe(next);
        next = lastBranch + 1;
      }
      expect(next).toBe(policy.branches.length);
      for (let seed = 0; seed < 300; seed += 1) {
        const facts = factsOf(policy, seed);
        expect(decideByTable(program, facts)).toBe(interpret(policy, (at) => facts[at]));
      }
    },
  );

  test("of a single rule whose diagram explodes is kept by splitting the rule", () => {
    const pairs = 16;
    const operands = Array.from({ length: 2 * pairs }, (_, at) =>
      operand(`f${at}`, boolean, at < pairs ? 0 : 1),
    );
    const rule = any(
      ...Array.from({ length: pairs }, (_, at) =>
        all(compare(at, "=", true), compare(pairs + at, "=", true)),
      ),
    );
    const policy = policyOf(operands, [rule, null]);
    const graph = lower(policy, sizeLimits);
    expect(graph.nodes.length).toBeLessThan(4 * pairs);
    const program = compile(policy, graph);
    const random = createRandom(1);
    for (let request = 0; request < 300; request += 1) {
      const facts = operands.map(() => random.integer(4) === 0);
      expect(decideByTable(program, facts)).toBe(interpret(policy, (at) => facts[at]));
    }
  });

  test("of a text compared with thousands of values, in a list or one by one, is one node", () => {
    const names = Array.from({ length: 5_000 }, (_, at) => `team-${at}`);
    const listed: Condition = { kind: "in", operand: 0, values: names, ranges: [], span };
    const onebyone = any(...names.map((name) => compare(0, "=", name)));
    for (const condition of [listed, onebyone]) {
      const policy = policyOf([operand("team", text)], [condition, null]);
      const program = compile(policy, lower(policy));
      expect(lower(policy).nodes).toHaveLength(1);
      expect(decideByTable(program, ["team-4999"])).toBe(0);
      expect(decideByTable(program, ["team-5000"])).toBe(1);
    }
  });
});
