import type { FactValue, Operand } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import type { Branch, CheckedPolicy } from "../checker/checked-policy.ts";
import { asWritten } from "../checker/written.ts";
import type { DecisionGraph } from "../graph/decision-graph.ts";
import { partOf } from "../graph/part-of.ts";
import { type Diagram, type DrawingLimits, diagramOf, elsewhereIn } from "./draw-diagram.ts";
import { actionKey, drawRow, shortWords } from "./draw-rows.ts";
import type { Drawing, DrawnRow } from "./drawing.ts";
import { alsosByBranch } from "./may-add.ts";
import { optionWords } from "./plan-words.ts";
import { reachableFrom } from "./reachable.ts";

/** What a person can still read. */
export const readable: DrawingLimits = { tests: 150, edges: 400, rows: 1_500 };

/** What another program may be given: the whole graph, within bounds. */
export const machineReadable: DrawingLimits = { tests: 50_000, edges: 200_000, rows: 50_000 };

/** Which part of a policy is drawn, and how much of it at most. */
export interface DrawingPart {
  /** Operands whose state is taken as known; undefined is unknown. */
  readonly settled?: ReadonlyMap<number, FactValue | undefined>;
  /** Id of the one rule whose way is drawn. */
  readonly rule?: string;
  readonly limits?: DrawingLimits;
}

/**
 * The decision graph that executes, or the part of it that is asked for, ready for any format. A graph beyond the limits
 * is drawn with rules of one plan merged; where that is too much as well, its rows alone are listed. The notes say so.
 */
export function drawPolicy(
  policy: CheckedPolicy,
  graph: DecisionGraph,
  { settled = new Map(), rule, limits = readable }: DrawingPart = {},
): Drawing {
  const known = settled.size === 0 ? graph : partOf(graph, { settled });
  const asked = rule === undefined ? known : onlyRule(policy, known, rule);
  const reached = new Set(reachableFrom(asked));
  const isPart = settled.size > 0 || rule !== undefined;
  const shown = [...policy.branches.keys()].filter((at) => !isPart || reached.has(~at));
  const alsos = alsosByBranch(policy, settled);
  const every = policy.alsos.map(({ id }) => id);
  const rowOf = (branches: readonly number[]): DrawnRow =>
    drawRow(policy, branches, {
      alsos: alsos === null ? every : [...new Set(branches.flatMap((at) => alsos[at] ?? []))],
      reached: branches.some((at) => reached.has(~at)),
    });
  const start = {
    ...aboveAndBeside(policy),
    notes: [
      ...partNotes(policy, { settled, rule, left: shown.length }),
      ...(alsos === null ? [everyAlso] : []),
    ],
  };
  const fits = shown.length <= limits.rows;
  const whole = fits ? diagramOf(policy, asked, limits) : null;
  if (whole !== null)
    return drawn(
      start,
      "diagram",
      whole,
      shown.map((at) => rowOf([at])),
    );
  const groups = Map.groupBy(shown, (at) => actionKey(policy, policy.branches[at] as Branch));
  const merged = rule === undefined ? mergedDiagram(policy, asked, groups, limits) : null;
  if (merged !== null) {
    return drawn(
      start,
      "merged",
      { ...merged, blocks: [], notes: [tooLarge("rules of the same plan are drawn as one")] },
      [...groups.values()].map(rowOf),
    );
  }
  const listed = shown.slice(0, limits.rows);
  return drawn(
    start,
    "table",
    tableOf(shown.length - listed.length),
    listed.map((at) => rowOf([at])),
  );
}

type Start = Pick<Drawing, "policy" | "guards" | "alsos" | "notes">;

function drawn(
  start: Start,
  form: Drawing["form"],
  diagram: Diagram,
  rows: readonly DrawnRow[],
): Drawing {
  const { policy, guards, alsos } = start;
  const { root, tests, edges, ends } = diagram;
  const notes = [...start.notes, ...diagram.notes];
  const ids = new Set(rows.map(({ id }) => id));
  const blocks = diagram.blocks.map((block) => ({
    ...block,
    rows: block.rows.filter((id) => ids.has(id)),
  }));
  return {
    policy,
    form,
    notes,
    root,
    tests,
    rows: [...rows, ...ends],
    edges,
    blocks,
    guards,
    alsos,
  };
}

/** Guards and alsos, which no path of the graph shows. */
function aboveAndBeside(policy: CheckedPolicy): Pick<Drawing, "policy" | "guards" | "alsos"> {
  return {
    policy: { name: policy.name, hash: policy.hash },
    guards: policy.guards.map(({ id, text, when }) => ({
      id,
      text,
      condition: when === null ? null : shortWords(when, policy),
    })),
    alsos: policy.alsos.map(({ id, line, condition, options }) => ({
      id,
      line,
      condition: shortWords(condition, policy),
      options: optionWords(options, policy.operands),
    })),
  };
}

/** Every other rule becomes one end, so that only what parts the rule from the rest is left. */
function onlyRule(policy: CheckedPolicy, graph: DecisionGraph, rule: string): DecisionGraph {
  const isAsked = policy.branches.map((branch) => policy.rules[branch.rule]?.id === rule);
  const elsewhere = elsewhereIn(graph);
  return partOf(graph, { branchAt: (branch) => (isAsked[branch] === true ? ~branch : elsewhere) });
}

function mergedDiagram(
  policy: CheckedPolicy,
  graph: DecisionGraph,
  groups: ReadonlyMap<string, readonly number[]>,
  limits: DrawingLimits,
): Diagram | null {
  const first = new Map<number, number>();
  for (const [head = 0, ...others] of groups.values()) {
    for (const branch of [head, ...others]) first.set(branch, head);
  }
  const joined = partOf(graph, { branchAt: (branch) => ~(first.get(branch) ?? branch) });
  return groups.size > limits.rows ? null : diagramOf(policy, joined, limits);
}

function tableOf(leftOut: number): Diagram {
  const notes = [
    tooLarge("the rules are listed instead, and the first whose condition is true decides"),
    ...(leftOut === 0
      ? []
      : [`Left out: the last ${leftOut === 1 ? "outcome" : `${leftOut} outcomes`}.`]),
  ];
  return { root: null, tests: [], edges: [], ends: [], blocks: [], notes };
}

function tooLarge(instead: string): string {
  return `The diagram is too large to be read: ${instead}. \`--rule ID\` or \`--when FACTS\` draws a part of it.`;
}

const everyAlso =
  "There are too many rules and `also` statements to tell which can meet: every plan lists every `also`.";

function partNotes(
  policy: CheckedPolicy,
  part: Required<Pick<DrawingPart, "settled">> & {
    readonly rule: string | undefined;
    readonly left: number;
  },
): string[] {
  const notes: string[] = [];
  if (part.settled.size > 0) {
    const facts = [...part.settled].map(([at, value]) => stateWords(policy.operands[at], value));
    notes.push(`Drawn for requests where ${facts.join(" and ")}.`);
  }
  if (part.rule !== undefined) {
    notes.push(
      `Drawn is the way to \`${part.rule}\`; where another rule decides, it is not told which.`,
    );
  }
  const leftOut = policy.branches.length - part.left;
  if (part.settled.size > 0 && part.rule === undefined && leftOut > 0) {
    notes.push(
      `Left out: ${leftOut} of ${policy.branches.length} outcomes, which no such request reaches.`,
    );
  }
  return notes;
}

function stateWords(operand: Operand | undefined, value: FactValue | undefined): string {
  if (operand === undefined) return "";
  const { key, type } = operand;
  if (value === undefined) return `${key} is unknown`;
  return `${key} is ${type.kind === "text" ? asWritten(String(value)) : showFactValue(type, value)}`;
}
