import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/base/random.ts";
import { decideRequest, isSameDecision } from "../../src/trials/decide-request.ts";
import { createExplainedReader } from "../../src/trials/explained-request.ts";
import { DifferenceFinder } from "../../src/trials/find-difference.ts";
import { mutantsOf } from "../../src/trials/mutants.ts";
import { mutate, scoreOf } from "../../src/trials/mutate.ts";
import { conditionsOf, drawRequest, tellingValues } from "../../src/trials/random-requests.ts";
import { soundPolicy } from "../support/checking.ts";
import { runText, trialConfiguration } from "../support/trials.ts";

const sourcesOf = (text: string) => new Map([["test.policy", text]]);

async function report(text: string, limits: { readonly most?: number } = {}) {
  const { policy, trials, results } = await runText(text);
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  return mutate(trials, policy, {
    configuration: trialConfiguration,
    sources: sourcesOf(text),
    ...limits,
  });
}

function changes(text: string): readonly string[] {
  return [...mutantsOf(soundPolicy(text), sourcesOf(text))].map(({ what }) => what);
}

describe("the mutants of", () => {
  test.each<[string, readonly string[]]>([
    [
      "if tokens < 200 then gpt else claude",
      [
        "`tokens < 200` becomes `tokens <= 200`",
        "`tokens < 200` becomes `tokens < 199`",
        "`tokens < 200` becomes `not tokens < 200`",
        "`gpt` becomes `claude`",
        "`claude` becomes `gpt`",
        "arm 1 of the rule `rule-1` is dropped",
      ],
    ],
    [
      "if tokens >= 8k or stream then gpt else gpt",
      [
        "`tokens >= 8k or stream` becomes `tokens >= 8000 and stream`",
        "`tokens >= 8k or stream` becomes `not (tokens >= 8000 or stream)`",
        "`tokens >= 8k` becomes `tokens > 8000`",
        "`tokens >= 8k` becomes `tokens >= 7999`",
        "`stream` becomes `not stream`",
        "arm 1 of the rule `rule-1` is dropped",
      ],
    ],
    [
      "if spend > $0.05 then gpt else gpt",
      [
        "`spend > $0.05` becomes `spend >= $0.05`",
        "`spend > $0.05` becomes `spend > $0.04`",
        "`spend > $0.05` becomes `spend > $0.06`",
        "`spend > $0.05` becomes `not spend > $0.05`",
        "arm 1 of the rule `rule-1` is dropped",
      ],
    ],
    [
      "if risk > 0.5 or risk < 0.125 or due < 200ms or due < 2s then gpt else gpt",
      [
        "`risk > 0.5` becomes `risk > 0.49`",
        "`risk > 0.5` becomes `risk > 0.51`",
        "`risk < 0.125` becomes `risk < 0.124`",
        "`due < 200ms` becomes `due < 199ms`",
        "`due < 2s` becomes `due < 1s`",
      ],
    ],
    [
      "if team in [a, b] or tokens in 200..500 or pii is not false or user is unknown then gpt else gpt",
      [
        "`team in [a, b]` becomes `team in [b]`",
        "`tokens in 200..500` becomes `tokens in 200..499`",
        "`tokens in 200..500` becomes `tokens in 201..500`",
        "`pii is not false` becomes `pii`",
        "`pii is not false` becomes `not pii is not false`",
        "`user is unknown` becomes `not user is unknown`",
      ],
    ],
    [
      `never qwen when pii also if stream with idle 5s
       rule "a": if tools > 0 then gpt fallback qwen
       rule "b": if images > 0 then claude
       otherwise split: 90% gpt, 10% claude`,
      [
        "`fallback qwen` is dropped",
        "`split 90% gpt, 10% claude` becomes `split 10% gpt, 90% claude`",
        "the rule `a` is dropped",
        "the rules `a` and `b` change places",
        "`also if stream with idle 5s` is dropped",
        "`never qwen when pii` is dropped",
        "`pii` becomes `not pii`",
      ],
    ],
  ])("%s", (text, expected) => {
    expect(changes(text)).toEqual(expect.arrayContaining([...expected]));
    expect(new Set(changes(text)).size).toBe(changes(text).length);
  });

  test("a `let` change it wherever it is used", () => {
    const text =
      "let short = tokens < 9 if short then gpt else if short and stream then qwen else claude";
    const moved = [...mutantsOf(soundPolicy(text), sourcesOf(text))].filter(
      ({ what }) => what === "`tokens < 9` becomes `tokens < 8`",
    );
    expect(moved).toHaveLength(1);
    expect(moved[0]?.difference).toMatchObject({ places: [{ branch: 0 }, { branch: 1 }] });
  });
});

test("a small policy that is tested in full kills every mutant", async () => {
  const found = await report(`never qwen when pii
    also if stream with tag "s"
    rule "short": if tokens < 200 and intent is classify then local-gpu fallback gpt
    rule "large": if tokens >= 8k then claude fallback qwen with retry 1
    otherwise gpt
    test "t"
      given tokens 199, intent classify expect local-gpu fallback gpt, rule short
      given tokens 200, intent classify expect gpt, rule otherwise
      given tokens 198, intent classify expect rule short
      given tokens 198, intent chat expect rule otherwise
      given tokens 198, intent unknown expect rule otherwise
      given tokens 7999 expect rule otherwise
      given tokens 8000, intent classify expect claude fallback qwen, rule large
      given tokens 8001 expect claude fallback qwen, no guard
      given tokens 8001, pii true expect guard, never qwen
      given tokens 8001, pii unknown expect guard
      given tokens 8001, stream true expect tag s
      given tokens 100, stream true expect tag s`);
  expect(found.survivors).toEqual([]);
  expect(scoreOf(found)).toBe(100);
});

test("a survivor is told with its place and a request that both decide differently", async () => {
  const found = await report(
    `if tokens < 200 then gpt else claude
     test "t" given tokens 5 expect gpt given tokens 500 expect claude`,
  );
  expect(found).toMatchObject({ left: 0, equivalent: 0 });
  expect(found.survivors).toEqual([
    {
      kind: "comparison",
      what: "`tokens < 200` becomes `tokens <= 200`",
      file: "test.policy",
      line: 1,
      column: 4,
      request: { tokens: 200 },
      original: "claude by rule-1",
      mutant: "gpt by rule-1",
    },
    expect.objectContaining({ kind: "threshold", request: { tokens: 199 } }),
  ]);
});

test("what decides every request alike counts for nothing", async () => {
  const found = await report(
    `if tokens < 200 then gpt else if tokens < 200 and stream then qwen else claude
     test "t" given tokens 5 expect gpt given tokens 200 expect claude given tokens 199 expect gpt`,
  );
  expect(found.equivalent).toBeGreaterThan(0);
  expect(found.survivors.filter(({ what }) => what.includes("qwen"))).toEqual([]);
});

test("beyond a number mutants are thinned out evenly, and the rest is counted", async () => {
  const text = 'if tokens < 200 then gpt else claude test "t" given tokens 5 expect gpt';
  const [all, some] = [await report(text), await report(text, { most: 3 })];
  expect(some.tried).toBe(3);
  expect(some.left).toBe(all.tried - 3);
});

test("a mutant that leaves a request without an outcome does not compile, and counts as noticed", async () => {
  const found = await report(
    `if stream then gpt else if not stream then claude
     test "t" given stream true expect gpt given stream false expect claude`,
  );
  expect(scoreOf(found)).toBe(100);
});

const parts = {
  condition: fc.constantFrom(
    ...["tokens < 200", "tokens >= 8k", "stream", "pii is not false", "intent is classify"],
    ...["team in [a, b]", "tools > 0", "risk > 0.5", "spend >= $0.05", "max_tokens + tokens > 4k"],
    ...["time in 09:00..17:00 Europe/Berlin", "user is unknown", 'prompt contains "x"'],
  ),
  plan: fc.constantFrom(
    ...["gpt", "claude fallback qwen", "cheapest of [claude, gpt] fallback qwen", "reject 413"],
    ...["split by user: 90% claude, 10% gpt", "requested fallback gpt", "local-gpu with retry 2"],
  ),
};

const joined = fc
  .array(parts.condition, { minLength: 1, maxLength: 3 })
  .chain((some) => fc.constantFrom("and", "or").map((word) => some.join(` ${word} `)));

const policyText = fc
  .record({
    rules: fc.array(fc.tuple(joined, parts.plan), { minLength: 1, maxLength: 4 }),
    last: parts.plan,
    guard: fc.constantFrom("", "never qwen when pii", "never gpt when stream"),
    also: fc.constantFrom("", "also if stream with idle 5s"),
  })
  .map(({ rules, last, guard, also }) =>
    [guard, also, ...rules.map(([c, plan]) => `if ${c} then ${plan}`), `otherwise ${last}`].join(
      "\n",
    ),
  );

test("every survivor's request distinguishes it; what is called equivalent is not told apart by 1,000 random requests", () => {
  const runs = process.env["SIGNALBOX_LONG"] === "1" ? 300 : 12;
  fc.assert(
    fc.property(policyText, fc.integer(), (text, seed) => {
      const policy = soundPolicy(text);
      const finder = new DifferenceFinder(policy, trialConfiguration);
      const read = createExplainedReader(policy, trialConfiguration);
      const random = createRandom(seed);
      const values = tellingValues(policy.operands, conditionsOf(policy));
      const requests = Array.from({ length: 1_000 }, () => {
        const inputs = read(drawRequest(values, random));
        return { inputs, decided: decideRequest(policy, inputs) };
      });
      for (const mutant of mutantsOf(policy, sourcesOf(text))) {
        const found = finder.find(mutant);
        if (found.kind === "found") {
          const { request, requestId } = found.telling;
          const inputs = { ...read(request), ...(requestId === undefined ? {} : { requestId }) };
          const [one, other] = [policy, mutant.policy].map((each) => decideRequest(each, inputs));
          expect(isSameDecision(one!, other!), mutant.what).toBe(false);
          continue;
        }
        const telling = requests.find(
          ({ inputs, decided }) => !isSameDecision(decided, decideRequest(mutant.policy, inputs)),
        );
        expect(telling === undefined, `${mutant.what} in\n${text}`).toBe(true);
      }
    }),
    { numRuns: runs },
  );
});
