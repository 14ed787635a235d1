import { edgeAt, edgeOfValue, kindOf, lowestEdgeAt } from "./follow.ts";
import { type FactFrame, frameState } from "./frame.ts";
import { type DecisionTable, kindBits, nodeKind, noEdge } from "./program.ts";

/** Past so many nodes the operand is asked for without proof that it is needed. */
const nodesWeighed = 10_000;

/**
 * The edge on which a walk may go on from a node whose operand is not (exactly) known, because the outcome does not
 * depend on it; noEdge when it does. The table never asks in vain by itself: a node stands only where the outcome
 * depends on its operand. That is no longer so when an operand of later rank is already known, as it may be in a later
 * block of rules, or when a reader told more than it was asked for.
 */
export function skipUnneeded(table: DecisionTable, frame: FactFrame, node: number): number {
  const operand = (table.code[node] as number) >> kindBits;
  if (!knowsLater(table, frame, operand)) return noEdge;
  const restricted = new RestrictedTable(table, frame, node);
  const edge = restricted.openCases(node)[0]?.edge ?? noEdge;
  return restricted.identityOf(node) === restricted.identityOf(edge) && !restricted.isExhausted
    ? edge
    : noEdge;
}

function knowsLater({ order }: DecisionTable, frame: FactFrame, operand: number): boolean {
  for (let rank = order.length - 1; rank >= 0 && order[rank] !== operand; rank -= 1) {
    if (frame.state[order[rank] as number] !== frameState.unasked) return true;
  }
  return false;
}

interface Case {
  /** Where the edge holds: the cut it begins at, a text id, `otherTexts`, or NaN for unknown. */
  readonly label: number;
  readonly edge: number;
}

const otherTexts = -1;

/**
 * One block's diagram below a node, reduced under what the frame knows. Edges that lead to equal functions have equal
 * identities: the edge itself for outcomes and for what leaves the block, one node of several equal ones otherwise.
 */
class RestrictedTable {
  readonly #table: DecisionTable;
  readonly #frame: FactFrame;
  readonly #start: number;
  readonly #identities = new Map<number, number>();
  readonly #reduced = new Map<string, number>();

  constructor(table: DecisionTable, frame: FactFrame, start: number) {
    this.#table = table;
    this.#frame = frame;
    this.#start = start;
  }

  get isExhausted(): boolean {
    return this.#identities.size > nodesWeighed;
  }

  /** The cases that a node can still meet. */
  openCases(node: number): readonly Case[] {
    const { code } = this.#table;
    const operand = (code[node] as number) >> kindBits;
    const unknown = { label: Number.NaN, edge: code[node + 1] as number };
    switch (this.#frame.state[operand]) {
      case frameState.known:
        return [{ label: 0, edge: edgeOfValue(this.#table, this.#frame, node) }];
      case frameState.unknown:
        return [unknown];
      default:
        break;
    }
    if (kindOf(this.#table, node) > nodeKind.cuts) return [...this.#textCases(node), unknown];
    const lowest = lowestEdgeAt(this.#table, node);
    if (this.#frame.state[operand] === frameState.bounded) {
      const first = edgeAt(this.#table, node, this.#frame.numbers);
      const last = edgeAt(this.#table, node, this.#frame.uppers);
      if (lowest <= first && first <= last) return this.#segments(node, first, last);
    }
    return [...this.#segments(node, lowest, lowest + this.#cutCount(node)), unknown];
  }

  identityOf(edge: number): number {
    if (edge < 0 || this.isExhausted) return edge;
    if (edge !== this.#start && this.#table.blockStarts.has(edge)) return edge;
    const done = this.#identities.get(edge);
    if (done !== undefined) return done;
    const identity = this.#reduce(edge);
    this.#identities.set(edge, identity);
    return identity;
  }

  #reduce(node: number): number {
    const isNumber = kindOf(this.#table, node) <= nodeKind.cuts;
    const kept: { readonly label: number; readonly identity: number }[] = [];
    for (const { label, edge } of this.openCases(node)) {
      const identity = this.identityOf(edge);
      if (identity !== kept.at(isNumber ? -1 : 0)?.identity) kept.push({ label, identity });
    }
    const [first, second] = kept;
    if (first !== undefined && second === undefined) return first.identity;
    const operand = (this.#table.code[node] as number) >> kindBits;
    const key = `${operand} ${kept.map(({ label, identity }) => `${label}:${identity}`).join()}`;
    const equal = this.#reduced.get(key) ?? node;
    this.#reduced.set(key, equal);
    return equal;
  }

  #cutCount(node: number): number {
    if (kindOf(this.#table, node) === nodeKind.oneCut) return 1;
    return this.#table.code[node + 3] as number;
  }

  #segments(node: number, first: number, last: number): Case[] {
    const { code, cuts } = this.#table;
    const lowest = lowestEdgeAt(this.#table, node);
    const cases: Case[] = [];
    for (let at = first; at <= last; at += 1) {
      const cut = (code[node + 2] as number) + at - lowest - 1;
      const label = at === first ? Number.NEGATIVE_INFINITY : (cuts[cut] as number);
      cases.push({ label, edge: code[at] as number });
    }
    return cases;
  }

  #textCases(node: number): Case[] {
    const { code } = this.#table;
    const cases: Case[] = [{ label: otherTexts, edge: code[node + 2] as number }];
    const dense = kindOf(this.#table, node) === nodeKind.denseTexts;
    const firstId = code[node + 4] as number;
    for (let text = 0; text < (code[node + 3] as number); text += 1) {
      cases.push(
        dense
          ? { label: firstId + text, edge: code[node + 5 + text] as number }
          : {
              label: code[node + 4 + 2 * text] as number,
              edge: code[node + 5 + 2 * text] as number,
            },
      );
    }
    return cases;
  }
}
