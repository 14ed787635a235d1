import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  benchVocabulary,
  checkBenchPolicy,
  keyedPolicyText,
} from "../../../src/bench/keyed-policy.ts";
import { randomPolicyText } from "../../../src/bench/random-policy.ts";
import { analysisCodes } from "../../../src/diagnostics/codes-analysis.ts";
import type { Diagnostic } from "../../../src/diagnostics/diagnostic.ts";
import { analyse } from "../../../src/language/analysis/analyse.ts";
import { holds } from "../../../src/language/analysis/domain.ts";
import { remainders } from "../../../src/language/analysis/shadows.ts";
import { createSpace } from "../../../src/language/analysis/space.ts";
import type { CheckedPolicy, Condition } from "../../../src/language/checker/checked-policy.ts";
import { evaluateCondition, interpret } from "../../../src/language/interpreter/interpret.ts";
import { checkText, marked, soundPolicy, vocabulary } from "../../support/checking.ts";
import {
  policyTextOf,
  randomRecord,
  randomRules,
  valueReader,
} from "../../support/random-requests.ts";

const runs = process.env["SIGNALBOX_LONG"] === undefined ? 200 : 3_000;

function findingsOf(text: string): {
  readonly told: string[];
  readonly all: readonly Diagnostic[];
} {
  const checked = checkText(text);
  if (checked.policy === null) throw new Error(checked.diagnostics[0]?.message);
  const all = analyse(checked.policy, vocabulary);
  return { told: all.map((each) => marked(checked, each)), all };
}

const rest = "then claude otherwise gpt";

const table = Object.entries(analysisCodes).filter(([, { example }]) => !example.startsWith("("));

test.each(table)("the table's example of %s is reported with that code", (code, row) => {
  const found = findingsOf(row.example).all.find((each) => each.code === code);
  expect(found?.severity).toBe(row.severity);
});

describe("a test is told", () => {
  const cases: readonly (readonly [text: string, told: readonly string[]])[] = [
    [`if tokens < 0 ${rest}`, ["P0428 tokens < 0"]],
    [`if tokens >= 0 and stream ${rest}`, ["P0428 tokens >= 0"]],
    [`if max_tokens >= 0 ${rest}`, []],
    [`if spend > $0.02 and spend < $0 ${rest}`, ["P0428 spend < $0"]],
    [`if difficulty > 2 ${rest}`, ["P0428 difficulty > 2"]],
    [`if claude.error_rate <= 1 and stream ${rest}`, []],
    [`if claude.error_rate > 100% and stream ${rest}`, ["P0428 claude.error_rate > 100%"]],
    [`if risk > 2 ${rest}`, []],
    [`if tokens + max_tokens < 0 ${rest}`, ["P0428 tokens + max_tokens < 0"]],
    [`if date < 1969-01-01 ${rest}`, ["P0428 date < 1969-01-01"]],
    [`if claude.region is us and stream ${rest}`, ["P0429 claude.region is us"]],
    [`if claude.context < 100k ${rest}`, ["P0429 claude.context < 100k"]],
    [`if claude.queue < 0 ${rest}`, ["P0428 claude.queue < 0"]],
    [`if tokens is unknown ${rest}`, []],
    [`if (tokens < 0 and stream) or tools > 3 ${rest}`, ["P0428 tokens < 0"]],
  ];
  test.each(cases)("by what its fact can be: %s", (text, told) => {
    expect(findingsOf(text).told.filter((each) => !each.startsWith("P0424"))).toEqual(told);
  });

  const parts: readonly (readonly [text: string, told: readonly string[]])[] = [
    [`if tokens < 500 and tokens < 200 ${rest}`, ["P0427 tokens < 500"]],
    [`if tokens < 200 and tokens < 500 ${rest}`, ["P0427 tokens < 500"]],
    [`if tokens < 200 or tokens < 500 ${rest}`, ["P0427 tokens < 200"]],
    [`if stream and stream ${rest}`, ["P0427 stream"]],
    [`if stream and (tokens < 200 or not stream) ${rest}`, ["P0427 not stream"]],
    [`if not (stream or tools > 3 or tools > 5) ${rest}`, ["P0427 tools > 5"]],
    [`if pii and pii is not false ${rest}`, ["P0427 pii is not false"]],
    [`if pii or pii is not false ${rest}`, ["P0427 pii"]],
    [`if tokens < 200 and tokens + max_tokens > 300 ${rest}`, []],
    [`if tokens > 8k and tokens + max_tokens > 8k ${rest}`, []],
    [
      `if tokens > 8k and max_tokens > 1 and tokens + max_tokens > 8k ${rest}`,
      ["P0427 tokens + max_tokens > 8k"],
    ],
    [
      `if weekday in [sat, sun] and date = 2026-11-23 ${rest}`,
      ["P0425 weekday in [sat, sun] and date = 2026-11-23"],
    ],
    [`if tokens < 200 and tokens > 500 ${rest}`, ["P0425 tokens < 200 and tokens > 500"]],
    [
      `if tokens > 300 and tokens + max_tokens < 300 ${rest}`,
      ["P0425 tokens > 300 and tokens + max_tokens < 300"],
    ],
    [`if pii or not pii or pii is unknown ${rest}`, ["P0426 pii or not pii or pii is unknown"]],
    [`if pii or not pii ${rest}`, []],
    [`let short = tokens < 200 if short and tokens < 500 ${rest}`, ["P0427 tokens < 500"]],
  ];
  test.each(parts)("by the parts beside it: %s", (text, told) => {
    expect(findingsOf(text).told.filter((each) => !each.startsWith("P0424"))).toEqual(told);
  });
});

describe("a rule is told", () => {
  const cases: readonly (readonly [text: string, told: readonly string[]])[] = [
    [
      "if tokens < 500 then claude if tokens < 200 and stream then gpt otherwise qwen",
      ["P0422 tokens < 200 and stream"],
    ],
    [
      "if stream then claude if not stream then qwen if tokens < 5 then gpt otherwise gpt",
      ["P0422 tokens < 5", "P0424 otherwise gpt"],
    ],
    ["if tokens < 200 then claude if tokens < 500 then gpt otherwise qwen", ["P0423 tokens < 500"]],
    ["if tokens < 200 then claude else if tokens < 500 then gpt else qwen", []],
    ["if pii then claude if tokens < 500 then gpt otherwise qwen", []],
    [
      "if team in [ads, ops] then claude if team in [ops, law] then gpt otherwise qwen",
      ["P0423 team in [ops, law]"],
    ],
    [
      "let short = tokens < 200 if short then claude if short then gpt otherwise qwen",
      ["P0422 if short then gpt"],
    ],
    // Proven through the sum: what is below 8k together is below 8k each.
    [
      "if tokens < 8k then claude if tokens + max_tokens < 8k then gpt otherwise qwen",
      ["P0422 tokens + max_tokens < 8k"],
    ],
  ];
  test.each(cases)("by the rules above it: %s", (text, told) => {
    expect(findingsOf(text).told).toEqual(told);
  });

  test("with those that take its requests, and a request of each", () => {
    const [finding] = findingsOf(
      'rule "big": if tokens >= 500 then claude rule "small": if tokens < 500 then gpt rule "late": if stream then qwen otherwise qwen',
    ).all;
    expect(finding).toMatchObject({
      code: "P0422",
      label: "every request it is meant for is taken by `big`, `small`",
      related: [
        { text: "takes a request with `stream true, tokens 500`" },
        { text: "takes a request with `stream true, tokens 499`" },
      ],
      help: expect.stringContaining(`explain --request '{"stream": true, "tokens": 500}'`),
    });
  });

  test("with what is left of it", () => {
    const [finding] = findingsOf(
      "if tokens < 200 or tokens = 300 then claude if tokens < 500 and spend <= $0.02 then gpt otherwise qwen",
    ).all;
    expect(finding?.message).toBe("of this rule only `tokens` 200..300 or 301..500 is left");
    expect(finding?.label).toBe("the rest is taken by `rule-1`");
  });
});

describe("a boundary on tokens is told", () => {
  const cases: readonly (readonly [text: string, told: readonly string[]])[] = [
    ["if tokens < 7900 then claude else if tokens < 8k then gpt else qwen", ["P0430 tokens < 8k"]],
    ["if tokens < 7k then claude else if tokens < 8k then gpt else qwen", []],
    ["if tokens in 7900..8k then gpt else qwen", []],
    [
      "if team is a and tokens < 7900 then gpt if team is b and tokens < 8k then claude otherwise qwen",
      [],
    ],
    ["if images < 79 then claude else if images < 80 then gpt else qwen", []],
    ["if tokens < 199k then claude else gpt", ["P0431 tokens < 199k"]],
    ["if tokens < 150k then claude else gpt", []],
    ["if tokens < 1M then claude else gpt", []],
    [
      "otherwise cheapest of [claude, gpt] where context >= tokens",
      ["P0431 cheapest of [claude, gpt] where context >= tokens"],
    ],
    ["otherwise cheapest of [claude, gpt] where context >= tokens + 2k", []],
    ["otherwise cheapest of [claude, gpt] where context >= tokens fallback qwen", []],
  ];
  test.each(cases)("when a target's own count may cross it: %s", (text, told) => {
    expect(findingsOf(text).told).toEqual(told);
  });
});

/** The condition of a policy that stands at a finding. */
function conditionAt(policy: CheckedPolicy, { span }: Diagnostic): Condition | undefined {
  const isHere = (condition: Condition): boolean =>
    condition.kind !== "constant" &&
    condition.span.start === span.start &&
    condition.span.end === span.end;
  const find = (condition: Condition): Condition | undefined => {
    if (isHere(condition)) return condition;
    if (condition.kind === "not") return find(condition.of);
    if (condition.kind !== "and" && condition.kind !== "or") return undefined;
    return condition.of.map(find).find((found) => found !== undefined);
  };
  return policy.branches
    .map(({ condition }) => (condition === null ? undefined : find(condition)))
    .find((found) => found !== undefined);
}

/** A condition without one part, wherever it stands. */
function without(condition: Condition, part: Condition): Condition {
  if (condition.kind === "not") return { ...condition, of: without(condition.of, part) };
  if (condition.kind !== "and" && condition.kind !== "or") return condition;
  const of = condition.of.filter((each) => each !== part).map((each) => without(each, part));
  return { ...condition, of };
}

test("on random policies no request contradicts a finding", () => {
  const seen = new Map<string, number>();
  const cases = fc.tuple(randomRules(), fc.array(randomRecord, { minLength: 30, maxLength: 60 }));
  fc.assert(
    fc.property(cases, ([rules, records]) => {
      const policy = soundPolicy(policyTextOf(rules));
      const space = createSpace(policy, vocabulary);
      const findings = analyse(policy, vocabulary);
      const requests = records.map(valueReader(policy, vocabulary));
      const decided = requests.map((values) => interpret(policy, (operand) => values[operand]));
      for (const finding of findings) seen.set(finding.code, (seen.get(finding.code) ?? 0) + 1);
      for (const finding of findings) {
        const { code, span } = finding;
        const branch = policy.branches.findIndex(
          (each) => each.span.start <= span.start && span.end <= each.span.end,
        );
        if (code === "P0422" || code === "P0424" || code === "P0425") {
          expect(decided).not.toContain(branch);
        }
        if (code === "P0423") {
          for (const { operand, left } of remainders(space, branch)) {
            for (const [at, values] of requests.entries()) {
              if (decided[at] === branch) expect(holds(left, values[operand])).toBe(true);
            }
          }
        }
        const part = conditionAt(policy, finding);
        if (part === undefined || branch < 0) continue;
        const whole = policy.branches[branch]!.condition!;
        for (const values of requests) {
          const read = (operand: number) => values[operand];
          const verdict = evaluateCondition(part, read);
          if (code === "P0426") expect(verdict).toBe("true");
          if (code === "P0427") {
            const shorter = evaluateCondition(without(whole, part), read);
            expect(shorter === "true").toBe(evaluateCondition(whole, read) === "true");
          }
          if (code === "P0428" || code === "P0429") {
            const isNever = finding.message.includes("never");
            expect(verdict === "true").toBe(!isNever);
          }
        }
      }
    }),
    { numRuns: runs },
  );
  for (const code of ["P0422", "P0423", "P0424", "P0425", "P0427", "P0429"]) {
    expect(seen.get(code) ?? 0, code).toBeGreaterThan(3);
  }
  // Undecided is said, and rare.
  expect(seen.get("P0433") ?? 0).toBeLessThanOrEqual(Math.max(1, runs / 500));
});

test("a request shown for a shadowed rule reads back: its condition is true, and the rule named decides", () => {
  let shown = 0;
  fc.assert(
    fc.property(randomRules(), (rules) => {
      const policy = soundPolicy(policyTextOf(rules));
      for (const { code, span, help, related } of analyse(policy, vocabulary)) {
        const json = /--request '(.*)'`$/.exec(help ?? "")?.[1];
        // Very long ones are cut, as any message is.
        if (code !== "P0422" || json === undefined) continue;
        shown += 1;
        const values = valueReader(policy, vocabulary)(JSON.parse(json));
        const branch = policy.branches.findIndex(
          (each) => each.span.start <= span.start && span.end <= each.span.end,
        );
        const read = (operand: number) => values[operand];
        expect(evaluateCondition(policy.branches[branch]!.condition!, read)).toBe("true");
        const taker = policy.branches[interpret(policy, read)]!;
        expect(related?.[0]?.span.start).toBeGreaterThanOrEqual(taker.span.start);
        expect(related?.[0]?.span.end).toBeLessThanOrEqual(taker.span.end);
      }
    }),
    { numRuns: runs },
  );
  expect(shown).toBeGreaterThan(20);
});

describe("within its limits", () => {
  test("1,000 keyed rules are analysed to the end", () => {
    const policy = checkBenchPolicy(keyedPolicyText(1_000));
    const space = createSpace(policy, benchVocabulary);
    expect(analyse(policy, benchVocabulary)).toEqual([]);
    expect(space.perBranch([]).every(({ kind }) => kind === "found")).toBe(true);
    expect(space.stepsTaken).toBeLessThan(200_000);
  });

  test("of 100 random rules it says which questions it left open, and still knows who is reached", () => {
    const policy = checkBenchPolicy(randomPolicyText(100));
    const findings = analyse(policy, benchVocabulary);
    const codes = new Set(findings.map(({ code }) => code));
    expect(codes).toContain("P0432");
    expect(codes).toContain("P0433");
    const space = createSpace(policy, benchVocabulary);
    const answers = policy.branches.map(({ condition }, branch) =>
      space.share(condition === null ? [] : [{ condition, is: "true" }]).find(branch),
    );
    expect(answers.filter(({ kind }) => kind === "undecided").length).toBeLessThan(10);
    expect(space.stepsTaken).toBeLessThan(2_500_000);
  });

  test("nothing is said of what there were no steps for", () => {
    const policy = soundPolicy(
      "if tokens < 500 then claude if tokens < 200 then gpt otherwise qwen",
    );
    const codes = analyse(policy, vocabulary, { limits: { steps: 3 } }).map(({ code }) => code);
    expect(codes).toEqual(["P0433"]);
  });

  test("it stops soon after nobody waits any more", () => {
    const policy = checkBenchPolicy(randomPolicyText(100));
    let looks = 0;
    const isCancelled = (): boolean => {
      looks += 1;
      return looks > 3;
    };
    const space = createSpace(policy, benchVocabulary, { isCancelled });
    const found = space.perBranch([]);
    expect(found.at(-1)).toEqual({ kind: "undecided", why: "it was cancelled" });
    expect(looks).toBe(4);
    expect(space.stepsTaken).toBeLessThan(20_000);
  });
});
