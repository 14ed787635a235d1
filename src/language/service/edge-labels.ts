import type { FactType, Operand } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import type { Cut, Edge, GraphNode } from "../graph/decision-graph.ts";

/** Most values or ranges of one edge that are spelled out before "and 3 more". */
const spelledValues = 4;
/** Longest value that is shown whole. */
const longestValue = 32;

const dayMs = 86_400_000;

/** One way out of a test. */
export interface Arm {
  readonly to: Edge;
  readonly label: string;
  readonly unknown: boolean;
}

/** The ways out of a node, those with one end joined; the edge of an unknown fact is always one of its own, and last. */
export function armsOf(node: GraphNode, operand: Operand): Arm[] {
  const labels = new Map<Edge, string[]>();
  const add = (edge: Edge, label: string): void => {
    const known = labels.get(edge);
    if (known === undefined) labels.set(edge, [label]);
    else known.push(label);
  };
  if (node.kind === "number") {
    node.edges.forEach((edge, at) => {
      const label = segmentLabel(operand, node.cuts[at - 1], node.cuts[at]);
      if (label !== null) add(edge, label);
    });
  } else {
    for (const [value, edge] of inDeclaredOrder(node, operand)) add(edge, clip(value));
    add(node.other, otherLabel(node, operand));
  }
  const arms = [...labels].map(([to, each]) => ({ to, label: joined(each), unknown: false }));
  if (operand.mayBeUnknown) arms.push({ to: node.unknown, label: "unknown", unknown: true });
  return arms;
}

function joined(labels: readonly string[]): string {
  const more = labels.length - spelledValues;
  if (more > 0) return `${labels.slice(0, spelledValues).join(", ")} and ${more} more`;
  return labels.length < 3
    ? labels.join(" or ")
    : `${labels.slice(0, -1).join(", ")} or ${labels.at(-1)}`;
}

function clip(value: string): string {
  if (value === "") return "empty";
  const characters = [...value];
  return characters.length > longestValue
    ? `${characters.slice(0, longestValue - 1).join("")}…`
    : value;
}

type TextNode = Extract<GraphNode, { readonly kind: "text" }>;

/** Days from Monday on, and other declared values as they were declared. */
function inDeclaredOrder({ values, edges }: TextNode, { type }: Operand): [string, Edge][] {
  const pairs = values.map((value, at): [string, Edge] => [value, edges[at] as Edge]);
  const declared = type.kind === "text" ? type.values : undefined;
  if (declared === undefined) return pairs;
  const place = new Map(declared.map((value, at) => [value, at]));
  return pairs.sort(([a], [b]) => (place.get(a) ?? Infinity) - (place.get(b) ?? Infinity) || 0);
}

/** What is left of a fact's declared values where that is one or two; else "other". */
function otherLabel({ values }: TextNode, { type }: Operand): string {
  const declared = type.kind === "text" ? (type.values ?? []) : [];
  const left = declared.filter((value) => !values.includes(value));
  return left.length === 0 || left.length > 2 ? "other" : left.map(clip).join(" or ");
}

/** Values that an operand can have: a count is never below zero, though a difference of two can be. */
function boundsOf({ type, shape }: Operand): { readonly least: number; readonly most: number } {
  if (type.kind === "whole" && shape.kind === "fact") return { least: 0, most: Infinity };
  if (type.kind === "time" && shape.kind === "local") return { least: 0, most: dayMs };
  return { least: -Infinity, most: Infinity };
}

/** The values between two cuts; null where the operand has none there. */
function segmentLabel(
  operand: Operand,
  lower: Cut | undefined,
  upper: Cut | undefined,
): string | null {
  const { type } = operand;
  if (type.kind === "boolean") {
    if (lower === undefined && upper === undefined) return "yes or no";
    return lower === undefined ? "no" : "yes";
  }
  const { least, most } = boundsOf(operand);
  if ((upper?.value ?? Infinity) <= least && upper?.after !== true) return null;
  if ((lower?.value ?? -Infinity) >= most) return null;
  const from = lower !== undefined && (lower.value > least || lower.after) ? lower : undefined;
  const to = upper !== undefined && upper.value < most ? upper : undefined;
  return rangeLabel(type, from ?? (least === 0 && to?.value === 1 ? zero : undefined), to);
}

const zero: Cut = { value: 0, after: false };

function rangeLabel(type: FactType, from: Cut | undefined, to: Cut | undefined): string {
  const show = (cut: Cut): string => showFactValue(type, cut.value);
  const above = from === undefined ? "" : `${from.after ? ">" : "≥"} ${show(from)}`;
  const below = to === undefined ? "" : `${to.after ? "≤" : "<"} ${show(to)}`;
  if (from !== undefined && to !== undefined) {
    const isPoint = from.value === to.value || isOneWhole(type, from, to);
    return isPoint ? `= ${show(from)}` : `${above} and ${below}`;
  }
  return above + below === "" ? "any" : above + below;
}

/** A segment from 3 up to 4 holds one whole number. */
function isOneWhole({ kind }: FactType, from: Cut, to: Cut): boolean {
  return kind === "whole" && !from.after && !to.after && to.value === from.value + 1;
}
