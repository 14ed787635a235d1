import { hashText } from "../../base/hash.ts";
import type { FactTable } from "../../facts/fact.ts";
import { lookUpFact } from "../../facts/look-up.ts";
import type { CheckedPolicy } from "./checked-policy.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * 16 hex digits over what decides and how it is reported: the checked form, the data of the targets it can name and the
 * declarations of the facts it reads. Comments, layout, spelling, lines and the order of the configuration do not count.
 */
export function identityOf(
  policy: Omit<CheckedPolicy, "hash" | "files" | "name">,
  vocabulary: Vocabulary,
): string {
  const { operands, rules, branches, alsos, guards, intents, targets } = policy;
  const facts = new Set(operands.flatMap(({ shape }) => factsOf(shape)));
  const declarations = [...facts].sort().map((name) => describeFact(vocabulary.facts, name));
  const targetData = targetsOf(policy, vocabulary, targets);
  // A guard's text is how it was written; what it says is beside it.
  const said = guards.map(({ text: _written, ...guard }) => guard);
  const decides = [operands, rules, branches, alsos, said, intents];
  return hashText(canonicalText([2, ...decides, targetData, declarations]));
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
): readonly unknown[] {
  const anyTarget = branches.some(
    ({ action }) =>
      action.kind === "plan" && action.steps.some(({ route }) => route.kind === "requested"),
  );
  const read = operands.flatMap(({ shape }) => (shape.kind === "target" ? [shape.target] : []));
  const names = anyTarget ? [...vocabulary.targets.keys()] : [...named, ...read];
  return [...new Set(names)].sort().map((name) => vocabulary.targets.get(name));
}

function describeFact(table: FactTable, name: string): unknown {
  const fact = lookUpFact(table, name);
  if (fact === null) return {};
  const { doc: _prose, model, ...rest } = fact;
  return model === undefined ? rest : { ...rest, model: model.hash };
}

/**
 * Data as text, equal for equal data: keys and sets sorted, infinities spelled out, places in a source left out. One pass of
 * its own, as this is the larger part of checking a long policy.
 */
export function canonicalText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    let items = "[";
    for (const item of value) items += `${canonicalText(item)},`;
    return `${items}]`;
  }
  if (value instanceof Set) return canonicalText([...value].map(String).sort());
  const isRule = "line" in value && "span" in value;
  let fields = "{";
  for (const key of Object.keys(value).sort()) {
    const field = (value as Readonly<Record<string, unknown>>)[key];
    if (field === undefined || (key === "line" && isRule) || isSpan(key, field)) continue;
    fields += `${JSON.stringify(key)}:${canonicalText(field)},`;
  }
  return `${fields}}`;
}

function isSpan(key: string, value: unknown): boolean {
  return key === "span" && typeof value === "object" && value !== null && "start" in value;
}
