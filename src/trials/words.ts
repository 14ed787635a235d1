import type { Span } from "../diagnostics/diagnostic.ts";
import { lineAndColumn, type Position } from "../diagnostics/position.ts";
import type { Route } from "../language/checker/checked-policy.ts";

/** Texts by file, as a checked source has them. */
export type Sources = ReadonlyMap<string, string>;

const longest = 80;

/** The author's words at a place, on one line; a long text is cut. */
export function wordsAt({ file, start, end }: Span, sources: Sources): string {
  const words = (sources.get(file) ?? "").slice(start, end).replaceAll(/\s+/g, " ").trim();
  return words.length <= longest ? words : `${words.slice(0, longest - 1)}…`;
}

/** Line and column of a place. */
export function placeOf({ file, start }: Span, sources: Sources): Position {
  return lineAndColumn(sources.get(file) ?? "", start);
}

/** A route as a policy writes it, without its `where`. */
export function routeText(route: Route): string {
  switch (route.kind) {
    case "target":
      return route.target;
    case "requested":
      return "requested";
    case "split":
      return `split ${route.shares.map(({ parts, target }) => `${parts / 100}% ${target}`).join(", ")}`;
    case "select":
      return `${route.by} of [${route.from.join(", ")}]`;
  }
}

/** Facts as JSON on one line, which `explain --request` takes between single quotes. */
export function showFacts(facts: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(facts).map(
    ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  // A single quote would end the shell's word.
  return `{${entries.join(", ")}}`.replaceAll("'", "\\u0027");
}
