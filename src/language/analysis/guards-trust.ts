import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { Trust } from "../../facts/fact.ts";
import type { CheckedOptions, CheckedPolicy, Condition } from "../checker/checked-policy.ts";

const weakestFirst: readonly Trust[] = ["client", "key", "gateway"];

/** Whose word settles something, and on which facts it rests. */
interface Rest {
  readonly trust: Trust;
  /** Keys of the operands that are no stronger than that. */
  readonly on: readonly string[];
}

/**
 * Warnings for what rests on the client's own word (ARCHITECTURE §4): the condition of a guard, the condition of an `also`
 * that limits, and the key of a counter. Whoever can turn one part of an `and` can turn the whole, so it is as weak as its
 * weakest part; an `or` stands as long as one part does, so it is as strong as its strongest.
 */
export function trustDiagnostics(policy: CheckedPolicy): readonly Diagnostic[] {
  return [...guardFindings(policy), ...alsoFindings(policy), ...counterFindings(policy)];
}

function guardFindings({ guards, operands }: CheckedPolicy): readonly Diagnostic[] {
  return guards.flatMap(({ when, span }) => {
    const rest = when === null ? null : restOf(when, true, operands);
    if (rest?.trust !== "client") return [];
    return [
      makeDiagnostic("P0510", span, `a client can lift this guard: ${words(rest)}`, {
        label: "holds by the client's own word",
        help: "rest it on the caller's key or on what the gateway measures, or join that with `or`",
      }),
    ];
  });
}

function alsoFindings({ alsos, operands }: CheckedPolicy): readonly Diagnostic[] {
  return alsos.flatMap(({ condition, options, span }) => {
    const limits = ["limits", "budgets", "concurrency"] as const;
    if (limits.every((key) => options[key] === undefined)) return [];
    const rest = restOf(condition, true, operands);
    if (rest?.trust !== "client") return [];
    return [
      makeDiagnostic("P0512", span, `a client can escape this limit: ${words(rest)}`, {
        label: "applies by the client's own word",
        help: "rest its condition on the caller's key or on what the gateway measures",
      }),
    ];
  });
}

function counterFindings({ branches, alsos, operands }: CheckedPolicy): readonly Diagnostic[] {
  const places: readonly { readonly options: CheckedOptions; readonly span: Span }[] = [
    ...branches.flatMap(({ action }) => (action.kind === "plan" ? [action] : [])),
    ...alsos,
  ];
  return places.flatMap(({ options, span }) =>
    countersOf(options).flatMap(({ word, by }) => {
      const operand = by === null ? undefined : operands[by];
      if (operand?.trust !== "client") return [];
      const message = `\`${word}\` goes by \`${operand.key}\`, which the client chooses`;
      return [
        makeDiagnostic("P0511", span, message, {
          label: "another word is another count",
          help: "count by `user`, `team` or `key`, which the caller's key tells",
        }),
      ];
    }),
  );
}

function countersOf(
  options: CheckedOptions,
): readonly { readonly word: string; readonly by: number | null }[] {
  const named = (word: string, counters: readonly { readonly by: number | null }[] = []) =>
    counters.map(({ by }) => ({ word, by }));
  return [
    ...named("limit", options.limits),
    ...named("budget", options.budgets),
    ...named("concurrency", options.concurrency),
    ...named("sticky", options.sticky === undefined ? [] : [options.sticky]),
  ];
}

function words({ on }: Rest): string {
  const [first = "", ...others] = [...new Set(on)].map((key) => `\`${key}\``);
  const facts = others.length === 0 ? first : `${others.join(", ")} and ${first}`;
  return `${facts} ${others.length === 0 ? "is" : "are"} the client's own word`;
}

/** Who can keep a condition from being true (`wanted`) or false; null for a constant, which nobody can turn. */
function restOf(
  condition: Condition,
  wanted: boolean,
  operands: CheckedPolicy["operands"],
): Rest | null {
  switch (condition.kind) {
    case "constant":
      return null;
    case "not":
      return restOf(condition.of, !wanted, operands);
    case "and":
    case "or": {
      const rests = condition.of.flatMap((part) => restOf(part, wanted, operands) ?? []);
      const isAnd = (condition.kind === "and") === wanted;
      const order = isAnd ? weakestFirst : weakestFirst.toReversed();
      const trust = order.find((each) => rests.some((rest) => rest.trust === each));
      if (trust === undefined) return null;
      return { trust, on: rests.filter((rest) => rest.trust === trust).flatMap(({ on }) => on) };
    }
    default: {
      const operand = operands[condition.operand];
      return operand === undefined ? null : { trust: operand.trust, on: [operand.key] };
    }
  }
}
