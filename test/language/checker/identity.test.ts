import fc from "fast-check";
import { expect, test } from "vitest";
import type { Vocabulary } from "../../../src/language/checker/vocabulary.ts";
import { aFact, aTarget, checkText, soundPolicy, vocabulary } from "../../support/checking.ts";

const text = `policy 1
let short = tokens < 200
rule "first": if short and grade is free then local-gpu fallback qwen on timeout with retry 1
otherwise any of [claude, gpt] where context > 8k`;

const hash = soundPolicy(text).hash;

test("a hash is 16 hex digits", () => {
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
});

test("comments and layout do not change the hash", () => {
  const pad = fc.constantFrom(" ", "\n", "\n\n  ", " # a comment\n", "\t");
  fc.assert(
    fc.property(fc.array(pad, { minLength: 1, maxLength: 30 }), (pads) => {
      let index = 0;
      const laidOut = text.replaceAll(/\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/g, () => {
        index += 1;
        return pads[index % pads.length] ?? " ";
      });
      expect(soundPolicy(laidOut).hash).toBe(hash);
    }),
    { numRuns: 200 },
  );
});

const same: readonly (readonly [from: string, to: string])[] = [
  ["policy 1\n", ""],
  ["tokens < 200", "200 > tokens"],
  ["tokens < 200", "tokens < 0.2k"],
  ["grade is free", 'grade = "free"'],
  ["let short = tokens < 200", "let brief = tokens < 200"],
];

test.each(same)("writing `%s` as `%s` does not change the hash", (from, to) => {
  const other = text
    .replace(from, to)
    .replace("short and", to.includes("brief") ? "brief and" : "short and");
  expect(soundPolicy(other).hash).toBe(hash);
});

test("nor does the spelling of a guard, whose words a test may quote in any of them", () => {
  const guarded = (guard: string, quotation: string): string =>
    `${text} fallback gpt ${guard} test "t" expect guard "${quotation}"`;
  const [first, second] = [
    checkText(
      guarded("never region!=eu # home\n when stream", "never region is not eu when stream"),
    ),
    checkText(guarded("never region is not eu when stream", "never  region != eu when stream")),
  ];
  expect(second.policy?.hash).toBe(first.policy?.hash);
  for (const { policy, tests } of [first, second]) {
    expect(tests.tests[0]?.rows[0]?.expect[0]).toMatchObject({ guard: policy?.guards[0]?.text });
  }
  expect(first.policy?.guards[0]?.text).toBe("never region!=eu when stream");
});

const different: readonly (readonly [from: string, to: string])[] = [
  ["tokens < 200", "tokens < 201"],
  ["tokens < 200", "tokens <= 200"],
  ["grade is free", "grade is pro"],
  ["short and grade", "short or grade"],
  ["on timeout", "on network"],
  ["retry 1", "retry 2"],
  ["qwen on", "gpt on"],
  ["any of", "cheapest of"],
  ["[claude, gpt]", "[gpt, claude]"],
  ["context > 8k", "context > 9k"],
  ["first", "other"],
];

test.each(different)("changing `%s` to `%s` changes the hash", (from, to) => {
  expect(soundPolicy(text.replace(from, to)).hash).not.toBe(hash);
});

function hashWith(changes: Partial<Vocabulary>, of = text): string | undefined {
  return checkText(of, {}, { ...vocabulary, ...changes }).policy?.hash;
}

function targetsWith(name: string, changes: Parameters<typeof aTarget>[1]): Vocabulary["targets"] {
  return new Map([...vocabulary.targets, [name, aTarget(name, changes)]]);
}

test("the hash covers the data of the targets that the policy names, and of no other", () => {
  const price = { input: 1, output: 1, cachedRead: 1, cachedWrite: 1, abovePromptTokens: 0 };
  const prices = [{ effectiveFrom: Number.NEGATIVE_INFINITY, bands: [price], batchShare: null }];
  for (const changes of [
    { region: "ap" },
    { contextTokens: 5 },
    { prices },
    { abilities: new Set(["tools"] as const) },
    { quality: { default: 0.1 } },
  ]) {
    expect(hashWith({ targets: targetsWith("claude", changes) })).not.toBe(hash);
    expect(hashWith({ targets: targetsWith("mistral-eu", changes) })).toBe(hash);
  }
  const tools = targetsWith("claude", { abilities: new Set(["json", "tools"] as const) });
  expect(hashWith({ targets: tools })).toBe(hash);
});

test("with `requested` every target counts", () => {
  const open = "otherwise requested fallback claude";
  const before = hashWith({}, open);
  expect(hashWith({ targets: targetsWith("mistral-eu", { region: "ap" }) }, open)).not.toBe(before);
});

test("the hash covers the declarations of the facts that the policy reads, and of no other", () => {
  const facts = (name: string, from: string): Vocabulary["facts"] =>
    new Map([
      ...vocabulary.facts,
      [name, aFact(name, { kind: "text", values: ["free", "pro"] }, { from: [from] })],
    ]);
  expect(hashWith({ facts: facts("grade", "header.grade") })).not.toBe(hash);
  expect(hashWith({ facts: facts("colour", "header.colour") })).toBe(hash);
});
