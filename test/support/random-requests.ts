import fc from "fast-check";
import { createNamedFacts } from "../../src/extract/named-facts.ts";
import type { FactValue } from "../../src/facts/fact.ts";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import type { Vocabulary } from "../../src/language/checker/vocabulary.ts";
import { createFrame, frameValue } from "../../src/language/program/frame.ts";

/** Conditions over facts of every kind, many of them on each other's boundaries. */
export const atoms = [
  "tokens < 200",
  "tokens in [5, 200..500]",
  "200 <= tokens",
  "tokens > 8k",
  "tokens + max_tokens > 8k",
  "tokens + max_tokens < 300",
  "max_tokens is unknown",
  "max_tokens >= 200",
  "intent is classify",
  "intent not in [chat, code]",
  "team is search",
  "team is not ads",
  "pii",
  "pii is not false",
  "pii is false",
  "stream",
  "grade is free",
  "risk < 10%",
  "spend > $0.02",
  "due < 2s",
  "time in 22:00..06:00 Europe/Berlin",
  "time in 09:00..17:00 Europe/Berlin",
  "weekday in [sat, sun]",
  "date >= 2026-11-23",
  'prompt contains "x"',
  "prompt matches /x+/",
  "header.x-team matches /a/",
  "claude.queue > 3",
  "claude.supports(tools)",
  "claude.region is eu",
  "claude.context - tokens < 100k",
  "header.x-team is a",
  "short",
] as const;

export const randomCondition = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...atoms),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `(${a} and ${b})`),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `(${a} or ${b})`),
    tie("any").map((a) => `not (${a})`),
  ),
})).any;

/** Rules of random conditions, one a line, behind the let that they use. */
export const randomRules = (maxRules = 6): fc.Arbitrary<readonly string[]> =>
  fc
    .array(fc.tuple(randomCondition, randomCondition, fc.boolean()), {
      minLength: 1,
      maxLength: maxRules,
    })
    .map((rules) =>
      rules.map(([first, second, nested]) =>
        nested
          ? `if ${first} then claude else if ${second} then gpt`
          : `if ${first} then qwen fallback gpt`,
      ),
    );

export const policyTextOf = (rules: readonly string[], last = "otherwise reject 429"): string =>
  `let short = tokens < 1k and stream\n${rules.join("\n")}\n${last}`;

const unknown = fc.constant(null);

/** Requests as `--request` takes them: what a gateway can meet, at and round the constants of `atoms`. */
export const randomRecord: fc.Arbitrary<Readonly<Record<string, FactValue | null>>> = fc.record({
  tokens: fc.constantFrom(
    0,
    4,
    5,
    6,
    199,
    200,
    499,
    500,
    999,
    1_000,
    7_801,
    8_000,
    8_001,
    99_999,
    100_001,
  ),
  max_tokens: fc.constantFrom<number | null>(null, 0, 1, 99, 199, 200, 299, 300, 7_801, 8_001),
  intent: fc.constantFrom<string | null>(null, "classify", "chat", "code", "other"),
  team: fc.constantFrom<string | null>(null, "search", "ads", "ops"),
  pii: fc.constantFrom<boolean | null>(null, true, false),
  stream: fc.boolean(),
  grade: fc.constantFrom<string | null>(null, "free", "pro"),
  risk: fc.constantFrom<number | null>(null, 0, 0.1, 0.09, 1),
  spend: fc.constantFrom<string | null>(null, "$0", "$0.02", "$0.020000000001"),
  due: fc.constantFrom<string | null>(null, "2s", "1999ms", "1h"),
  time: fc
    .tuple(
      fc.constantFrom("2026-11-22", "2026-11-23", "2026-07-04", "2027-07-05"),
      fc.constantFrom("04", "05", "08", "12", "15", "16", "20", "21", "23"),
    )
    .map(([day, hour]) => `${day}T${hour}:00:00Z`),
  prompt: fc.constantFrom("", "x", "plain"),
  "header.x-team": fc.oneof(unknown, fc.constantFrom("a", "b", "ba")),
  "claude.queue": fc.constantFrom<number | null>(null, 0, 3, 4),
});

/** Reads facts by name, as the command line does, into what a policy's operands are told. */
export function valueReader(
  policy: CheckedPolicy,
  words: Vocabulary,
): (record: Readonly<Record<string, unknown>>) => readonly (FactValue | undefined)[] {
  const named = createNamedFacts(policy, words);
  const frame = createFrame(policy.operands.length);
  return (record) => {
    named.fill(frame, record);
    return policy.operands.map(({ type }, operand) => frameValue(type, frame, operand));
  };
}
