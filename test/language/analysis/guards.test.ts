import { describe, expect, test } from "vitest";
import { planCodes } from "../../../src/diagnostics/codes-plans.ts";
import { judgeGuards } from "../../../src/language/analysis/guards.ts";
import { createSpace } from "../../../src/language/analysis/space.ts";
import { targetOfShare } from "../../../src/language/interpreter/split-share.ts";
import { analysePlans, planDefaults, planVocabulary } from "../../support/analysing.ts";

/** A policy with one guard, its verdict, and a part of the reason. */
type Case = readonly [string, "proved" | "enforced" | "refused", string];

const never: readonly Case[] = [
  ["never target.region is not eu otherwise mistral-eu fallback local-gpu", "proved", "no plan"],
  ["never target.region is not eu otherwise mistral-eu fallback gpt", "refused", "reach `gpt`"],
  // An unknown region violates, whatever the condition asks about it.
  ["never target.region is us otherwise nowhere", "refused", "reach `nowhere`"],
  ["never target.region is unknown otherwise nowhere", "refused", "reach `nowhere`"],
  ["never target.region is unknown otherwise claude", "proved", ""],
  ["never gpt otherwise claude fallback gpt", "refused", "reach `gpt`"],
  ["never gpt otherwise claude", "proved", ""],
  // Only the branches that its condition lets in.
  ["never gpt when stream if stream then claude else gpt", "proved", "no request"],
  ["never gpt when stream if stream then gpt else claude", "refused", "`rule-1`"],
  ["never gpt when team is ads if team is not ads then gpt else claude", "proved", ""],
  // Unknown counts as true in `when`, so a branch for those of no team is let in.
  ["never gpt when team is ads if team is unknown then gpt else claude", "refused", "`rule-1`"],
  ["never gpt when pii if pii is not false then claude else gpt", "proved", ""],
  ["never gpt when pii if pii then claude else gpt", "refused", "`rule-1`"],
  ["never gpt when pii if pii is not false then reject else gpt", "proved", ""],
  // Splits.
  ["never gpt otherwise split: 90% claude, 10% gpt", "refused", "reach `gpt`"],
  ["never gpt otherwise split: 100% claude, 0% gpt", "proved", ""],
  ["never gpt otherwise split by user: 99% claude, 1% gpt", "refused", "reach `gpt`"],
  // Selections and pools.
  ["never gpt otherwise any of [claude, gpt]", "enforced", "may hold `gpt`"],
  ["never not local otherwise any of [claude, gpt]", "refused", "every candidate"],
  ["never region is us otherwise any of [claude, mistral-eu] where region is eu", "proved", ""],
  ["never region is us otherwise any of [claude, nowhere] where region is eu", "proved", ""],
  [
    "never region is us when pii otherwise any of [claude, local-gpu] where region is eu or request.pii is false",
    "proved",
    "",
  ],
  ["never region is us otherwise claude fallback any of [claude, local-gpu]", "refused", "claude"],
  [
    "never claude when stream if stream then gpt fallback any of [claude, gpt] else claude",
    "refused",
    "every candidate of a selection in `rule-1`",
  ],
  // What the client names.
  ["never gpt otherwise requested", "enforced", "client names the target in `otherwise`"],
  ["never gpt when stream if stream then claude else requested", "proved", ""],
  // Facts that a run measures, and those that depend on the request.
  ["never target.queue > 5 otherwise claude", "enforced", "`queue` is measured in a run"],
  ["never target.queue > 5 or target is claude otherwise claude", "refused", "`claude`"],
  ["never target.queue > 5 and target is gpt otherwise claude", "proved", ""],
  ["never target.context < tokens if tokens < 100k then claude else reject", "proved", ""],
  ["never target.context < tokens if tokens < 300k then claude else reject", "refused", "claude"],
  ["never target.context < tokens otherwise nowhere", "refused", "`nowhere`"],
  [
    "never target.context < tokens + max_tokens if tokens < 1k and max_tokens < 1k then claude else reject",
    "enforced",
    "several facts",
  ],
  ["never target.region = header.x-region otherwise claude", "refused", "`claude`"],
  ["never target.price.input > $2/M otherwise gpt fallback mistral-eu", "proved", ""],
  ["never target.price.input > $2/M otherwise gpt fallback claude", "refused", "`claude`"],
  ["never target.price.input > $2/M otherwise gpt fallback qwen", "refused", "`qwen`"],
  // Shadows: the plan's own, and those of alsos that may apply.
  ["never gpt otherwise claude with shadow 5% to gpt", "refused", "reach `gpt`"],
  ["never gpt otherwise claude also if stream with shadow 5% to gpt", "refused", "`gpt`"],
  ["never gpt when stream otherwise claude also if not stream with shadow 5% to gpt", "proved", ""],
  [
    "never gpt otherwise claude with shadow 1% to qwen also if stream with shadow 5% to gpt",
    "proved",
    "",
  ],
  [
    "never gpt otherwise claude also if true with shadow 1% to qwen also if stream with shadow 5% to gpt",
    "proved",
    "",
  ],
];

/** With prompts placed by `mistral-eu`. */
const placed: readonly Case[] = [
  [
    "never region is eu otherwise claude with cache semantic above 0.9 for 1h",
    "enforced",
    "places",
  ],
  ["never region is us otherwise local-gpu with cache semantic above 0.9 for 1h", "proved", ""],
  ["never region is eu otherwise claude with cache exact for 1h", "proved", ""],
  [
    "never region is eu otherwise claude also if stream with cache semantic above 0.9 for 1h",
    "enforced",
    "`mistral-eu`, which places prompts for `otherwise`",
  ],
  [
    "never region is eu otherwise claude with no cache also if stream with cache semantic above 0.9 for 1h",
    "proved",
    "",
  ],
  [
    "never region is eu when pii if pii is false then claude with cache semantic above 0.9 for 1h else claude",
    "proved",
    "no request",
  ],
  [
    "never region is eu when pii if stream then claude with cache semantic above 0.9 for 1h else claude",
    "enforced",
    "is then not asked",
  ],
  [
    "never region is eu otherwise mistral-eu with cache semantic above 0.9 for 1h",
    "refused",
    "reach",
  ],
];

const ensure: readonly Case[] = [
  ["ensure every plan has fallback otherwise claude fallback gpt", "proved", "every plan"],
  ["ensure every plan has fallback otherwise claude", "refused", "`otherwise` has no fallback"],
  ["ensure every plan has fallback when stream if stream then reject else claude", "proved", ""],
  ["ensure every plan has timeout otherwise claude with timeout 5s", "proved", ""],
  ["ensure every plan has timeout otherwise claude", "refused", "has no `timeout`"],
  [
    "ensure every plan has timeout if stream then claude else reject also if stream with timeout 5s",
    "proved",
    "",
  ],
  [
    "ensure every plan has timeout otherwise claude also if stream with timeout 5s",
    "refused",
    "has no `timeout`",
  ],
  [
    "ensure every plan has timeout otherwise claude also if stream with timeout 5s also if not stream with timeout 6s",
    "proved",
    "",
  ],
  // A condition that may be unknown does not apply for certain.
  [
    "ensure every plan has tag otherwise claude also if team is ads with tag a also if team is not ads with tag b",
    "refused",
    "has no `tag`",
  ],
  ["ensure every plan has cache otherwise claude with no cache", "refused", "has no `cache`"],
  ["ensure plan.attempts <= 4 otherwise claude fallback gpt", "proved", ""],
  ["ensure plan.attempts <= 3 otherwise claude fallback gpt", "refused", "up to 4 attempts"],
  ["ensure plan.attempts <= 2 otherwise claude fallback gpt with retry 0", "proved", ""],
  ["ensure plan.attempts <= 2 otherwise claude fallback any of [gpt, qwen]", "enforced", "chooses"],
  ["ensure plan.attempts <= 2 otherwise claude fallback claude", "proved", ""],
  ["ensure plan.attempts <= 2 otherwise requested", "proved", ""],
  // What another guard leaves out of a plan in a run makes no attempts, and gets no copies.
  ["ensure plan.attempts >= 2 otherwise claude fallback gpt", "proved", ""],
  [
    "ensure plan.attempts >= 2 never target.healthy is false otherwise claude fallback gpt",
    "enforced",
    "other guards leave",
  ],
  [
    "ensure plan.attempts >= 2 never target.region is not us otherwise claude fallback gpt",
    "proved",
    "",
  ],
  [
    "ensure plan.attempts <= 4 never target.healthy is false otherwise claude fallback gpt",
    "proved",
    "",
  ],
  [
    "ensure every plan has shadow never target.healthy is false otherwise claude with shadow 5% to gpt",
    "enforced",
    "other guards may leave out",
  ],
  ["ensure plan.time <= 1m otherwise claude with deadline 1m", "proved", ""],
  ["ensure plan.time <= 1m otherwise claude with timeout 20s, retry 0", "proved", ""],
  ["ensure plan.time <= 1m otherwise claude with timeout 20s", "refused", "takes up to"],
  [
    "ensure plan.time <= 1m otherwise claude also if stream with deadline 30s",
    "refused",
    "takes up to",
  ],
  // Cost: 8,000 tokens of answer at claude are $0.12, at gpt $0.032.
  ["ensure plan.cost <= $0.01 otherwise local-gpu", "proved", ""],
  ["ensure plan.cost <= $0.05 otherwise claude with cost at most $0.05", "proved", ""],
  ["ensure plan.cost < $0.05 otherwise claude with cost at most $0.05", "refused", "can cost"],
  ["ensure plan.cost <= $0.10 otherwise claude with retry 0", "refused", "can cost $0.12"],
  [
    "ensure plan.cost <= $0.01 otherwise claude with retry 0, max_tokens 100",
    "enforced",
    "can come to $0.792, by the prompt, the hour, how many answers a client asks for",
  ],
  [
    "ensure plan.cost <= $0.20 if tokens < 1k then claude with retry 0, max_tokens 100 else reject",
    "proved",
    "",
  ],
  // A client may ask for 128 answers at once, each of them a hundred tokens long.
  [
    "ensure plan.cost <= $0.01 if tokens < 1k then claude with retry 0, max_tokens 100 else reject",
    "enforced",
    "can come to $0.195",
  ],
  [
    "ensure plan.cost <= $0.01 if tokens < 10k then claude with retry 0, max_tokens 100 else reject",
    "refused",
    "can cost $0.0",
  ],
  [
    "ensure plan.cost <= $0.20 otherwise claude with retry 0, max_tokens 100, tokens at most 1k",
    "proved",
    "",
  ],
  [
    "ensure plan.cost <= $0.01 otherwise claude with retry 0, max_tokens 100, tokens at most 5k",
    "refused",
    "can cost $0.0",
  ],
  ["ensure plan.cost <= $1 otherwise qwen", "refused", "no price of `qwen`"],
  ["ensure plan.cost <= $1 otherwise qwen with cost at most $1", "proved", ""],
  ["ensure plan.cost <= $1 otherwise requested", "enforced", "client names the target"],
  ["ensure plan.cost <= $1 otherwise any of [claude, qwen]", "enforced", "no price of `qwen`"],
  [
    "ensure plan.cost <= $0.01 if max_tokens < 10 and tokens < 10 then claude with retry 0 else reject",
    "enforced",
    "",
  ],
  ["ensure plan.cost <= $0.50 when stream if stream then reject else claude", "proved", ""],
];

describe.each([
  ["never", never],
  ["ensure", ensure],
])("%s", (_kind, cases) => {
  test.each(cases)("%s: %s", (text, verdict, why) => {
    const [judged] = analysePlans(text).verdicts;
    expect(judged).toMatchObject({ verdict, why: expect.stringContaining(why) });
    expect(judged?.witness !== undefined).toBe(verdict === "refused");
  });
});

test.each(placed)("%s: %s, where prompts are placed elsewhere", (text, verdict, why) => {
  const [judged] = analysePlans(text, planDefaults, {}, "mistral-eu").verdicts;
  expect(judged).toMatchObject({ verdict, why: expect.stringContaining(why) });
});

test("a guard of a library is judged with the plans of the file that uses it", () => {
  const { verdicts, diagnostics } = analysePlans(
    'use "./house.policy" if stream then claude else local-gpu',
    planDefaults,
    { "house.policy": "never target.region is not eu" },
  );
  expect(verdicts).toMatchObject([{ verdict: "refused", witness: { stream: true } }]);
  const refusal = diagnostics.find(({ code }) => code === "P0501");
  expect([refusal?.span.file, refusal?.related?.[0]?.span.file]).toEqual([
    "house.policy",
    "test.policy",
  ]);
});

test("a refusal shows the request, the plan it gets, the step and the fact that breaks the guard", () => {
  const { diagnostics } = analysePlans(
    'never target.region is not eu when pii rule "home": if pii then mistral-eu fallback gpt else gpt',
  );
  expect(diagnostics.filter(({ code }) => code === "P0501")).toMatchObject([
    {
      message:
        '`never target.region is not eu when pii` does not hold: rule "home" can reach `gpt`',
      related: [{ text: "`gpt` is reached here: its region is us" }],
      help: "try `signalbox explain test.policy --request '{\"pii\": true}'`; it gets `mistral-eu`, then `gpt`",
    },
  ]);
});

test("the witness of a split's share has a key that falls to that share", () => {
  const text = "never gpt otherwise split by user: 99% claude, 1% gpt";
  const { verdicts, policy } = analysePlans(text);
  const user = verdicts[0]?.witness?.["user"];
  const action = policy.branches[0]?.action;
  const route = action?.kind === "plan" ? action.steps[0]?.route : undefined;
  if (route?.kind !== "split") throw new Error("no split");
  expect(targetOfShare(route, String(user))).toBe("gpt");
});

test("a guard that the limits leave undecided counts as enforced, and is printed", () => {
  const { policy } = analysePlans(
    "never gpt when stream if stream and team is a then gpt else claude",
  );
  const undecided = {
    branches: null,
    spread: () => new Map(),
    find: () => ({ kind: "undecided", why: "the limit" }) as const,
  };
  const verdicts = judgeGuards(policy, { share: () => undecided }, planVocabulary, planDefaults);
  expect(verdicts).toMatchObject([{ verdict: "enforced", undecided: true }]);
  expect(verdicts[0]?.why).toContain("the limit");
});

test("each guard of a policy has its verdict, in order", () => {
  const { verdicts } = analysePlans(
    "never gpt never claude ensure every plan has fallback otherwise claude",
  );
  expect(verdicts.map(({ guard, verdict }) => `${guard.id} ${verdict}`)).toEqual([
    "guard-1 proved",
    "guard-2 refused",
    "guard-3 refused",
  ]);
});

test.each(Object.entries(planCodes).filter(([, { example }]) => !example.startsWith("(")))(
  "the table's example of %s is reported with that code",
  (code, { example, severity }) => {
    const { diagnostics } = analysePlans(example);
    expect(diagnostics.map((each) => `${each.code} ${each.severity}`)).toEqual([
      `${code} ${severity}`,
    ]);
    for (const { message } of diagnostics) expect(message).toMatch(/^[^A-Z\n][^\n]*[^.\n]$/);
  },
);

test("a space of no requests proves every guard", () => {
  const { policy } = analysePlans("never gpt otherwise gpt");
  expect(createSpace(policy, planVocabulary).perBranch([])).toMatchObject([{ kind: "found" }]);
  const empty = {
    share: () => ({
      branches: [],
      spread: () => new Map(),
      find: () => ({ kind: "none" }) as const,
    }),
  };
  expect(judgeGuards(policy, empty, planVocabulary, planDefaults)).toMatchObject([
    { verdict: "proved" },
  ]);
});
