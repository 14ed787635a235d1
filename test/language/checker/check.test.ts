import fc from "fast-check";
import { expect, test } from "vitest";
import { check } from "../../../src/language/checker/check.ts";
import type { Condition } from "../../../src/language/checker/checked-policy.ts";
import type { Ast } from "../../../src/language/syntax/ast.ts";
import { parse } from "../../../src/language/syntax/parse.ts";
import { aFact, checkText, fixed, soundPolicy, vocabulary } from "../../support/checking.ts";

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
  ["if tokens < 200 then claude if tokens >= 300 then gpt", "tokens 299"],
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

test("a file that happens to cover all requests still needs its last word", () => {
  const [diagnostic] = checkText("if stream then claude if not stream then gpt").diagnostics;
  expect(diagnostic?.code).toBe("P0401");
  expect(diagnostic?.message).not.toContain("stream");
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

test("a built-in fact that the configuration replaces is named once", () => {
  const facts = new Map([...vocabulary.facts, ["pii", aFact("pii", { kind: "boolean" })]]);
  const { diagnostics, policy } = checkText(
    "if pii then gpt else claude",
    {},
    {
      ...vocabulary,
      facts,
    },
  );
  expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([["P0219", "info"]]);
  expect(policy).not.toBeNull();
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

const words = [
  ..."tokens intent claude gpt p short stream 5 8k $2 $3/M 2s 10% classify team search true false unknown time".split(
    " ",
  ),
  ..."09:00..17:00 2026-11-23 200..500 [a,b] + - * ( ) , : < = is in not and or if then else otherwise".split(
    " ",
  ),
  ..."rule pool let where any cheapest of split by reject fallback on timeout with retry set tag requested".split(
    " ",
  ),
  ...'target.region supports(tools) claude.region header.x "text" /x/ matches contains 50% 100%'.split(
    " ",
  ),
];
const seeds = [
  'let short = tokens < 200 and team is search pool p = claude, gpt if short then any of p where context > tokens fallback gpt on timeout with retry 1 else if intent in [chat, code] then split by user: 50% claude, 50% gpt otherwise reject 429 "no"',
  "if tokens + max_tokens in 5..9 or pii is not false and not stream then cheapest of [claude, gpt] where price.input < $3/M and supports(tools) else claude fallback gpt",
  'intent faq contains "x", matches /y/ if time in 09:00..17:00 and prompt matches /a/ then requested with timeout 5s, set temperature 1 otherwise gpt',
];

test("check never throws on a mutated policy, and hands out a policy exactly when nothing is an error", () => {
  const mutation = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    take: fc.integer({ min: 0, max: 2 }),
    put: fc.array(fc.constantFrom(...words), { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.array(mutation, { maxLength: 4 }), (seed, edits) => {
      const tokens = seed.split(" ");
      for (const { at, take, put } of edits) {
        tokens.splice(Math.floor(at * tokens.length), take, ...put);
      }
      const { policy, diagnostics, kind } = checkText(tokens.join(" "));
      const failed = diagnostics.some(({ severity }) => severity === "error");
      expect(policy !== null).toBe(!failed && kind === "router");
      for (const { span } of diagnostics) expect(span.start).toBeLessThanOrEqual(span.end);
    }),
    { numRuns: 1000 },
  );
});

test("a fix takes its finding away and never breaks the syntax", () => {
  const mutation = fc.record({
    at: fc.nat(200),
    put: fc.array(fc.constantFrom(...words), { maxLength: 2 }),
    slip: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.array(mutation, { maxLength: 3 }), (seed, edits) => {
      const tokens = seed.split(" ");
      for (const { at, put, slip } of edits) {
        const word = tokens[at % tokens.length] ?? "";
        const cut = slip % (word.length + 1);
        tokens.splice(at % tokens.length, 1, word.slice(0, cut) + word.slice(cut + 1), ...put);
      }
      const checked = checkText(tokens.join(" "));
      for (const diagnostic of checked.diagnostics) {
        const repaired = /^P0[234]/.test(diagnostic.code) ? fixed(checked, diagnostic) : null;
        if (repaired === null) continue;
        const { code, message, span } = diagnostic;
        for (const left of checkText(repaired).diagnostics) {
          expect(left.code, repaired).not.toMatch(/^P01/);
          const isSame = left.code === code && left.message === message;
          expect(isSame && left.span.start === span.start, repaired).toBe(false);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

/** Replaces parts of a tree by other parts of it, so that kinds meet where the grammar never brings them. */
function scramble(ast: Ast, picks: readonly number[]): Ast {
  const nodes: Record<string, unknown>[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("kind" in value) nodes.push(value as Record<string, unknown>);
    for (const field of Object.values(value)) visit(field);
  };
  const copy: Ast = structuredClone(ast);
  visit(copy.statements);
  const expressions = nodes.filter(({ kind }) =>
    /^(number|string|boolean|date|name|list|comparison|not|and|or|arithmetic|range|regex|time-span|unknown-test|call)$/.test(
      String(kind),
    ),
  );
  for (let index = 0; index + 1 < picks.length; index += 2) {
    const into = expressions[(picks[index] ?? 0) % expressions.length];
    const from = structuredClone(expressions[(picks[index + 1] ?? 0) % expressions.length]);
    // A route is a name as well, and must stay one.
    if (into === undefined || from === undefined || into["kind"] === "name") continue;
    for (const key of Object.keys(into)) delete into[key];
    Object.assign(into, from);
  }
  return copy;
}

test("check never throws on an AST that no text has", () => {
  const asts = seeds.flatMap((text) => parse({ file: "test.policy", text }).ast ?? []);
  expect(asts).toHaveLength(seeds.length);
  fc.assert(
    fc.property(
      fc.constantFrom(...asts),
      fc.array(fc.nat(10_000), { minLength: 2, maxLength: 6 }),
      (ast, picks) => {
        const scrambled = scramble(ast, picks);
        expect(() =>
          check(scrambled, { vocabulary, libraries: [], incomplete: false }),
        ).not.toThrow();
      },
    ),
    { numRuns: 1000 },
  );
});
