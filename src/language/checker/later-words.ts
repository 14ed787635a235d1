import type { Name } from "../syntax/ast.ts";
import type { Report } from "./report.ts";

/** Words of later versions (LANGUAGE §4, §5), by what they will be. Each is spelt with `-` or `_` alike. */
const words = {
  fact: new Set(["difficulty", "confidence"]),
  "fact of a target": new Set(["ttft", "tps", "latency", "error_rate"]),
  strategy: new Set(["fastest", "best", "least_busy"]),
  option: new Set([
    ...["tps", "hedge", "continue", "cache", "stale", "no", "tokens", "cost", "drop", "priority"],
    ...["tier", "batch", "shadow", "sticky", "limit", "budget", "concurrency", "accept"],
  ]),
} as const satisfies Readonly<Record<string, ReadonlySet<string>>>;

export type LaterKind = keyof typeof words;

/** Families of facts of later versions. */
const families = /^(?:spend|budget|rate|response|plan)\.\w/;

const helps: Readonly<Record<LaterKind, string>> = {
  fact: "until then, test another fact, or declare one of that name in the configuration",
  "fact of a target": "until then, test `healthy`, `queue` or a fact of the configuration",
  strategy: "until then, use `any of` or `cheapest of`",
  option: "take it out until the version that has it",
};

/** Reports a word that only a later version of the language has as a thing of that kind; false when it is none. */
export function reportLater(
  report: Report,
  { text, span }: Name,
  kind: LaterKind,
  word = text,
): boolean {
  const plain = word.replaceAll("-", "_");
  const isFact = kind === "fact" && families.test(word);
  if (!isFact && !words[kind].has(plain)) return false;
  const message = `\`${text}\` is not in this version of the language yet`;
  report.add("P0110", span, message, { label: `a later version’s ${kind}`, help: helps[kind] });
  return true;
}
