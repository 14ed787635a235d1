import { count, percent } from "../print-table.ts";
import type { ReplayReport } from "../replay/replay-report.ts";
import { pairsOf } from "../reports/summary.ts";
import { html, type Markup, nothing, shortName } from "./markup.ts";

type Flow = ReplayReport["flows"][number];

/** Nodes of one side that are told apart; the smallest become one. */
const mostNodes = 9;
const restName = "(others)";

/** Pixels between nodes, so that what stands at small ones does not overlap. */
const gap = 17;
const nodeWidth = 8;
const stretch = 1_000;
const perFlow = 200;
const nameLength = 17;
const titleLength = 32;

interface Node {
  readonly name: string;
  readonly requests: number;
  readonly y: number;
  readonly height: number;
}

interface Order {
  readonly rules: readonly string[];
  readonly targets: readonly string[];
}

/** Where requests go from rule to target, in one picture for each policy; all have the same order and colours. */
export function flowsOf(
  sides: readonly { readonly title: Markup; readonly flows: readonly Flow[] }[],
): Markup {
  const all = sides.flatMap(({ flows }) => flows);
  if (all.length === 0) return nothing;
  const order: Order = {
    rules: largest(all, ({ rule }) => rule),
    targets: largest(all, ({ target }) => target),
  };
  const pictures = sides.map(
    ({ title, flows }) =>
      html`<figure class="card"><h3>${title}</h3>${pictureOf(merged(flows, order), order)}</figure>`,
  );
  return html`<div class="flows">${pictures}</div>${tableOf(sides.map(({ flows }) => flows))}`;
}

/** The names with most requests, those first. */
function largest(flows: readonly Flow[], nameOf: (flow: Flow) => string): readonly string[] {
  const sums = new Map<string, number>();
  for (const flow of flows) sums.set(nameOf(flow), (sums.get(nameOf(flow)) ?? 0) + flow.requests);
  const names = [...sums].toSorted(([, a], [, b]) => b - a).map(([name]) => name);
  return names.length <= mostNodes ? names : [...names.slice(0, mostNodes - 1), restName];
}

function merged(flows: readonly Flow[], { rules, targets }: Order): readonly Flow[] {
  const sums = new Map<string, Flow>();
  for (const flow of flows) {
    const rule = rules.includes(flow.rule) ? flow.rule : restName;
    const target = targets.includes(flow.target) ? flow.target : restName;
    const key = JSON.stringify([rule, target]);
    sums.set(key, { rule, target, requests: (sums.get(key)?.requests ?? 0) + flow.requests });
  }
  return [...sums.values()];
}

function pictureOf(flows: readonly Flow[], { rules, targets }: Order): Markup {
  const total = flows.reduce((sum, { requests }) => sum + requests, 0);
  // Targets keep their place where they get nothing, so that two pictures can be laid side by side.
  const fired = rules.filter((name) => flows.some(({ rule }) => rule === name));
  const left = nodesOf(fired, (name) => sumOf(flows.filter(({ rule }) => rule === name)), total);
  const right = nodesOf(
    targets,
    (name) => sumOf(flows.filter(({ target }) => target === name)),
    total,
  );
  const height =
    Math.max(
      ...[left, right].map((nodes) => (nodes.at(-1)?.y ?? 0) + (nodes.at(-1)?.height ?? 0)),
    ) + 8;
  const colourOf = (target: string): string => colour(targets, target);
  const ribbons = ribbonsOf(flows, left, right).map(
    ({ flow, path }) =>
      html`<path class="ribbon ${colourOf(flow.target)}" d="${path}"><title>${shortName(flow.rule, titleLength)} → ${shortName(flow.target, titleLength)}: ${count(flow.requests)}</title></path>`,
  );
  const nodes = (list: readonly Node[], side: "left" | "right"): readonly Markup[] =>
    list
      .filter(({ requests }) => requests > 0)
      .map((node) =>
        nodeOf(node, side, { total, fill: side === "left" ? "node" : colourOf(node.name) }),
      );
  return html`<svg class="flow" width="100%" height="${height}" role="img" aria-label="Requests from rule to target; the figures are in the table below"><svg width="100%" height="${height}" viewBox="0 0 ${stretch} ${height}" preserveAspectRatio="none">${ribbons}</svg>${nodes(left, "left")}${nodes(right, "right")}</svg>`;
}

function colour(targets: readonly string[], target: string): string {
  if (target === "failed") return "cf";
  return `c${Math.min(targets.filter((each) => each !== "failed").indexOf(target), 7)}`;
}

function sumOf(flows: readonly Flow[]): number {
  return flows.reduce((sum, { requests }) => sum + requests, 0);
}

function nodesOf(
  names: readonly string[],
  requestsOf: (name: string) => number,
  total: number,
): readonly Node[] {
  let y = 4;
  return names.map((name) => {
    const requests = requestsOf(name);
    const height = requests === 0 ? 0 : Math.max(2, (requests / total) * perFlow);
    const node = { name, requests, y, height };
    y += Math.max(height, 2) + gap;
    return node;
  });
}

function nodeOf(
  { name, requests, y, height }: Node,
  side: "left" | "right",
  { total, fill }: { readonly total: number; readonly fill: string },
): Markup {
  const middle = round(y + height / 2 + 4);
  const share = percent(total === 0 ? 0 : requests / total);
  const words = html`<title>${shortName(name)}: ${count(requests)} (${share})</title>`;
  const place =
    side === "left" ? html`x="14" text-anchor="start"` : html`x="100%" dx="-14" text-anchor="end"`;
  const rect =
    side === "left"
      ? html`<rect class="${fill}" x="0" y="${round(y)}" width="${nodeWidth}" height="${round(height)}" rx="1.5">${words}</rect>`
      : html`<svg x="100%" overflow="visible"><rect class="${fill}" x="-${nodeWidth}" y="${round(y)}" width="${nodeWidth}" height="${round(height)}" rx="1.5">${words}</rect></svg>`;
  return html`${rect}<text ${place} y="${middle}">${shortName(name, nameLength)} <tspan class="n">${count(requests)}</tspan></text>`;
}

function ribbonsOf(
  flows: readonly Flow[],
  left: readonly Node[],
  right: readonly Node[],
): readonly { readonly flow: Flow; readonly path: string }[] {
  const used = new Map<string, number>();
  const takes = (side: string, node: Node, flow: Flow): readonly [number, number] => {
    const key = JSON.stringify([side, node.name]);
    const from = used.get(key) ?? node.y;
    const height = (flow.requests / node.requests) * node.height;
    used.set(key, from + height);
    return [from, height];
  };
  return left.flatMap((rule) =>
    right.flatMap((target) => {
      const flow = flows.find((each) => each.rule === rule.name && each.target === target.name);
      if (flow === undefined) return [];
      const [from, fromHeight] = takes("left", rule, flow);
      const [to, toHeight] = takes("right", target, flow);
      return [{ flow, path: ribbon([from, from + fromHeight], [to, to + toHeight]) }];
    }),
  );
}

function ribbon(from: readonly [number, number], to: readonly [number, number]): string {
  const [a, b, c, d] = [...from, ...to].map(round);
  const half = stretch / 2;
  return `M0 ${a}C${half} ${a} ${half} ${c} ${stretch} ${c}V${d}C${half} ${d} ${half} ${b} 0 ${b}Z`;
}

const rowsShown = 20;

function tableOf([before = [], after]: readonly (readonly Flow[])[]): Markup {
  const nameOf = ({ rule, target }: Flow): string => JSON.stringify([rule, target]);
  const sorted = (flows: readonly Flow[]) => flows.toSorted((a, b) => b.requests - a.requests);
  const rows = pairsOf(sorted(before), sorted(after ?? []), nameOf).slice(0, rowsShown);
  const told = rows.map((pair) => {
    const flow = pair.before ?? pair.after;
    const after_ =
      after === undefined ? nothing : html`<td>${count(pair.after?.requests ?? 0)}</td>`;
    return html`<tr><th scope="row">${shortName(flow?.rule ?? "")}</th><td class="l w">${shortName(flow?.target ?? "")}</td><td>${count(pair.before?.requests ?? 0)}</td>${after_}</tr>`;
  });
  const heads =
    after === undefined
      ? html`<th scope="col">requests</th>`
      : html`<th scope="col">before</th><th scope="col">after</th>`;
  return html`<details class="plain"><summary>The same in figures</summary><div class="scroll" tabindex="0" role="region" aria-label="Requests from rule to target"><table><thead><tr><th scope="col" class="l">rule</th><th scope="col" class="l">answered by, or ended as</th>${heads}</tr></thead><tbody>${told}</tbody></table></div></details>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
