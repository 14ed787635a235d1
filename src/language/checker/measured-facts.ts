import { didYouMean } from "../../diagnostics/suggest.ts";
import type { FactType } from "../../facts/fact.ts";
import { lookUpResponseFact, responseFacts } from "../../facts/response-facts.ts";
import type { Name } from "../syntax/ast.ts";
import type { PlanFact } from "./checked-policy.ts";
import type { Context } from "./context.ts";
import { replacement } from "./report.ts";
import type { Mode, Term } from "./typed.ts";

/** A fact of the answer or of the plan, which only `accept` and `ensure` know; undefined when the name is none. */
export function measuredFact(context: Context, name: Name, mode: Mode): Term | null | undefined {
  const [, family, rest = ""] = /^(response|plan)\.(.+)$/.exec(name.text) ?? [];
  if (family === undefined) return undefined;
  const { span } = name;
  const response = family === "response" ? lookUpResponseFact(rest) : null;
  const plan = family === "plan" ? planFacts.get(rest as PlanFact) : undefined;
  if (response === null && plan === undefined) {
    const names =
      family === "plan" ? [...planFacts.keys()] : responseFacts.map((each) => each.name);
    const near = didYouMean(rest, names);
    context.report.add("P0201", span, `\`${rest}\` is not a fact of ${measuredOf[family]}`, {
      label: `not one of: ${names.join(", ")}`,
      ...(near === null ? {} : { help: `did you mean \`${family}.${near}\`?` }),
      fix:
        near === null
          ? null
          : replacement(`replace with \`${family}.${near}\``, span, `${family}.${near}`),
    });
    return null;
  }
  if (response !== null && mode === "accept") {
    return { kind: "response-fact", name: response.name, type: response.type, span, size: 1 };
  }
  if (plan !== undefined && mode === "plan") {
    return { kind: "plan-fact", name: rest as PlanFact, type: plan, span, size: 1 };
  }
  const place = family === "plan" ? "`ensure` and the expectations of a test" : "`accept when`";
  context.report.add("P0226", span, `\`${name.text}\` is known only in ${place}`, {
    label: family === "plan" ? "no plan is made yet" : "no answer is there yet",
    help: `only ${place} can read it`,
  });
  return null;
}

const measuredOf: Readonly<Record<string, string>> = {
  response: "an answer",
  plan: "a plan",
};

/** Facts of a plan at its worst, with their types. */
export const planFacts: ReadonlyMap<PlanFact, FactType> = new Map([
  ["cost", { kind: "money" }],
  ["time", { kind: "duration" }],
  ["attempts", { kind: "whole" }],
]);
