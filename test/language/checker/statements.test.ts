import { describe, expect, test } from "vitest";
import type { CheckedGuard, CheckedOptions } from "../../../src/language/checker/checked-policy.ts";
import { flatPrice } from "../../support/analysing.ts";
import {
  aTarget,
  checkText,
  fixed,
  marked,
  soundPolicy,
  vocabulary,
} from "../../support/checking.ts";

const rest = "otherwise claude fallback gpt";

function optionsOf(text: string): CheckedOptions {
  const [branch] = soundPolicy(`otherwise claude fallback gpt with ${text}`).branches;
  return branch?.action.kind === "plan" ? branch.action.options : {};
}

describe("options", () => {
  const second = 1_000;
  const hour = 3_600 * second;
  test.each<[string, CheckedOptions]>([
    ["timeout 10s, deadline 30s", { timeoutMs: 10 * second, deadlineMs: 30 * second }],
    ["first-token 800ms, idle 20s", { firstTokenMs: 800, idleMs: 20 * second }],
    ["first_token 800ms", { firstTokenMs: 800 }],
    ["tps 20", { minTps: 20 }],
    ["tps 2.5", { minTps: 2.5 }],
    ["retry 2", { retries: 2 }],
    ["hedge after 700ms", { hedgeAfterMs: 700 }],
    ["continue once", { continuations: 1 }],
    ["cache exact for 1h", { cache: { kind: "exact", forMs: hour } }],
    [
      "cache semantic above 0.95 for 1h",
      { cache: { kind: "semantic", above: 0.95, forMs: hour, within: null } },
    ],
    [
      "cache semantic above 95% for 1h within 2%",
      { cache: { kind: "semantic", above: 0.95, forMs: hour, within: 0.02 } },
    ],
    ["no cache", { cache: { kind: "off" } }],
    ["stale for 5m", { staleMs: 300 * second }],
    ["max_tokens 1k, tokens at most 100k", { maxTokens: 1_000, promptTokens: 100_000 }],
    ["cost at most $0.05", { cost: 50_000_000_000 }],
    ["drop unsupported", { dropUnsupported: true }],
    ["priority high, tier flex", { priority: "high", tier: "flex" }],
    ["batch within 24h", { batchWithinMs: 24 * hour }],
    ["set temperature 0, set top_p 0.5", { set: { temperature: 0, top_p: 0.5 } }],
    ['tag "x", tag y', { tags: ["x", "y"] }],
    [
      "budget $5 per day",
      {
        budgets: [{ id: "test/otherwise/budget-1", amount: 5e12, per: "day", by: null }],
      },
    ],
    [
      "limit 100k tokens per hour or wait 2s",
      {
        limits: [
          {
            id: "test/otherwise/limit-1",
            most: 100_000,
            of: "tokens",
            perMs: hour,
            by: null,
            waitMs: 2 * second,
          },
        ],
      },
    ],
    [
      "concurrency 8",
      {
        concurrency: [{ id: "test/otherwise/concurrency-1", most: 8, by: null, waitMs: null }],
      },
    ],
    [
      "shadow 5% to qwen",
      {
        shadow: { parts: 500, target: "qwen", salt: "test/otherwise/shadow", by: null },
      },
    ],
  ])("`%s` is read", (text, options) => {
    expect(optionsOf(text)).toEqual(options);
  });

  test("a key is an operand of the policy, and each place has counters of its own", () => {
    const policy = soundPolicy(
      `if stream then claude with limit 5 per minute by user, limit 9 per day by user
       else gpt with limit 5 per minute by header.x-team, sticky by user for 10m`,
    );
    const options = policy.branches.map(({ action }) =>
      action.kind === "plan" ? action.options : {},
    );
    const keyOf = (by: number | null | undefined) => policy.operands[by ?? -1]?.key;
    expect(options.flatMap(({ limits }) => limits?.map(({ id, by }) => [id, keyOf(by)]))).toEqual([
      ["test/rule-1/limit-1", "user"],
      ["test/rule-1/limit-2", "user"],
      ["test/rule-1/arm-2/limit-1", "header.x-team"],
    ]);
    expect(keyOf(options[1]?.sticky?.by)).toBe("user");
  });

  test("`accept` compares facts of the answer, the target and the request", () => {
    expect(
      optionsOf("accept when response.valid_json and response.tokens < max_tokens").accept,
    ).toMatchObject({
      kind: "and",
      of: [
        { kind: "holds", of: { kind: "response-fact", name: "valid_json" } },
        { kind: "compare", op: "<", left: { name: "tokens" }, right: { kind: "max-tokens" } },
      ],
    });
  });

  test.each([
    ["limit 20", "P0308 20"],
    ["limit 20 per fortnight", "P0308 fortnight"],
    ["limit 0 per minute", "P0308 0"],
    ["limit 20 per minute by 5", "P0102"],
    ["budget 5 per day", "P0308 5", "budget $5 per day"],
    ["hedge 700ms", "P0308 700ms", "hedge after 700ms"],
    ["hedge after 700", "P0308 700", "hedge after 700s"],
    ["cache for 1h", "P0308 for"],
    ["cache semantic above 2 for 1h", "P0308 2"],
    ["cache exact for 1h, no cache", "P0409 no cache"],
    ["shadow 5% to qwne", "P0202 qwne", "shadow 5% to qwen"],
    ["shadow 5% to pool-of-none", "P0202 pool-of-none"],
    ["sticky by user", "P0308 user"],
    ["sticky for 10m", "P0308 for"],
    ["priority urgent", "P0308 urgent"],
    ["accept", "P0308 accept"],
    ["accept when response.ok", "P0201 response.ok"],
    ["timeout 10s when stream", "P0308 stream"],
    ["timeout 10s 20s", "P0308 20s"],
    ["retry 1 times", "P0308 times"],
    ["cost at most 5", "P0308 5", "cost at most $5"],
    ["cost at least $5", "P0308 least"],
    ["hegde after 700ms", "P0208 hegde", "hedge after 700ms"],
    ["imeout timeout 5s", "P0208 imeout", "timeout 5s"],
  ])("`%s` is refused as %s", (text: string, what: string, repaired?: string) => {
    const before = "otherwise claude fallback gpt with ";
    const checked = checkText(before + text);
    const first = checked.diagnostics.find(({ severity }) => severity === "error");
    if (first === undefined) throw new Error("nothing was reported");
    if (what.includes(" ")) expect(marked(checked, first)).toBe(what);
    expect(fixed(checked, first)?.slice(before.length) ?? null).toBe(repaired ?? null);
  });
});

test.each<[string, boolean, string[]]>([
  ["otherwise claude with tier flex", false, ["P0419 tier flex"]],
  ["otherwise claude with tier flex", true, []],
  ["also if stream with tier flex otherwise claude", false, ["P0419 tier flex"]],
  ['otherwise claude test "t" expect tier flex', false, []],
])("`%s`, a flex tier at hand: %j, is warned of where no target has one", (text, flex, warned) => {
  const tiers = flex ? { tiers: { flex: 0.5 } } : {};
  const [table] = flatPrice(1, 1);
  const gpt = aTarget("gpt", { prices: [{ ...table!, ...tiers }] });
  const checked = checkText(
    text,
    {},
    { ...vocabulary, targets: new Map([...vocabulary.targets, ["gpt", gpt]]) },
  );
  const warnings = checked.diagnostics.filter(({ severity }) => severity === "warning");
  expect(warnings.map((each) => marked(checked, each))).toEqual(warned);
});

describe("also", () => {
  test("adds options under a condition, wherever it stands in the file", () => {
    const policy = soundPolicy(
      `also if stream with idle 5s, limit 3 per second
       if tools > 0 then gpt
       ${rest}
       also if user is unknown with max_tokens 1k`,
    );
    expect(policy.alsos).toMatchObject([
      {
        id: "also-1",
        line: 1,
        condition: { kind: "compare" },
        options: { idleMs: 5_000, limits: [{ id: "test/also-1/limit-1" }] },
      },
      { id: "also-2", line: 4, options: { maxTokens: 1_000 } },
    ]);
  });

  test("is part of the policy's identity, and its shadow is one of its targets", () => {
    const [plain, added] = [soundPolicy(rest), soundPolicy(`also if stream with tps 5 ${rest}`)];
    expect(added.hash).not.toBe(plain.hash);
    expect(soundPolicy(`also if stream with shadow 1% to qwen ${rest}`).targets).toContain("qwen");
  });
});

describe("guards", () => {
  const guardOf = (text: string): CheckedGuard | undefined =>
    soundPolicy(`pool ours = local-gpu, mistral-eu ${text} ${rest}`).guards[0];

  test.each<[string, object]>([
    [
      "never target.region is not eu when pii",
      {
        kind: "never",
        target: { kind: "compare", op: "!=", left: { name: "region" }, right: { value: "eu" } },
        when: { kind: "compare", op: "=", value: true },
      },
    ],
    ["never region is us", { target: { left: { name: "region" } }, when: null }],
    ["never gpt", { target: { op: "=", left: { kind: "target-name" }, right: { value: "gpt" } } }],
    ["never gpt-4.1 or qwen", { target: { kind: "or", of: [{ kind: "compare" }, {}] } }],
    ["never ours when stream", { target: { kind: "in", values: ["local-gpu", "mistral-eu"] } }],
    ["never not ours", { target: { kind: "not", of: { kind: "in" } } }],
    ["never context < tokens", { target: { right: { kind: "operand" } } }],
    [
      "ensure every plan has fallback",
      { kind: "ensure", requirement: { kind: "has", what: "fallback" } },
    ],
    [
      "ensure every plan has first_token when stream",
      { requirement: { kind: "has", what: "firstTokenMs" }, when: {} },
    ],
    [
      "ensure plan.cost <= $0.05 when grade is free",
      { requirement: { kind: "bound", of: "cost", op: "<=", value: 50_000_000_000 } },
    ],
    ["ensure plan.time < 1m", { requirement: { of: "time", op: "<", value: 60_000 } }],
    ["ensure plan.attempts <= 3", { requirement: { of: "attempts", value: 3 } }],
  ])("`%s` is read", (text, expected) => {
    expect(guardOf(text)).toMatchObject(expected);
  });

  test("keep their words for whoever is refused, on one line", () => {
    expect(guardOf("never  gpt\n  when stream")?.text).toBe("never gpt when stream");
    for (const text of [
      "never gpt when not (stream and (tokens > 5))",
      "never (target is gpt)",
      'never gpt when (prompt contains "(" or prompt matches /\\(/)',
    ]) {
      expect(guardOf(text)?.text).toBe(text);
    }
  });

  test("of a library stand first", () => {
    const files = { "shared.policy": "never gpt-4.1" };
    const { guards } = soundPolicy(`use "./shared.policy" never qwen ${rest}`, files);
    expect(guards.map(({ id, text, span }) => [id, text, span.file])).toEqual([
      ["guard-1", "never gpt-4.1", "shared.policy"],
      ["guard-2", "never qwen", "test.policy"],
    ]);
  });

  test.each([
    ["never gtp", "P0201 gtp", "never gpt"],
    ["never target.regoin is us", "P0201 target.regoin", "never target.region is us"],
    ["never tokens", "P0304 tokens", null],
    ["ensure every plan has falback", "P0223 falback", "ensure every plan has fallback"],
    ["ensure each plan has fallback", "P0223 each plan has", "ensure every plan has fallback"],
    ["ensure tokens < 5", "P0223 tokens < 5", null],
    ["ensure plan.price <= $1", "P0201 plan.price", null],
    ["ensure plan.cost <= 5", "P0301 5", "ensure plan.cost <= $5"],
    ["never plan.cost > $1", "P0226 plan.cost", null],
  ])("`%s` is refused as %s", (text, what, repaired) => {
    const checked = checkText(`${text} ${rest}`);
    const [first] = checked.diagnostics;
    if (first === undefined) throw new Error("nothing was reported");
    expect(marked(checked, first)).toBe(what);
    expect(fixed(checked, first)).toBe(repaired === null ? null : `${repaired} ${rest}`);
  });
});

describe("tests", () => {
  const head = 'rule "short": if tokens < 9 then gpt fallback qwen otherwise claude ';

  function expectations(text: string) {
    const { tests, diagnostics } = checkText(`${head} test "t" given tokens 5 expect ${text}`);
    expect(diagnostics).toEqual([]);
    return tests.tests[0]?.rows[0]?.expect;
  }

  test("hold rows of facts, in the form that `--request` takes", () => {
    const { tests } = checkText(
      `${head}
       test "both" given tokens 8k, intent classify, due 2s, time 09:30, spend $0.02, pii unknown expect gpt
                   given stream true, header.x-team search, claude.queue 3, date 2026-11-23 expect claude
                   expect claude`,
    );
    expect(tests.tests[0]?.rows.map(({ given }) => given)).toEqual([
      {
        tokens: "8k",
        intent: "classify",
        due: "2s",
        time: "09:30",
        spend: "$0.02",
        pii: null,
      },
      { stream: true, "header.x-team": "search", "claude.queue": 3, date: "2026-11-23" },
      {},
    ]);
  });

  test.each<[string, object]>([
    ["gpt", { kind: "chain", targets: ["gpt"], text: "gpt" }],
    ["gpt fallback qwen", { kind: "chain", targets: ["gpt", "qwen"] }],
    ["reject", { kind: "reject", status: null }],
    ["reject 403", { kind: "reject", status: 403 }],
    ['rule "short"', { kind: "rule", id: "short" }],
    ["rule short", { kind: "rule", id: "short" }],
    ["rule otherwise", { kind: "rule", id: "otherwise" }],
    ["cost < $0.01", { kind: "bound", of: "cost", op: "<", value: 10_000_000_000 }],
    ["plan.time <= 30s", { kind: "bound", of: "time", op: "<=", value: 30_000 }],
    ["attempts = 2", { kind: "bound", of: "attempts", op: "=", value: 2 }],
    ["target.region is us", { kind: "targets", of: "every" }],
    ["never claude", { kind: "targets", of: "none", condition: { kind: "compare" } }],
    ["timeout 10s", { kind: "options", options: { timeoutMs: 10_000 } }],
    ["guard", { kind: "guard", guard: null, acts: true }],
    ['guard "never gpt"', { kind: "guard", guard: "never gpt", acts: true }],
    ["no guard", { kind: "guard", guard: null, acts: false }],
  ])("expect `%s`", (text, expected) => {
    expect(expectations(text)).toMatchObject([expected]);
  });

  test("do not change the policy's identity, whatever their expectations read", () => {
    const tested = `${head} test "t" given tokens 5 expect target.context > tokens + max_tokens`;
    const { policy, tests } = checkText(tested);
    expect(policy?.hash).toBe(soundPolicy(head).hash);
    expect(tests.operands.length).toBe((policy?.operands.length ?? 0) + 1);
  });

  test.each([
    ["given tokns 5 expect gpt", "P0201 tokns"],
    ["given tokens many expect gpt", "P0301 many"],
    ["given intent classfy expect gpt", "P0203 classfy"],
    ["given tokens 5, tokens 6 expect gpt", "P0409 tokens 6"],
    ["given tokens 5 expect gtp", "P0202 gtp"],
    ['expect rule "long"', 'P0224 "long"'],
    ["expect hegde after 700ms", "P0208 hegde"],
  ])("`%s` is refused as %s", (text, what) => {
    const checked = checkText(`${head} test "t" ${text}`);
    const [first] = checked.diagnostics;
    if (first === undefined) throw new Error("nothing was reported");
    expect(marked(checked, first)).toBe(what);
  });

  test("have names of their own", () => {
    const checked = checkText(`${head} test "t" expect claude test "t" expect claude`);
    expect(checked.diagnostics.map((each) => each.code)).toEqual(["P0204"]);
  });
});

test("a library holds guards, but neither options nor tests", () => {
  const files = { "shared.policy": 'also if stream with tps 5 test "t" expect claude' };
  const checked = checkText(`use "./shared.policy" ${rest}`, files);
  expect(checked.diagnostics.map((each) => marked(checked, each))).toEqual([
    "P0222 also if stream with tps 5",
    'P0222 test "t" expect claude',
  ]);
});

test.each(["fastest", "least-busy", "any", "cheapest"])("%s chooses among candidates", (by) => {
  const [branch] = soundPolicy(`otherwise ${by} of [claude, gpt]`).branches;
  expect(branch?.action).toMatchObject({
    steps: [{ route: { kind: "select", by, intent: null } }],
  });
});

test("best reads the intent where a candidate's quality depends on it, and says so", () => {
  const { policy, diagnostics } = checkText("otherwise best of [claude, local-gpu]");
  expect(diagnostics.map(({ code }) => code)).toEqual(["P0418"]);
  const [operand] = policy?.operands ?? [];
  expect(operand?.key).toBe("intent");
  expect(checkText("otherwise best of [claude, gpt]").diagnostics).toEqual([]);
});

test.each([
  "if difficulty > 0.5 and confidence > 50% then gpt else claude",
  "if spend.user.today > $5 or budget.team.left < $1 then gpt else claude",
  "if rate.user.minute > 5 then gpt else claude",
  "if claude.ttft < 200ms and claude.tps > 20 then gpt else claude",
  "otherwise any of [claude, gpt] where latency < 2s and target.error_rate < 1%",
  'intent faq like "how do I reset my password", "where is my order" otherwise claude',
])("is sound: %s", (text) => {
  expect(checkText(text).diagnostics).toEqual([]);
});
