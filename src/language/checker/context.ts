import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Report } from "./report.ts";
import type { Scope } from "./scope.ts";
import type { Mode, Side, TypedCondition } from "./typed.ts";

/** What the functions that read expressions share during one check. */
export interface Context {
  readonly report: Report;
  readonly scope: Scope;
  /** Source texts by file, for fixes that move text. */
  readonly texts: ReadonlyMap<string, string>;
  /** Lets being read at the moment, outermost first. */
  readonly letPath: string[];
  readonly sides: Map<string, Side | null>;
  readonly conditions: Map<string, TypedCondition | null>;
  /** Lets that something mentioned, so that the rest can be checked on their own. */
  readonly usedLets: Set<string>;
  readonly zones: Map<string, boolean>;
  depth: number;
}

export function createContext(
  report: Report,
  scope: Scope,
  texts: ReadonlyMap<string, string>,
): Context {
  return {
    report,
    scope,
    texts,
    letPath: [],
    sides: new Map(),
    conditions: new Map(),
    usedLets: new Set(),
    zones: new Map(),
    depth: 0,
  };
}

/** The source text of a span. */
export function textOf(context: Context, span: Span): string {
  return context.texts.get(span.file)?.slice(span.start, span.end) ?? "";
}

/**
 * Whether a span holds its parentheses in pairs. Spans of expressions leave out the parentheses around them, so one that ends
 * in the middle of a pair cannot be moved or replaced as a whole.
 */
export function isMovable(context: Context, span: Span): boolean {
  let open = 0;
  for (const character of textOf(context, span)) {
    if (character === "(") open += 1;
    else if (character === ")") open -= 1;
    if (open < 0) return false;
  }
  return open === 0;
}

const deepest = 150;
const largest = 10_000;

/** Runs `read` one level deeper; null with a report when expressions nest beyond what the stack can take. */
export function nested<T>(context: Context, span: Span, read: () => T | null): T | null {
  if (context.depth >= deepest) {
    context.report.add("P0316", span, "this expression is nested too deeply", {
      help: "split it into lets or rules",
    });
    return null;
  }
  context.depth += 1;
  try {
    return read();
  } finally {
    context.depth -= 1;
  }
}

/** Whether an expression of so many nodes, lets inlined, is accepted; lets of lets can double with each step. */
export function accepts(context: Context, span: Span, size: number): boolean {
  if (size <= largest) return true;
  context.report.add("P0316", span, "this expression is too large once its lets are filled in", {
    help: "split it into rules",
  });
  return false;
}

/**
 * Reads a let's body unless it is being read already, which is a circle; `seen` keeps the result per mode, so that a let
 * is read once however often it is mentioned.
 */
export function throughLet<T>(
  context: Context,
  { name, span, mode }: { readonly name: string; readonly span: Span; readonly mode: Mode },
  seen: Map<string, T | null>,
  read: () => T | null,
): T | null {
  context.usedLets.add(name);
  const key = `${mode} ${name}`;
  const known = seen.get(key);
  if (known !== undefined) return known;
  if (context.letPath.includes(name)) {
    const circle = [...context.letPath.slice(context.letPath.indexOf(name)), name];
    context.report.add("P0206", span, `let \`${name}\` refers to itself`, {
      label: circle.join(" → "),
      help: "a let is filled in where it stands, so it cannot contain itself",
    });
    return null;
  }
  context.letPath.push(name);
  const result = nested(context, span, read);
  context.letPath.pop();
  seen.set(key, result);
  return result;
}
