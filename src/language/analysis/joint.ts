import type { Operand } from "../../facts/fact.ts";
import type { CheckedPolicy } from "../checker/checked-policy.ts";
import { canonicalText } from "../checker/identity.ts";

/** Two policies over one list of operands: what has the same key is one operand. */
export interface Joint {
  readonly operands: readonly Operand[];
  readonly before: CheckedPolicy;
  readonly after: CheckedPolicy;
}

/** Puts two policies over one list of operands; the key of an operand that they read as different types instead. */
export function joinPolicies(
  before: CheckedPolicy,
  after: CheckedPolicy,
): Joint | { readonly clash: string } {
  const operands = [...before.operands];
  const places = new Map(operands.map(({ key }, index) => [key, index]));
  const moved: number[] = [];
  for (const operand of after.operands) {
    const known = places.get(operand.key);
    const type = known === undefined ? null : operands[known]?.type;
    if (type !== null && canonicalText(type) !== canonicalText(operand.type)) {
      return { clash: operand.key };
    }
    const place = known ?? operands.length;
    if (known === undefined) operands.push(operand);
    places.set(operand.key, place);
    moved.push(place);
  }
  const rules = moveOperands(after, moved);
  return { operands, before: { ...before, operands }, after: { ...rules, operands } };
}

/** Names under which the checked form of a policy holds the index of an operand. */
const operandFields: ReadonlySet<string> = new Set(["operand", "by", "intent"]);

/** Data of a policy with its operands' indices moved. */
function moveOperands<Data>(data: Data, moved: readonly number[]): Data {
  const move = (value: unknown, field: string): unknown => {
    if (typeof value === "number" && operandFields.has(field)) return moved[value] ?? value;
    if (Array.isArray(value)) return value.map((item) => move(item, ""));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, move(inner, name)]),
    );
  };
  return move(data, "") as Data;
}

/** What names a place or a counter, and changes no outcome: a renamed rule hashes its users anew, and decides as before. */
const namesOnly: ReadonlySet<string> = new Set(["salt", "id", "span", "line", "text"]);

/** Part of a policy as a text, equal where two decide alike; names of rules, places and counters do not count. */
export function meaningOf(part: unknown): string {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (typeof value !== "object" || value === null || value instanceof Set) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !namesOnly.has(name))
        .map(([name, inner]) => [name, strip(inner)]),
    );
  };
  return canonicalText(strip(part));
}
