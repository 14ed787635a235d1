import fc from "fast-check";
import { expect, test } from "vitest";
import type { FactValue } from "../../../src/facts/fact.ts";
import type { DecisionGraph, Edge } from "../../../src/language/graph/decision-graph.ts";
import { type LoweringLimits, lower } from "../../../src/language/graph/lower.ts";
import { partOf } from "../../../src/language/graph/part-of.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { type Facts, policyAndFacts } from "../../support/random-policy.ts";

const layouts: [string, LoweringLimits | undefined][] = [
  ["one diagram", undefined],
  ["blocks of few rules", { states: 12, statesPerBranch: 0, statesOfRule: 10_000 }],
];

/** The end of a request in a graph, told without any executor. */
function endOf(graph: DecisionGraph, facts: Facts): Edge {
  let edge = graph.root;
  while (edge >= 0) {
    const node = graph.nodes[edge]!;
    const value = facts[node.operand];
    if (value === undefined || Number.isNaN(value)) edge = node.unknown;
    else if (node.kind === "text") {
      const at = node.values.indexOf(String(value));
      edge = at < 0 ? node.other : node.edges[at]!;
    } else {
      const passed = node.cuts.filter((cut) =>
        cut.after ? Number(value) > cut.value : Number(value) >= cut.value,
      );
      edge = node.edges[passed.length]!;
    }
  }
  return edge;
}

test.each(layouts)(
  "known facts leave every decision as it was, and their tests fall away: %s",
  (_, layout) => {
    const someOf = (facts: Facts) =>
      fc.subarray([...facts.keys()]).map((known) => ({ facts, known }));
    fc.assert(
      fc.property(
        policyAndFacts().chain(({ policy, requests }) =>
          fc.record({ policy: fc.constant(policy), part: someOf(requests[0]!) }),
        ),
        ({ policy, part: { facts, known } }) => {
          const settled = new Map<number, FactValue | undefined>(
            known.map((at) => [at, facts[at]]),
          );
          const part = partOf(lower(policy, layout), { settled });
          expect(endOf(part, facts)).toBe(~interpret(policy, (at) => facts[at]));
          expect(part.nodes.filter(({ operand }) => settled.has(operand))).toEqual([]);
        },
      ),
    );
  },
);

test.each(layouts)(
  "branches taken together end where the first of them does, all others where they did: %s",
  (_, layout) => {
    fc.assert(
      fc.property(policyAndFacts(), fc.nat(), fc.nat(), ({ policy, requests }, one, other) => {
        const pair = [one, other].map((each) => each % policy.branches.length);
        const [first, second] = [Math.min(...pair), Math.max(...pair)];
        const joined = partOf(lower(policy, layout), {
          branchAt: (branch) => ~(branch === second ? first : branch),
        });
        for (const facts of requests) {
          const branch = interpret(policy, (at) => facts[at]);
          expect(endOf(joined, facts)).toBe(~(branch === second ? first : branch));
        }
        expect(joined.nodes.length).toBeLessThanOrEqual(lower(policy, layout).nodes.length);
      }),
    );
  },
);

test("blocks stay in their order, each led to by the one before it", () => {
  fc.assert(
    fc.property(policyAndFacts(), ({ policy, requests }) => {
      const graph = lower(policy, { states: 12, statesPerBranch: 0, statesOfRule: 10_000 });
      const part = partOf(graph, { settled: new Map([[0, requests[0]?.[0]]]) });
      const firsts = part.blocks.map(({ firstBranch }) => firstBranch);
      expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
      expect(part.root).toBe(part.blocks[0]?.root ?? part.root);
    }),
  );
});
