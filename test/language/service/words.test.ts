import { expect, test } from "vitest";
import type { CheckedPolicy } from "../../../src/language/checker/checked-policy.ts";
import { conditionWords } from "../../../src/language/service/condition-words.ts";
import { optionWords, stepWords } from "../../../src/language/service/plan-words.ts";
import { soundPolicy } from "../../support/checking.ts";

/** What a policy means, without where it is written. */
function meaningOf({ operands, branches }: CheckedPolicy): unknown {
  const meaning = {
    operands,
    branches: branches.map(({ condition, action }) => ({ condition, action })),
  };
  return JSON.parse(JSON.stringify(meaning, (key, value) => (key === "span" ? undefined : value)));
}

test.each([
  "tokens < 200",
  "tokens < 200 and (team is search or stream)",
  "not (tokens < 200 or stream)",
  "not stream and not (pii is not false)",
  "tokens + max_tokens * 2 >= 8000",
  "team is unknown or team in [search, ads]",
  'team is "two words" or team is "then"',
  "tokens in 200..500",
  "tokens in [7, 200..500, 900..1000]",
  "spend.user.today > $0.02 and due < 90s",
  "time in 09:00..17:00 Europe/Berlin",
  "date >= 2026-11-23",
  "risk > 0.5 or rate is $3/M",
  'prompt matches /refunds?/ or prompt contains "money back"',
  "claude.healthy and claude.queue < 3",
  "header.x-team is search",
])("the words of a condition mean what it means: %s", (condition) => {
  const policy = soundPolicy(`if ${condition} then claude else gpt`);
  const words = conditionWords(policy.branches[0]!.condition!, policy.operands);
  expect(meaningOf(soundPolicy(`if ${words} then claude else gpt`))).toEqual(meaningOf(policy));
});

test.each([
  "timeout 10s, deadline 30s, first-token 800ms, idle 20s, tps 20, retry 2",
  "hedge after 700ms, continue once, stale for 5m",
  "cache exact for 1h",
  "cache semantic above 0.95 for 1h within 2%",
  "cache semantic above 0.9 for 1d",
  "no cache",
  "max_tokens 1000, tokens at most 100000, cost at most $0.05",
  "drop unsupported, set temperature 0.5, set reasoning_effort high, set parallel_tool_calls true",
  "priority high, tier flex, batch within 1d",
  "shadow 5% to gpt by user, sticky by user for 10m",
  "limit 20 per minute by user, limit 100000 tokens per day or wait 2s",
  "budget $5 per day by team, concurrency 8 by user or wait 1m",
  "accept when response.complete and (not response.refusal or response.tokens > 5)",
  'tag "a \\"quoted\\" word", tag plain',
])("the words of options mean what they mean: %s", (options) => {
  const policy = soundPolicy(`otherwise claude fallback qwen with ${options}`);
  const { action } = policy.branches[0]!;
  const words = action.kind === "plan" ? optionWords(action.options, policy.operands) : [];
  expect(meaningOf(soundPolicy(`otherwise claude fallback qwen with ${words.join(", ")}`))).toEqual(
    meaningOf(policy),
  );
});

test.each([
  "claude fallback qwen",
  "gpt-4.1 fallback qwen on timeout or bad_output fallback mistral-eu on retryable or auth",
  "requested fallback cheapest of [claude, gpt] where context >= tokens + max_tokens",
  "fastest of [claude, gpt] where region is us and supports(tools) and price.input < $3/M",
  "best of [claude, gpt] where not local or region in [eu, us] or quality is unknown",
  "split by user: 90% claude, 9.5% gpt, 0.5% qwen fallback least-busy of [gpt, qwen]",
])("the words of a plan's steps mean what they mean: %s", (plan) => {
  const policy = soundPolicy(`otherwise ${plan}`);
  const { action } = policy.branches[0]!;
  const steps = action.kind === "plan" ? action.steps : [];
  const words = steps.map((step) => stepWords(step, policy.operands)).join(" ");
  expect(meaningOf(soundPolicy(`otherwise ${words}`))).toEqual(meaningOf(policy));
});
