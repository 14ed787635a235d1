import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  benchVocabulary,
  checkBenchPolicy,
  keyedPolicyText,
} from "../../../src/bench/keyed-policy.ts";
import { randomPolicyText } from "../../../src/bench/random-policy.ts";
import type { FactValue } from "../../../src/facts/fact.ts";
import {
  comparePolicies,
  diffPolicies,
  type PolicyDiff,
} from "../../../src/language/analysis/diff.ts";
import { createSpace } from "../../../src/language/analysis/space.ts";
import type { CheckedPolicy } from "../../../src/language/checker/checked-policy.ts";
import { lower } from "../../../src/language/graph/lower.ts";
import { evaluateCondition, interpret } from "../../../src/language/interpreter/interpret.ts";
import { mergeOptions } from "../../../src/language/interpreter/merge-options.ts";
import { compile } from "../../../src/language/program/compile.ts";
import { soundPolicy, vocabulary } from "../../support/checking.ts";
import { decideByTable } from "../../support/decide.ts";
import {
  policyTextOf,
  randomCondition,
  randomRecord,
  randomRules,
  valueReader,
} from "../../support/random-requests.ts";

const runs = process.env["SIGNALBOX_LONG"] === undefined ? 200 : 3_000;

function diffOf(before: string, after: string): PolicyDiff {
  return diffPolicies(soundPolicy(before), soundPolicy(after), vocabulary);
}

describe("two policies are equivalent", () => {
  const cases: readonly (readonly [before: string, after: string])[] = [
    [
      "if tokens < 200 then claude otherwise gpt",
      'rule "x": if tokens >= 200 then gpt else claude',
    ],
    ["if stream then claude otherwise gpt", "if not stream then gpt if stream then claude"],
    ["if pii is not false then claude otherwise gpt", "if pii is false then gpt otherwise claude"],
    [
      "if tokens + max_tokens < 8k then claude otherwise gpt",
      "if tokens < 8k and tokens + max_tokens < 8k then claude otherwise gpt",
    ],
    ["otherwise claude with retry 1, timeout 5s", "otherwise claude with timeout 5000ms, retry 1"],
    [
      "otherwise claude with max_tokens 1k",
      "otherwise claude also if stream or not stream with max_tokens 1k",
    ],
    ["pool p = claude, gpt otherwise any of p", "otherwise any of [claude, gpt]"],
    [
      'rule "a": if stream then split: 50% gpt, 50% qwen otherwise gpt',
      'rule "b": if stream then split: 50% gpt, 50% qwen otherwise gpt',
    ],
    ["never gpt when pii otherwise claude", "never gpt when pii is true otherwise claude"],
    ["if claude.supports(tools) then gpt otherwise qwen", "otherwise gpt"],
  ];
  test.each(cases)("%s | %s", (before, after) => {
    expect(diffOf(before, after)).toEqual({ equivalent: true, regions: [] });
    expect(diffOf(after, before)).toEqual({ equivalent: true, regions: [] });
  });
});

describe("a difference is told with its requests", () => {
  const cases: readonly (readonly [
    before: string,
    after: string,
    where: string,
    outcomes: string,
  ])[] = [
    [
      "if tokens < 200 then claude otherwise gpt",
      "if tokens <= 300 then claude otherwise gpt",
      "tokens 200..301",
      "gpt -> claude",
    ],
    [
      "if pii then claude otherwise gpt",
      "if pii is not false then claude otherwise gpt",
      "pii unknown",
      "gpt -> claude",
    ],
    [
      "if team in [ads, ops] then claude otherwise gpt",
      "if team in [ops, law] then claude otherwise gpt",
      "team ads",
      "claude -> gpt",
    ],
    [
      "otherwise claude fallback gpt",
      "otherwise claude fallback gpt on timeout",
      "",
      "claude fallback gpt -> claude fallback gpt on timeout",
    ],
    [
      "otherwise claude",
      "otherwise claude with timeout 5s, retry 0",
      "",
      "claude -> claude with timeout 5s, retry 0",
    ],
    ["otherwise reject 429", "otherwise reject 503", "", "reject 429 -> reject 503"],
    [
      'otherwise reject 429 "a"',
      'otherwise reject 429 "b"',
      "",
      "reject 429 -> reject 429 (another message)",
    ],
    [
      "otherwise cheapest of [claude, gpt] where context > 5k",
      "otherwise cheapest of [claude, gpt] where context > 6k",
      "",
      "cheapest of claude, gpt where … -> cheapest of claude, gpt where … (another `where`)",
    ],
    [
      "otherwise claude also if stream with max_tokens 1k",
      "otherwise claude also if stream with max_tokens 2k",
      "stream true",
      "claude with max_tokens 1000 -> claude with max_tokens 2000",
    ],
    [
      "otherwise claude",
      "otherwise claude also if tools > 3 with retry 1",
      "tools at least 4",
      "claude -> claude with retry 1",
    ],
    [
      "otherwise claude",
      "never gpt when pii otherwise claude",
      "pii true or unknown",
      "not under `never gpt when pii` -> under `never gpt when pii`",
    ],
    [
      "never gpt when pii otherwise claude",
      "never gpt otherwise claude",
      "pii false",
      "not under `never gpt` -> under `never gpt`",
    ],
  ];
  test.each(cases)("%s | %s", (before, after, where, outcomes) => {
    const { equivalent, regions } = diffOf(before, after);
    expect(equivalent).toBe(false);
    const [region] = regions;
    expect(region?.where).toBe(where);
    expect(`${region?.before.outcome} -> ${region?.after.outcome}`).toBe(outcomes);
  });

  test("and the rules that decide them", () => {
    expect(
      diffOf('rule "short": if tokens < 200 then claude otherwise gpt', "otherwise gpt").regions,
    ).toEqual([
      {
        before: { rule: "short", outcome: "claude" },
        after: { rule: "otherwise", outcome: "gpt" },
        where: "tokens below 200",
        witness: { tokens: 199 },
      },
    ]);
  });

  test("a rejected request is under no guard, and gets no further option", () => {
    const rejects = "otherwise reject 429";
    expect(diffOf(rejects, `never gpt ${rejects}`).equivalent).toBe(true);
    expect(diffOf(rejects, `${rejects} also if stream with retry 1`).equivalent).toBe(true);
  });
});

test("intents of other clues are said to be taken for the same", () => {
  const intents = (clue: string): string =>
    `intent faq contains "${clue}" if intent is faq then claude otherwise gpt`;
  expect(diffOf(intents("a"), intents("a"))).toEqual({ equivalent: true, regions: [] });
  expect(diffOf(intents("a"), intents("b"))).toMatchObject({
    equivalent: null,
    undecided: expect.stringContaining("clues"),
  });
});

/** What a policy makes of a request, by its own interpreter: told in full, without names of rules. */
function outcomeText(policy: CheckedPolicy, values: readonly (FactValue | undefined)[]): string {
  const read = (operand: number): FactValue | undefined => values[operand];
  const { action } = policy.branches[interpret(policy, read)]!;
  if (action.kind === "reject") return `reject ${action.status}`;
  const alsos = policy.alsos.filter(
    ({ condition }) => evaluateCondition(condition, read) === "true",
  );
  const options = mergeOptions(
    action.options,
    alsos.map((also) => also.options),
  );
  const targets = action.steps.map(({ route }) => (route.kind === "target" ? route.target : "?"));
  const sorted = Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${targets.join()} ${JSON.stringify(sorted)}`;
}

const randomAlsos = fc.array(
  fc
    .tuple(randomCondition, fc.constantFrom("retry 1", "retry 2", "max_tokens 1k", "max_tokens 2k"))
    .map(([condition, option]) => `also if ${condition} with ${option}`),
  { maxLength: 2 },
);

const randomText = fc
  .tuple(randomRules(4), randomAlsos)
  .map(([rules, alsos]) => policyTextOf(rules, ["otherwise reject 429", ...alsos].join("\n")));

test("random requests differ exactly where a region says so, and every witness reproduces in both versions", () => {
  const seen = { equal: 0, different: 0, undecided: 0 };
  const cases = fc.tuple(
    randomText,
    fc.tuple(fc.boolean(), randomText),
    fc.array(randomRecord, { minLength: 30, maxLength: 60 }),
  );
  fc.assert(
    fc.property(cases, ([first, [same, other], records]) => {
      const [before, after] = [soundPolicy(first), soundPolicy(same ? first : other)];
      const { diff, policy, regionsOf } = comparePolicies(before, after, vocabulary);
      seen.equal += Number(diff.equivalent === true);
      seen.different += Number(diff.equivalent === false);
      seen.undecided += Number(diff.undecided !== undefined);
      const [readBefore, readAfter] = [
        valueReader(before, vocabulary),
        valueReader(after, vocabulary),
      ];
      const read = valueReader(policy!, vocabulary);
      for (const record of records) {
        const differs =
          outcomeText(before, readBefore(record)) !== outcomeText(after, readAfter(record));
        expect(regionsOf(read(record)).length > 0).toBe(differs);
        if (diff.equivalent === true) expect(differs).toBe(false);
      }
      for (const { witness, before: was, after: is } of diff.regions) {
        const record = JSON.parse(JSON.stringify(witness));
        const [a, b] = [readBefore(record), readAfter(record)];
        expect(outcomeText(before, a)).not.toBe(outcomeText(after, b));
        for (const [version, values, side] of [
          [before, a, was],
          [after, b, is],
        ] as const) {
          const branch = interpret(version, (operand) => values[operand]);
          expect(decideByTable(compile(version, lower(version)), values)).toBe(branch);
          expect(version.rules[version.branches[branch]!.rule]!.id).toBe(side.rule);
        }
      }
    }),
    { numRuns: runs },
  );
  expect(seen.equal).toBeGreaterThan(runs / 10);
  expect(seen.different).toBeGreaterThan(runs / 10);
  expect(seen.undecided).toBeLessThan(runs / 50);
});

test("one rule that goes elsewhere is found, if any request reaches it", () => {
  let reached = 0;
  fc.assert(
    fc.property(randomRules(), fc.nat(), (rules, pick) => {
      const changed = pick % rules.length;
      const others = rules.map((rule, at) =>
        at === changed ? rule.replace(/then (?:claude|qwen)/, "then mistral-eu") : rule,
      );
      const [before, after] = [soundPolicy(policyTextOf(rules)), soundPolicy(policyTextOf(others))];
      const branch = before.branches.findIndex(
        ({ action }, at) => JSON.stringify(action) !== JSON.stringify(after.branches[at]?.action),
      );
      const found = createSpace(before, vocabulary).share([]).find(branch);
      reached += Number(found.kind === "found");
      const { equivalent } = diffPolicies(before, after, vocabulary);
      expect(equivalent).toBe({ found: false, none: true, undecided: null }[found.kind]);
    }),
    { numRuns: runs },
  );
  expect(reached).toBeGreaterThan(runs / 3);
});

describe("within its limits", () => {
  test("1,000 keyed rules are compared to the end", () => {
    const text = keyedPolicyText(1_000);
    const before = checkBenchPolicy(text);
    const swapped = text.replace(/(rule "r500": .* then )\w+/, "$1fast");
    expect(diffPolicies(before, checkBenchPolicy(text), benchVocabulary).equivalent).toBe(true);
    const { equivalent, regions, undecided } = diffPolicies(
      before,
      checkBenchPolicy(swapped),
      benchVocabulary,
    );
    expect({ equivalent, undecided }).toEqual({ equivalent: false, undecided: undefined });
    expect(regions).toMatchObject([{ before: { rule: "r500" }, after: { rule: "r500" } }]);
  });

  test("in 100 random rules a changed one is found, and that there may be more is said", () => {
    const text = randomPolicyText(100);
    const before = checkBenchPolicy(text);
    expect(diffPolicies(before, checkBenchPolicy(text), benchVocabulary).equivalent).toBe(true);
    const lines = text.split("\n");
    for (const at of [2, 50, 98]) {
      const changed = lines.with(at, lines[at]!.replace(/^if /, "if stream and "));
      const after = checkBenchPolicy(changed.join("\n"));
      const { equivalent, regions } = diffPolicies(before, after, benchVocabulary);
      expect(equivalent).toBe(false);
      expect(regions[0]?.before.rule).toBe(`rule-${at + 1}`);
    }
  });

  test("without steps nothing is claimed", () => {
    const [before, after] = [
      soundPolicy("if stream then gpt otherwise claude"),
      soundPolicy("otherwise claude"),
    ];
    expect(diffPolicies(before, after, vocabulary, { steps: 2 })).toEqual({
      equivalent: null,
      regions: [],
      undecided: expect.stringContaining("too many cases"),
    });
  });
});
