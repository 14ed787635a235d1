import { assertNever } from "../../base/assert.ts";
import type { FactType, Operand } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import type { Action, CheckedPolicy, CheckedStep, Route } from "../checker/checked-policy.ts";
import type { Cut, DecisionGraph, Edge, GraphNode } from "../graph/decision-graph.ts";
import type { Drawing, DrawnEdge, DrawnNode } from "./drawing.ts";

/** Most values of one edge that are spelled out before "and N more". */
const spelledValues = 4;

/** The decision graph that executes, as boxes and arrows: tests by operand, outcomes by branch. */
export function drawPolicy(policy: CheckedPolicy, graph: DecisionGraph): Drawing {
  const reached = reachable(graph);
  const nodes: DrawnNode[] = [];
  const edges: DrawnEdge[] = [];
  for (const edge of reached) {
    if (edge < 0) {
      nodes.push(drawBranch(policy, ~edge));
      continue;
    }
    const node = graph.nodes[edge] as GraphNode;
    const operand = graph.operands[node.operand] as Operand;
    nodes.push({ id: idOf(edge), kind: "test", label: [operand.key] });
    for (const [to, labels] of arms(node, operand.type, operand.mayBeUnknown)) {
      edges.push({ from: idOf(edge), to: idOf(to), label: labels.join(" or ") });
    }
  }
  return { title: `${policy.name}@${policy.hash}`, nodes, edges };
}

function idOf(edge: Edge): string {
  return edge < 0 ? `b${~edge}` : `n${edge}`;
}

/** Edges reached from the root, the root first, each once. */
function reachable(graph: DecisionGraph): Edge[] {
  const seen = new Set<Edge>([graph.root]);
  for (const edge of seen) {
    if (edge < 0) continue;
    const node = graph.nodes[edge] as GraphNode;
    const operand = graph.operands[node.operand] as Operand;
    for (const [to] of arms(node, operand.type, operand.mayBeUnknown)) seen.add(to);
  }
  return [...seen];
}

/** A node's ways out, those with one end joined. */
function arms(node: GraphNode, type: FactType, mayBeUnknown: boolean): Map<Edge, string[]> {
  const labels = new Map<Edge, string[]>();
  const add = (edge: Edge, label: string): void => {
    labels.set(edge, [...(labels.get(edge) ?? []), label]);
  };
  if (node.kind === "number") {
    node.edges.forEach((edge, index) => {
      add(edge, segmentLabel(type, node.cuts[index - 1], node.cuts[index]));
    });
  } else {
    const byEdge = Map.groupBy(node.values.keys(), (index) => node.edges[index] as Edge);
    for (const [edge, indices] of byEdge) {
      add(edge, listLabel(indices.map((index) => node.values[index] as string)));
    }
    add(node.other, "other");
  }
  if (mayBeUnknown) add(node.unknown, "unknown");
  return labels;
}

function listLabel(values: readonly string[]): string {
  const shown = values.slice(0, spelledValues).join(", ");
  return values.length > spelledValues
    ? `${shown} and ${values.length - spelledValues} more`
    : shown;
}

function segmentLabel(type: FactType, from: Cut | undefined, to: Cut | undefined): string {
  if (type.kind === "boolean") return from === undefined ? "no" : "yes";
  const show = (cut: Cut): string => showFactValue(type, cut.value);
  if (from !== undefined && to !== undefined) {
    return from.value === to.value
      ? `= ${show(from)}`
      : `${from.after ? ">" : "≥"} ${show(from)} and ${to.after ? "≤" : "<"} ${show(to)}`;
  }
  if (from !== undefined) return `${from.after ? ">" : "≥"} ${show(from)}`;
  return to === undefined ? "any" : `${to.after ? "≤" : "<"} ${show(to)}`;
}

function drawBranch(policy: CheckedPolicy, index: number): DrawnNode {
  const branch = policy.branches[index];
  if (branch === undefined) return { id: idOf(~index), kind: "reject", label: ["no rule"] };
  const rule = policy.rules[branch.rule]?.id ?? "";
  return {
    id: idOf(~index),
    kind: branch.action.kind,
    label: [rule, ...actionLines(branch.action)],
  };
}

/** An action in the words of the language, a line per step. */
function actionLines(action: Action): string[] {
  switch (action.kind) {
    case "reject":
      return [`reject ${action.status}`];
    case "plan":
      return action.steps.map((step, index) =>
        index === 0 ? routeText(step.route) : stepText(step),
      );
    default:
      return assertNever(action);
  }
}

function stepText(step: CheckedStep): string {
  return `fallback ${routeText(step.route)}`;
}

function routeText(route: Route): string {
  switch (route.kind) {
    case "target":
      return route.target;
    case "requested":
      return "requested";
    case "select":
      return `${route.by} of ${route.from.join(", ")}${route.where === null ? "" : " where …"}`;
    case "split":
      return `split ${route.shares.map(({ parts, target }) => `${parts / 100}% ${target}`).join(", ")}`;
    default:
      return assertNever(route);
  }
}
