import type { FactFrame } from "./frame.ts";
import { type DecisionTable, kindBits, nodeKind, noEdge } from "./program.ts";

const kindMask = (1 << kindBits) - 1;

/** The kind of the node at an offset. */
export function kindOf({ code }: DecisionTable, node: number): number {
  return (code[node] as number) & kindMask;
}

/** The edge that a node's known operand takes; NaN counts as unknown. */
export function edgeOfValue(table: DecisionTable, frame: FactFrame, node: number): number {
  const { code } = table;
  const operand = (code[node] as number) >> kindBits;
  switch (kindOf(table, node)) {
    case nodeKind.oneCut:
    case nodeKind.cuts:
      return code[edgeAt(table, node, frame.numbers)] as number;
    case nodeKind.fewTexts: {
      const text = frame.texts[operand] as string;
      const end = node + 4 + 2 * (code[node + 3] as number);
      for (let at = node + 4; at < end; at += 2) {
        if (table.texts[code[at] as number] === text) return code[at + 1] as number;
      }
      return code[node + 2] as number;
    }
    case nodeKind.sortedTexts:
      return edgeOfSorted(table, node, idOf(table, frame, operand));
    default: {
      const id = idOf(table, frame, operand);
      return code[id < 0 ? node + 2 : node + 5 + id - (code[node + 4] as number)] as number;
    }
  }
}

/** The edge that every value within the bounds of a node's operand takes; noEdge when a cut lies between them. */
export function edgeWithinBounds(table: DecisionTable, frame: FactFrame, node: number): number {
  if (kindOf(table, node) > nodeKind.cuts) return noEdge;
  const first = edgeAt(table, node, frame.numbers);
  const last = edgeAt(table, node, frame.uppers);
  return first === last ? (table.code[first] as number) : noEdge;
}

/**
 * Offset in `code` of the edge that a number node takes for its operand's value in `values`; NaN takes the unknown edge.
 * The value is read here, for a double handed from function to function may be boxed on the heap.
 */
export function edgeAt(table: DecisionTable, node: number, values: Float64Array): number {
  const { code, cuts } = table;
  const value = values[(code[node] as number) >> kindBits] as number;
  if (Number.isNaN(value)) return node + 1;
  const first = code[node + 2] as number;
  if (kindOf(table, node) === nodeKind.oneCut) {
    return value >= (cuts[first] as number) ? node + 4 : node + 3;
  }
  let low = 0;
  let high = code[node + 3] as number;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value >= (cuts[first + middle] as number)) low = middle + 1;
    else high = middle;
  }
  return node + 4 + low;
}

/** Offset in `code` of a number node's lowest edge; the others follow it. */
export function lowestEdgeAt(table: DecisionTable, node: number): number {
  return kindOf(table, node) === nodeKind.oneCut ? node + 3 : node + 4;
}

function idOf(table: DecisionTable, frame: FactFrame, operand: number): number {
  return table.textIds[operand]?.get(frame.texts[operand] as string) ?? -1;
}

function edgeOfSorted({ code }: DecisionTable, node: number, id: number): number {
  let low = 0;
  let high = code[node + 3] as number;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = node + 4 + 2 * middle;
    const candidate = code[at] as number;
    if (candidate === id) return code[at + 1] as number;
    if (candidate < id) low = middle + 1;
    else high = middle;
  }
  return code[node + 2] as number;
}
