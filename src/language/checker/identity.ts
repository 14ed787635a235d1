import { canonicalJson, type Json } from "../../base/canonical-json.ts";
import { hashText } from "../../base/hash.ts";
import type { Target } from "../../catalog/target.ts";
import type { Fact } from "../../facts/fact.ts";
import { lookUpFact } from "../../facts/look-up.ts";
import type { CheckedPolicy } from "./checked-policy.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * 16 hex digits over what decides and how it is reported: the checked form, the data of the targets it can name and the
 * declarations of the facts it reads. Comments, layout, lines and the order of the configuration do not count.
 */
export function identityOf(
  policy: Omit<CheckedPolicy, "hash" | "files" | "name">,
  vocabulary: Vocabulary,
): string {
  const { operands, rules, branches, intents, targets } = policy;
  const facts = new Set(operands.flatMap(({ shape }) => factsOf(shape)));
  return hashText(
    canonicalJson({
      language: 1,
      operands: plain(operands),
      rules: plain(rules),
      branches: plain(branches),
      intents: plain(intents),
      targets: targetsOf(policy, vocabulary, targets),
      facts: [...facts].sort().map((name) => describeFact(lookUpFact(vocabulary.facts, name))),
    }),
  );
}

type Shape = CheckedPolicy["operands"][number]["shape"];

function factsOf(shape: Shape): readonly string[] {
  switch (shape.kind) {
    case "fact":
      return [shape.name];
    case "text-test":
    case "local":
      return [shape.fact];
    case "arithmetic":
      return [...factsOf(shape.left), ...factsOf(shape.right)];
    case "constant":
    case "target":
      return [];
  }
}

/** `requested` can name any target, so with it every target counts. */
function targetsOf(
  { branches, operands }: Pick<CheckedPolicy, "branches" | "operands">,
  vocabulary: Vocabulary,
  named: readonly string[],
): Json {
  const anyTarget = branches.some(
    ({ action }) =>
      action.kind === "plan" && action.steps.some(({ route }) => route.kind === "requested"),
  );
  const read = operands.flatMap(({ shape }) => (shape.kind === "target" ? [shape.target] : []));
  const names = anyTarget ? [...vocabulary.targets.keys()] : [...named, ...read];
  return [...new Set(names)].sort().map((name) => describeTarget(vocabulary.targets.get(name)));
}

function describeTarget(target: Target | undefined): Json {
  return target === undefined ? null : plain(target);
}

function describeFact(fact: Fact | null): Json {
  if (fact === null) return null;
  const { doc: _prose, ...rest } = fact;
  return plain(rest);
}

/** Data as JSON: sets sorted, infinities spelled out, places in a source left out. */
function plain(value: unknown): Json {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Set) return [...value].map(String).sort();
  if (value === null || typeof value !== "object") return null;
  const fields: Record<string, Json> = {};
  const isRule = "line" in value && "span" in value;
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined || (key === "line" && isRule) || isSpan(key, field)) continue;
    fields[key] = plain(field);
  }
  return fields;
}

function isSpan(key: string, value: unknown): boolean {
  return key === "span" && typeof value === "object" && value !== null && "start" in value;
}
