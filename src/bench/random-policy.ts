import { createRandom } from "../base/random.ts";

const targets = ["small", "large", "fast", "local"] as const;
const texts = ["team", "user", "key", "tier", "language", "model", "header.a", "header.b"] as const;
const counts = [
  ...["tokens", "max_tokens", "messages", "turns", "tools", "images", "audio", "files"],
  ...["rate.user.minute", "rate.team.minute", "small.queue", "large.queue"],
];
const mostTests = 4;
const mostCount = 50;
const textsOfFact = 4;

/** The text of a policy with so many rules over any two to four of twenty facts, and an `otherwise`: nothing to dispatch on. */
export function randomPolicyText(ruleCount: number, seed = "random"): string {
  const random = createRandom(seed);
  const test = (): string => {
    const at = random.integer(texts.length + counts.length);
    const text = texts[at];
    if (text !== undefined) return `${text} is v${random.integer(textsOfFact)}`;
    const op = random.integer(2) === 0 ? "<" : ">=";
    return `${counts[at - texts.length]} ${op} ${1 + random.integer(mostCount)}`;
  };
  const lines = Array.from({ length: ruleCount }, (_, rule) => {
    const tests = Array.from({ length: 2 + random.integer(mostTests - 1) }, test);
    return `if ${tests.join(" and ")} then ${targets[rule % targets.length]} fallback large`;
  });
  return `${lines.join("\n")}\notherwise large fallback small\n`;
}
