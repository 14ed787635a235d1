import { BugError } from "../base/assert.ts";
import { createRandom } from "../base/random.ts";
import type { Target } from "../catalog/target.ts";
import { builtInFactTable } from "../facts/built-in.ts";
import type { FactValue } from "../facts/fact.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import type { Vocabulary } from "../language/checker/vocabulary.ts";
import { createFrame, type FactFrame, frameState } from "../language/program/frame.ts";
import { checkSource } from "../language/service/check-source.ts";

const rulesPerTeam = 4;
const targetNames = ["small", "large", "fast", "local"] as const;

/** What the policies of the bench may name. */
export const benchVocabulary: Vocabulary = {
  targets: new Map(targetNames.map((name) => [name, targetOf(name)])),
  facts: builtInFactTable(),
};

function targetOf(name: string): Target {
  return {
    name,
    provider: "bench",
    model: name,
    region: null,
    local: false,
    quantization: null,
    prices: [],
    contextTokens: null,
    maxOutputTokens: null,
    abilities: new Set(),
    quality: {},
    rejectsSampling: false,
    rejectsForcedTools: false,
    rejectsEffort: false,
  };
}

/** The text of a policy with so many rules keyed by team, four for each, and an `otherwise`. */
export function keyedPolicyText(ruleCount: number): string {
  const lines = Array.from({ length: ruleCount }, (_, rule) => {
    const target = targetNames[rule % targetNames.length];
    const step = (rule * 37) % 97;
    const test = [
      `tokens < ${100 + step * 10} and tier is free`,
      `tokens < ${2_000 + step * 10} and stream is true`,
      `tools > ${step % 5} and tier is not free`,
      `max_tokens >= ${500 + step}`,
    ][rule % rulesPerTeam];
    return `rule "r${rule}": if team is ${teamOf(rule)} and ${test} then ${target} fallback large`;
  });
  return `${lines.join("\n")}\notherwise large fallback small\n`;
}

function teamOf(rule: number): string {
  return `team-${Math.floor(rule / rulesPerTeam)}`;
}

/** Parses and checks a text of the bench; one that does not pass is a bug of the bench. */
export function checkBenchPolicy(text: string): CheckedPolicy {
  const { policy, diagnostics } = checkSource(
    { file: "bench.policy", text },
    benchVocabulary,
    () => null,
  );
  if (policy === null)
    throw new BugError(`the bench's policy has errors: ${diagnostics[0]?.message}`);
  return policy;
}

/** The facts of random requests of the policy's teams, as frames; their texts come out of JSON.parse. */
export function keyedFrames(policy: CheckedPolicy, ruleCount: number, count: number): FactFrame[] {
  const random = createRandom("keyed");
  const requests = Array.from({ length: count }, () => ({
    team: teamOf(random.integer(ruleCount)),
    tier: random.integer(2) === 0 ? "free" : "pro",
    tokens: random.integer(4_000),
    max_tokens: random.integer(1_200),
    tools: random.integer(6),
    stream: random.integer(2) === 0,
  }));
  const parsed = JSON.parse(JSON.stringify(requests)) as Record<string, FactValue>[];
  return parsed.map((facts) => {
    const frame = createFrame(policy.operands.length);
    for (const [operand, { key }] of policy.operands.entries()) {
      const value = facts[key];
      frame.state[operand] = value === undefined ? frameState.unknown : frameState.known;
      if (typeof value === "string") frame.texts[operand] = value;
      else frame.numbers[operand] = Number(value ?? 0);
    }
    return frame;
  });
}
