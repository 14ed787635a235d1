import { showFactValue } from "../facts/value.ts";
import { causeWords } from "../protocol/cause.ts";
import { type Decided, decisionWords } from "./decide-request.ts";

/** Two decisions of one request in words that differ: targets and rule where they do, else what else does. */
export function differenceWords(
  one: Decided,
  other: Decided,
): { readonly original: string; readonly mutant: string } {
  const [original, mutant] = [inWords(one), inWords(other)];
  if (original !== mutant) return { original, mutant };
  const [of, ofOther] = [detailsOf(one), detailsOf(other)];
  const differing = [...new Set([...of.keys(), ...ofOther.keys()])].filter(
    (name) => of.get(name) !== ofOther.get(name),
  );
  const shown = (details: ReadonlyMap<string, string>): string =>
    differing.map((name) => `${name} ${details.get(name) ?? "none"}`).join(", ");
  return {
    original: `${original} with ${shown(of)}`,
    mutant: `${mutant} with ${shown(ofOther)}`,
  };
}

function inWords(decided: Decided): string {
  return decided.rule === null
    ? decisionWords(decided)
    : `${decisionWords(decided)} by ${decided.rule.id}`;
}

/** What a plan has beside its targets, each in a word or two. */
function detailsOf({ plan }: Decided): ReadonlyMap<string, string> {
  const details = new Map<string, string>();
  if (plan === null) return details;
  const { steps, dropped, options, costLimit, refusal: _, ...limits } = plan;
  for (const { target, guard } of dropped) details.set(`\`${target}\` kept out by`, `\`${guard}\``);
  for (const [at, { target, missing, on }] of steps.entries()) {
    if (at > 0) details.set(`step ${at + 1}`, `${target ?? missing} on ${causeWords(on)}`);
  }
  if (costLimit !== null) {
    details.set("cost at most", showFactValue({ kind: "money" }, costLimit.most));
  }
  for (const [name, value] of Object.entries({ ...limits, ...options })) {
    if (value !== undefined && value !== null) details.set(name, JSON.stringify(value));
  }
  return details;
}
