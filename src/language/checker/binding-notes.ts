import type { Fix, Label, Span } from "../../diagnostics/diagnostic.ts";
import type { AstAction, AstArm } from "../syntax/ast.ts";
import { type Context, isMovable, textOf } from "./context.ts";

type AstPlan = Extract<AstAction, { readonly kind: "plan" }>;

/**
 * Says that `fallback` and `with` bind to the nearest plan (LANGUAGE §4): in `if a then x else y fallback z` the first plan
 * has no fallback. Offers to write it after each plan.
 */
export function noteNearestBinding(context: Context, arms: readonly AstArm[]): void {
  const last = arms.at(-1)?.action;
  if (last?.kind !== "plan") return;
  const earlier = arms
    .slice(0, -1)
    .map(({ action }) => action)
    .filter((action) => action.kind === "plan");
  noteFallback(context, last, earlier);
  noteOptions(context, last, earlier);
}

function noteFallback(context: Context, last: AstPlan, earlier: readonly AstPlan[]): void {
  const named = new Set(
    last.steps.slice(1).flatMap(({ route }) => (route.kind === "name" ? [route.name.text] : [])),
  );
  const bare = earlier.filter(({ steps: [first, second] }) => {
    const route = first?.route;
    const isItsOwnFallback = route?.kind === "name" && named.has(route.name.text);
    return first !== undefined && second === undefined && !isItsOwnFallback;
  });
  const clause = between(last.steps[0]?.span, last.steps.at(-1)?.span);
  if (bare.length === 0 || last.steps.length < 2 || clause === null) return;
  const places = bare.flatMap(({ steps }) => steps.slice(0, 1).map(({ span }) => span));
  const text = textOf(context, clause).trim();
  context.report.add(
    "P0406",
    trimmed(context, clause),
    `\`${oneLine(text)}\` belongs to the last plan only`,
    {
      label: "the nearest plan’s fallback",
      related: notes(places, "this plan has no fallback"),
      help: "write it after each plan, if it is meant for each",
      fix: insertion(context, "give every plan of the rule this fallback", places, clause),
    },
  );
}

function noteOptions(context: Context, last: AstPlan, earlier: readonly AstPlan[]): void {
  const bare = earlier.filter(({ options }) => options.length === 0);
  const clause = between(last.steps.at(-1)?.span, last.options.at(-1)?.span);
  if (bare.length === 0 || last.options.length === 0 || clause === null) return;
  const places = bare.flatMap(({ steps }) => steps.slice(-1).map(({ span }) => span));
  const text = textOf(context, clause).trim();
  context.report.add(
    "P0407",
    trimmed(context, clause),
    `\`${oneLine(text)}\` belongs to the last plan only`,
    {
      label: "the nearest plan’s options",
      related: notes(places, "this plan has no options"),
      help: "write it after each plan, if it is meant for each",
      fix: insertion(context, "give every plan of the rule these options", places, clause),
    },
  );
}

function notes(places: readonly Span[], text: string): readonly Label[] {
  return places.map((span) => ({ span, text }));
}

/** From the end of one span to the end of another: a clause with its keyword. */
function between(from: Span | undefined, to: Span | undefined): Span | null {
  if (from === undefined || to === undefined || to.end <= from.end) return null;
  return { ...from, start: from.end, end: to.end };
}

function trimmed(context: Context, span: Span): Span {
  const text = textOf(context, span);
  return { ...span, start: span.start + (text.length - text.trimStart().length) };
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** Null when the clause holds a comment, which could swallow what follows it elsewhere, or half a pair of parentheses. */
function insertion(
  context: Context,
  title: string,
  places: readonly Span[],
  clause: Span,
): Fix | null {
  const text = textOf(context, clause);
  if (text.includes("#") || ![clause, ...places].every((span) => isMovable(context, span))) {
    return null;
  }
  const edits = places.map((span) => ({
    span: { ...span, start: span.end },
    text: ` ${text.trim()}`,
  }));
  return { title, edits };
}
