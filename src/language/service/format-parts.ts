import type { IToken } from "chevrotain";
import type {
  FactCstNode,
  QuantityCstNode,
  TargetCstNode,
} from "../../../grammar/generated/cst.ts";
import { only } from "../syntax/build-parts.ts";
import {
  concat,
  type Doc,
  fill,
  group,
  hardline,
  indent,
  joined,
  space,
  text,
} from "./format-doc.ts";
import type { Gaps } from "./format-gaps.ts";

/** What printing a part of a file needs to know of the whole. */
export interface Layout {
  readonly gaps: Gaps;
  /** Lets of the file that are numbers. */
  readonly numericLets: ReadonlySet<string>;
}

const comma = text(",");

/** A token as it is written, or in its settled spelling, behind the comments before it. */
export function word({ gaps }: Layout, token: IToken, spelling = token.image): Doc {
  return gaps.behindComments([token], spelling);
}

/** Parts with one space between. */
export function spaced(parts: readonly Doc[]): Doc {
  return joined(parts, space);
}

/** Tokens as they are written, with one space between. */
export function wordsOf(layout: Layout, tokens: readonly IToken[]): Doc {
  return spaced(tokens.map((each) => word(layout, each)));
}

/** Things with commas between, and whether comments among them want each on a line of its own. */
interface CommaList {
  readonly list: Doc;
  readonly hasComments: boolean;
}

function commaList(items: readonly Doc[]): CommaList {
  const last = items.length - 1;
  const parts = items.map((item, at) => group(at < last ? concat([item, comma]) : item));
  const hasComments = !Number.isFinite(fill(parts).flat);
  return { list: hasComments ? joined(parts, hardline) : fill(parts), hasComments };
}

/** A list behind the word that begins it. */
export function listBehind(head: Doc, items: readonly Doc[]): Doc {
  const { list, hasComments } = commaList(items);
  const gap = hasComments || list.leads ? hardline : space;
  return concat([head, indent(concat([gap, list]))]);
}

/** Something between brackets, which stand on lines of their own when comments are in between. */
export function between(open: Doc, content: Doc, close: Doc): Doc {
  const inner = concat([content, close]);
  return content.leads || !Number.isFinite(inner.flat)
    ? concat([open, indent(concat([hardline, content])), hardline, close])
    : concat([open, content, close]);
}

export function listBetween(open: Doc, items: readonly Doc[], close: Doc): Doc {
  const { list, hasComments } = commaList(items);
  return between(open, hasComments ? list : indent(list), close);
}

export function formatTarget(layout: Layout, { children }: TargetCstNode): Doc {
  return word(layout, children.Name?.[0] ?? only(children.Text));
}

export function formatFact(layout: Layout, { children }: FactCstNode): Doc {
  const { Intent, Name, Dot, Text } = children;
  const head = word(layout, Intent?.[0] ?? only(Name));
  if (Dot === undefined) return head;
  return concat([head, word(layout, only(Dot)), word(layout, only(Text))]);
}

export function formatQuantity(layout: Layout, { children }: QuantityCstNode): Doc {
  return word(layout, only(Object.values(children).flat()));
}
