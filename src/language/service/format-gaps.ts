import type { IToken } from "chevrotain";
import { Colon, Comma } from "../../../grammar/tokens.ts";
import { comments, concat, type Doc, type PlacedComment, text } from "./format-doc.ts";

/** A comment between two tokens. */
export interface GapComment extends PlacedComment {
  /** Whether an empty line stands before it. */
  readonly isBlankBefore: boolean;
}

/** What stands before a token: the comments, and where the author broke lines. */
export interface Gap {
  readonly comments: readonly GapComment[];
  readonly hasNewline: boolean;
  /** Whether an empty line stands between the token and what is before it. */
  readonly isBlankBefore: boolean;
}

const emptyGap: Gap = { comments: [], hasNewline: false, isBlankBefore: false };

/** The gaps of a file by the offset of the token behind each. Those at a statement's beginning are taken out and printed apart. */
export class Gaps {
  readonly #gaps: ReadonlyMap<number, Gap>;
  readonly #taken = new Set<number>();

  constructor(source: string, tokens: readonly IToken[], all: readonly IToken[]) {
    this.#gaps = readGaps(source, tokens, all);
  }

  /** The gap before a token, for the file's own layout; `token` prints its comments no more. */
  take(offset: number): Gap {
    this.#taken.add(offset);
    return this.#gaps.get(offset) ?? emptyGap;
  }

  hasNewline(token: IToken): boolean {
    return this.#gaps.get(token.startOffset)?.hasNewline === true;
  }

  /** A text in the place of a token, or of several, behind the comments before them. */
  behindComments(tokens: readonly IToken[], printed: string): Doc {
    const found = tokens.flatMap(({ startOffset }) => {
      return this.#taken.has(startOffset) ? [] : (this.#gaps.get(startOffset)?.comments ?? []);
    });
    return found.length === 0 ? text(printed) : concat([comments(inOneGap(found)), text(printed)]);
  }
}

/** Only the first comment of a gap can stand behind a token. */
function inOneGap<Placed extends PlacedComment>(some: readonly Placed[]): readonly Placed[] {
  return some.map((comment, at) => (at > 0 ? { ...comment, trails: false } : comment));
}

function readGaps(
  source: string,
  tokens: readonly IToken[],
  all: readonly IToken[],
): ReadonlyMap<number, Gap> {
  const gaps = new Map<number, Gap>();
  let next = 0;
  let end = 0;
  let carried: readonly GapComment[] = [];
  const gapUpTo = (start: number): Gap => {
    const found: GapComment[] = [];
    const newlines = (to: number): number => countNewlines(source.slice(end, to));
    let hasNewline = false;
    for (; (all[next]?.startOffset ?? start) < start; next += 1) {
      const { image = "", startOffset = 0 } = all[next] ?? {};
      const before = newlines(startOffset);
      found.push({ text: image.trimEnd(), trails: before === 0, isBlankBefore: before > 1 });
      hasNewline = true;
      end = startOffset + image.length;
    }
    const last = newlines(start);
    return { comments: found, hasNewline: hasNewline || last > 0, isBlankBefore: last > 1 };
  };
  for (const { startOffset, image, tokenType } of tokens) {
    const gap = gapUpTo(startOffset);
    end = startOffset + image.length;
    const placed = carried.length === 0 ? gap.comments : inOneGap([...carried, ...gap.comments]);
    // Nothing comes before a comma or colon, so their comments go behind them.
    carried = tokenType === Comma || tokenType === Colon ? placed : [];
    if (carried.length === 0 && (gap.hasNewline || placed.length > 0)) {
      gaps.set(startOffset, { ...gap, comments: placed });
    }
  }
  gaps.set(source.length, gapUpTo(source.length));
  return gaps;
}

function countNewlines(space: string): number {
  return space.match(/\r\n|\n|\r/g)?.length ?? 0;
}
