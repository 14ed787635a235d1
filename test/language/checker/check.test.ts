import { expect, test } from "vitest";
import type { Condition } from "../../../src/language/checker/checked-policy.ts";
import { aTarget, checkText, fixed, soundPolicy, vocabulary } from "../../support/checking.ts";

/** A condition without its places. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => (key === "span" ? [] : [[key, bare(field)]])),
  );
}

function conditionOf(text: string): { condition: unknown; operands: string[] } {
  const policy = soundPolicy(`if ${text} then claude else gpt`);
  const condition: Condition | null | undefined = policy.branches[0]?.condition;
  return { condition: bare(condition), operands: policy.operands.map(({ key }) => key) };
}

const compare = (op: string, value: unknown, operand = 0): unknown => ({
  kind: "compare",
  operand,
  op,
  value,
});

const conditions: readonly (readonly [text: string, condition: unknown, operands: string[]])[] = [
  ["tokens < 8k", compare("<", 8000), ["tokens"]],
  ["8k >= tokens", compare("<=", 8000), ["tokens"]],
  ["8k <= tokens", compare(">=", 8000), ["tokens"]],
  ["8k > tokens", compare("<", 8000), ["tokens"]],
  ["8k < tokens", compare(">", 8000), ["tokens"]],
  ["8k != tokens", compare("!=", 8000), ["tokens"]],
  ["tokens < 128Ki", compare("<", 131072), ["tokens"]],
  ["tokens < 1.5M", compare("<", 1_500_000), ["tokens"]],
  ["risk < 10%", compare("<", 0.1), ["risk"]],
  ["risk < 1", compare("<", 1), ["risk"]],
  ["spend > $0.02", compare(">", 20_000_000_000), ["spend"]],
  ["rate > $3/M", compare(">", 3_000_000), ["rate"]],
  ["due < 2s", compare("<", 2_000), ["due"]],
  ["due < 24h", compare("<", 86_400_000), ["due"]],
  ["date >= 2026-11-23", compare(">=", 20_780), ["date"]],
  ["intent=classify", compare("=", "classify"), ["intent"]],
  ["intent is classify", compare("=", "classify"), ["intent"]],
  ['intent == "classify"', compare("=", "classify"), ["intent"]],
  ["classify is intent", compare("=", "classify"), ["intent"]],
  ["team is not search", compare("!=", "search"), ["team"]],
  ["model is gpt-4.1", compare("=", "gpt-4.1"), ["model"]],
  ["pii", compare("=", true), ["pii"]],
  ["not pii", { kind: "not", of: compare("=", true) }, ["pii"]],
  ["pii is false", compare("=", false), ["pii"]],
  ["pii != true", compare("!=", true), ["pii"]],
  ["pii is not false", { kind: "is-not-false", operand: 0 }, ["pii"]],
  ["pii != false", { kind: "is-not-false", operand: 0 }, ["pii"]],
  ["false is not pii", { kind: "is-not-false", operand: 0 }, ["pii"]],
  ["pii is unknown", { kind: "is-unknown", operand: 0 }, ["pii"]],
  ["pii is not unknown", { kind: "not", of: { kind: "is-unknown", operand: 0 } }, ["pii"]],
  [
    "tokens in [5, 200..500]",
    { kind: "in", operand: 0, values: [5], ranges: [{ from: 200, to: 500 }] },
    ["tokens"],
  ],
  [
    "team not in [search, ads]",
    { kind: "not", of: { kind: "in", operand: 0, values: ["search", "ads"], ranges: [] } },
    ["team"],
  ],
  [
    "time in 09:00..17:00 Europe/Berlin",
    { kind: "in", operand: 0, values: [], ranges: [{ from: 32_400_000, to: 61_200_000 }] },
    ["time@Europe/Berlin"],
  ],
  [
    "time in 22:00..06:00",
    {
      kind: "in",
      operand: 0,
      values: [],
      ranges: [
        { from: 0, to: 21_600_000 },
        { from: 79_200_000, to: 86_400_000 },
      ],
    },
    ["time@UTC"],
  ],
  ['prompt contains "x"', compare("=", true), ['prompt contains "x"']],
  ["prompt matches /x+/", compare("=", true), ["prompt matches /x+/"]],
  ["tokens + max_tokens * 2 < 8k", compare("<", 8000), ["tokens + (max_tokens * 2)"]],
  ["tokens * rate < $0.02", compare("<", 20_000_000_000), ["tokens * rate"]],
  ["tokens < 2 * 100", compare("<", 200), ["tokens"]],
  ["claude.region is eu", compare("=", "eu"), ["claude.region"]],
  ["gpt-4.1.price.input < $3/M", compare("<", 3_000_000), ["gpt-4.1.price.input"]],
  ["claude.supports(json-schema)", compare("=", true), ["claude.supports(json_schema)"]],
  ["header.X-Team is a", compare("=", "a"), ["header.x-team"]],
];

test.each(conditions)("%s becomes a condition over operands", (text, condition, operands) => {
  expect(conditionOf(text)).toEqual({ condition, operands });
});

test("operands are interned once, in the order of first mention, lets and fallbacks included", () => {
  const policy = soundPolicy(`
    let short = tokens < 200 and team is search
    if stream and short then any of [claude, gpt] where context > max_tokens
    rule "again": if short or tokens > 8k then split by user: 50% claude, 50% gpt
    otherwise gpt`);
  expect(policy.operands.map(({ key }) => key)).toEqual([
    "stream",
    "tokens",
    "team",
    "max_tokens",
    "user",
  ]);
});

test("a derived operand is as dear, as doubtful and as untrusted as the worst of its facts", () => {
  const { operands } = soundPolicy("if tokens + max_tokens > 5 then claude else gpt");
  expect(operands[0]).toMatchObject({ costClass: 0, trust: "client", mayBeUnknown: true });
  const searched = soundPolicy('if header.a contains "x" then claude else gpt').operands[0];
  expect(searched).toMatchObject({ costClass: 2, type: { kind: "boolean" } });
});

test("the user's sentence is a whole file", () => {
  const text = "if tokens < 200 and intent=classify then local-gpu else claude fallback qwen";
  const policy = soundPolicy(text);
  expect(policy.rules.map(({ id, line }) => [id, line])).toEqual([["rule-1", 1]]);
  expect(policy.targets).toEqual(["local-gpu", "claude", "qwen"]);
  expect(bare(policy.branches.map(({ condition }) => condition))).toEqual([
    { kind: "and", of: [compare("<", 200), compare("=", "classify", 1)] },
    null,
  ]);
  expect(policy.branches[1]?.action).toMatchObject({
    steps: [{ on: [] }, { on: expect.arrayContaining(["rate_limited", "cut_stream"]) }],
  });
});

test("pools of pools flatten without repeats, and intents of libraries come first", () => {
  const policy = soundPolicy(
    'use "lib.policy" pool all = base, gpt, claude intent mine contains "m" otherwise any of all',
    { "lib.policy": 'pool base = claude, qwen intent theirs contains "t"' },
  );
  expect(policy.branches[0]?.action).toMatchObject({
    steps: [{ route: { by: "any", from: ["claude", "qwen", "gpt"] } }],
  });
  expect(policy.intents.map(({ name }) => name)).toEqual(["theirs", "mine"]);
});

test("rules are known by their name made ASCII, else by their ordinal", () => {
  const policy = soundPolicy(`
    rule "Kürzer als 200!": if tokens < 200 then gpt
    if stream then gpt
    rule "東京": if tools > 0 then gpt
    otherwise gpt`);
  expect(policy.rules.map(({ id }) => id)).toEqual([
    "kurzer-als-200",
    "rule-2",
    "rule-3",
    "otherwise",
  ]);
  expect(policy.rules.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
});

test("options are read with their units", () => {
  const { branches } = soundPolicy(
    'otherwise claude with timeout 10s, deadline 1m, first_token 800ms, idle 20s, retry 2, max-tokens 1k, set temperature 0.5, set top-p 1, tag a, tag "b c"',
  );
  expect(branches[0]?.action).toMatchObject({
    options: {
      timeoutMs: 10_000,
      deadlineMs: 60_000,
      firstTokenMs: 800,
      idleMs: 20_000,
      retries: 2,
      maxTokens: 1000,
      set: { temperature: 0.5, top_p: 1 },
      tags: ["a", "b c"],
    },
  });
});

test("a split is salted with policy, rule and step, and shares are parts of ten thousand", () => {
  const { branches } = soundPolicy(
    'rule "a b": if stream then gpt else split by user: 99.5% claude, 0.5% gpt fallback split: 50% qwen, 50% gpt',
  );
  expect(branches[1]?.action).toMatchObject({
    steps: [
      { route: { salt: "test/a-b", by: 1, shares: [{ parts: 9950 }, { parts: 50 }] } },
      { route: { salt: "test/a-b/1", by: null } },
    ],
  });
});

const uncovered: readonly (readonly [string, string])[] = [
  ["if tokens < 200 then claude", "tokens 200"],
  ["if tokens < 200 then claude if tokens >= 300 then gpt", "tokens 200"],
  ["if stream then claude", "stream false"],
  ["if intent is not chat then claude", "intent chat"],
  ["if pii is not false then claude", "pii false"],
  ["if team in [a, b] or team is unknown then claude", "team other"],
  ["if tokens + max_tokens > 8k then claude", "tokens 0, max_tokens"],
];

test.each(uncovered)("an uncovered request is named: %s", (text, witness) => {
  const [diagnostic] = checkText(text).diagnostics;
  expect(diagnostic?.code).toBe("P0401");
  expect(diagnostic?.message).toContain(witness);
});

test.each([
  "if stream then claude if not stream then gpt",
  "if pii then claude if pii is not true then gpt if pii is unknown then qwen",
  "if tokens < 200 then claude if tokens > 100 then gpt",
  "if weekday in [sat, sun] then claude if weekday in [mon, tue, wed, thu, fri] then gpt",
  "if grade is unknown then gpt if grade in [free, pro] then claude",
  "if time in 09:00..17:00 Europe/Berlin then gpt if time in 17:00..09:00 Europe/Berlin then claude",
  "if claude.supports(tools) then gpt",
  "if tokens + max_tokens >= 0 then gpt if max_tokens is unknown then claude",
])("a file that covers all requests needs no last word: %s", (text) => {
  const { policy, diagnostics } = checkText(text);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(policy?.rules.at(-1)).toMatchObject({ id: "otherwise", implied: true });
  expect(policy?.branches.at(-1)).toMatchObject({
    condition: null,
    action: { kind: "reject", status: 500 },
  });
});

test("a file that may cover all requests does not compile while that is undecided", () => {
  const { policy, diagnostics } = checkText(
    "if time not in 09:00..10:00 Asia/Tokyo then gpt if time not in 09:00..10:00 America/New_York then claude",
  );
  expect(policy).toBeNull();
  expect(diagnostics).toMatchObject([
    { code: "P0421", message: "whether every request has an outcome could not be decided" },
  ]);
});

test("whether a request is uncovered is told beside errors elsewhere, and not where a rule is broken", () => {
  const codes = (text: string): string[] => checkText(text).diagnostics.map(({ code }) => code);
  expect(codes("let a = claude let a = gpt if stream then claude")).toContain("P0401");
  expect(codes("if tokns < 5 then claude")).toEqual(["P0201"]);
});

test("all mistakes of all rules are reported at once", () => {
  const { diagnostics } = checkText(`
    if tokns < 5 then claude
    if intent is classfy then cluade fallback gtp with retrys 1
    otherwise gpt with timeout 5`);
  expect(diagnostics.map(({ code }) => code)).toEqual([
    "P0201",
    "P0203",
    "P0202",
    "P0202",
    "P0208",
    "P0308",
  ]);
});

test("an absent `max_tokens` is the candidate's own maximum in `where`, but unknown when asked so", () => {
  const whereOf = (text: string): unknown => {
    const { policy } = checkText(`otherwise any of [claude, gpt] where ${text}`);
    const [branch] = policy?.branches ?? [];
    const route = branch?.action.kind === "plan" ? branch.action.steps[0]?.route : undefined;
    return route?.kind === "select" ? route.where : undefined;
  };
  const type = { kind: "whole" };
  expect(whereOf("context > max_tokens")).toMatchObject({
    right: { kind: "max-tokens", operand: 0, type },
  });
  expect(whereOf("max_tokens is unknown")).toEqual({
    kind: "is-unknown",
    of: { kind: "operand", operand: 0, type },
  });
});

test("a suggestion that is no bare word is offered in quotes", () => {
  const claude = aTarget("claude");
  const targets = new Map(
    ["claude", "qwen2.5:7b", "with"].map((name) => [name, { ...claude, name }]),
  );
  for (const [text, repaired] of [
    ['otherwise "qwen25:7b"', 'otherwise "qwen2.5:7b"'],
    ['otherwise claude fallback "wiht"', 'otherwise claude fallback "with"'],
  ] as const) {
    const checked = checkText(text, {}, { ...vocabulary, targets });
    expect(checked.diagnostics.map((each) => fixed(checked, each))).toEqual([repaired]);
    expect(checkText(repaired, {}, { ...vocabulary, targets }).diagnostics).toEqual([]);
  }
});

test("a target or pool named like the policy is refused", () => {
  const targets = new Map([...vocabulary.targets]);
  const claude = targets.get("claude");
  if (claude !== undefined) targets.set("test", { ...claude, name: "test" });
  const { diagnostics } = checkText("otherwise claude", {}, { ...vocabulary, targets });
  expect(diagnostics.map(({ code }) => code)).toEqual(["P0205"]);
});

test("lets that double with each step are refused before they fill the memory", () => {
  const lets = ["let a0 = tokens + 1", "let b0 = stream"];
  for (let index = 1; index < 40; index += 1) {
    lets.push(`let a${index} = a${index - 1} + a${index - 1}`);
    lets.push(`let b${index} = (b${index - 1} and b${index - 1})`);
  }
  const { diagnostics } = checkText(`${lets.join("\n")} if a39 > 5 or b39 then gpt else claude`);
  expect(new Set(diagnostics.map(({ code }) => code))).toEqual(new Set(["P0316"]));
});

test("many rules over large lets are refused before they fill the memory", () => {
  const large = Array.from({ length: 2000 }, (_, index) => `tokens < ${index}`).join(" and ");
  const rules = Array.from({ length: 400 }, () => "if large then gpt").join("\n");
  const { diagnostics } = checkText(`let large = ${large} ${rules} otherwise claude`);
  expect(diagnostics.map(({ code }) => code)).toEqual(["P0316"]);
});

test("long chains of lets and pools are refused before they break the stack", () => {
  const lets = ["let a0 = stream", "pool p0 = gpt"];
  for (let index = 1; index < 3000; index += 1) {
    lets.unshift(`let a${index} = a${index - 1}`, `pool p${index} = p${index - 1}`);
  }
  const { diagnostics } = checkText(`${lets.join("\n")} if a2999 then any of p2999 else claude`);
  expect(new Set(diagnostics.map(({ code }) => code))).toEqual(new Set(["P0316"]));
});
