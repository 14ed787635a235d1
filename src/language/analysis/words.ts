import type { FactValue } from "../../facts/fact.ts";
import type { Witness } from "./space.ts";

const mostShown = 6;

/** The facts of a witness that matter, as a sentence has them: `tokens 200, intent chat`; the empty text when none does. */
export function inWords({ facts, decisive }: Witness): string {
  const shown = decisive
    .slice(0, mostShown)
    .map((name) => `${name} ${factInWords(facts[name] ?? null)}`);
  return decisive.length > mostShown ? `${shown.join(", ")}, …` : shown.join(", ");
}

function factInWords(value: FactValue | null): string {
  if (value === null) return "unknown";
  return value === "" ? '""' : String(value);
}

/** A request with these facts: "a request with `tokens 200`". */
export function aRequest(witness: Witness): string {
  const words = inWords(witness);
  return words === "" ? "every request" : `a request with \`${words}\``;
}

/** A witness as `--request` takes it, its parts apart so that a line can break. */
export function asJson({ facts }: Pick<Witness, "facts">): string {
  const fields = Object.entries(facts).map(
    ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  return `{${fields.join(", ")}}`;
}
