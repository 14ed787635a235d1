import type { FactType, Operand } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import type { Cut, Edge, GraphNode } from "../graph/decision-graph.ts";
import { boundsOf, type Way, waysOf } from "./reachable.ts";

/** Most values or ranges of one edge that are spelled out before "and 3 more". */
const spelledValues = 4;
/** Longest value that is shown whole. */
const longestValue = 32;

/** One way out of a test. */
export interface Arm {
  readonly to: Edge;
  readonly label: string;
  readonly unknown: boolean;
}

/** The ways out of a node, those with one end joined; the edge of an unknown fact is always one of its own, and last. */
export function armsOf(node: GraphNode, operand: Operand): Arm[] {
  const byEnd = new Map<Edge, (Way & { readonly place: number })[]>();
  const arms: Arm[] = [];
  for (const way of waysOf(node, operand)) {
    if (way.taken === "unknown") arms.push({ to: way.to, label: "unknown", unknown: true });
    else {
      const place = placeOf(way, node, operand);
      const ways = byEnd.get(way.to);
      if (ways === undefined) byEnd.set(way.to, [{ ...way, place }]);
      else ways.push({ ...way, place });
    }
  }
  const known = [...byEnd].map(([to, ways]) => {
    const labels = ways.sort((a, b) => a.place - b.place).map((way) => labelOf(way, node, operand));
    return { to, label: joined(labels), unknown: false };
  });
  return [...known, ...arms];
}

/** Days stand from Monday on, and other declared values as they were declared. */
function placeOf({ taken }: Way, node: GraphNode, { type }: Operand): number {
  if (typeof taken === "string") return Infinity;
  const declared = type.kind === "text" ? type.values : undefined;
  return declared === undefined || node.kind !== "text"
    ? taken.at
    : declared.indexOf(node.values[taken.at] ?? "");
}

function labelOf({ taken }: Way, node: GraphNode, operand: Operand): string {
  if (node.kind === "text") {
    return typeof taken === "string"
      ? otherLabel(node, operand)
      : clip(node.values[taken.at] ?? "");
  }
  const at = typeof taken === "string" ? 0 : taken.at;
  return segmentLabel(operand, node.cuts[at - 1], node.cuts[at]);
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

/** What is left of a fact's declared values where that is one or two; else "other". */
function otherLabel({ values }: TextNode, { type }: Operand): string {
  const declared = type.kind === "text" ? (type.values ?? []) : [];
  const left = declared.filter((value) => !values.includes(value));
  return left.length === 0 || left.length > 2 ? "other" : left.map(clip).join(" or ");
}

/** The values between two cuts, without a bound that every value of the operand keeps to. */
function segmentLabel(operand: Operand, lower: Cut | undefined, upper: Cut | undefined): string {
  const { type } = operand;
  if (type.kind === "boolean") {
    if (lower === undefined && upper === undefined) return "yes or no";
    return lower === undefined ? "no" : "yes";
  }
  const { least, most } = boundsOf(operand);
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
