import { expect, test } from "vitest";
import { coverageOf, percentOf } from "../../src/trials/coverage.ts";
import { runText } from "../support/trials.ts";

async function coverage(text: string) {
  const { policy, trials } = await runText(text);
  return coverageOf(trials, policy, new Map([["test.policy", text]]));
}

const policy = `let short = tokens < 200
never qwen when pii
also if stream with idle 5s
rule "a": if short and intent is classify then local-gpu fallback gpt
  else if team is research then cheapest of [claude, gpt]
rule "b": if short then split by user: 50% claude, 50% gpt
rule "c": if team is nobody then reject 451
otherwise gpt fallback claude
`;

test("what no test touches is zero, and counts against it", async () => {
  const found = await coverage(policy);
  expect(found.covered).toBe(0);
  expect(percentOf(found)).toBe(0);
  expect(
    found.rules.map(({ rule, line, taken, arms }) => [rule, line, taken, arms.length]),
  ).toEqual([
    ["a", 4, 0, 2],
    ["b", 6, 0, 1],
    ["c", 7, 0, 1],
    ["otherwise", 8, 0, 1],
  ]);
  expect(found.outcomes.map(({ outcome }) => outcome)).toEqual([
    ...["local-gpu", "gpt", "cheapest of [claude, gpt]", "claude", "reject 451"],
  ]);
});

test("arms, comparisons and outcomes are counted by request", async () => {
  const found = await coverage(`${policy}
    test "t" given tokens 5, intent classify, stream true expect local-gpu
             given tokens 5, intent unknown, team research expect claude
             given tokens 500 expect gpt`);
  expect(found.rules.map(({ arms }) => arms.map(({ taken }) => taken))).toEqual([
    [1, 1],
    [0],
    [0],
    [1],
  ]);
  const tests = found.rules.flatMap(({ arms }) => arms.flatMap((arm) => arm.tests));
  expect(
    tests.map(({ text, line, ...counts }) => [
      text,
      line,
      counts.true,
      counts.false,
      counts.unknown,
    ]),
  ).toEqual([
    ["tokens < 200", 1, 2, 2, 0],
    ["intent is classify", 4, 1, 0, 1],
    ["team is research", 5, 1, 1, 0],
    ["tokens < 200", 1, 2, 2, 0],
    ["team is nobody", 7, 0, 1, 0],
  ]);
  expect(found.alsos).toMatchObject([{ also: "also-1", taken: 1 }]);
  expect(found.guards).toMatchObject([{ tests: [{ text: "pii", true: 0, false: 3 }] }]);
  expect(
    Object.fromEntries(found.outcomes.map(({ outcome, reached }) => [outcome, reached])),
  ).toEqual({
    "local-gpu": 1,
    gpt: 2,
    "cheapest of [claude, gpt]": 1,
    claude: 1,
    "reject 451": 0,
  });
  // Arms 4 of 6 with the also, outcomes 4 of 5, comparisons 9 of 12: the `let` stands once.
  expect([found.covered, found.total]).toEqual([17, 23]);
  expect(percentOf(found)).toBe(73.9);
});

test("a comparison that another one settles was not asked", async () => {
  const found = await coverage(
    'if stream and tools > 0 then gpt else claude test "t" given stream false expect claude',
  );
  const tests = found.rules.flatMap(({ arms }) => arms.flatMap((arm) => arm.tests));
  expect(tests.map(({ text, ...counts }) => [text, counts.true + counts.false])).toEqual([
    ["stream", 1],
    ["tools > 0", 0],
  ]);
});

test("a policy whose every part is touched is covered in full", async () => {
  const found = await coverage(`if tokens < 200 then gpt else claude
    test "t" given tokens 5 expect gpt given tokens 500 expect claude`);
  expect(percentOf(found)).toBe(100);
});
