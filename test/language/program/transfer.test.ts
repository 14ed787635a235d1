import fc from "fast-check";
import { expect, test } from "vitest";
import type { Operand } from "../../../src/facts/fact.ts";
import type { Condition } from "../../../src/language/checker/checked-policy.ts";
import { lower } from "../../../src/language/graph/lower.ts";
import { compile } from "../../../src/language/program/compile.ts";
import {
  type PackedProgram,
  pack,
  transferablesOf,
  unpack,
} from "../../../src/language/program/transfer.ts";
import { decideByTable } from "../../support/decide.ts";
import { policyAndFacts, policyOf } from "../../support/random-policy.ts";

const span = { file: "x.policy", start: 0, end: 0 };

/** What another thread receives. */
function send(packed: PackedProgram): PackedProgram {
  return structuredClone(packed, { transfer: transferablesOf(packed) });
}

test("a program decides and names its branches alike after a change of threads", () => {
  fc.assert(
    fc.property(policyAndFacts(), ({ policy, requests }) => {
      const program = compile(policy, lower(policy));
      const received = unpack(send(pack(program)));
      for (const facts of requests) {
        const branch = decideByTable(program, facts);
        expect(decideByTable(received, facts)).toBe(branch);
        expect(received.branch(branch)).toEqual(program.branch(branch));
      }
      const { table: _, branch: __, ...rest } = program;
      expect(received).toMatchObject(rest);
      expect(received.alsos).toEqual(program.alsos);
      expect(received.guards).toEqual(program.guards);
    }),
    { numRuns: 200 },
  );
});

test("every branch comes back with its rule and action, whatever letters they hold", () => {
  const policy = policyOf([], [null, null, null]);
  const named = {
    ...policy,
    rules: policy.rules.map((rule, at) => ({ ...rule, name: ["Köln", "日本", "🚂"][at] ?? null })),
  };
  const program = compile(named, lower(named));
  const received = unpack(send(pack(program)));
  expect([2, 0, 1].map((at) => received.branch(at).rule.name)).toEqual(["🚂", "Köln", "日本"]);
  expect(received.branch(1)).toEqual(program.branch(1));
});

test("texts that are looked up are found again, of every operand", () => {
  const operands = ["team", "user"].map(
    (key): Operand => ({
      shape: { kind: "fact", name: key },
      key,
      type: { kind: "text" },
      costClass: 0,
      trust: "key",
      mayBeUnknown: true,
    }),
  );
  const tests = Array.from({ length: 40 }, (_, at): Condition => {
    const value = `name-${at}`;
    return { kind: "compare", operand: at % 2, op: "=", value, span };
  });
  const policy = policyOf(operands, [...tests, null]);
  const received = unpack(send(pack(compile(policy, lower(policy)))));
  for (let at = 0; at < 40; at += 1) {
    const name = `name-${at}`;
    expect(decideByTable(received, at % 2 === 0 ? [name, "x"] : ["x", name])).toBe(at);
    expect(decideByTable(received, at % 2 === 0 ? ["x", name] : [name, "x"])).toBe(40);
  }
});

test("a branch is parsed once: the same object ever after", () => {
  const policy = policyOf([], [null]);
  const received = unpack(send(pack(compile(policy, lower(policy)))));
  expect(received.branch(0)).toBe(received.branch(0));
});

test("a branch that the policy does not have is a bug", () => {
  const policy = policyOf([], [null]);
  const program = compile(policy, lower(policy));
  expect(() => program.branch(1)).toThrow("there is no branch 1");
  expect(() => unpack(pack(program)).branch(-1)).toThrow("there is no branch -1");
});

test("packing leaves the program usable, sending empties what was packed", () => {
  const policy = policyOf([], [null]);
  const program = compile(policy, lower(policy));
  const packed = pack(program);
  send(packed);
  expect(packed.branches.length).toBe(0);
  expect(decideByTable(program, [])).toBe(0);
});
