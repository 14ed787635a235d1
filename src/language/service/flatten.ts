import { lex } from "../../../grammar/lexer.ts";
import * as t from "../../../grammar/tokens.ts";
import type { Declarations } from "./declarations.ts";

/** Longest text of a flattened let, in characters; lets of lets can double with each step. */
const longest = 2_000;

const longestFilledIn = 400;

const deepest = 20;

/** A let's definition as written; where it mentions other lets, also with those filled in. */
export function flatLet(
  { lets }: Declarations,
  name: string,
  texts: ReadonlyMap<string, string>,
): string {
  const bodyOf = (each: string): string | null => {
    const declared = lets.get(each);
    const text = declared === undefined ? undefined : texts.get(declared.span.file);
    if (declared === undefined || text === undefined) return null;
    const body = text.slice(declared.name.span.end, declared.span.end);
    return closed(body.replace(/^[\s=]+/, "").replaceAll(/\s+/g, " "));
  };
  const body = bodyOf(name);
  if (body === null) return "";
  let flat = body;
  for (let depth = 0; depth < deepest && flat.length < longest; depth += 1) {
    const next = filledIn(flat, bodyOf, name);
    if (next === flat) break;
    flat = next;
  }
  const shown = flat.length > longest ? `${flat.slice(0, longest)}…` : flat;
  return flat === body ? `let ${name} = ${body}` : `let ${name} = ${body}\n# in full: ${shown}`;
}

/** Spans leave out what closes parentheses around the whole. */
function closed(text: string): string {
  const open = text.split("(").length - text.split(")").length;
  return text + ")".repeat(Math.max(0, open));
}

/** The text with each let in it replaced by its body, in parentheses unless it is one word. */
function filledIn(text: string, bodyOf: (name: string) => string | null, except: string): string {
  let result = "";
  let at = 0;
  for (const { image, tokenType, startOffset } of lex(text).tokens) {
    if (tokenType !== t.Name || image === except) continue;
    const body = bodyOf(image);
    if (body === null || body.length > longestFilledIn) continue;
    const isWord = !/\s/.test(body);
    result += text.slice(at, startOffset) + (isWord ? body : `(${body})`);
    at = startOffset + image.length;
  }
  return result + text.slice(at);
}

/** The targets of a pool, pools within it flattened, in order and without repeats. */
export function flatPool({ pools }: Declarations, name: string): readonly string[] {
  const targets = new Set<string>();
  const seen = new Set<string>();
  const visit = (pool: string): void => {
    if (seen.has(pool)) return;
    seen.add(pool);
    for (const { text } of pools.get(pool)?.members ?? []) {
      if (pools.has(text)) visit(text);
      else targets.add(text);
    }
  };
  visit(name);
  return [...targets];
}
